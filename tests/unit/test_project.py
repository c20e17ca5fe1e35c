# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that stand in more than one file of the project are the same everywhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.vars.reserved import get_reserved_names

ROOT = Path(__file__).resolve().parents[2]


def _load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def _spec_of_crd(path: str) -> dict[str, Any]:
    return dict(_load(path)["spec"])


CRDS = {
    spec["names"]["kind"]: spec for spec in map(_spec_of_crd, (f"config/crd/{path}" for path in _load("config/crd/kustomization.yaml")["resources"]))
}
WATCHES = {watch["kind"]: watch for watch in _load("watches.yaml")}


@pytest.fixture(scope="module", params=sorted(CRDS))
def kind(request: pytest.FixtureRequest) -> str:
    """Each of our kinds."""
    return str(request.param)


@pytest.fixture(scope="module")
def crd(kind: str) -> dict[str, Any]:
    """The definition of the kind."""
    return CRDS[kind]


@pytest.fixture(scope="module")
def watch(kind: str) -> dict[str, Any]:
    """The operator's watch on the kind."""
    return dict(WATCHES[kind])


@pytest.fixture(scope="module")
def prefix(kind: str) -> str:
    """What the role of the kind and its variables are called."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()


@pytest.fixture(scope="module")
def container() -> dict[str, Any]:
    """The operator's container."""
    (found,) = _load("config/manager/deployment.yaml")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_every_kind_is_installed_and_watched() -> None:
    assert sorted(CRDS) == sorted(WATCHES) == ["KafkaConnectCluster", "KafkaConnector"]
    assert len(_load("watches.yaml")) == len(WATCHES)


def test_watch_is_on_the_kind_of_the_crd(watch: dict[str, Any], crd: dict[str, Any]) -> None:
    assert (watch["group"], watch["version"], watch["kind"]) == (crd["group"], crd["versions"][0]["name"], crd["names"]["kind"])


def test_watch_keeps_what_is_read_live_out_of_the_cache(watch: dict[str, Any]) -> None:
    kubernetes = [("", "v1", kind) for kind in ("ConfigMap", "Namespace", "Secret")]
    ours = [(spec["group"], spec["versions"][0]["name"], kind) for kind, spec in CRDS.items()]
    assert sorted((item["group"], item["version"], item["kind"]) for item in watch["blacklist"]) == sorted(kubernetes + ours)


def test_watch_keeps_objects_from_being_templates(watch: dict[str, Any]) -> None:
    assert watch["markUnsafe"] is True
    assert watch["snakeCaseParameters"] is False


def test_watches_differ_in_kind_role_and_variables_only(watch: dict[str, Any]) -> None:
    own = {"kind", "role", "vars", "finalizer"}
    first = next(iter(WATCHES.values()))
    assert {key: value for key, value in watch.items() if key not in own} == {key: value for key, value in first.items() if key not in own}
    assert watch["finalizer"]["name"] == first["finalizer"]["name"]


def test_watch_sets_what_the_role_wants(watch: dict[str, Any], prefix: str) -> None:
    assert watch["role"] == f"saiello.kafka_connect.{prefix}"
    options = _load(f"roles/{prefix}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert set(watch["vars"]) == set(options) == {f"{prefix}_{name}" for name in ("namespace", "name", "phase")}
    phases = [watch["vars"][f"{prefix}_phase"], watch["finalizer"]["vars"][f"{prefix}_phase"]]
    assert phases == options[f"{prefix}_phase"]["choices"]


def test_role_calls_the_module_for_its_kind(kind: str, prefix: str) -> None:
    reconcile, ask = _load(f"roles/{prefix}/tasks/main.yml")
    assert reconcile["saiello.kafka_connect.reconcile"] == {
        "kind": kind,
        **{name: f"{{{{ {prefix}_{name} }}}}" for name in ("namespace", "name", "phase")},
    }
    assert reconcile["register"] == f"{prefix}_result"
    assert reconcile["ignore_unreachable"] is True
    assert ask["requeue_after"] == {"time": f"{{{{ {prefix}_result.requeue_after | default('30s') }}}}"}
    assert ask["when"] == f"not ({prefix}_result.finished | default(false))"


def test_spec_cannot_set_a_variable_of_a_role_or_of_ansible(crd: dict[str, Any]) -> None:
    fields = set(crd["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"])
    variables = {name for watch in WATCHES.values() for name in (*watch["vars"], watch["role"].rpartition(".")[2] + "_result")}
    assert not fields & (variables | set(get_reserved_names()))
    assert [name for name in fields if name.startswith("ansible")] == []


def test_operator_may_use_every_kind(crd: dict[str, Any]) -> None:
    plural = crd["names"]["plural"]
    rights = {resource: set(rule["verbs"]) for rule in _load("config/rbac/connectors_role.yaml")["rules"] for resource in rule["resources"]}
    assert rights[plural] == {"get", "list", "watch", "update", "patch"}
    assert rights[f"{plural}/status"] == {"get", "update", "patch"}
    assert rights[f"{plural}/finalizers"] == {"update"}
    assert rights["secrets"] == {"get"}


def test_policy_covers_every_kind(crd: dict[str, Any]) -> None:
    (rule,) = _load("config/policy/runtime_annotations.yaml")["spec"]["matchConstraints"]["resourceRules"]
    assert crd["group"] in rule["apiGroups"]
    assert crd["names"]["plural"] in rule["resources"]


def test_number_of_workers_is_set_by_the_name_that_the_runtime_reads(watch: dict[str, Any], container: dict[str, Any]) -> None:
    name = f"MAX_CONCURRENT_RECONCILES_{watch['kind']}_{watch['group']}".upper().replace(".", "_")
    assert int(next(item["value"] for item in container["env"] if item["name"] == name)) > 0


def test_shutdown_grace_fits_into_the_pod(container: dict[str, Any]) -> None:
    (grace,) = (re.fullmatch(r"--graceful-shutdown-timeout=(\d+)s", argument) for argument in container["args"] if "graceful" in argument)
    assert grace
    pod = _load("config/manager/deployment.yaml")["spec"]["template"]["spec"]
    assert int(grace[1]) < pod["terminationGracePeriodSeconds"]


def test_role_of_the_namespace_names_settings_and_lease(container: dict[str, Any]) -> None:
    names = {rule["resources"][0]: rule.get("resourceNames") for rule in _load("config/rbac/operator_role.yaml")["rules"] if "resourceNames" in rule}
    (lease,) = (argument.partition("=")[2] for argument in container["args"] if argument.startswith("--leader-election-id="))
    assert names == {"configmaps": [_load("config/manager/settings.yaml")["metadata"]["name"]], "leases": [lease]}


def test_image_and_lock_pin_the_same_runtime() -> None:
    module = (ROOT / "testbed/tools/ansible-operator/go.mod").read_text(encoding="utf-8")
    (runtime,) = re.findall(r"ansible-operator-plugins (v\S+)", module)
    assert f"ansible-operator:{runtime}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"base image {runtime} " in (ROOT / "requirements/runtime.in").read_text(encoding="utf-8")


def test_version_stands_in_one_place() -> None:
    version = _load("galaxy.yml")["version"]
    places = _tracked("*.yml", "*.yaml", "*.toml", "Dockerfile", "Makefile", "*.cfg")
    found = [
        path
        for path in places
        if re.search(rf"^\s*(version|newTag|VERSION)\W+{re.escape(version)}\W*$", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert found == [ROOT / "galaxy.yml"]


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_every_source_file_names_its_licence() -> None:
    exempt = {".json", ".mod", ".sum", ".md", ".rst", ".txt"}
    sample = ROOT / "config/samples/external_v1alpha1_kafkaconnector.yaml"
    files = [path for path in _tracked() if path.suffix not in exempt and path.name != "LICENSE" and path != sample]
    assert len(files) > 50
    bare = [path.relative_to(ROOT) for path in files if "SPDX-License-Identifier: GPL-3.0-or-later" not in path.read_text(encoding="utf-8")[:600]]
    assert bare == []
