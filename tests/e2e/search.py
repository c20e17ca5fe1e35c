# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that nobody has thought of before, and the search for them in all that the operator and its runs leave anywhere."""

from __future__ import annotations

import base64
import json
import os
import secrets
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from types import TracebackType
from urllib.parse import quote, quote_plus

from testbed.operator import RUNS
from tests.e2e.world import World

# Everything that has a name and is not a Secret.
KINDS = ("events", "configmaps", "pods", "serviceaccounts")
# Between two looks at the files of runs, in seconds; a run takes about one.
PAUSE = 0.05


class Planted:
    """Values by the case that they are for."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def __call__(self, case: str) -> str:
        """A value that looks like a secret."""
        return self.values.setdefault(case, f"sesame{secrets.token_hex(12)}")

    def harmless(self, case: str) -> str:
        """A value that nobody would take for a secret by what it looks like."""
        return self.values.setdefault(case, f"sesame blue {secrets.randbelow(10**9)} fields")

    def found_in(self, text: str) -> set[str]:
        """The cases whose value is in a text, plain, as in a URL or in base64, wherever it begins there."""
        return {case for case, value in self.values.copy().items() if any(form in text for form in _forms(value))}


def _forms(value: str) -> set[str]:
    shifted = (base64.b64encode(b"\0" * shift + value.encode()).decode() for shift in range(3))
    return {value, quote(value), quote_plus(value), *(text[4:-4] for text in shifted)}


Leaks = dict[str, set[str]]


def leaks(planted: Planted, places: Mapping[str, str]) -> Leaks:
    """The cases whose values are found, by place."""
    return {place: found for place, text in places.items() if (found := planted.found_in(text))}


def objects(world: World) -> dict[str, str]:
    """All that the API server tells of, but Secrets."""
    core = {kind: world.api.get(f"/api/v1/{kind}") for kind in KINDS}
    group = "/apis/external.saiello.github.io/v1alpha1"
    own = {kind: world.api.get(f"{group}/{kind}") for kind in ("kafkaconnectors", "kafkaconnectclusters")}
    leases = {"leases": world.api.get("/apis/coordination.k8s.io/v1/leases")}
    return {kind: json.dumps(found, ensure_ascii=False) for kind, found in {**core, **own, **leases}.items()}


def logs(world: World) -> dict[str, str]:
    """What the operator has said."""
    operator = world.stack.operator
    paths = (Path(operator.process.log), operator.writes)
    return {str(path): path.read_text(encoding="utf-8", errors="replace") for path in paths}


class FileWatch:
    """Searches the files of runs all the time, as they come and go: each as often as it is seen to have changed."""

    def __init__(self, world: World, planted: Planted) -> None:
        self._roots = (RUNS.parents[1], world.stack.operator.temporary)
        self._planted = planted
        self._versions: dict[Path, tuple[int, int, int]] = {}
        self._found: Leaks = {}
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._watching = self._pool.submit(self._watch)

    def __enter__(self) -> FileWatch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._pool.shutdown()

    def end(self) -> Leaks:
        """All that was found until now."""
        self._over.set()
        self._watching.result()
        return self._found

    @property
    def names(self) -> set[str]:
        """The names of the files that were read."""
        return {path.name for path in self._versions}

    def _watch(self) -> None:
        while not self._over.wait(PAUSE):
            self._look()
        self._look()

    def _look(self) -> None:
        for root in self._roots:
            for folder, _, names in os.walk(root):
                for name in names:
                    with suppress(OSError):  # it is gone again
                        self._read(Path(folder) / name)

    def _read(self, path: Path) -> None:
        stat = path.lstat()
        version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if not S_ISREG(stat.st_mode) or self._versions.get(path) == version:
            return
        text = path.read_bytes().decode("utf-8", "replace")
        self._versions[path] = version
        if found := self._planted.found_in(text):
            self._found.setdefault(str(path), set()).update(found)
