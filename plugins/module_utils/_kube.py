# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The Kubernetes API through the runtime's local proxy, and the operator's journal, which writes there what a pass has to say."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from . import _objects, _status
from ._apply import Claim
from ._http import MIB, Answer, Clock, NoAnswer, Transport
from ._model import Action, Create, JournalError, Outcome, Ownership, Reason, Verdict, Wanted, Write
from ._run_directory import EndpointRecord, RunDirectory
from ._settings import CONFIG_MAP, Settings, parse_settings

REQUEST_SECONDS = 10.0
ANSWER_SIZE = 256 * MIB
TRIES = 4
MANAGER = "kafka-connect-operator"


class KubeError(JournalError):
    """The API server did not do what was asked; ``status`` 0: it did not answer."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class KubeApi:
    """``user`` is that of the run's kubeconfig: without it the proxy would cache, and watch, whatever is read."""

    server: str
    user: str
    transport: Transport

    def get(self, path: str) -> dict[str, Any] | None:
        """An object, or None if there is none.

        :raises KubeError: for any other answer.
        """
        answer = self._send("GET", path)
        return None if answer.status == 404 else self._parsed("GET", path, answer)

    def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """JSON merge patch.

        :raises KubeError: with status 409 if the resourceVersion in it is not the newest, 404 if there is no such object.
        """
        return self._parsed("PATCH", path, self._send("PATCH", path, body, "application/merge-patch+json"))

    def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """:raises KubeError: unless it was created."""
        return self._parsed("POST", path, self._send("POST", path, body, "application/json"))

    def connectors(self, namespaces: Sequence[str], labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """All KafkaConnectors with these labels; no namespaces mean all.

        :raises KubeError: as ``get``.
        """
        query = urlencode({"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())})
        paths = [connectors_path(namespace) for namespace in namespaces] or [connectors_path()]
        return [item for path in paths for item in (self.get(f"{path}?{query}") or {}).get("items", ())]

    def settings(self, namespace: str) -> Settings:
        """The operator settings; without a ConfigMap the defaults.

        :raises KubeError: if they cannot be read: then nothing is known to be allowed.
        """
        if not namespace:
            return Settings()
        found = self.get(f"/api/v1/namespaces/{quote(namespace)}/configmaps/{CONFIG_MAP}")
        return parse_settings((found or {}).get("data") or {})

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None, content_type: str = "") -> Answer:
        token = base64.b64encode(f"{self.user}:".encode()).decode()
        headers = {"Authorization": f"Basic {token}", **({"Content-Type": content_type} if body is not None else {})}
        data = None if body is None else json.dumps(body).encode()
        try:
            return self.transport.send(method, self.server + path, body=data, headers=headers, seconds=REQUEST_SECONDS, size=ANSWER_SIZE)
        except NoAnswer as problem:
            raise KubeError(f"{method} {path.partition('?')[0]}: the Kubernetes API: {problem}") from problem

    def _parsed(self, method: str, path: str, answer: Answer) -> dict[str, Any]:
        try:
            payload = answer.json()
        except ValueError:
            payload = None
        if not 200 <= answer.status < 300 or not isinstance(payload, dict):
            text = str(payload.get("message", "")) if isinstance(payload, dict) else ""
            raise KubeError(f"{method} {path.partition('?')[0]}: {answer.status} {text}"[:300], answer.status)
        return payload


# Where the runtime's proxy listens; it cannot be moved (ansible-operator-plugins 1.42).
PROXY = "http://localhost:8888"


def api_of_run(kubeconfig: str, namespace: str, name: str, transport: Transport) -> KubeApi:
    """The API as the kubeconfig of this run names it (``http://<user>@localhost:8888``).

    A run that begins while the one before still ends is handed the kubeconfig of that one, which is deleted by then: ansible-runner restores
    ``env/envvars`` at its end. Its content is known, but for the uid, which the proxy does not look at.

    :raises KubeError: if the operator named none, or it is not as the runtime writes it.
    """
    if not kubeconfig:
        raise KubeError("there is no kubeconfig; KUBECONFIG is set by the operator")
    try:
        text = Path(kubeconfig).read_text(encoding="utf-8")
        # The runtime's own template, one server: no need for a YAML parser in every run.
        parts = urlsplit(re.findall(r"^\s*server:\s*(\S+)", text, re.MULTILINE)[0])
    except FileNotFoundError:
        return KubeApi(PROXY, _user(namespace, name), transport)
    except (OSError, ValueError, IndexError) as error:
        raise KubeError("the kubeconfig of the run cannot be read") from error
    return KubeApi(f"{parts.scheme}://{parts.hostname}:{parts.port}", parts.username or "", transport)


def _user(namespace: str, name: str) -> str:
    """The user that the runtime makes of the object of a run; by its kind the proxy knows what it must not cache."""
    owner = {"apiVersion": f"{_objects.GROUP}/{_objects.VERSION}", "kind": _objects.KIND, "name": name, "uid": "", "Namespace": namespace}
    return base64.b64encode(json.dumps(owner).encode()).decode()


def connectors_path(namespace: str = "", name: str = "") -> str:
    scope = f"/namespaces/{quote(namespace)}" if namespace else ""
    return f"/apis/{_objects.GROUP}/{_objects.VERSION}{scope}/{_objects.PLURAL}" + (f"/{quote(name)}" if name else "")


def path_of(obj: Mapping[str, Any]) -> str:
    return connectors_path(obj["metadata"]["namespace"], obj["metadata"]["name"])


@dataclass
class KubeJournal:
    """The journal of the operator. ``objects`` by key, as they were last seen."""

    api: KubeApi
    objects: dict[str, dict[str, Any]]
    endpoint: str
    namespace: str
    directory: RunDirectory
    record: EndpointRecord
    clock: Clock
    log: Callable[[Mapping[str, Any]], None]
    seen_unsettled: set[str] = field(default_factory=set)

    def hold(self, wanted: Wanted) -> Callable[[], None] | None:
        return self.directory.lock("connector", self.endpoint, wanted.name)

    def claim(self, wanted: Wanted, action: Action) -> Claim:
        if self.api.settings(self.namespace).freeze:
            return Claim.FROZEN
        planned = self.objects[wanted.key]
        for _attempt in range(TRIES):
            try:
                self.objects[wanted.key] = self._claimed(wanted, action)
                return Claim.GRANTED
            except KubeError as error:
                if error.status not in (404, 409):
                    raise
            fresh = self.api.get(path_of(planned))
            if fresh is None or not _unchanged(self.objects[wanted.key], fresh):
                return Claim.SUPERSEDED
            self.objects[wanted.key] = fresh
        return Claim.SUPERSEDED

    def _claimed(self, wanted: Wanted, action: Action) -> dict[str, Any]:
        """The object as it is now, with finalizer and, for a creation, ownership. A patch with the resourceVersion is a fresh look, too."""
        obj = self.objects[wanted.key]
        touched = False
        if not _objects.has_finalizer(obj) and not wanted.absent:
            finalizers = [*obj["metadata"].get("finalizers", ()), _objects.FINALIZER]
            obj = self.api.patch(path_of(obj), {"metadata": {"finalizers": finalizers, "resourceVersion": _version(obj)}})
            touched = True
        if isinstance(action, Create):
            creating = Outcome(wanted, _NO_VERDICT, ownership=Ownership.CREATING, owned_since=self.clock.now())
            status = _objects.ownership_record(obj, creating, self.clock.now())
            obj = self._patch_status(obj, status)
            touched = True
        if not touched:
            fresh = self.api.get(path_of(obj))
            if fresh is None or not _unchanged(obj, fresh):
                raise KubeError("the object is another one now", 409)
            obj = fresh
        return obj

    def wrote(self, wanted: Wanted, write: Write) -> None:
        obj = self.objects[wanted.key]
        self.log(
            {
                "time": _objects.timestamp(self.clock.now()),
                "connector": wanted.name,
                "url": self.endpoint,
                "object": wanted.key,
                "generation": obj["metadata"]["generation"],
                "action": write.action,
                "cause": write.cause,
                "keys": list(write.keys),
                "result": write.result,
                "seconds": round(write.seconds, 3),
            }
        )

    def report(self, outcome: Outcome) -> None:
        key = outcome.wanted.key
        planned = self.objects[key]
        for _attempt in range(TRIES):
            obj = self.objects[key]
            now = self.clock.now()
            whole = _same(planned, obj) and not outcome.deferred
            status = _objects.rendered_status(obj, outcome, now) if whole else _objects.remembered_status(obj, outcome, now)
            patch = _objects.status_patch(obj, status)
            if not patch:
                return None
            try:
                self.objects[key] = self._patch_status(obj, patch)
                return self._tell(obj, outcome) if whole else None
            except KubeError as error:
                if error.status == 404:
                    return None
                if error.status != 409:
                    raise
            fresh = self.api.get(path_of(planned))
            if fresh is None or fresh["metadata"]["uid"] != planned["metadata"]["uid"]:
                return None
            if not outcome.writes and not _unchanged(planned, fresh):
                return None  # somebody else dealt with it since, and knows better
            self.objects[key] = fresh
        return None

    def released(self, outcome: Outcome) -> None:
        key = outcome.wanted.key
        planned = self.objects[key]
        if outcome.orphaned:
            self._event(
                planned, "Normal", "Orphaned", f"the connector {outcome.wanted.name} was not made by this object and stays on {self.endpoint}"
            )
        for _attempt in range(TRIES):
            obj = self.objects[key]
            left = [name for name in obj["metadata"].get("finalizers", ()) if name != _objects.FINALIZER]
            try:
                self.api.patch(path_of(obj), {"metadata": {"finalizers": left, "resourceVersion": _version(obj)}})
                return
            except KubeError as error:
                if error.status == 404:
                    return
                if error.status != 409:
                    raise
            fresh = self.api.get(path_of(planned))
            if fresh is None or fresh["metadata"]["uid"] != planned["metadata"]["uid"] or not _objects.has_finalizer(fresh):
                return
            self.objects[key] = fresh

    def lasted(self, wanted: Wanted, unsettled: bool) -> float:
        if not unsettled:
            return 0.0
        self.seen_unsettled.add(wanted.name)
        return self.clock.now() - self.record.unsettled.setdefault(wanted.name, self.clock.now())

    def _patch_status(self, obj: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
        return self.api.patch(f"{path_of(obj)}/status", {"metadata": {"resourceVersion": _version(obj)}, "status": status})

    def _tell(self, before: Mapping[str, Any], outcome: Outcome) -> None:
        """Events for what was written, and for a turn to the worse that a person should see."""
        for write in outcome.writes:
            if write.result == "done":
                keys = f" ({', '.join(write.keys[:10])})" if write.keys else ""
                self._event(before, "Normal", _PAST[write.action], f"{write.action} of connector {outcome.wanted.name}{keys}; cause: {write.cause}")
        reason = outcome.verdict.reason
        if _objects.reason_of(before) is not reason and _status.REASONS[reason].ready != _status.TRUE and reason is not Reason.CONVERGING:
            self._event(before, "Warning", reason.value, outcome.verdict.message)

    def _event(self, obj: Mapping[str, Any], kind: str, reason: str, message: str) -> None:
        """Best effort: an Event that cannot be written holds nothing up."""
        metadata = obj["metadata"]
        now = _objects.timestamp(self.clock.now())
        body = {
            "metadata": {"name": f"{metadata['name'][:220]}.{time.time_ns():x}", "namespace": metadata["namespace"]},
            "involvedObject": {
                "apiVersion": f"{_objects.GROUP}/{_objects.VERSION}",
                "kind": _objects.KIND,
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
            "type": kind,
            "reason": reason,
            "message": message[:1000],
            "source": {"component": MANAGER},
            "reportingComponent": MANAGER,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        try:
            self.api.create(f"/api/v1/namespaces/{quote(metadata['namespace'])}/events", body)
        except KubeError:
            pass


_PAST = {"create": "Created", "update": "Updated", "pause": "Paused", "resume": "Resumed", "stop": "Stopped", "delete": "Deleted"}
_NO_VERDICT = Verdict(Reason.CONVERGING, "")


def _version(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"]["resourceVersion"])


def _same(planned: Mapping[str, Any], fresh: Mapping[str, Any]) -> bool:
    """Whether a plan for one still holds for the other."""
    return all(planned["metadata"].get(field) == fresh["metadata"].get(field) for field in ("uid", "generation", "deletionTimestamp"))


def _unchanged(planned: Mapping[str, Any], fresh: Mapping[str, Any]) -> bool:
    """Whether nobody else dealt with the object since it was planned for, either."""
    return _same(planned, fresh) and _objects.memory_of(planned) == _objects.memory_of(fresh)
