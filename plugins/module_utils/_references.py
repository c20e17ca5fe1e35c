# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Secrets and ConfigMaps that our objects name, each read once in a run."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol
from urllib.parse import quote

from ._kube import KubeError
from ._model import Reason, Verdict
from ._objects import key_of
from ._sources import NOTHING, KeyRef, ReferenceFault, Sourced, Sources, check_reserved, sources_of, version_of

# Kinds of Secrets that are somebody else's business, whoever names them.
FORBIDDEN_TYPES = (
    "kubernetes.io/service-account-token",
    "bootstrap.kubernetes.io/token",
    "kubernetes.io/dockercfg",
    "kubernetes.io/dockerconfigjson",
    "helm.sh/release.v1",
)
POOL = 8


class Api(Protocol):
    """Where Secrets and ConfigMaps are asked for: the Kubernetes API, or what stands for it."""

    def get(self, path: str, /) -> dict[str, Any] | None:
        """The object at a path, None if there is none; :raises KubeError: if there is no answer."""

    @property
    def hush(self) -> Callable[[Iterable[str]], None]:
        """Told every secret value that was read."""


class References:
    """The Secrets and ConfigMaps of one namespace. Every secret value is made known to ``api.hush`` before anybody else has it."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._read: dict[tuple[str, str], dict[str, Any] | KubeError | None] = {}

    def fetch(self, refs: Iterable[KeyRef]) -> None:
        """Read several at once. What cannot be read is told to who asks for it."""
        todo = sorted({(ref.kind, ref.name) for ref in refs} - self._read.keys())
        if len(todo) > 1:
            with ThreadPoolExecutor(POOL) as pool:
                self._read.update(zip(todo, pool.map(self._tried, todo), strict=True))

    def version(self, refs: Iterable[KeyRef] | None = None) -> str:
        """Of these, or of all that was read: another one when one of them is another."""
        keys = self._read.keys() if refs is None else {(ref.kind, ref.name) for ref in refs}
        return version_of([(*key, *_version(self._read.get(key))) for key in keys])

    def uid(self, ref: KeyRef) -> str:
        """Of what was read; empty for what is not there."""
        return _version(self._read.get((ref.kind, ref.name)))[0]

    def text(self, ref: KeyRef) -> str:
        """The value of a key.

        :raises ReferenceFault: if it is not there.
        """
        found = self.texts(ref)
        if ref.key not in found:
            text = f"the {ref.kind} {ref.name} that {ref.field} names has no key {ref.key}; add it"
            raise ReferenceFault(Reason.REFERENCE_NOT_FOUND, text, missing=True)
        return found[ref.key]

    def texts(self, ref: KeyRef) -> dict[str, str]:
        """The values of all keys, or of the one that is named.

        :raises ReferenceFault: if there is no such object, or it holds what is no text; :raises KubeError: if Kubernetes does not say.
        """
        obj = self._get(ref)
        if ref.kind == "ConfigMap":
            binary = [key for key in obj.get("binaryData") or {} if ref.key in ("", key)]
            if binary:
                raise _no_text(ref, binary[0])
            return {key: str(value) for key, value in (obj.get("data") or {}).items() if ref.key in ("", key)}
        if obj.get("type") in FORBIDDEN_TYPES:
            text = f"{ref.field} names a Secret of type {obj['type']}, which may not be used; make one of type Opaque"
            raise ReferenceFault(Reason.INVALID_SPEC, text)
        values = {key: _decoded(ref, key, value) for key, value in (obj.get("data") or {}).items() if ref.key in ("", key)}
        self._api.hush(values.values())
        return values

    def _get(self, ref: KeyRef) -> dict[str, Any]:
        key = (ref.kind, ref.name)
        if key not in self._read:
            self._read[key] = self._tried(key)
        found = self._read[key]
        if isinstance(found, KubeError):
            if found.status != 403:
                raise found
            text = f"the operator may not read the {ref.kind} {ref.name} that {ref.field} names; grant it get"
            raise ReferenceFault(Reason.REFERENCE_NOT_FOUND, text) from found
        if found is None:
            text = f"the {ref.kind} {ref.name} that {ref.field} names is not there; create it in this namespace"
            raise ReferenceFault(Reason.REFERENCE_NOT_FOUND, text, missing=True)
        return found

    def _tried(self, key: tuple[str, str]) -> dict[str, Any] | KubeError | None:
        kind, name = key
        plural = "secrets" if kind == "Secret" else "configmaps"
        try:
            return self._api.get(f"/api/v1/namespaces/{quote(self._namespace)}/{plural}/{quote(name)}")
        except KubeError as error:
            return error


def _version(found: dict[str, Any] | KubeError | None) -> tuple[str, str]:
    metadata = found["metadata"] if isinstance(found, dict) else {}
    return str(metadata.get("uid", "")), str(metadata.get("resourceVersion", ""))


def _decoded(ref: KeyRef, key: str, value: Any) -> str:
    try:
        return base64.b64decode(str(value), validate=True).decode("utf-8")
    except ValueError:  # no base64, or no UTF-8 in it
        raise _no_text(ref, key) from None


def _no_text(ref: KeyRef, key: str) -> ReferenceFault:
    return ReferenceFault(Reason.INVALID_SPEC, f"the key {key} of the {ref.kind} {ref.name} that {ref.field} names is no text; store it as text")


class SourceReader:
    """Reads what connectors name. ``secrets``: whether they may name Secrets."""

    def __init__(self, api: Api, *, secrets: bool) -> None:
        self._api = api
        self._secrets = secrets
        self._references: dict[str, References] = {}

    def read(self, objects: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Sourced, Verdict | None]]:
        """By object key, what the references of an object give, or what is wrong with them. Objects that name nothing are not in it.

        :raises KubeError: if Kubernetes does not say.
        """
        found: dict[str, tuple[Sourced, Verdict | None]] = {}
        named: dict[str, Sources] = {}
        for obj in objects:
            key = key_of(obj)
            try:
                sources = self._allowed(obj)
            except ReferenceFault as error:
                found[key] = (NOTHING, error.verdict)
                continue
            if sources.refs:
                named[key] = sources
        self._fetch(named)
        for key, sources in named.items():
            try:
                found[key] = (sourced(self._of(key), sources), None)
            except ReferenceFault as error:
                found[key] = (Sourced(version=self._of(key).version(sources.refs)), error.verdict)
        return found

    def names_any(self, obj: Mapping[str, Any]) -> bool:
        """Whether an object names anything at all."""
        spec = obj.get("spec", {})
        return bool(spec.get("configFrom") or spec.get("configValueFrom"))

    def _allowed(self, obj: Mapping[str, Any]) -> Sources:
        sources = sources_of(obj.get("spec", {}))
        secret = next((ref for ref in sources.refs if ref.kind == "Secret"), None)
        if secret and not self._secrets:
            text = f"{secret.field}: a connector that is addressed by labels may not use Secrets; refer to a KafkaConnectCluster by connectClusterRef"
            raise ReferenceFault(Reason.INVALID_SPEC, text)
        return sources

    def _fetch(self, named: Mapping[str, Sources]) -> None:
        refs: dict[str, list[KeyRef]] = {}
        for key, sources in named.items():
            refs.setdefault(_namespace(key), []).extend(sources.refs)
        for namespace, several in refs.items():
            self._of(f"{namespace}/").fetch(several)

    def _of(self, key: str) -> References:
        namespace = _namespace(key)
        return self._references.setdefault(namespace, References(self._api, namespace))


def _namespace(key: str) -> str:
    return key.partition("/")[0]


def sourced(references: References, sources: Sources) -> Sourced:
    """What the references of a connector give, read now if they were not yet.

    :raises ReferenceFault: for what is missing and not optional, or cannot be used; :raises KubeError: if Kubernetes does not say.
    """
    below: dict[str, str] = {}
    above: dict[str, str] = {}
    keepers: dict[str, str] = {}
    for ref in sources.maps:
        texts = _unless_optional(references, ref)
        for key in sorted(texts):
            check_reserved(ref, key)
        below.update(texts)
        keepers.update(dict.fromkeys(texts, references.uid(ref)))
    for key, ref in sources.values.items():
        check_reserved(ref, key)
        texts = _unless_optional(references, ref)
        if ref.key in texts:
            above[key], keepers[key] = texts[ref.key], references.uid(ref)
    return Sourced(below, above, references.version(sources.refs) if sources.refs else "", keepers)


def _unless_optional(references: References, ref: KeyRef) -> dict[str, str]:
    try:
        return {ref.key: references.text(ref)} if ref.key else references.texts(ref)
    except ReferenceFault as error:
        if ref.optional and error.missing:
            return {}
        raise
