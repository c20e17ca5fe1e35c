# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Secrets and ConfigMaps without Kubernetes: from manifests and from variables, asked for as one would ask the API server. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ._objects import GROUP

# A Secret that somebody still has to fill in: its empty values count as missing.
SKELETON = f"{GROUP}/skeleton"
_KINDS = {"secrets": "Secret", "configmaps": "ConfigMap"}


@dataclass(frozen=True)
class Values:
    """``manifests``: by kind, namespace and name. ``variables``: by ``name`` or ``namespace/name``, they count for both kinds and more.

    Every value of a Secret that somebody was given is in ``secrets``.
    """

    manifests: Mapping[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict, repr=False)
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    secrets: set[str] = field(default_factory=set, repr=False)

    def get(self, path: str) -> dict[str, Any] | None:
        """What the API server would answer, None if there is no such object."""
        namespace, plural, name = map(unquote, path.split("/")[-3:])
        kind = _KINDS[plural]
        manifest = self.manifests.get((kind, namespace, name))
        given = {**self.variables.get(name, {}), **self.variables.get(f"{namespace}/{name}", {})}
        if manifest is None and not given:
            return None
        metadata = {"name": name, "namespace": namespace}
        if kind == "ConfigMap":
            own = manifest or {}
            texts = {key: value or "" for key, value in (own.get("data") or {}).items()}
            return {"metadata": metadata, "data": {**texts, **given}, "binaryData": own.get("binaryData") or {}}
        data = {**_data(manifest or {"metadata": {}}), **{key: _encoded(value) for key, value in given.items()}}
        return {"metadata": metadata, "type": (manifest or {}).get("type", "Opaque"), "data": data}

    def hush(self, values: Iterable[str]) -> None:
        """Remember what nobody may say."""
        self.secrets.update(values)


def is_skeleton(obj: Mapping[str, Any]) -> bool:
    """Whether a Secret is still to be filled in."""
    return bool((obj["metadata"].get("annotations") or {}).get(SKELETON) == "true")


def _data(secret: Mapping[str, Any]) -> dict[str, str]:
    text = {key: _encoded(value or "") for key, value in (secret.get("stringData") or {}).items()}
    # Go's base64 does not mind the ends of lines.
    data = {**{key: re.sub(r"[\r\n]", "", value or "") for key, value in (secret.get("data") or {}).items()}, **text}
    return {key: value for key, value in data.items() if value} if is_skeleton(secret) else data


def _encoded(value: str) -> str:
    return base64.b64encode(str(value).encode()).decode()
