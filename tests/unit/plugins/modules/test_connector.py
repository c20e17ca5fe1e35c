# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs no Connect of the module for one connector: its options, its diff, and what counts as a failure."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _config
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._asked import AskedError, wanted_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._config import ConfigError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._diff import diff_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    Action,
    Adoption,
    ConnectError,
    ConnectorStatus,
    Create,
    Delete,
    Observed,
    Outcome,
    Presence,
    Reason,
    RunState,
    Switch,
    TaskStatus,
    UnconfirmedWrite,
    Update,
    Verdict,
    Wanted,
    Write,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._playbook import connector_of, problem_of, warning_of

from tests.unit.plugins.module_utils.certificate import certified

NO_CONNECTION = {**dict.fromkeys(_argspec.connection_options()), "validate_certs": True, "timeout": 30, "connect_timeout": 5}
OPTIONS: dict[str, Any] = {
    "name": "orders",
    "connector_class": "Source",
    "tasks_max": None,
    "plugin_version": None,
    "config": {},
    "run_state": None,
    "state": "present",
}


def connection(**options: Any) -> dict[str, Any]:
    return {**NO_CONNECTION, "url": "https://connect.example.com/base/", **options}


class TestConnection:
    def test_documented_options_are_the_real_ones(self) -> None:
        documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
        real = _argspec.connection_options()
        assert {name: (option["type"], option.get("default")) for name, option in documented.items()} == {
            name: (option["type"], option.get("default")) for name, option in real.items()
        }
        for name, option in real.items():
            (variable,) = option["fallback"][1]
            assert f"E({variable})" in " ".join(documented[name]["description"])

    def test_base_path_is_part_of_the_url(self) -> None:
        assert _argspec.connect_of(connection()).url == "https://connect.example.com:443/base"

    @pytest.mark.parametrize(
        ("options", "sent"),
        [
            ({}, {}),
            ({"token": "abc"}, {"Authorization": "Bearer abc"}),
            ({"url_username": "ada", "url_password": "grün:x"}, {"Authorization": "Basic YWRhOmdyw7xuOng="}),
            ({"url_username": "ada"}, {"Authorization": "Basic YWRhOg=="}),
            ({"headers": {"X-Tenant": 7}}, {"X-Tenant": "7"}),
            ({"headers": {"Authorization": "Custom x"}}, {"Authorization": "Custom x"}),
        ],
    )
    def test_what_is_sent_with_every_request(self, options: dict[str, Any], sent: dict[str, str]) -> None:
        assert _argspec.connect_of(connection(**options)).headers == sent

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"url": "https://u:pw@host"}, "url: "),
            ({"url": "https://host/a/../b"}, "url: "),
            ({"timeout": 0}, "timeout: "),
            ({"connect_timeout": -1}, "connect_timeout: "),
            ({"ca_path": "/no/such/ca.pem"}, "ca_path: the file /no/such/ca.pem cannot be read"),
            ({"client_cert": "/no/such/cert.pem"}, "client_cert: "),
            ({"token": "line\nbreak-4711"}, "token: "),
            ({"url_username": "a:b", "url_password": "4711"}, "url_username"),
            ({"url_username": "a", "url_password": "47\r\n11"}, "url_password"),
            ({"url_username": "a", "headers": {"authorization": "4711"}}, "Authorization"),
            ({"headers": {"Host": "4711"}}, "Host"),
            ({"headers": {"content-length": "4711"}}, "content-length"),
            ({"headers": {"Transfer-Encoding": "4711"}}, "Transfer-Encoding"),
            ({"headers": {"X y": "4711"}}, "no name of a header"),
            ({"headers": {"X": "47\r\nEvil: 11"}}, "printable"),
            ({"headers": {"X": "ü4711"}}, "printable"),
        ],
    )
    def test_what_cannot_be_used_is_named_without_its_value(self, options: dict[str, Any], words: str) -> None:
        with pytest.raises(OptionError) as error:
            _argspec.connect_of(connection(**options))
        assert words in str(error.value)
        assert "4711" not in str(error.value)

    def test_tls(self, tmp_path: Path) -> None:
        made = certified("connect")
        both = str(made.file(tmp_path))

        def used(**options: Any) -> Any:
            return vars(_argspec.connect_of(connection(**options)).transport)["tls"]

        assert used() is None
        assert [one["subject"] for one in used(ca_path=both).get_ca_certs()] == [((("commonName", "connect"),),)]
        assert used(ca_path=both, validate_certs=False).verify_mode == ssl.CERT_NONE
        assert used(client_cert=both).verify_mode == ssl.CERT_REQUIRED
        assert used(client_cert=both, client_key=both, validate_certs=False).verify_mode == ssl.CERT_NONE

    @pytest.mark.parametrize(
        ("options", "option"),
        [
            (("ca_path",), "ca_path"),
            (("client_cert",), "client_cert"),
            (("client_cert", "client_key"), "client_cert"),
        ],
    )
    def test_a_file_that_cannot_be_used_is_named(self, tmp_path: Path, options: tuple[str, ...], option: str) -> None:
        (tmp_path / "empty.pem").touch()
        with pytest.raises(OptionError, match=rf"^{option}: the file .*empty.pem cannot be used: there is no certificate"):
            _argspec.connect_of(connection(**dict.fromkeys(options, str(tmp_path / "empty.pem"))))

    def test_a_key_that_cannot_be_used_is_named(self, tmp_path: Path) -> None:
        made = certified("connect")
        (tmp_path / "cert.pem").write_text(made.certificate, encoding="utf-8")
        (tmp_path / "key.pem").write_text(certified("other").key, encoding="utf-8")
        with pytest.raises(OptionError, match=r"^client_key: the file .*key.pem cannot be used: the private key does not belong"):
            _argspec.connect_of(connection(client_cert=str(tmp_path / "cert.pem"), client_key=str(tmp_path / "key.pem")))
        with pytest.raises(OptionError, match=r"^client_cert: the file .*cert.pem cannot be used: there is no private key"):
            _argspec.connect_of(connection(client_cert=str(tmp_path / "cert.pem")))

    def test_secrets(self) -> None:
        secrets = _argspec.secrets_of(connection(token="bearer", url_password="abc", headers={"X-Api-Key": "key-1", "X-Tenant": "prod"}))
        assert secrets == {"bearer", "key-1"}


def test_only_secrets_of_a_configuration_are_masked() -> None:
    config = {"topic": "orders", "db.password": "sesame", "short.password": "abc", "sasl.on": "true", "my.token": 12345}
    assert _config.secret_values(config) == {"sesame"}


class TestWanted:
    def test_all_options(self) -> None:
        wanted = wanted_of({**OPTIONS, "tasks_max": 2, "plugin_version": "[1,2)", "config": {"a": True}, "run_state": "paused"})
        assert wanted.config == {"name": "orders", "connector.class": "Source", "tasks.max": "2", "connector.plugin.version": "[1,2)", "a": "true"}
        assert (wanted.state, wanted.absent, wanted.adoption) == (RunState.PAUSED, False, Adoption.ALWAYS)

    def test_what_is_not_said_is_left_alone(self) -> None:
        wanted = wanted_of(OPTIONS)
        assert wanted.config == {"name": "orders", "connector.class": "Source"}
        assert wanted.state is None

    def test_absent_needs_no_more_than_a_name(self) -> None:
        assert wanted_of({**OPTIONS, "connector_class": None, "state": "absent"}).absent

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"name": "a/b"}, "name: 'a/b'"),
            ({"tasks_max": 0}, "tasks_max: "),
            ({"config": {"k": {"a": 1}}}, "config key k: a map or a list"),
            ({"config": {"k": []}}, "to_json"),
            ({"config": {"connector.class": "x"}}, "use the field connector_class"),
            ({"config": {"connector.plugin.version": "x"}}, "use the field plugin_version"),
        ],
    )
    def test_refused(self, options: dict[str, Any], words: str) -> None:
        with pytest.raises((AskedError, ConfigError)) as error:
            wanted_of({**OPTIONS, **options})
        assert words in str(error.value)


class TestDiff:
    CONFIG: ClassVar = {"connector.class": "Source", "name": "orders", "plain": "1", "my.password": "sesame", "long": "x y " * 75}

    def plain_keys(self, connector_class: str) -> frozenset[str]:
        """Everything is declared, passwords too: what looks secret stays hidden all the same."""
        return frozenset(self.CONFIG) | {"no text"} if connector_class == "Source" else frozenset()

    def diff(self, *actions: Action) -> tuple[list[str], list[str]]:
        diff = diff_of("orders", actions, self.plain_keys)
        assert "sesame" not in str(diff)
        return diff["before"].splitlines(), diff["after"].splitlines()

    def test_created_and_deleted_are_compared_with_nothing(self) -> None:
        lines = [
            "config:",
            '  connector.class: "Source"',
            f'  long: "{"x y " * 50}..."',
            "  my.password: (hidden)",
            '  name: "orders"',
            '  plain: "1"',
        ]
        assert self.diff(Create(self.CONFIG, RunState.STOPPED)) == ([], [*lines, "run_state: stopped"])
        assert self.diff(Create(self.CONFIG, None)) == ([], [*lines, "run_state: running"])
        assert self.diff(Delete(before=self.CONFIG)) == (lines, [])

    @pytest.mark.parametrize("key", ["my.password", "long"])
    def test_a_difference_that_is_not_shown_is_said(self, key: str) -> None:
        config = {**self.CONFIG, key: self.CONFIG[key] + "x"}
        before, after = self.diff(Update(config, _config.difference(self.CONFIG, config), before=self.CONFIG))
        (line,) = set(after) - set(before)
        assert line == f"  {key}: (changed)"

    def test_what_came_from_elsewhere_is_hidden_on_both_sides(self) -> None:
        config = {**self.CONFIG, "plain": "2"}
        update = Update(config, _config.difference(self.CONFIG, config), before=self.CONFIG)
        diff = diff_of("orders", [update], self.plain_keys, frozenset(("plain",)))
        assert "  plain: (hidden)" in diff["before"].splitlines()
        assert "  plain: (changed)" in diff["after"].splitlines()

    def test_keys_of_another_class_are_not_known(self) -> None:
        config = {**self.CONFIG, "connector.class": "Other"}
        before, after = self.diff(Update(config, _config.difference(self.CONFIG, config), before=self.CONFIG))
        assert '  plain: "1"' in before
        assert "  plain: (hidden)" in after

    def test_odd_keys_and_values_stay_on_one_line(self) -> None:
        config = {**self.CONFIG, "plain": "a\nb: c", "no text": "\x00null", "x: y": "z"}
        _, after = self.diff(Create(config, None))
        assert {'  plain: "a\\nb: c"', '  "no text": null', '  "x: y": (hidden)'} <= set(after)

    def test_a_run_state_alone(self) -> None:
        assert self.diff(Switch("PAUSED", RunState.RUNNING)) == (["run_state: paused"], ["run_state: running"])


WANTED = Wanted("orders", "orders", {})
CREATE, UPDATE, DELETE = Create({}, None), Update({}, _config.difference({}, {})), Delete()


def outcome(reason: Reason, *actions: Action, **more: Any) -> Outcome:
    return Outcome(WANTED, Verdict(reason, "so it is"), actions=actions, **more)


class TestEnd:
    @pytest.mark.parametrize("reason", [Reason.RUNNING, Reason.PAUSED, Reason.STOPPED, Reason.PLAN_ONLY])
    def test_fine(self, reason: Reason) -> None:
        assert problem_of(outcome(reason, UPDATE)) is None
        assert warning_of(outcome(reason, UPDATE)) == ""

    def test_still_on_its_way_is_worth_a_word_after_a_change(self) -> None:
        assert problem_of(outcome(Reason.CONVERGING, CREATE)) is None
        assert warning_of(outcome(Reason.CONVERGING, CREATE)) == "so it is"
        assert warning_of(outcome(Reason.CONVERGING)) == ""

    @pytest.mark.parametrize("reason", [Reason.CONNECTOR_FAILED, Reason.TASKS_FAILED])
    def test_a_failed_connector_fails_only_the_run_that_started_it(self, reason: Reason) -> None:
        for action in (CREATE, UPDATE, Switch("PAUSED", RunState.RUNNING)):
            assert problem_of(outcome(reason, action)) == Verdict(reason, "so it is")
        for actions in ((), (Switch("RUNNING", RunState.PAUSED),)):
            assert problem_of(outcome(reason, *actions)) is None
            assert warning_of(outcome(reason, *actions)) == "so it is"

    @pytest.mark.parametrize("reason", [Reason.NOT_CONVERGING, Reason.INVALID_CONFIG, Reason.CONNECT_REBALANCING, Reason.DELETION_BLOCKED])
    def test_everything_else_is_a_failure(self, reason: Reason) -> None:
        assert problem_of(outcome(reason)) == Verdict(reason, "so it is")

    def test_the_error_that_hides_a_connector_is_the_cause(self) -> None:
        hidden = Observed(Presence.UNKNOWN, error=ConnectError(Verdict(Reason.CONNECT_UNREACHABLE, "refused")))
        assert problem_of(outcome(Reason.DELETION_BLOCKED, observed=hidden)) == Verdict(Reason.CONNECT_UNREACHABLE, "refused")

    def test_an_unknown_outcome_is_said(self) -> None:
        problem = problem_of(outcome(Reason.CONNECT_TIMEOUT, unconfirmed=UnconfirmedWrite("create", 0.0)))
        assert problem == Verdict(Reason.CONNECT_TIMEOUT, "so it is; whether the create took effect is not known")

    def test_what_was_cut_short_is_a_failure(self) -> None:
        assert problem_of(outcome(Reason.CONVERGING, deferred=True))
        assert problem_of(outcome(Reason.CONVERGING, UPDATE, writes=(Write("pause", "spec", (), "Converging", 0.1),)))

    def test_gone(self) -> None:
        gone = outcome(Reason.DELETING, DELETE, released=True, observed=Observed(Presence.ABSENT))
        assert problem_of(gone) is None
        assert connector_of(gone, Observed(Presence.ABSENT)) == {"name": "orders", "present": False}

    def test_the_reason_of_a_failed_task_is_a_class_only(self) -> None:
        tasks = (TaskStatus(0, "RUNNING", "w:1"), TaskStatus(1, "FAILED", "w:2", "org.example.Bad: password is sesame\n\tat x"))
        status = ConnectorStatus("RUNNING", tasks, "w:1", "sink", "4.3.1")
        shown = connector_of(outcome(Reason.TASKS_FAILED), Observed(Presence.PRESENT, {}, status))
        assert shown["tasks"][1] == {"id": 1, "state": "FAILED", "worker_id": "w:2", "reason": "org.example.Bad"}
        assert "reason" not in shown["tasks"][0]
        assert "sesame" not in str(shown)
