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

ROOT = Path(__file__).resolve().parents[2]


def _load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def crd() -> dict[str, Any]:
    """The definition of KafkaConnector."""
    return dict(_load("config/crd/bases/external.saiello.github.io_kafkaconnectors.yaml")["spec"])


@pytest.fixture(scope="module")
def watch() -> dict[str, Any]:
    """The only watch of the operator."""
    (found,) = _load("watches.yaml")
    return dict(found)


@pytest.fixture(scope="module")
def container() -> dict[str, Any]:
    """The operator's container."""
    (found,) = _load("config/manager/deployment.yaml")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_watch_is_on_the_kind_of_the_crd(watch: dict[str, Any], crd: dict[str, Any]) -> None:
    found = (watch["group"], watch["version"], watch["kind"])
    assert found == (crd["group"], crd["versions"][0]["name"], crd["names"]["kind"])
    assert dict(zip(("group", "version", "kind"), found, strict=True)) in watch["blacklist"]


def test_watch_keeps_objects_from_being_templates(watch: dict[str, Any]) -> None:
    assert watch["markUnsafe"] is True
    assert watch["snakeCaseParameters"] is False


def test_watch_sets_what_the_role_wants(watch: dict[str, Any]) -> None:
    options = _load("roles/kafka_connector/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert set(watch["vars"]) == set(options)
    phases = [watch["vars"]["kafka_connector_phase"], watch["finalizer"]["vars"]["kafka_connector_phase"]]
    assert phases == options["kafka_connector_phase"]["choices"]


def test_spec_cannot_set_a_variable_of_the_role(crd: dict[str, Any], watch: dict[str, Any]) -> None:
    fields = crd["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert not set(fields) & set(watch["vars"])


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
