# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd and kube-apiserver, with an administrator and tokens of ServiceAccounts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from testbed import tools
from testbed.kubernetes_api import KubernetesApi
from testbed.pki import Authority, KeyPair
from testbed.ports import free_ports
from testbed.process import Process, Processes

_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "None", "nonResourceURLs": ["*"]}, {"level": "Metadata"}],
}
_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True)
class Request:
    """A request to the API server, from its audit log."""

    user: str
    verb: str
    resource: str
    subresource: str
    namespace: str
    name: str
    status: int
    time: str
    # The client's User-Agent: what runs ask through the runtime's proxy has theirs, what the runtime asks has its own.
    agent: str

    @property
    def is_write(self) -> bool:
        """Whether it was to change something that is stored. Reviews of tokens and rights are created, but not stored."""
        return self.verb in _WRITES and not self.resource.endswith("reviews")


class ControlPlane:
    """An API server of its own. There is no controller and no kubelet: no garbage collection, no pods."""

    def __init__(self, processes: Processes, *, audit: bool = False) -> None:
        self._processes = processes
        self._directory = processes.directory / "control-plane"
        self._audit = audit
        self._etcd_port, self._peer_port, self._port = free_ports(3)
        self.url = f"https://127.0.0.1:{self._port}"
        self._authority = Authority(self._directory / "pki")
        self._admin = self._authority.client("admin", "system:masters")
        self.kubeconfig = self._directory / "admin.kubeconfig"
        self._write_kubeconfig(self.kubeconfig, {"client-certificate": str(self._admin.public), "client-key": str(self._admin.private)})

    def start(self) -> None:
        """Start both programs; they find each other."""
        self._etcd = self._start_etcd()
        self._apiserver = self._start_apiserver()

    def _start_etcd(self) -> Process:
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd_port, self._peer_port))
        return self._processes.start(
            "etcd",
            [
                tools.path(tools.ETCD),
                f"--data-dir={self._directory / 'etcd'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--unsafe-no-fsync=true",
                "--log-level=warn",
            ],
        )

    def _start_apiserver(self) -> Process:
        server: KeyPair = self._authority.server("apiserver")
        signer: KeyPair = self._authority.signing_key("service-accounts")
        return self._processes.start(
            "kube-apiserver",
            [
                tools.path(tools.KUBE_APISERVER),
                f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                f"--secure-port={self._port}",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--allow-privileged=true",
                "--authorization-mode=RBAC",
                f"--service-account-issuer={self.url}/",
                f"--service-account-key-file={signer.public}",
                f"--service-account-signing-key-file={signer.private}",
                f"--client-ca-file={self._authority.certificate}",
                f"--tls-cert-file={server.public}",
                f"--tls-private-key-file={server.private}",
                # Without the controllers that make a default ServiceAccount, its admission would refuse every pod.
                "--disable-admission-plugins=ServiceAccount",
                *self._audit_flags(),
            ],
        )

    def _audit_flags(self) -> list[str]:
        if not self._audit:
            return []
        policy = self._directory / "audit-policy.yaml"
        policy.write_text(yaml.safe_dump(_AUDIT_POLICY), encoding="utf-8")
        return [f"--audit-policy-file={policy}", f"--audit-log-path={self._audit_log}"]

    @property
    def _audit_log(self) -> Path:
        return self._directory / "audit.log"

    def wait_ready(self, timeout: float = 60) -> None:
        """Wait until the API server answers for everything."""
        self._apiserver.wait_until(self.api.ready, timeout=timeout, what="is ready")

    @cached_property
    def api(self) -> KubernetesApi:
        """The API as the administrator."""
        return KubernetesApi(self.url, self._authority.certificate, client=self._admin)

    def kubectl(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        """Run kubectl as the administrator and return what it prints."""
        return self.kubectl_as(self.kubeconfig, *arguments, stdin=stdin, timeout=timeout)

    def kubectl_as(self, kubeconfig: Path, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        """Run kubectl as another user."""
        flags = [f"--kubeconfig={kubeconfig}", f"--cache-dir={self._directory / 'kubectl-cache'}"]
        return tools.run(tools.KUBECTL, *flags, *arguments, stdin=stdin, timeout=timeout)

    def apply(self, manifests: str) -> str:
        """Apply YAML text."""
        return self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifests)

    def wait_for_crd(self, name: str) -> None:
        """Wait until objects of a kind can be made."""
        self.kubectl("wait", "--for=condition=Established", "--timeout=30s", f"crd/{name}")

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """A kubeconfig with a fresh token of a ServiceAccount."""
        target = self._directory / f"{namespace}-{name}.kubeconfig"
        self._write_kubeconfig(target, {"token": self._token(namespace, name)})
        return target

    def api_as(self, namespace: str, name: str) -> KubernetesApi:
        """The API as a ServiceAccount."""
        return KubernetesApi(self.url, self._authority.certificate, token=self._token(namespace, name))

    def _token(self, namespace: str, name: str) -> str:
        return self.kubectl("create", "token", name, "-n", namespace, "--duration=24h").strip()

    def _write_kubeconfig(self, target: Path, user: dict[str, str]) -> None:
        cluster = {"server": self.url, "certificate-authority": str(self._authority.certificate)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "testbed", "cluster": cluster}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": "user"}}],
            "current-context": "testbed",
        }
        target.touch(mode=0o600)
        target.write_text(yaml.safe_dump(config), encoding="utf-8")

    def audit_end(self) -> int:
        """Where the last whole line of the audit log ends, in bytes: what was answered before is in it. Only with the audit log on."""
        return self._audit_log.read_bytes().rfind(b"\n") + 1

    def requests(self, *, user: str | None = None, since: int = 0) -> list[Request]:
        """What was asked of the API server since that end of the audit log, oldest first. Only with the audit log on."""
        with self._audit_log.open("rb") as log:
            log.seek(since)
            lines = log.read().decode().splitlines()
        # The last line may be half written.
        events = [json.loads(line) for line in lines if line.endswith("}")]
        found = [_request(event) for event in events if "objectRef" in event]
        return [request for request in found if user is None or request.user == user]


def _request(event: dict[str, Any]) -> Request:
    target = event["objectRef"]
    return Request(
        user=event["user"]["username"],
        verb=event["verb"],
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        status=event.get("responseStatus", {}).get("code", 0),
        time=event["requestReceivedTimestamp"],
        agent=event.get("userAgent", ""),
    )
