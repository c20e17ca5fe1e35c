# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a connector whose object is deleted, branch by branch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    Adoption,
    ConnectError,
    Delete,
    Observed,
    OutOfTime,
    Ownership,
    Presence,
    Reason,
    UnconfirmedWrite,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import (
    ASKED_FOR,
    LATE_CREATE_SECONDS,
    NOT_OURS,
    UNCONFIRMED_SECONDS,
    Plan,
)

from .test_plan import ABSENT, CONFIG, NOW, OTHER, UNKNOWN, plan, present, wanted

OURS = [Ownership.CREATING, Ownership.CREATED, Ownership.ADOPTED]
SEEN = [ABSENT, present(), present(OTHER), UNKNOWN]
WAY_OUT = "to let go of it, set deletionPolicy: Orphan or a deletionDeadline"


def removed(ownership: Ownership, adoption: Adoption = Adoption.IF_IDENTICAL, **memory: Any) -> Wanted:
    return replace(wanted(ownership, **memory), absent=True, adoption=adoption)


@pytest.mark.parametrize("observed", SEEN)
def test_what_was_never_ours_is_let_go_of(observed: Observed) -> None:
    assert plan(removed(Ownership.NONE), observed) == Plan(released=True)


@pytest.mark.parametrize("observed", SEEN)
@pytest.mark.parametrize("ownership", OURS)
def test_what_is_to_be_kept_stays_on_connect(ownership: Ownership, observed: Observed) -> None:
    assert plan(replace(removed(ownership), kept="for this cause"), observed) == Plan(released=True, orphaned="for this cause")


@pytest.mark.parametrize("observed", [present(), present(OTHER), present(state="FAILED")])
@pytest.mark.parametrize("ownership", [Ownership.CREATED, Ownership.ADOPTED])
def test_what_is_ours_is_deleted(ownership: Ownership, observed: Observed) -> None:
    assert plan(removed(ownership), observed) == Plan((Delete(),), ownership=ownership)


@pytest.mark.parametrize("ownership", Ownership)
def test_a_playbook_deletes_what_it_names(ownership: Ownership) -> None:
    live = CONFIG if ownership is Ownership.CREATING else OTHER
    assert plan(removed(ownership, Adoption.ALWAYS), present(live)).actions == (Delete(),)


def test_a_problem_with_the_spec_does_not_hold_a_deletion() -> None:
    one = replace(removed(Ownership.CREATED), problem=Verdict(Reason.INVALID_SPEC, "no"))
    assert plan(one, present()).actions == (Delete(),)


@pytest.mark.parametrize("ownership", [Ownership.CREATED, Ownership.CREATING])
def test_a_deletion_waits_for_an_answer(ownership: Ownership) -> None:
    found = plan(removed(ownership), UNKNOWN)
    assert (found.actions, found.released, found.ownership) == ((), False, ownership)
    assert found.verdict is not None
    assert found.verdict.reason is Reason.DELETION_BLOCKED
    assert "no answer" in found.verdict.message


def test_what_is_gone_is_released() -> None:
    assert plan(removed(Ownership.CREATED), ABSENT) == Plan(released=True)


def test_a_creation_that_may_still_land_releases_nothing() -> None:
    one = removed(Ownership.CREATING, owned_since=NOW)
    found = plan(one, ABSENT, NOW + LATE_CREATE_SECONDS - 1)
    assert (found.actions, found.released, found.ownership) == ((), False, Ownership.CREATING)
    assert found.wait == pytest.approx(1.0)
    assert found.verdict is not None
    assert found.verdict.reason is Reason.DELETING
    assert plan(one, ABSENT, NOW + LATE_CREATE_SECONDS) == Plan(released=True)


@pytest.mark.parametrize("action", ["create", "update"])
def test_neither_does_a_write_of_unknown_outcome(action: str) -> None:
    one = removed(Ownership.CREATED, unconfirmed=UnconfirmedWrite(action, NOW))
    assert not plan(one, ABSENT, NOW + LATE_CREATE_SECONDS - 1).released
    assert plan(one, ABSENT, NOW + LATE_CREATE_SECONDS).released


def test_a_deletion_without_an_answer_that_worked_is_one() -> None:
    assert plan(removed(Ownership.CREATED, unconfirmed=UnconfirmedWrite("delete", NOW)), ABSENT, NOW + 1) == Plan(released=True)


def test_a_deletion_without_an_answer_is_not_repeated_before_its_time() -> None:
    one = removed(Ownership.CREATED, unconfirmed=UnconfirmedWrite("delete", NOW))
    found = plan(one, present(), NOW + UNCONFIRMED_SECONDS - 1)
    assert found.actions == ()
    assert found.wait == pytest.approx(1.0)
    assert plan(one, present(), NOW + UNCONFIRMED_SECONDS).actions == (Delete(),)


def test_a_creation_that_crashed_deletes_only_what_equals_it() -> None:
    assert plan(removed(Ownership.CREATING, owned_since=NOW), present(), NOW + 1).actions == (Delete(),)
    assert plan(removed(Ownership.CREATING, owned_since=NOW), present(OTHER), NOW + 1) == Plan(released=True, orphaned=NOT_OURS)


@pytest.mark.parametrize("live", [CONFIG, OTHER])
def test_whose_it_is_cannot_be_told_while_its_configuration_is_not_known(live: dict[str, str]) -> None:
    """Whatever is known of it: a part that is equal proves nothing."""
    one = replace(removed(Ownership.CREATING, owned_since=NOW), problem=Verdict(Reason.REFERENCE_NOT_FOUND, "the Secret db is not there"))
    found = plan(one, present(live), NOW + 1)
    assert found == Plan(released=True, orphaned="it cannot be told whether this object made it: the Secret db is not there")
    assert found.orphaned not in ASKED_FOR
    assert not plan(one, ABSENT, NOW + 1).released
    assert not plan(one, UNKNOWN, NOW + 1).released


@pytest.mark.parametrize("observed", SEEN)
@pytest.mark.parametrize("ownership", OURS)
@pytest.mark.parametrize("reason", [Reason.NAMESPACE_NOT_ALLOWED, Reason.DUPLICATE_CLAIM])
def test_what_is_not_for_this_object_to_touch_stays_on_connect(reason: Reason, ownership: Ownership, observed: Observed) -> None:
    """Consent was withdrawn, or the connector belongs to another object."""
    found = plan(replace(removed(ownership), problem=Verdict(reason, "not allowed any more")), observed)
    assert found == Plan(released=True, orphaned="not allowed any more")


@pytest.mark.parametrize("observed", SEEN)
def test_without_a_connection_a_deletion_waits_whatever_was_seen(observed: Observed) -> None:
    one = replace(removed(Ownership.CREATED), problem=Verdict(Reason.REFERENCE_NOT_FOUND, "it is not there"), out_of_reach=True)
    verdict = Verdict(Reason.DELETION_BLOCKED, f"the connector c cannot be deleted yet: it is not there; {WAY_OUT}")
    assert plan(one, observed) == Plan(verdict=verdict, ownership=Ownership.CREATED)
    assert plan(replace(one, kept="asked for"), observed).released


@pytest.mark.parametrize("reason", [Reason.REFERENCE_NOT_FOUND, Reason.INVALID_SPEC, Reason.INVALID_CONFIG])
def test_what_is_wrong_with_the_object_itself_does_not_hold_a_deletion(reason: Reason) -> None:
    """Such as a ConfigMap that its configuration comes from, and that went first."""
    one = replace(removed(Ownership.CREATED), problem=Verdict(reason, "no"), config={})
    assert plan(one, present()).actions == (Delete(),)


@pytest.mark.parametrize("reason", [Reason.CONNECT_CLUSTER_NOT_FOUND, Reason.REFERENCE_NOT_FOUND, Reason.NAMESPACE_NOT_ALLOWED])
def test_what_was_never_ours_needs_no_connection_to_go(reason: Reason) -> None:
    one = replace(removed(Ownership.NONE), problem=Verdict(reason, "no"), out_of_reach=True, kept="protected")
    assert plan(one, UNKNOWN) == Plan(released=True)


# -- how long it waits


def stuck() -> list[tuple[Wanted, Observed, str]]:
    """Deletions that Connect does not carry out, and why."""
    created = removed(Ownership.CREATED)
    refused = Observed(Presence.UNKNOWN, error=ConnectError(Verdict(Reason.CONNECT_UNAUTHORIZED, "it wants a login (401)")))
    missing = replace(created, problem=Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, "it is not there"), out_of_reach=True)
    return [
        (created, UNKNOWN, "no answer"),
        (created, refused, "it wants a login (401)"),
        (missing, UNKNOWN, "it is not there"),
    ]


@pytest.mark.parametrize(("one", "observed", "cause"), stuck())
def test_a_deletion_waits_for_its_deadline(one: Wanted, observed: Observed, cause: str) -> None:
    found = plan(one, observed)
    assert found.verdict == Verdict(Reason.DELETION_BLOCKED, f"the connector c cannot be deleted yet: {cause}; {WAY_OUT}")
    waiting = replace(one, deadline=NOW)
    found = plan(waiting, observed, NOW - 0.5)
    assert (found.released, found.ownership) == (False, Ownership.CREATED)
    assert found.verdict is not None
    assert found.verdict.message.endswith(f"{cause}; it is let go of at its deletionDeadline, or with deletionPolicy: Orphan")
    text = f"its deletionDeadline is over, and it could not be deleted: {cause}"
    assert plan(waiting, observed, NOW) == Plan(released=True, orphaned=text)


def test_a_deadline_that_is_over_stops_no_deletion_that_works() -> None:
    one = replace(removed(Ownership.CREATED), deadline=NOW - 1000)
    assert plan(one, present()).actions == (Delete(),)
    assert plan(one, ABSENT) == Plan(released=True)
    unanswered = replace(removed(Ownership.CREATED, unconfirmed=UnconfirmedWrite("delete", NOW - 1)), deadline=NOW - 1000)
    assert not plan(unanswered, present()).released, "Connect answers, and is to be asked again"


def test_that_there_was_no_time_to_ask_is_no_answer_at_its_deadline() -> None:
    one = replace(removed(Ownership.CREATED), deadline=NOW - 1000)
    assert not plan(one, Observed(Presence.UNKNOWN, error=OutOfTime())).released
