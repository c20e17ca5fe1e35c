# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two Connects and an object that moves from the one to the other, in runs that may be killed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.saiello.kafka_connect.plugins.module_utils._group import RunResult
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer, Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import FINALIZER, LABELS

from .apiserver import ApiServer
from .manifests import LABELLED, NOW_TEXT, a_connection, referring
from .tiny import Tiny
from .world import World, own_by

REFUSED = NoAnswer(Failure.REFUSED, "connection refused", sent=False)
OLD, NEW = "http://connect:8083", "http://there:8083"
RUNS = 12


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Fate:
    """Ends a run at its n-th write, to Connect or to Kubernetes: before it is carried out, or when it was, unheard. Nothing is sent after that."""

    at: int = 0
    heard: bool = False
    count: int = 0
    dead: bool = False

    def meet(self, method: str, *, before: bool) -> None:
        if self.dead:
            raise Killed
        if method == "GET":
            return
        self.count += before
        if self.count == self.at and before is not self.heard:
            self.dead = True
            raise Killed


@dataclass
class Mortal(ApiServer):
    """The API server as a process sees it that may be killed."""

    fate: Fate = field(default_factory=Fate)

    def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float, size: int, connect: float = 5.0
    ) -> Answer:
        self.fate.meet(method, before=True)
        answer = super().send(method, url, body=body, headers=headers, seconds=seconds, size=size, connect=connect)
        self.fate.meet(method, before=False)
        return answer


@dataclass
class Net:
    """Several Connects by host name; ``down``: those that do not answer."""

    fate: Fate
    hosts: dict[str, Tiny]
    down: set[str] = field(default_factory=set)

    def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float, size: int, connect: float = 5.0
    ) -> Answer:
        host = url.partition("://")[2].partition(":")[0]
        if host in self.down:
            raise REFUSED
        self.fate.meet(method, before=True)
        answer = self.hosts[host].send(method, url, body=body, headers=headers, seconds=seconds, size=size, connect=connect)
        self.fate.meet(method, before=False)
        return answer


class Two(World):
    """Two Connects, ``old`` and ``new``, and an object that moves from the one to the other."""

    def __init__(self, path: Path) -> None:
        fate = Fate()
        super().__init__(path, Mortal(fate=fate))
        self.fate = fate
        self.old, self.new = Tiny(worker="w1:8083"), Tiny(worker="w2:8083")
        self.tiny = self.old
        self.net = Net(fate, {"connect": self.old, "there": self.new})
        self.server.add(a_connection("prod"), a_connection("there", spec={"url": NEW}))
        self.names("prod")

    def _transport(self, policy: Any, context: Any) -> Any:
        return self.net

    def names(self, to: str, **spec: Any) -> None:
        """Make the object, on its place and at rest."""
        status = own_by({"ownership": "Created", "connectCluster": {"namespace": "ns", "name": to}, "url": OLD, "connectorState": "STOPPED"})
        status["conditions"].append({"type": "Synced", "status": "True", "reason": "Stopped"})
        status["kafkaClusterId"] = "cluster-a"
        self.server.add(referring("c", to, status=status, finalizers=[FINALIZER], spec={"state": "stopped", **spec}))
        self.live("c")

    def name_instead(self, to: str, **spec: Any) -> None:
        """Edit the reference."""
        generation = self.connector()["metadata"]["generation"] + 1
        self.server.edit(referring(), metadata={"generation": generation}, spec={"connectClusterRef": {"name": to}, **spec})

    def label(self, host: str) -> None:
        """Name an address instead of a connection."""
        generation = self.connector()["metadata"]["generation"] + 1
        labels = {**LABELLED, LABELS["host"]: host}
        self.server.edit(referring(), metadata={"generation": generation, "labels": labels}, spec={"connectClusterRef": None})

    def delete(self) -> None:
        self.server.edit(referring(), metadata={"deletionTimestamp": NOW_TEXT})

    def until_the_end(self) -> list[RunResult]:
        """Run as the runtime does, until there is nothing to do; the results."""
        results: list[RunResult] = []
        while len(results) < RUNS:
            results.append(self.run())
            # What waits so long waits for somebody.
            if results[-1].finished or results[-1].requeue_after >= 120:
                return results
            self.time.now += results[-1].requeue_after
        return results

    def run_into_the_end(self) -> None:
        """Run until a run is killed, if the fate comes to that."""
        with contextlib.suppress(Killed):
            self.until_the_end()
        self.fate.at, self.fate.dead = 0, False

    def message(self) -> str:
        ready = next(one for one in self.connector()["status"]["conditions"] if one["type"] == "Ready")
        return f"{ready['reason']}: {ready['message']}"

    def events(self) -> list[str]:
        return [one["reason"] for one in self.server.events]

    @property
    def left_behind(self) -> dict[str, Any]:
        found: dict[str, Any] = self.connector()["status"].get("movedFrom", {})
        return found
