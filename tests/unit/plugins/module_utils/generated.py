# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KafkaConnector manifests with awkward scalars, made by chance from a seed, as somebody writes them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from .scalars import REFUSED, STORED

API_VERSION = "external.saiello.github.io/v1alpha1"
TEXTS = [text for text in STORED if text not in REFUSED]
_FIELDS = {"tasksMax": ("2", "1e0", "0o17"), "state": ("paused", "running")}
_NUMBERS = {"2": 2, "1e0": 1}


def fields(chance: random.Random) -> dict[str, str]:
    """Some fields of a spec."""
    return {field: chance.choice(texts) for field, texts in _FIELDS.items() if chance.random() < 0.5}


def config(chance: random.Random) -> dict[str, str]:
    """Some keys of a configuration."""
    return {f"k{index}": chance.choice(TEXTS) for index in range(chance.randrange(6))}


def manifest(name: str, spec: Mapping[str, str], keys: Mapping[str, str], labels: Mapping[str, str] | None = None) -> str:
    """The manifest of these fields and keys, each in YAML."""
    lines = [f"apiVersion: {API_VERSION}", "kind: KafkaConnector", "metadata:", f"  name: {name}"]
    if labels:
        lines.extend(["  labels:", *(f'    {key}: "{value}"' for key, value in labels.items())])
    lines.extend(["spec:", *(f"  {field}: {text}" for field, text in spec.items())])
    if keys:
        lines.extend(["  config:", *(f"    {key}: {text}" for key, text in keys.items())])
    return "".join(f"{line}\n" for line in lines)


def stored(text: str) -> Any:
    """What the API server stores for a text that is generated here."""
    return STORED[text] if text in STORED else _NUMBERS.get(text, text)
