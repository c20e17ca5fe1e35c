# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The operator settings: one ConfigMap in the operator's namespace, read live. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import _duration

CONFIG_MAP = "kafka-connect-operator-settings"
POLL_PERIOD = 120.0
REFERENCE_PERIOD = 300.0
SHORTEST_PERIOD = 5.0


@dataclass(frozen=True)
class Settings:
    """``freeze``: nothing is written to any Connect. ``allowed_endpoints`` None: not set. ``poll_period`` in seconds.
    ``label_addressed_secrets``: connectors may send values of Secrets to where their labels say. ``reference_period``: seconds after which what
    connectors refer to is read again at the latest.

    ``problem``: what is wrong with a value. A wrong value never opens anything: freeze that is no boolean freezes.
    """

    freeze: bool = False
    allowed_endpoints: str | None = None
    label_addressing: bool = True
    label_addressed_secrets: bool = False
    poll_period: float = POLL_PERIOD
    reference_period: float = REFERENCE_PERIOD
    problem: str = ""


def parse_settings(data: Mapping[str, str]) -> Settings:
    problems: list[str] = []
    freeze = _boolean(data, "freeze", default=False, closed=True, problems=problems)
    labels = _boolean(data, "labelAddressing", default=True, closed=False, problems=problems)
    secrets = _boolean(data, "labelAddressedSecrets", default=False, closed=False, problems=problems)
    period = _seconds(data, "pollPeriod", POLL_PERIOD, problems)
    references = _seconds(data, "referencePeriod", REFERENCE_PERIOD, problems)
    return Settings(freeze, data.get("allowedEndpoints"), labels, secrets, period, references, "; ".join(problems))


def _boolean(data: Mapping[str, str], key: str, *, default: bool, closed: bool, problems: list[str]) -> bool:
    text = data.get(key, "").strip().lower()
    if text in ("true", "false"):
        return text == "true"
    if text:
        problems.append(f'{key} must be "true" or "false"')
        return closed
    return default


def _seconds(data: Mapping[str, str], key: str, default: float, problems: list[str]) -> float:
    text = data.get(key, "")
    if not text.strip():
        return default
    try:
        return max(SHORTEST_PERIOD, _duration.seconds_of(text))
    except ValueError as error:
        problems.append(f"{key} {error}")
        return default
