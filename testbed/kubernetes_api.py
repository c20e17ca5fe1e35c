# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of the Kubernetes API, for what would take too long with one kubectl process each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from testbed.pki import KeyPair

CONNECTORS = "/apis/external.saiello.github.io/v1alpha1"


class ApiError(Exception):
    """The API server refused a request."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason


def connect_cluster_path(name: str = "", namespace: str = "default") -> str:
    """Path of a KafkaConnectCluster, or of all in a namespace."""
    return f"/apis/external.saiello.github.io/v1alpha1/namespaces/{namespace}/kafkaconnectclusters" + (f"/{name}" if name else "")


def connector_path(name: str = "", namespace: str = "default", subresource: str = "") -> str:
    """The path of a KafkaConnector, of its subresource, or of all of a namespace."""
    parts = [CONNECTORS, "namespaces", namespace, "kafkaconnectors", name, subresource]
    return "/".join(part for part in parts if part)


class KubernetesApi:
    """One user at one API server."""

    def __init__(self, url: str, authority: Path, *, client: KeyPair | None = None, token: str | None = None) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(authority)
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=32)
        self._session.mount("https://", adapter)
        if client:
            self._session.cert = (str(client.public), str(client.private))
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def request(
        self, method: str, path: str, body: object = None, *, content_type: str = "application/json", params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Send a request and return the object that answers it."""
        headers = {"Content-Type": content_type}
        response = self._session.request(method, self._url + path, json=body, headers=headers, params=params, timeout=60)
        answer: dict[str, Any] = response.json()
        if not response.ok:
            raise ApiError(response.status_code, answer.get("reason", ""), answer.get("message", ""))
        return answer

    def ready(self) -> bool:
        """Whether the API server says that it is."""
        try:
            return self._session.get(f"{self._url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def get(self, path: str) -> dict[str, Any]:
        """Read an object or a list."""
        return self.request("GET", path)

    def find(self, path: str) -> dict[str, Any] | None:
        """Read an object that may not exist."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == requests.codes.not_found:
                return None
            raise

    def create(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Create an object in the collection of that path."""
        return self.request("POST", path, body)

    def patch(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Change an object by a JSON merge patch."""
        return self.request("PATCH", path, body, content_type="application/merge-patch+json")

    def delete(self, path: str) -> dict[str, Any]:
        """Delete an object, or all objects of the collection of that path."""
        return self.request("DELETE", path)
