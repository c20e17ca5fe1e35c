# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What a pass has to say of one connector, from how far it came with it. Pure."""

from __future__ import annotations

from dataclasses import replace

from . import _plan, _status
from ._model import (
    Action,
    ConnectError,
    Difference,
    Outcome,
    OutOfTime,
    Presence,
    Reason,
    Refusal,
    UnconfirmedWrite,
    Unremoved,
    Update,
    Verdict,
    kept_keys,
)
from ._progress import Progress, Stage

FOLLOW_UP_SECONDS = 5.0


def conclude(progress: Progress, now: float, lasted: float) -> Outcome:
    """The outcome of one connector. Pure.

    :param lasted: seconds for which it has been unsettled without our doing.
    """
    wanted, memory, plan = progress.wanted, progress.wanted.memory, progress.plan
    outcome = Outcome(
        wanted,
        Verdict(Reason.CONVERGING, "it is on its way"),
        observed=progress.observed,
        ownership=plan.ownership,
        owned_since=progress.owned_since or memory.owned_since,
        writes=tuple(progress.writes),
        actions=tuple(progress.applied),
        unconfirmed=memory.unconfirmed,
        refused=memory.refused,
        errors=memory.errors if memory.refused else (),
        unremoved=memory.unremoved,
        masked=memory.masked,
    )
    if progress.stage is Stage.DEFERRED or _out_of_time(progress):
        return replace(outcome, ownership=progress.ownership_so_far, deferred=True, follow_up=progress.follow_up)
    if progress.in_flight:
        return _hanging(outcome, progress)
    if progress.held:
        return _held(outcome, progress)
    if progress.stage is Stage.GONE or plan.released:
        return _released(outcome, plan.orphaned)
    if progress.error:
        return _failed(outcome, progress.error, progress, now)
    if plan.verdict:
        return replace(outcome, verdict=plan.verdict, follow_up=plan.wait)
    if wanted.absent:  # the time was over before the deletion could be sent
        return replace(outcome, verdict=Verdict(Reason.DELETING, f"the connector {wanted.name} is to be deleted"), follow_up=FOLLOW_UP_SECONDS)
    return _confirmed(outcome, progress, now, lasted)


def _released(outcome: Outcome, orphaned: str) -> Outcome:
    return replace(outcome, released=True, orphaned=orphaned, verdict=Verdict(Reason.DELETING, f"the connector {outcome.wanted.name} is released"))


def _out_of_time(progress: Progress) -> bool:
    """Nobody asked Connect, so nothing new is known of the connector."""
    unseen = progress.stage is Stage.PLANNED and progress.observed.presence is Presence.UNKNOWN
    return isinstance(progress.error or (progress.observed.error if unseen else None), OutOfTime)


def _hanging(outcome: Outcome, progress: Progress) -> Outcome:
    """A write that did not answer before the pass had to end."""
    action, since = progress.in_flight or ("write", 0.0)
    wanted = outcome.wanted
    late = _late(action, wanted.name)
    return replace(
        outcome,
        verdict=_plan.blocked(wanted, late) if wanted.absent else Verdict(Reason.CONNECT_TIMEOUT, late),
        ownership=progress.ownership_so_far,
        unconfirmed=UnconfirmedWrite(action, since),
        follow_up=_plan.UNCONFIRMED_SECONDS,
    )


def _late(action: str, name: str) -> str:
    return f"Connect did not answer the {action} of {name} in time; it is read back before anything else is written"


def _failed(outcome: Outcome, error: ConnectError, progress: Progress, now: float) -> Outcome:
    verdict = error.verdict
    wanted = outcome.wanted
    if verdict.reason is Reason.CONNECT_TIMEOUT and error.outcome_unknown and progress.writes:
        # It is this write that takes long. Nothing is wrong with the address.
        verdict = replace(verdict, message=_late(progress.writes[-1].action, wanted.name))
    if wanted.absent and _plan.is_overdue(wanted, now):
        return _released(outcome, _plan.overdue(verdict.message))
    if wanted.absent:
        verdict = _plan.blocked(wanted, verdict.message)
    outcome = replace(outcome, verdict=verdict, ownership=progress.ownership_so_far, follow_up=FOLLOW_UP_SECONDS)
    if verdict.reason in (Reason.INVALID_CONFIG, Reason.PLUGIN_NOT_FOUND):
        refused = wanted.memory.refused if wanted.memory.observed else None
        again = refused.count if refused and refused.version == wanted.version else 0
        return replace(outcome, refused=Refusal(again + 1, now, wanted.version), errors=error.errors, follow_up=None)
    if error.outcome_unknown and progress.writes:
        last = progress.writes[-1]
        return replace(outcome, unconfirmed=UnconfirmedWrite(last.action, now - last.seconds), follow_up=_plan.UNCONFIRMED_SECONDS)
    if _status.REASONS[verdict.reason].stalled:
        return replace(outcome, follow_up=None)
    return outcome


def _held(outcome: Outcome, progress: Progress) -> Outcome:
    """There is something to do, and it is not done for now."""
    wanted, hold = outcome.wanted, progress.hold
    if hold is None:
        raise ValueError("what is held has a cause")
    if wanted.absent:
        text = f"the connector {wanted.name} is not deleted: {hold.message}; to let go of it, set deletionPolicy: Orphan"
        verdict = Verdict(Reason.DELETION_BLOCKED, text)
    elif hold.reason is Reason.CONNECT_CLUSTER_CHANGED:
        verdict = hold
    elif hold.reason is Reason.PLAN_ONLY:
        steps = "; ".join(_described(action, ours=wanted.memory.owns) for action in progress.plan.actions)
        doubt = progress.doubt
        text = f"planned and not carried out: {steps}. {hold.message}" + (f". It would be refused: {doubt.message}" if doubt else "")
        verdict = Verdict(doubt.reason if doubt else Reason.PLAN_ONLY, text)
    else:
        verdict = Verdict(hold.reason, f"the connector {wanted.name} differs from the spec and is left so: {hold.message}")
    # What Connect refused stays so while nothing is sent; a plan is looked at anew.
    errors = progress.errors if hold.reason is Reason.PLAN_ONLY else outcome.errors
    outcome = replace(outcome, verdict=verdict, ownership=progress.ownership_so_far, held=hold.message, errors=errors)
    if hold.reason is Reason.CONNECT_CLUSTER_CHANGED:
        return outcome
    plain_keys = {name: known.plain for name, known in progress.definitions.items() if known}
    planned = progress.plan.actions[len(progress.applied) :]
    return replace(outcome, planned=planned, plain_keys=plain_keys, validated=progress.validated)


# ``status.plan`` has them all.
_TOLD_KEYS, _TOLD_KEY_LIMIT = 10, 100


def _described(action: Action, *, ours: bool) -> str:
    """In words; which keys differ is told only of a connector that is ours."""
    named = sorted(action.config) if isinstance(action, Update) and not ours else action.keys
    keys = [key[:_TOLD_KEY_LIMIT] for key in named[:_TOLD_KEYS]]
    more = " and others" if len(named) > len(keys) else ""
    return f"{action.name} ({', '.join(keys)}{more})" if keys else action.name


def _confirmed(outcome: Outcome, progress: Progress, now: float, lasted: float) -> Outcome:
    """What the last look says of a connector that was written, or needed nothing."""
    wanted, observed = outcome.wanted, outcome.observed
    if observed is None or observed.presence is Presence.UNKNOWN:
        error = observed.error if observed else None
        verdict = error.verdict if error else outcome.verdict
        return replace(outcome, verdict=verdict, ownership=progress.ownership_so_far, follow_up=FOLLOW_UP_SECONDS)
    difference = _plan.difference_of(wanted, observed)
    if observed.presence is Presence.ABSENT or difference:
        return _unconfirmed(outcome, progress, difference)
    outcome = replace(outcome, unconfirmed=None, refused=None, errors=(), unremoved=None, masked=_plan.masked_digests(wanted, observed))
    judgement = _status.judge(wanted, observed.status, lasted=lasted)
    outcome = replace(outcome, synced=_status.REASONS[judgement.verdict.reason].synced == _status.TRUE)
    if judgement.settled:
        return replace(outcome, verdict=judgement.verdict)
    quiet = not progress.writes and wanted.memory.ready and wanted.memory.observed and lasted < _status.PASSING_SECONDS
    if quiet and wanted.memory.verdict:
        return replace(outcome, verdict=wanted.memory.verdict, follow_up=_status.PASSING_SECONDS)
    return replace(outcome, verdict=judgement.verdict, follow_up=FOLLOW_UP_SECONDS)


def _unconfirmed(outcome: Outcome, progress: Progress, difference: Difference) -> Outcome:
    """Connect accepted the write, and does not show it."""
    wanted = outcome.wanted
    if progress.updated and outcome.observed and outcome.observed.presence is Presence.PRESENT:
        return replace(outcome, verdict=_plan.not_converging(wanted, difference), unremoved=Unremoved(kept_keys(difference.keys), wanted.version))
    verdict = Verdict(Reason.CONVERGING, f"Connect does not show the configuration of {wanted.name} as it was sent yet")
    return replace(outcome, verdict=verdict, ownership=progress.ownership_so_far, follow_up=FOLLOW_UP_SECONDS)
