# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks read manifests as kubectl and the API server do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _manifest

from testbed import collection
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from tests import pages
from tests.unit.plugins.module_utils.rules import BROKEN, KEPT
from tests.unit.plugins.module_utils.scalars import ANCHORED, ANCHORS, MERGED, REFUSED, STORED

GROUP = "external.saiello.github.io"
HEAD = """\
apiVersion: external.saiello.github.io/v1alpha1
kind: KafkaConnector
metadata:
  name: a
  labels: {external.saiello.github.io/api-schema: http, external.saiello.github.io/api-host: h, external.saiello.github.io/api-port: "1"}
"""
CLUSTER = """\
apiVersion: external.saiello.github.io/v1alpha1
kind: KafkaConnectCluster
metadata: {name: a}
"""


def dry_run(control_plane: ControlPlane, text: str) -> dict[str, Any]:
    """What the API server would store."""
    stored: dict[str, Any] = json.loads(control_plane.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=text))
    return stored


def test_scalars_are_stored_as_they_are_read(control_plane: ControlPlane, tmp_path: Path) -> None:
    texts = [text for text in STORED if text not in REFUSED]
    config = "".join(f"    k{number}: {text}\n" for number, text in enumerate(texts))
    text = f"{HEAD}spec:\n  class: x\n  tasksMax: null\n  autoRestart:\n  state: null\n  config:\n{config}    8: eight\n    n: no\n"
    stored = dry_run(control_plane, text)["spec"]
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (found,) = _manifest.read([str(tmp_path)]).connectors
    assert found.object["spec"] == {**stored, "state": "running"}
    assert [(type(stored["config"][f"k{number}"]), stored["config"][f"k{number}"]) for number in range(len(texts))] == [
        (type(STORED[text]), STORED[text]) for text in texts
    ]


def test_maps_are_merged_as_kubectl_merges_them(control_plane: ControlPlane, tmp_path: Path) -> None:
    anchors = "".join(f"    {line}\n" for line in ANCHORS.splitlines())
    config = "".join(f"    m{number}: {{{text}}}\n" for number, text in enumerate(MERGED))
    text = f"{HEAD}spec:\n  class: x\n  config:\n{anchors}{config}"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (found,) = _manifest.read([str(tmp_path)]).connectors
    expected = {**ANCHORED, **{f"m{number}": value for number, value in enumerate(MERGED.values())}}
    assert (dry_run(control_plane, text)["spec"]["config"], found.object["spec"]["config"]) == (expected, expected)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (f"{HEAD}spec: {{klass: x}}\n", "klass"),
        (f"{HEAD}spec: {{config: {{}}}}\n", "spec.class"),
        (f"{HEAD}spec: {{class: x, tasksMax: two}}\n", "spec.tasksMax"),
        (f"{HEAD}spec: {{class: x, tasksMax: 0}}\n", "spec.tasksMax"),
        (f"{HEAD}spec: {{class: x, tasksMax: 3000000000}}\n", "spec.tasksMax"),
        (f"{HEAD}spec: {{class: null}}\n", "spec.class"),
        (f"{HEAD}spec: {{class: '', config: {{}}}}\n", "spec.class"),
        (f"{HEAD}spec: {{class: x, state: started}}\n", "spec.state"),
        (f"{HEAD}spec: {{class: x, config: [a]}}\n", "spec.config"),
        (f"{HEAD}spec: {{class: 5}}\n", "spec.class"),
        (f"{HEAD}spec: {{class: x, connectClusterRef: {{name: A_b}}}}\n", "spec.connectClusterRef.name"),
        (f"{HEAD}spec: {{class: x}}\nextra: 1\n", "extra"),
        (HEAD.replace("name: a", "name: A_b") + "spec: {class: x}\n", "metadata.name"),
        (HEAD.replace('"1"', "1") + "spec: {class: x}\n", f"metadata.labels.{GROUP}/api-port"),
        (HEAD.replace("host: h", "host: h/i") + "spec: {class: x}\n", f"metadata.labels.{GROUP}/api-host"),
        (f"{CLUSTER}spec: {{url: 'http://x', syncPeriod: soon}}\n", "spec.syncPeriod"),
        (f"{CLUSTER}spec: {{url: 'http://user:word@x'}}\n", "spec.url"),
        (f"{CLUSTER}spec: {{url: 'ftp://x'}}\n", "spec.url"),
        (f"{CLUSTER}spec: {{urls: ['http://x', 'http://y:0']}}\n", "spec.urls[1]"),
        (f"{CLUSTER}spec: {{url: 'http://x', authentication: {{basic: {{}}}}}}\n", "spec.authentication.basic.secretRef"),
    ],
)
def test_what_the_api_server_refuses_is_refused(control_plane: ControlPlane, tmp_path: Path, text: str, field: str) -> None:
    with pytest.raises((TestbedError, subprocess.CalledProcessError)):
        dry_run(control_plane, text)
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    found = _manifest.read([str(tmp_path / "a.yaml")])
    assert (found.connectors, found.connections) == ([], {})
    assert [fault for fault in found.faults if field in fault and fault.startswith(f"{tmp_path}/a.yaml:")], found.faults


@pytest.mark.parametrize(("kind", "field", "spec"), BROKEN)
def test_what_breaks_a_rule_is_refused(control_plane: ControlPlane, tmp_path: Path, kind: str, field: str, spec: str) -> None:
    text = f"{HEAD if kind == 'KafkaConnector' else CLUSTER}spec:\n  {spec}\n"
    with pytest.raises((TestbedError, subprocess.CalledProcessError)) as refused:
        dry_run(control_plane, text)
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (fault,) = _manifest.read([str(tmp_path / "a.yaml")]).faults
    line = text.count("\n", 0, text.index("spec:")) + (1 if field == "spec" else 2)
    assert fault.startswith(f"{tmp_path}/a.yaml:{line}: {field}: ")
    assert fault.partition(f"{field}: ")[2] in str(refused.value)


@pytest.mark.parametrize(("kind", "spec"), KEPT)
def test_what_keeps_the_rules_is_taken(control_plane: ControlPlane, tmp_path: Path, kind: str, spec: str) -> None:
    text = f"{HEAD if kind == 'KafkaConnector' else CLUSTER}spec: {spec}\n"
    assert dry_run(control_plane, text)["kind"] == kind
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    found = _manifest.read([str(tmp_path / "a.yaml")])
    assert (found.faults, len(found.connectors) + len(found.connections)) == ([], 1)


def test_a_plan_tells_what_is_gone_from_a_live_namespace(control_plane: ControlPlane, tmp_path: Path) -> None:
    """The Connect of this plan is not there: what is gone is told all the same."""
    objects = [f"{HEAD.replace('name: a', f'name: {name}')}spec: {{class: x}}\n" for name in ("kept", "left", "orphaned")]
    objects[2] = objects[2].replace("{class: x}", "{class: x, deletionPolicy: Orphan}")
    control_plane.kubectl("create", "namespace", "live")
    control_plane.kubectl("create", "-n", "live", "-f", "-", stdin="---\n".join(objects))
    status = {"status": {"ownership": "Created"}}
    control_plane.kubectl("patch", "xkc/left", "-n", "live", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "kept.yaml").write_text(objects[0], encoding="utf-8")
    (tmp_path / "ansible.cfg").touch()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": f"{collection.staged()}:{os.environ['FETCHED_COLLECTIONS']}",
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "K8S_AUTH_KUBECONFIG": str(control_plane.kubeconfig),
        "KAFKA_CONNECT_URL": "http://127.0.0.1:1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    # The very command of the page.
    (block,) = (block for page in pages.PLAYBOOKS for block in pages.blocks(page) if block.kind == "run in a cluster")
    done = subprocess.run(["bash", "-c", block.text], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode in (2, 4), done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [(one["object"], one["deleted"], one["effect"]) for one in report["gone"]] == [
        ("live/left", True, "the connector is deleted"),
        ("live/orphaned", False, "the connector stays on Connect: it never belonged to the object"),
    ]


def test_defaults_of_the_crd_are_taken(control_plane: ControlPlane, tmp_path: Path) -> None:
    text = f"{CLUSTER}spec: {{url: 'http://x', authentication: {{basic: {{secretRef: {{name: s}}}}}}, tls: {{}}}}\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (found,) = _manifest.read([str(tmp_path)]).connections.values()
    assert found.object["spec"] == dry_run(control_plane, text)["spec"]
