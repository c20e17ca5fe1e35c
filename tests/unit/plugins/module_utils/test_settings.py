# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator settings: what is not understood opens nothing."""

from __future__ import annotations

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._settings import POLL_PERIOD, SHORTEST_PERIOD, Settings, parse_settings


def test_without_settings_the_defaults() -> None:
    assert parse_settings({}) == Settings(freeze=False, allowed_endpoints=None, label_addressing=True, poll_period=120.0, problem="")


@pytest.mark.parametrize(
    ("text", "freeze"), [("true", True), ("TRUE ", True), ("false", False), ("", False), ("yes", True), ("1", True), ("off", True)]
)
def test_a_freeze_that_is_no_boolean_freezes(text: str, freeze: bool) -> None:
    settings = parse_settings({"freeze": text})
    assert settings.freeze is freeze
    assert bool(settings.problem) is (text not in ("true", "TRUE ", "false", ""))


@pytest.mark.parametrize(("text", "on"), [("true", True), ("false", False), ("", True), ("no", False), ("yes", False)])
def test_label_addressing_that_is_no_boolean_is_off(text: str, on: bool) -> None:
    assert parse_settings({"labelAddressing": text}).label_addressing is on


@pytest.mark.parametrize(("text", "on"), [("true", True), ("false", False), ("", False), ("yes", False)])
def test_secrets_go_where_labels_say_only_if_that_is_said(text: str, on: bool) -> None:
    assert parse_settings({"labelAddressedSecrets": text}).label_addressed_secrets is on


@pytest.mark.parametrize(
    ("text", "seconds"), [("120s", 120.0), ("2m", 120.0), ("1h", 3600.0), (" 30s\n", 30.0), ("", POLL_PERIOD), ("1s", SHORTEST_PERIOD)]
)
def test_periods(text: str, seconds: float) -> None:
    settings = parse_settings({"pollPeriod": text})
    assert settings.poll_period == seconds
    assert settings.problem == ""


@pytest.mark.parametrize("text", ["120", "2d", "-1s", "1.5m", "soon", "9" * 5000 + "s", "٣s"])
def test_what_is_no_period_is_the_default(text: str) -> None:
    settings = parse_settings({"pollPeriod": text})
    assert settings.poll_period == POLL_PERIOD
    assert "pollPeriod" in settings.problem


def test_endpoints_that_are_set_and_empty_are_not_endpoints_that_are_not_set() -> None:
    assert parse_settings({"allowedEndpoints": ""}).allowed_endpoints == ""


SETTINGS = ("freeze", "labelAddressing", "labelAddressedSecrets", "pollPeriod", "referencePeriod")


def test_every_problem_is_told() -> None:
    problem = parse_settings(dict.fromkeys(SETTINGS, "x")).problem
    assert all(key in problem for key in SETTINGS)
