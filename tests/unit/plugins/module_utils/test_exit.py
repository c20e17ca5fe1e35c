# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No end of a module says a secret that it was told of."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _exit


class Module:
    """As much of an AnsibleModule as its end needs."""

    def __init__(self) -> None:
        self.no_log_values: set[str] = set()

    def exit_json(self, **result: Any) -> NoReturn:
        raise SystemExit(json.dumps(remove_values(result, self.no_log_values)))


def said(act: Any) -> dict[str, Any]:
    with pytest.raises(SystemExit) as end:
        act()
    found: dict[str, Any] = json.loads(str(end.value.code))
    return found


def test_a_secret_is_masked_wherever_it_is_and_in_a_failure_too() -> None:
    module = Module()
    _exit.hush(module)(["sesame", "open", ""])
    assert "sesame" not in str(said(lambda: _exit.leave(module, {"writes": ["x sesame y"], "more": {"a": ["open"]}})))
    assert "sesame" not in str(said(lambda: _exit.fail(module, "it is sesame")))


def test_short_texts_and_words_of_every_result_are_not() -> None:
    module = Module()
    _exit.hush(module)(["a", "true", "False", "None", "12"])
    result = {"finished": False, "changed": True, "requests": 12, "text": "a true None"}
    assert said(lambda: _exit.leave(module, result)) == {**result, "invocation": {"module_args": {}}}


def test_words_and_numbers_of_ours_stay_in_a_file_whatever_a_secret_is() -> None:
    module = Module()
    _exit.hush(module)(["different", "update", "Invalid", "connectors", "1000", "sesame"])
    ours: dict[str, Any] = {"outcome": "different", "summary": "1000 connectors: 1 to update", "counts": {"total": 1000}, "requests": 1000}
    one = {"actions": ["update"], "reason": "InvalidConfig", "changed": True, "failed": False}
    error = {"reason": "InvalidConfig"}
    result = {**ours, "connectors": [{**one, "name": "sesame", "url": "x sesame"}], "error": {**error, "message": "sesame"}}
    found = _exit.masked(module, result)
    assert "sesame" not in str(found)
    assert {key: found[key] for key in ours} == ours
    assert {key: found["connectors"][0][key] for key in one} == one
    assert found["error"]["reason"] == "InvalidConfig"
    assert found["connectors"][0].keys() == {*one, "name", "url"}


def test_a_bug_is_told_without_its_text() -> None:
    module = Module()
    _exit.hush(module)(["sesame"])
    try:
        raise ValueError("sesame is no number")
    except ValueError as error:
        bug = error
    found = said(lambda: _exit.crash(module, bug))
    assert found["failed"] is True
    assert "unexpected ValueError at test_exit.py:" in found["msg"]
    assert "sesame" not in str(found)
