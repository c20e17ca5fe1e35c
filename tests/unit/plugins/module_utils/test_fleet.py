# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set of manifests wants of which Connect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _bulk
from ansible_collections.saiello.kafka_connect.plugins.module_utils._diff import diff_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Fleet
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectorStatus, Observed, Presence, Reason, Update
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import LABELS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import make_plan
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import Values

from .sets import AT_LABELS, AT_PROD, cluster, connector, new_connect, read, secret, strimzi, targets


class TestFleet:
    @pytest.mark.parametrize(
        ("objects", "connections", "url"),
        [
            ([connector(**AT_PROD), cluster()], {"prod": "http://named", "default": "http://default"}, "http://named"),
            ([connector(**AT_PROD)], {"default__prod": "http://named"}, "http://named"),
            ([connector(**AT_PROD), cluster()], {"default": "http://default"}, "http://cluster:8083"),
            ([connector(labels=AT_LABELS)], {"default": "http://default"}, "http://labelled:80"),
            ([connector(**AT_PROD)], {"default": "http://default"}, "http://default"),
            ([connector()], {"default": "http://default"}, "http://default"),
            ([strimzi()], {"prod": "http://named"}, "http://named"),
        ],
    )
    def test_where_it_is(self, tmp_path: Path, objects: list[Any], connections: dict[str, str], url: str) -> None:
        (target,) = targets(read(tmp_path, *objects), **connections).values()
        assert (target.url, target.connect().url, target.problem) == (url, url, None)
        assert target.entries[0].wanted.problem is None

    def test_one_pass_for_each_way_to_a_connect(self, tmp_path: Path) -> None:
        found = read(tmp_path, connector("a", **AT_PROD), connector("b", labels=AT_LABELS), connector("c"), connector("d", **AT_PROD), cluster())
        fleet = Fleet(found, Values(), {}, new_connect("http://cluster:8083"))
        assert [(target.url, [entry.wanted.name for entry in target.entries]) for target in fleet.targets()] == [
            ("http://cluster:8083", ["a", "d"]),
            ("http://labelled:80", ["b"]),
            ("http://cluster:8083", ["c"]),
        ]

    def test_each_is_told_what_is_wrong_with_it(self, tmp_path: Path) -> None:
        found = read(tmp_path, connector("a"), connector("b", **AT_PROD))
        told = _bulk.carry_out(Fleet(found, Values(), {}, None).targets(), Clock(), check=True, diff=True).told
        assert [(one.entry.wanted.name, one.problem and one.problem.message.partition(";")[0]) for one in told] == [
            ("a", "neither connectClusterRef nor labels say where its Connect is"),
            ("b", "there is no KafkaConnectCluster default/prod among the manifests"),
        ]

    @pytest.mark.parametrize(
        ("objects", "reason", "words"),
        [
            ([connector()], Reason.CONNECT_CLUSTER_NOT_FOUND, "set url"),
            ([connector(**AT_PROD)], Reason.CONNECT_CLUSTER_NOT_FOUND, "there is no KafkaConnectCluster default/prod among the manifests"),
            ([connector(labels=AT_LABELS, **AT_PROD)], Reason.INVALID_SPEC, "both say where Connect is"),
            ([connector(labels={LABELS["host"]: "h"})], Reason.INVALID_SPEC, "the label external.saiello.github.io/api-schema is missing"),
            (
                [connector(**AT_PROD), cluster(authentication={"bearer": {"secretRef": {"name": "s"}}})],
                Reason.REFERENCE_NOT_FOUND,
                "the Secret s that spec.authentication.bearer.secretRef names is not there",
            ),
            (
                [connector(namespace="other", connectClusterRef={"name": "prod", "namespace": "default"}), cluster()],
                Reason.NAMESPACE_NOT_ALLOWED,
                "does not allow connectors of the namespace other",
            ),
            ([connector(**AT_PROD), cluster(policy={"classes": ["z"]})], Reason.INVALID_SPEC, "takes only classes like z"),
        ],
    )
    def test_what_stands_against_it(self, tmp_path: Path, objects: list[Any], reason: Reason, words: str) -> None:
        (target,) = targets(read(tmp_path, *objects)).values()
        problem = target.entries[0].wanted.problem
        assert problem
        assert (problem.reason, words in problem.message) == (reason, True)

    def test_defaults_and_bounds_count_as_for_the_operator(self, tmp_path: Path) -> None:
        defaults = {"config": {"k": "v", "own": "default"}, "tasksMax": 4}
        found = read(tmp_path, connector(config={"own": 1.0}, **AT_PROD), cluster(connectorDefaults=defaults, mode="Plan", ignoreLiveKeys=["x.*"]))
        (target,) = targets(found).values()
        wanted = target.entries[0].wanted
        assert wanted.config == {"name": "a", "connector.class": "x", "tasks.max": "4", "k": "v", "own": "1"}
        assert (wanted.hold and wanted.hold.reason, wanted.ignored_keys) == (Reason.PLAN_ONLY, ("x.*",))

    def test_they_count_also_where_connections_say_how_to_get_there(self, tmp_path: Path) -> None:
        spec: dict[str, Any] = {
            "authentication": {"bearer": {"secretRef": {"name": "not-there"}}},
            "connectorDefaults": {"config": {"k": "v"}, "tasksMax": 4},
            "ignoreLiveKeys": ["x.*"],
            "policy": {"connectorNames": ["a*"]},
            "mode": "Plan",
        }
        found = read(tmp_path, connector("a", **AT_PROD), connector("b", **AT_PROD), cluster(**spec))
        for named in ("prod", "default__prod"):
            (target,) = targets(found, **{named: "http://named"}).values()
            assert (target.url, target.connect().url, target.problem) == ("http://named", "http://named", None)
            one, other = (entry.wanted for entry in target.entries)
            assert one.config == {"name": "a", "connector.class": "x", "tasks.max": "4", "k": "v"}
            assert (one.problem, one.hold and one.hold.reason, one.ignored_keys) == (None, Reason.PLAN_ONLY, ("x.*",))
            assert other.problem
            assert "takes connectors of this namespace only if they are named a*" in other.problem.message

    def test_one_url_with_two_logins(self, tmp_path: Path) -> None:
        """Each connector is asked for with the login of its own connection; it is still one Connect."""
        spec = {"url": "http://cluster:8083"}
        objects = [connector("a", connectClusterRef={"name": "one"}), connector("b", connectClusterRef={"name": "two"})]
        objects.append(connector("c", connectorName="a", connectClusterRef={"name": "two"}))
        found = read(tmp_path, *objects, cluster("two", **spec, authentication={"bearer": {"secretRef": {"name": "s"}}}), secret("s", token="abcd"))
        one, two = Fleet(found, Values(found.values), {"one": new_connect("http://cluster:8083")}, None).targets()
        assert [(len(target.entries), dict(target.connect().headers)) for target in (one, two)] == [(1, {}), (2, {"Authorization": "Bearer abcd"})]
        problem = two.entries[1].wanted.problem
        assert problem
        assert problem.reason is Reason.DUPLICATE_CLAIM

    def test_two_objects_do_not_share_a_connector(self, tmp_path: Path) -> None:
        (target,) = targets(read(tmp_path, connector("a"), connector("b", connectorName="a")), default="http://d").values()
        assert [one.wanted.problem and one.wanted.problem.reason for one in target.entries] == [None, Reason.DUPLICATE_CLAIM]

    def test_credentials_come_from_secrets_of_the_set(self, tmp_path: Path) -> None:
        found = read(tmp_path, connector(**AT_PROD), cluster(authentication={"bearer": {"secretRef": {"name": "s"}}}), secret("s", token="abcd"))
        (target,) = targets(found).values()
        assert target.connect().headers == {"Authorization": "Bearer abcd"}

    def test_what_is_not_applied(self, tmp_path: Path) -> None:
        defaults = {"deletionPolicy": "Orphan", "deletionDeadline": "1h", "adoptionPolicy": "Always", "tasksMax": 2}
        spec: dict[str, Any] = {"syncPeriod": "30s", "unmanagedConnectors": "Ignore", "policy": {"adoption": "Never"}, "connectorDefaults": defaults}
        found = read(tmp_path, connector(deletionPolicy="Orphan", deletionDeadline="1m", **AT_PROD), cluster(**spec))
        orders = [f"external.saiello.github.io/{name}" for name in ("restart", "restart-task", "connector-offsets", "accept-cluster", "validate")]
        for manifest in (found.connectors[0], *found.connections.values()):
            manifest.object["metadata"]["annotations"] = dict.fromkeys(orders, "x")
        (target,) = targets(found).values()
        notes = [note.removesuffix(" is not applied here") for note in target.entries[0].notes]
        fields = ("syncPeriod", "unmanagedConnectors", "policy.adoption", "connectorDefaults.deletionPolicy", "connectorDefaults.deletionDeadline")
        assert notes == [
            *("spec.deletionPolicy", "spec.deletionDeadline", *(f"the annotation {order}" for order in orders)),
            *(
                f"{name} of the KafkaConnectCluster default/prod"
                for name in (*(f"spec.{field}" for field in fields), *(f"the annotation {order}" for order in orders))
            ),
        ]
        (target,) = targets(read(tmp_path, connector(**AT_PROD), cluster(policy={"connectorNames": ["a"]}))).values()
        assert target.entries[0].notes == ()

    @pytest.mark.parametrize("where", ["own", "default"])
    @pytest.mark.parametrize(("state", "live", "left"), [("running", "PAUSED", True), ("running", "STOPPED", True), ("paused", "RUNNING", False)])
    def test_a_pause_by_hand_is_left_where_the_policy_says_so(self, tmp_path: Path, where: str, state: str, live: str, left: bool) -> None:
        policy = {"driftPolicy": "RepairConfig"}
        own: dict[str, Any] = policy if where == "own" else {}
        found = read(tmp_path, connector(state=state, **own, **AT_PROD), cluster(connectorDefaults={} if own else policy))
        wanted = next(iter(targets(found).values())).entries[0].wanted
        for config, actions in ((wanted.config, ()), ({**wanted.config, "k": "v"}, ("update",))):
            planned = make_plan(wanted, Observed(Presence.PRESENT, config, ConnectorStatus(live)), 0.0).actions
            assert tuple(action.name for action in planned) == (actions if left else (*actions, "pause"))

    @pytest.mark.parametrize(
        ("first", "reason"),
        [
            ({"class": "z"}, Reason.INVALID_SPEC),
            ({"namespace": "other", "connectClusterRef": {"name": "prod", "namespace": "default"}}, Reason.NAMESPACE_NOT_ALLOWED),
            ({"mode": "Plan"}, Reason.DUPLICATE_CLAIM),
        ],
    )
    def test_who_may_not_have_a_connector_does_not_keep_another_from_it(self, tmp_path: Path, first: dict[str, Any], reason: Reason) -> None:
        manifests = connector("a", **{**AT_PROD, **first}), connector("b", connectorName="a", **AT_PROD)
        (target,) = targets(read(tmp_path, *manifests, cluster(policy={"classes": ["x"]}))).values()
        assert [one.wanted.problem and one.wanted.problem.reason for one in target.entries] == [reason, None]


FROM_SECRET = {"password": {"secretKeyRef": {"name": "s", "key": "k"}}, "user": {"secretKeyRef": {"name": "s", "key": "u"}}}


class TestReferences:
    def fleet(self, path: Path, *, lenient: bool = False, **variables: Any) -> Fleet:
        found = read(path, connector("a", config={"b": "c"}, configValueFrom=FROM_SECRET), secret("s", u="me"))
        return Fleet(found, Values(found.values, variables), {}, new_connect("http://d"), lenient=lenient)

    def test_resolved(self, tmp_path: Path) -> None:
        fleet = self.fleet(tmp_path, s={"k": "sesame"})
        wanted = fleet.targets()[0].entries[0].wanted
        assert (wanted.config["password"], wanted.config["user"], set(wanted.hidden_keys), fleet.unresolved) == (
            "sesame",
            "me",
            {"password", "user"},
            [],
        )
        assert fleet.values.secrets == {"sesame", "me"}

    def test_missing(self, tmp_path: Path) -> None:
        fleet = self.fleet(tmp_path)
        fleet.targets()
        (text,) = fleet.unresolved
        assert text.endswith("the Secret s that spec.configValueFrom[password].secretKeyRef names has no key k; add it")

    def test_left_as_it_is(self, tmp_path: Path) -> None:
        fleet = self.fleet(tmp_path, lenient=True)
        wanted = fleet.targets()[0].entries[0].wanted
        assert (fleet.unresolved, set(wanted.unresolved_keys)) == ([], {"password"})
        live = {**wanted.config, "password": "theirs"}
        assert make_plan(wanted, Observed(Presence.PRESENT, live), 0.0).actions == ()
        (update,) = make_plan(wanted, Observed(Presence.PRESENT, {**live, "b": "x"}), 0.0).actions
        assert isinstance(update, Update)
        assert (update.config, update.keys) == (live, ("b",))
        diff = diff_of("a", [update], lambda kind: frozenset(("b",)), wanted.hidden_keys, unresolved_keys=wanted.unresolved_keys)
        assert diff["after"].splitlines()[1:] == [
            '  b: "c"',
            '  connector.class: "x"',
            '  name: "a"',
            "  password: (not compared)",
            "  user: (hidden)",
        ]
        masked = {**live, "password": "****"}
        assert make_plan(wanted, Observed(Presence.PRESENT, masked), 0.0).actions == ()
        untold = Observed(Presence.PRESENT, {**masked, "b": "x"})
        for observed in (Observed(Presence.ABSENT), Observed(Presence.PRESENT, wanted.config), untold):
            plan = make_plan(wanted, observed, 0.0)
            assert plan.verdict
            assert (plan.verdict.reason, plan.actions, "password" in plan.verdict.message) == (Reason.REFERENCE_NOT_FOUND, (), True)
