# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no logger, or no level."""

from __future__ import annotations

from tests.connect.conftest import Ansible, task


def test_what_is_refused(ansible: Ansible) -> None:
    wrong = {"name": "a/b", "level": "INFO"}, {"name": "org.apache.kafka.connect.runtime.Worker", "level": "LOUD"}
    played = ansible.plays(*(task("logger", one) for one in wrong))
    assert [one.failed for one in played] == [True, True]
    assert played[0].result["error"]["reason"] == "InvalidSpec"
