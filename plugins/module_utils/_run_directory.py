# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Locks and small records that the runs of one operator share, in files of one directory that only it can read.

A lock is held exactly as long as its process lives, however that ends (flock).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class EndpointRecord:
    """What the runs remember of one Connect; times in seconds of the epoch.

    ``listed``: when its pending objects were last gone through; ``polled``: all of them.
    ``outage``: reason and message of why it could not be asked, when it was last tried; ``tried``: when that was, and ``as_named``: with which
    credentials and settings.
    ``unsettled``: since when connectors that nobody touched have been on their way from one state to another.
    ``poller``: the key of the object that polls for all, and ``heirs``: of those that take over from it, for the runs that end before they have
    listed the others.
    ``worker``: the URL that answered last, and ``asked``: when it last said what it is, as far as it says that; ``sliced``: when the list of all
    connectors was last too much.
    """

    listed: float = 0.0
    polled: float = 0.0
    outage: tuple[str, str] | None = None
    tried: float = 0.0
    as_named: str = ""
    unsettled: dict[str, float] = field(default_factory=dict)
    poller: str = ""
    heirs: list[str] = field(default_factory=list)
    worker: str = ""
    asked: float = 0.0
    sliced: float = 0.0

    def __post_init__(self) -> None:
        if self.outage is not None:
            # JSON gives a list. Anything that is no pair makes the record unreadable.
            reason, message = self.outage
            self.outage = (str(reason), str(message))

    @property
    def answered(self) -> bool:
        return self.outage is None


@dataclass(frozen=True)
class RunDirectory:
    path: Path

    def lock(self, *parts: str) -> Callable[[], None] | None:
        """Take a lock without waiting: what lets go of it, or None if it is taken.

        The file goes with the lock. Who waits for a file that went took nothing: the inode is compared.
        """
        path = self._file(".lock", *parts)
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _same_file(descriptor, path):
                    return lambda: _let_go(descriptor, path)
            except BlockingIOError:
                os.close(descriptor)
                return None
            os.close(descriptor)

    @contextmanager
    def room(self) -> Iterator[None]:
        """Memory for one large answer: who comes second waits for the end of the first. That is a matter of seconds."""
        descriptor = os.open(self._file(".room"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def record(self, endpoint: str) -> EndpointRecord:
        """The record of an endpoint; an unreadable one is as good as none."""
        try:
            return EndpointRecord(**json.loads(self._file(".json", endpoint).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return EndpointRecord()

    def keep(self, endpoint: str, record: EndpointRecord) -> None:
        self._replace(self._file(".json", endpoint), asdict(record))

    def notes(self, endpoint: str) -> dict[str, Any]:
        """What earlier runs noted of the objects of an endpoint; what is unreadable is as good as nothing."""
        try:
            found = json.loads(self._file(".notes.json", endpoint).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep_notes(self, endpoint: str, notes: Mapping[str, Any]) -> None:
        self._replace(self._file(".notes.json", endpoint), dict(notes))

    def _replace(self, path: Path, content: dict[str, Any]) -> None:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.path, delete=False) as file:
            json.dump(content, file)
        os.replace(file.name, path)

    def _file(self, suffix: str, *parts: str) -> Path:
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return self.path / f"{digest[:32]}{suffix}"


def open_run_directory(path: str) -> RunDirectory:
    """The directory, made if it is not there.

    :raises OSError: if it cannot be made, or belongs to somebody else.
    """
    directory = Path(path)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to another user; set KAFKA_CONNECT_RUN_DIR to a directory of your own")
    return RunDirectory(directory)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _let_go(descriptor: int, path: Path) -> None:
    path.unlink(missing_ok=True)
    os.close(descriptor)
