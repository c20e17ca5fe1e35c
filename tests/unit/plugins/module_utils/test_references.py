# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what connectors name in Secrets and ConfigMaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import KubeError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason, Verdict
from ansible_collections.saiello.kafka_connect.plugins.module_utils._references import FORBIDDEN_TYPES, SourceReader
from ansible_collections.saiello.kafka_connect.plugins.module_utils._sources import Sourced

from .apiserver import CORE, ApiServer
from .manifests import an_object

MISSING = "create it in this namespace"


@pytest.fixture
def server() -> ApiServer:
    found = ApiServer()
    found.add_secret("s", {"user": "me", "password": "sesame"})
    found.objects[f"{CORE}/configmaps/m"] = {"metadata": {"resourceVersion": "7"}, "data": {"user": "you", "topic": "t"}}
    return found


def whole(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"configFrom": [{kind: {"name": name, **more}}]}


def single(kind: str, name: str, key: str, **more: Any) -> dict[str, Any]:
    return {"configValueFrom": {"my.key": {kind: {"name": name, "key": key, **more}}}}


def read(server: ApiServer, *specs: dict[str, Any], secrets: bool = True) -> list[tuple[Sourced, Verdict | None]]:
    objects = [an_object(f"c{number}", spec=spec) for number, spec in enumerate(specs)]
    return list(SourceReader(server.api, secrets=secrets).read(objects).values())


def fault(server: ApiServer, spec: dict[str, Any], **more: bool) -> tuple[Reason, str]:
    ((sourced, verdict),) = read(server, spec, **more)
    assert (dict(sourced.below), dict(sourced.above)) == ({}, {})
    assert verdict is not None
    assert "sesame" not in verdict.message
    return verdict.reason, verdict.message


def test_maps_and_values(server: ApiServer) -> None:
    spec = {
        "configFrom": [{"secretRef": {"name": "s"}}, {"configMapRef": {"name": "m"}}],
        "configValueFrom": {"a": {"secretKeyRef": {"name": "s", "key": "password"}}, "b": {"configMapKeyRef": {"name": "m", "key": "topic"}}},
    }
    ((sourced, verdict),) = read(server, spec)
    assert verdict is None
    assert sourced.below == {"user": "you", "password": "sesame", "topic": "t"}
    assert sourced.above == {"a": "sesame", "b": "t"}


def test_each_is_read_once_for_all_and_nothing_for_who_names_nothing(server: ApiServer) -> None:
    specs = [whole("secretRef", "s"), {}, single("secretKeyRef", "s", "user"), whole("configMapRef", "m")]
    assert len(read(server, *specs)) == 3
    assert sorted(server.requests) == [f"GET {CORE}/configmaps/m", f"GET {CORE}/secrets/s"]


def test_a_reference_reaches_its_own_namespace_only(server: ApiServer) -> None:
    obj = an_object("c", spec=whole("secretRef", "s"), namespace="other")
    ((_, verdict),) = SourceReader(server.api, secrets=True).read([obj]).values()
    assert verdict is not None
    assert verdict.reason is Reason.REFERENCE_NOT_FOUND
    assert server.requests == ["GET /api/v1/namespaces/other/secrets/s"]


def test_every_secret_value_is_hushed(server: ApiServer) -> None:
    heard: list[str] = []

    def hush(values: Iterable[str]) -> None:
        heard.extend(values)

    reader = SourceReader(replace(server.api, hush=hush), secrets=True)
    reader.read([an_object("c", spec=whole("secretRef", "s")), an_object("d", spec=whole("configMapRef", "m"))])
    assert sorted(heard) == ["me", "sesame"]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (whole("secretRef", "x"), f"the Secret x that spec.configFrom[0].secretRef names is not there; {MISSING}"),
        (whole("configMapRef", "x"), f"the ConfigMap x that spec.configFrom[0].configMapRef names is not there; {MISSING}"),
        (single("secretKeyRef", "x", "k"), f"the Secret x that spec.configValueFrom[my.key].secretKeyRef names is not there; {MISSING}"),
        (single("secretKeyRef", "s", "k"), "the Secret s that spec.configValueFrom[my.key].secretKeyRef names has no key k; add it"),
        (single("configMapKeyRef", "m", "k"), "the ConfigMap m that spec.configValueFrom[my.key].configMapKeyRef names has no key k; add it"),
    ],
)
def test_what_is_missing_is_named_unless_it_is_optional(server: ApiServer, spec: dict[str, Any], says: str) -> None:
    assert fault(server, spec) == (Reason.REFERENCE_NOT_FOUND, says)
    (entry,) = spec.get("configFrom") or spec["configValueFrom"].values()
    (ref,) = entry.values()
    ref["optional"] = True
    ((sourced, verdict),) = read(server, spec)
    assert (dict(sourced.below), dict(sourced.above), verdict) == ({}, {}, None)


@pytest.mark.parametrize("optional", [False, True])
def test_what_may_not_be_read_is_no_absence(server: ApiServer, optional: bool) -> None:
    server.refuses.add(f"{CORE}/secrets/s")
    says = "the operator may not read the Secret s that spec.configFrom[0].secretRef names; grant it get"
    assert fault(server, whole("secretRef", "s", optional=optional)) == (Reason.REFERENCE_NOT_FOUND, says)


def test_an_api_server_that_does_not_say_is_no_absence_either(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(*arguments: Any) -> None:
        raise KubeError("no answer")

    monkeypatch.setattr(type(server.api), "get", get)
    with pytest.raises(KubeError):
        read(server, whole("secretRef", "s", optional=True))


@pytest.mark.parametrize("kind", FORBIDDEN_TYPES)
@pytest.mark.parametrize("optional", [False, True])
def test_secrets_that_are_somebody_elses_business(server: ApiServer, kind: str, optional: bool) -> None:
    server.add_secret("s", kind=kind, password="sesame")
    reason, text = fault(server, whole("secretRef", "s", optional=optional))
    assert (reason, kind in text) == (Reason.INVALID_SPEC, True)
    assert fault(server, single("secretKeyRef", "s", "password"))[0] is Reason.INVALID_SPEC


@pytest.mark.parametrize("blob", ["/w==", "/w=", "ü"])
def test_binary_values_are_no_text(server: ApiServer, blob: str) -> None:
    server.add_secret("s", {"password": "sesame"}, raw={"blob": blob})
    server.objects[f"{CORE}/configmaps/m"]["binaryData"] = {"blob": "/w=="}
    names = {"secret": ("Secret", "s"), "configMap": ("ConfigMap", "m")}
    for kind, (spoken, name) in names.items():
        for spec in (whole(f"{kind}Ref", name), single(f"{kind}KeyRef", name, "blob")):
            reason, text = fault(server, spec)
            assert (reason, f"the key blob of the {spoken} {name}" in text) == (Reason.INVALID_SPEC, True)
    assert read(server, single("secretKeyRef", "s", "password"))[0][1] is None


@pytest.mark.parametrize("kind", ["secretRef", "configMapRef"])
def test_a_reserved_key_is_refused(server: ApiServer, kind: str) -> None:
    server.add_secret("x", {"name": "other"})
    server.objects[f"{CORE}/configmaps/x"] = {"metadata": {}, "data": {"name": "other"}}
    says = f"spec.configFrom[0].{kind}: the key name is reserved; use the field connectorName"
    assert fault(server, whole(kind, "x")) == (Reason.INVALID_SPEC, says)
    assert (
        "the key tasks.max is reserved; use the field tasksMax"
        in fault(server, {"configValueFrom": {"tasks.max": {"secretKeyRef": {"name": "s", "key": "user"}}}})[1]
    )


def test_who_may_not_use_secrets_may_use_config_maps(server: ApiServer) -> None:
    reason, text = fault(server, whole("secretRef", "s", optional=True), secrets=False)
    assert (reason, text.startswith("spec.configFrom[0].secretRef: a connector that is addressed by labels may not use Secrets")) == (
        Reason.INVALID_SPEC,
        True,
    )
    assert server.requests == []
    ((sourced, verdict),) = read(server, whole("configMapRef", "m"), secrets=False)
    assert (sourced.below["topic"], verdict) == ("t", None)


def test_the_version_is_another_one_when_what_is_named_is(server: ApiServer) -> None:
    spec = {**whole("secretRef", "s"), **single("configMapKeyRef", "m", "topic", optional=True)}

    def version() -> str:
        return read(server, spec)[0][0].version

    seen = [version()]
    assert version() == seen[0]
    server.add_secret("s", {"user": "me", "password": "sesame"}, version="2")
    seen.append(version())
    server.objects[f"{CORE}/configmaps/m"]["metadata"]["resourceVersion"] = "8"
    seen.append(version())
    del server.objects[f"{CORE}/configmaps/m"]
    seen.append(version())
    assert len(set(seen)) == 4
