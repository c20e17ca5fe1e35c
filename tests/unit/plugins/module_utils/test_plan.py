# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done about one connector, branch by branch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    KEY_LIMIT,
    Adoption,
    ConnectError,
    ConnectorStatus,
    Create,
    Memory,
    Observed,
    Ownership,
    Presence,
    Reason,
    Refusal,
    RunState,
    Switch,
    UnconfirmedWrite,
    Unremoved,
    Update,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import UNCONFIRMED_SECONDS, Plan, for_version, make_plan

NOW = 1_000_000.0
CONFIG = {"name": "c", "connector.class": "C", "file": "/a"}
OTHER = {**CONFIG, "file": "/b", "extra": "x"}
ABSENT = Observed(Presence.ABSENT)
DOWN = ConnectError(Verdict(Reason.CONNECT_UNREACHABLE, "no answer"))
UNKNOWN = Observed(Presence.UNKNOWN, error=DOWN)
OWNERS = [Ownership.CREATED, Ownership.ADOPTED]


def wanted(ownership: Ownership = Ownership.NONE, *, state: RunState | None = RunState.RUNNING, **memory: Any) -> Wanted:
    return Wanted("ns/c", "c", CONFIG, state, memory=Memory(ownership=ownership, **memory))


def present(config: dict[str, str] | None = None, state: str = "RUNNING") -> Observed:
    return Observed(Presence.PRESENT, CONFIG if config is None else config, ConnectorStatus(state))


def plan(one: Wanted, observed: Observed, now: float = NOW) -> Plan:
    return make_plan(one, observed, now)


# -- nothing is done


def test_what_cannot_be_wanted_is_left_alone() -> None:
    problem = Verdict(Reason.INVALID_SPEC, "no")
    for observed in (ABSENT, present(), present(OTHER), UNKNOWN):
        assert plan(replace(wanted(Ownership.CREATED), problem=problem), observed) == Plan(verdict=problem, ownership=Ownership.CREATED)


@pytest.mark.parametrize("ownership", Ownership)
def test_what_cannot_be_seen_is_left_alone_and_stays_ours(ownership: Ownership) -> None:
    assert plan(wanted(ownership), UNKNOWN) == Plan(verdict=DOWN.verdict, ownership=ownership)


def test_an_unknown_connector_without_an_error_is_a_bug() -> None:
    with pytest.raises(ValueError, match="unknown"):
        plan(wanted(), Observed(Presence.UNKNOWN))


@pytest.mark.parametrize("ownership", OWNERS)
def test_no_difference_no_write(ownership: Ownership) -> None:
    assert plan(wanted(ownership, observed=True), present()) == Plan(ownership=ownership)


# -- creation


@pytest.mark.parametrize("ownership", Ownership)
@pytest.mark.parametrize("state", RunState)
def test_what_is_absent_is_created_in_the_wanted_state(ownership: Ownership, state: RunState) -> None:
    assert plan(wanted(ownership, state=state), ABSENT) == Plan((Create(CONFIG, state),), ownership=Ownership.CREATED)


# -- whose is it?


@pytest.mark.parametrize(
    ("memory", "adoption", "live", "after"),
    [
        (Ownership.NONE, Adoption.IF_IDENTICAL, CONFIG, Ownership.ADOPTED),
        (Ownership.NONE, Adoption.ALWAYS, CONFIG, Ownership.ADOPTED),
        (Ownership.NONE, Adoption.ALWAYS, OTHER, Ownership.ADOPTED),
        (Ownership.CREATING, Adoption.IF_IDENTICAL, CONFIG, Ownership.CREATED),
        (Ownership.CREATING, Adoption.NEVER, CONFIG, Ownership.CREATED),
        (Ownership.CREATED, Adoption.NEVER, OTHER, Ownership.CREATED),
        (Ownership.CREATED, Adoption.IF_IDENTICAL, OTHER, Ownership.CREATED),
        (Ownership.ADOPTED, Adoption.IF_IDENTICAL, OTHER, Ownership.ADOPTED),
    ],
)
def test_it_is_ours(memory: Ownership, adoption: Adoption, live: dict[str, str], after: Ownership) -> None:
    found = plan(replace(wanted(memory), adoption=adoption), present(live))
    assert found.ownership is after
    assert [action.name for action in found.actions] == ([] if live == CONFIG else ["update"])


@pytest.mark.parametrize("memory", [Ownership.NONE, Ownership.CREATING])
@pytest.mark.parametrize("state", ["RUNNING", "PAUSED", "STOPPED", "FAILED"])
def test_hands_off_what_is_not_ours(memory: Ownership, state: str) -> None:
    """Also after a crash between the record of a creation and its POST: only an equal configuration is ours."""
    found = plan(wanted(memory), present({**CONFIG, "file": "hunter2"}, state))
    assert found.actions == ()
    assert found.ownership is memory
    assert found.verdict is not None
    assert found.verdict.reason is Reason.CONNECTOR_EXISTS
    assert "hunter2" not in found.verdict.message


EXISTS = "a connector c exists on Connect"
OTHERWISE = f"{EXISTS} with another configuration and was not made by this object; make the spec equal to it to adopt it, "
OR_ANOTHER = "or choose another connectorName"
BOUNDED = " (which its KafkaConnectCluster has to allow by policy.adoption: Always)"
LEFT = f"{EXISTS} and was not made by this object; adoptionPolicy: Never leaves it alone; set IfIdentical or Always to adopt it, {OR_ANOTHER}"
SHUT = f"{EXISTS} and was not made by this object; its KafkaConnectCluster lets none be adopted (policy.adoption: Never); ask its owner, {OR_ANOTHER}"


@pytest.mark.parametrize(
    ("asked", "bound", "identical", "differing"),
    [
        (Adoption.NEVER, Adoption.ALWAYS, LEFT, LEFT),
        (Adoption.NEVER, Adoption.NEVER, SHUT, SHUT),
        (Adoption.IF_IDENTICAL, Adoption.NEVER, SHUT, SHUT),
        (Adoption.ALWAYS, Adoption.NEVER, SHUT, SHUT),
        (Adoption.IF_IDENTICAL, Adoption.IF_IDENTICAL, "", f"{OTHERWISE}set adoptionPolicy: Always to overwrite it{BOUNDED}, {OR_ANOTHER}"),
        (Adoption.ALWAYS, Adoption.IF_IDENTICAL, "", f"{OTHERWISE}set adoptionPolicy: Always to overwrite it{BOUNDED}, {OR_ANOTHER}"),
        (Adoption.IF_IDENTICAL, Adoption.ALWAYS, "", f"{OTHERWISE}set adoptionPolicy: Always to overwrite it, {OR_ANOTHER}"),
        (Adoption.ALWAYS, Adoption.ALWAYS, "", ""),
    ],
)
def test_a_connector_is_adopted_as_far_as_its_connection_allows(asked: Adoption, bound: Adoption, identical: str, differing: str) -> None:
    """Empty: it is adopted, and made equal; else nothing is done and this is said, with nothing of the live configuration in it."""
    one = replace(wanted(), adoption=asked, adoption_bound=bound)
    for live, message in ((CONFIG, identical), (OTHER, differing)):
        found = plan(one, present(live))
        if message:
            assert found == Plan(verdict=Verdict(Reason.CONNECTOR_EXISTS, message))
        else:
            assert found.ownership is Ownership.ADOPTED
            assert [action.name for action in found.actions] == ([] if live == CONFIG else ["update"])


def test_of_a_creation_that_nobody_read_back_it_is_not_said_that_it_is_a_strangers() -> None:
    found = plan(wanted(Ownership.CREATING), present(OTHER))
    assert found.verdict is not None
    assert f"{EXISTS} with another configuration and may have been made by this object, which nobody saw; make the spec" in found.verdict.message


# -- updates


def test_whole_maps_are_compared() -> None:
    (update,) = plan(wanted(Ownership.CREATED), present(OTHER)).actions
    assert isinstance(update, Update)
    assert update.config == CONFIG
    assert (update.difference.added, update.difference.changed, update.difference.removed) == ((), ("file",), ("extra",))


def test_nobody_is_told_to_copy_values_that_connect_does_not_show() -> None:
    found = plan(wanted(), present({**OTHER, "password": "****"}))
    assert found.verdict is not None
    assert "nobody can tell whether the spec is equal to it; set adoptionPolicy: Always" in found.verdict.message


def test_configuration_first_then_state() -> None:
    found = plan(wanted(Ownership.CREATED, state=RunState.STOPPED), present(OTHER))
    assert [action.name for action in found.actions] == ["update", "stop"]


def test_our_own_confirmed_write_that_changed_nothing_is_not_sent_again() -> None:
    found = plan(wanted(Ownership.CREATED, observed=True, unremoved=Unremoved(("extra", "file"))), present(OTHER))
    assert (found.actions, found.ownership) == ((), Ownership.CREATED)
    assert found.verdict is not None
    assert found.verdict.reason is Reason.NOT_CONVERGING
    assert found.verdict.message.endswith("keys: extra, file; find out who else writes it")
    for others in ((), ("file",), ("extra", "file", "more")):
        assert plan(wanted(Ownership.CREATED, observed=True, unremoved=Unremoved(others)), present(OTHER)).actions
    assert plan(wanted(Ownership.CREATED, observed=True, unremoved=Unremoved(("extra", "file"), "of other sources")), present(OTHER)).actions


@pytest.mark.parametrize("reason", [Reason.CONNECT_UNREACHABLE, Reason.RUNNING, Reason.DRIFTED])
def test_that_is_remembered_whatever_was_said_since(reason: Reason) -> None:
    """Also after a pass that could not reach Connect: the keys are the memory, not the condition."""
    memory: dict[str, Any] = {"observed": True, "verdict": Verdict(reason, "other"), "unremoved": Unremoved(("extra", "file"))}
    found = plan(wanted(Ownership.CREATED, **memory), UNKNOWN)
    assert found.verdict == DOWN.verdict
    assert plan(wanted(Ownership.CREATED, **memory), present(OTHER)).actions == ()


def test_also_when_more_keys_differ_than_are_remembered() -> None:
    live = {**CONFIG, **{f"key{number:03}": "x" for number in range(80)}}
    keys = tuple(sorted(key for key in live if key.startswith("key")))[:50]
    found = plan(wanted(Ownership.CREATED, observed=True, unremoved=Unremoved(keys)), present(live))
    assert found.verdict is not None
    assert found.verdict.reason is Reason.NOT_CONVERGING
    assert "key049; if this Connect adds them by itself, list them in ignoreLiveKeys" in found.verdict.message
    assert "key050" not in found.verdict.message


def test_also_when_a_key_is_longer_than_is_remembered() -> None:
    live = {**CONFIG, "k" * 9999: "x"}
    found = plan(wanted(Ownership.CREATED, observed=True, unremoved=Unremoved(("k" * KEY_LIMIT,))), present(live))
    assert found.verdict is not None
    assert found.verdict.reason is Reason.NOT_CONVERGING
    assert len(found.verdict.message) < KEY_LIMIT + 200


def test_keys_that_connect_adds_by_itself_are_no_difference() -> None:
    one = replace(wanted(Ownership.CREATED, observed=True), ignored_keys=("ex*", "file"))
    assert plan(one, present({**CONFIG, "extra": "x"})) == Plan(ownership=Ownership.CREATED)
    (update,) = plan(one, present(OTHER)).actions
    assert update.keys == ("file",), "what the spec names counts, whatever the patterns say"


# -- a configuration that Connect refused


REFUSED = Verdict(Reason.INVALID_CONFIG, "refused")


@pytest.mark.parametrize(("count", "minutes"), [(1, 5), (2, 15), (3, 60), (4, 60), (99, 60)])
@pytest.mark.parametrize("observed", [ABSENT, present(OTHER)])
def test_a_refused_configuration_is_sent_again_after_growing_pauses(count: int, minutes: int, observed: Observed) -> None:
    one = wanted(Ownership.CREATED, observed=True, verdict=REFUSED, refused=Refusal(count, NOW))
    for seconds in (0.0, 1.0, minutes * 60 - 0.5):
        assert plan(one, observed, NOW + seconds) == Plan(verdict=REFUSED, ownership=Ownership.CREATED, wait=minutes * 60 - seconds)
    assert plan(one, observed, NOW + minutes * 60).actions


def test_another_spec_is_sent_at_once() -> None:
    assert plan(wanted(observed=False, verdict=REFUSED, refused=Refusal(3, NOW)), ABSENT).actions


def test_a_refused_configuration_does_not_hold_the_run_state_of_what_is_equal() -> None:
    one = wanted(Ownership.CREATED, observed=True, verdict=REFUSED, refused=Refusal(1, NOW))
    assert [action.name for action in plan(one, present(state="PAUSED")).actions] == ["resume"]


def test_what_was_said_since_the_refusal_is_not_said_again_as_its_reason() -> None:
    """Connect was out of reach in between: now that it answers, that is not the reason any more."""
    one = wanted(observed=True, verdict=DOWN.verdict, refused=Refusal(1, NOW))
    found = plan(one, ABSENT, NOW + 60)
    assert found.actions == ()
    assert found.verdict is not None
    assert found.verdict.reason is Reason.INVALID_CONFIG


# -- a write whose answer never came


@pytest.mark.parametrize("observed", [ABSENT, present(OTHER)])
@pytest.mark.parametrize("action", ["create", "update", "delete"])
def test_a_write_of_unknown_outcome_is_not_repeated_before_its_time(observed: Observed, action: str) -> None:
    one = wanted(Ownership.CREATED, unconfirmed=UnconfirmedWrite(action, NOW))
    found = plan(one, observed, NOW + UNCONFIRMED_SECONDS - 1)
    assert found.actions == ()
    assert found.wait == pytest.approx(1.0)
    assert found.verdict is not None
    assert found.verdict.reason is Reason.CONNECT_TIMEOUT
    assert plan(one, observed, NOW + UNCONFIRMED_SECONDS).actions


def test_a_write_that_is_seen_to_have_worked_holds_nothing() -> None:
    one = wanted(Ownership.CREATING, unconfirmed=UnconfirmedWrite("create", NOW))
    assert plan(one, present(), NOW + 1) == Plan(ownership=Ownership.CREATED)


# -- run state


@pytest.mark.parametrize(
    ("live", "state", "verb"),
    [
        ("RUNNING", RunState.RUNNING, None),
        ("RUNNING", RunState.PAUSED, "pause"),
        ("RUNNING", RunState.STOPPED, "stop"),
        ("PAUSED", RunState.RUNNING, "resume"),
        ("PAUSED", RunState.PAUSED, None),
        ("PAUSED", RunState.STOPPED, "stop"),
        ("STOPPED", RunState.RUNNING, "resume"),
        ("STOPPED", RunState.PAUSED, "pause"),
        ("STOPPED", RunState.STOPPED, None),
        ("FAILED", RunState.RUNNING, None),
        ("FAILED", RunState.PAUSED, None),
        ("FAILED", RunState.STOPPED, "stop"),
        *((live, state, None) for live in ("UNASSIGNED", "RESTARTING", "DESTROYED") for state in RunState),
        *((live, None, None) for live in ("RUNNING", "PAUSED", "STOPPED", "FAILED")),
    ],
)
def test_the_run_state_is_switched_where_that_does_something(live: str, state: RunState | None, verb: str | None) -> None:
    found = plan(wanted(Ownership.CREATED, state=state, observed=True, synced=True), present(state=live))
    assert found.verdict is None
    assert [action.name for action in found.actions] == ([verb] if verb else [])
    assert all(isinstance(action, Switch) and action.before == live for action in found.actions)


@pytest.mark.parametrize(("state", "verb"), [(RunState.RUNNING, "resume"), (RunState.PAUSED, "pause"), (RunState.STOPPED, "stop")])
def test_a_failed_connector_is_told_once_for_each_spec(state: RunState, verb: str) -> None:
    """Also where a pass has dealt with the spec already and could not tell it, as while nothing is written."""
    for observed in (False, True):
        found = plan(wanted(Ownership.CREATED, state=state, observed=observed), present(state="FAILED"))
        assert [action.name for action in found.actions] == [verb]


def test_without_a_status_there_is_no_state_to_leave() -> None:
    assert plan(wanted(Ownership.CREATED, state=RunState.STOPPED), Observed(Presence.PRESENT, CONFIG)).actions == ()


# -- versions of the plugin


@pytest.mark.parametrize(
    ("version", "chosen", "observed", "refused"),
    [
        ("3.9.1", "[1.2,2.0)", ABSENT, True),
        ("3.9.1", "[1.2,2.0)", present(OTHER), True),
        ("4.0.2-ccs", "1", ABSENT, True),
        ("4.1.0", "1", ABSENT, False),
        ("4.10.0-SNAPSHOT", "1", ABSENT, False),
        ("5.0.0", "1", present(OTHER), False),
        ("", "1", ABSENT, False),
        ("unknown", "1", ABSENT, False),
        ("3.9.1", "", ABSENT, False),
    ],
)
def test_a_version_is_chosen_where_connect_can(version: str, chosen: str, observed: Observed, refused: bool) -> None:
    more = {"connector.plugin.version": chosen} if chosen else {}
    one = replace(wanted(Ownership.CREATED), config={**CONFIG, **more})
    before = plan(one, observed)
    after = for_version(before, one, version)
    assert (after != before) is refused
    if refused:
        assert after.verdict is not None
        assert after.actions == ()
        assert after.ownership is Ownership.CREATED
        assert after.verdict.reason is Reason.INVALID_SPEC
        assert "Kafka Connect 4.1 or newer" in after.verdict.message
        assert "remove spec.version" in after.verdict.message


def test_what_is_as_it_should_be_asks_for_no_version() -> None:
    one = replace(wanted(Ownership.CREATED), config={**CONFIG, "connector.plugin.version": "1"})
    before = plan(one, present({**CONFIG, "connector.plugin.version": "1"}, "PAUSED"))
    assert for_version(before, one, "3.9.1") == before
    assert before.actions
