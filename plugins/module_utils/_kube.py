# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The Kubernetes API through the runtime's local proxy."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from . import _objects
from ._http import MIB, Answer, NoAnswer, Transport
from ._model import JournalError
from ._settings import CONFIG_MAP, Settings, parse_settings

REQUEST_SECONDS = 10.0
ANSWER_SIZE = 256 * MIB


class KubeError(JournalError):
    """The API server did not do what was asked; ``status`` 0: it did not answer."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class KubeApi:
    """``user`` is that of the run's kubeconfig: without it the proxy would cache, and watch, whatever is read.

    ``hush`` is told every secret value that was read.
    """

    server: str
    user: str
    transport: Transport
    hush: Callable[[Iterable[str]], None] = lambda values: None

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
        query = urlencode({"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())}) if labels else ""
        paths = [connectors_path(namespace) for namespace in namespaces] or [connectors_path()]
        return [item for path in paths for item in (self.get(f"{path}?{query}" if query else path) or {}).get("items", ())]

    def namespace_labels(self, name: str) -> dict[str, str] | None:
        """The labels of a namespace, None if there is no such.

        :raises KubeError: as ``get``.
        """
        found = self.get(f"/api/v1/namespaces/{quote(name)}")
        return None if found is None else dict(found["metadata"].get("labels") or {})

    def is_going(self, namespace: str) -> bool:
        """Whether a namespace is being deleted, or gone. One that may not be read is taken to stay.

        :raises KubeError: as ``get``.
        """
        try:
            found = self.get(f"/api/v1/namespaces/{quote(namespace)}")
        except KubeError as error:
            if error.status != 403:
                raise
            return False
        return found is None or "deletionTimestamp" in found["metadata"]

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


def api_of_run(
    kubeconfig: str, kind: str, namespace: str, name: str, transport: Transport, *, hush: Callable[[Iterable[str]], None] = lambda values: None
) -> KubeApi:
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
        user = parts.username
    except FileNotFoundError:
        return KubeApi(PROXY, _user(kind, namespace, name), transport, hush)
    except (OSError, ValueError, IndexError) as error:
        raise KubeError("the kubeconfig of the run cannot be read") from error
    if not user:
        raise KubeError("the kubeconfig of the run names no user, without which the proxy would keep what is read")
    return KubeApi(f"{parts.scheme}://{parts.hostname}:{parts.port}", user, transport, hush)


def _user(kind: str, namespace: str, name: str) -> str:
    """The user that the runtime makes of the object of a run; by its kind the proxy knows what it must not cache."""
    owner = {"apiVersion": f"{_objects.GROUP}/{_objects.VERSION}", "kind": kind, "name": name, "uid": "", "Namespace": namespace}
    return base64.b64encode(json.dumps(owner).encode()).decode()


def connectors_path(namespace: str = "", name: str = "", plural: str = _objects.PLURAL) -> str:
    scope = f"/namespaces/{quote(namespace)}" if namespace else ""
    return f"/apis/{_objects.GROUP}/{_objects.VERSION}{scope}/{plural}" + (f"/{quote(name)}" if name else "")


def cluster_path(namespace: str, name: str) -> str:
    return connectors_path(namespace, name, _objects.CLUSTER_PLURAL)


def path_of(obj: Mapping[str, Any]) -> str:
    """The path of an object of either kind."""
    plural = _objects.CLUSTER_PLURAL if obj.get("kind") == _objects.CLUSTER_KIND else _objects.PLURAL
    return connectors_path(obj["metadata"]["namespace"], obj["metadata"]["name"], plural)
