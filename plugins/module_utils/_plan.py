# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What to do about one connector, from what is wanted, what was seen and what is remembered. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from . import _config
from ._model import (
    Action,
    Adoption,
    Create,
    Delete,
    Difference,
    DriftPolicy,
    Observed,
    OutOfTime,
    Ownership,
    Presence,
    Reason,
    Rival,
    RunState,
    Switch,
    Unremoved,
    Update,
    Verdict,
    Wanted,
    kept_keys,
)

# A write of unknown outcome is not repeated before this (Connect itself gives up after 90 s), and
# an absence proves nothing before the other: a create that was under way may still land.
UNCONFIRMED_SECONDS = 100.0
LATE_CREATE_SECONDS = 200.0

# A refused configuration is sent again after these, in minutes: validation runs connector code, and logs in to databases.
REFUSAL_MINUTES = (5, 15, 60)


@dataclass(frozen=True)
class Plan:
    """The writes in their order, or the verdict that stands against any; ``ownership`` is what it will be afterwards.

    ``released``: nothing of this connector is ours any more. ``orphaned``: and it stays on Connect, for this cause.
    """

    actions: tuple[Action, ...] = ()
    verdict: Verdict | None = None
    ownership: Ownership = Ownership.NONE
    released: bool = False
    orphaned: str = ""
    wait: float | None = None


def make_plan(wanted: Wanted, observed: Observed, now: float) -> Plan:
    """Decide; ``now`` in seconds of the epoch."""
    if wanted.absent:
        return _removal(wanted, observed, now)
    if wanted.problem:
        return Plan(verdict=wanted.problem, ownership=wanted.memory.ownership)
    if observed.presence is Presence.UNKNOWN:
        return Plan(verdict=_error_verdict(observed), ownership=wanted.memory.ownership)
    if observed.presence is Presence.ABSENT:
        return _creation(wanted, now)
    return _adjustment(wanted, observed, now)


def _creation(wanted: Wanted, now: float) -> Plan:
    if wanted.unresolved_keys:
        return _unresolved(wanted, wanted.unresolved_keys)
    held = _held_back(wanted, now)
    if held:
        return held
    return Plan(actions=(Create(wanted.config, wanted.state),), ownership=Ownership.CREATED)


def _unresolved(wanted: Wanted, keys: Collection[str]) -> Plan:
    text = f"the values of {', '.join(sorted(keys))} are not known here, and {wanted.name} on Connect has none of its own; resolve the references"
    return Plan(verdict=Verdict(Reason.REFERENCE_NOT_FOUND, text), ownership=wanted.memory.ownership)


def _untold(wanted: Wanted, keys: Collection[str]) -> Plan:
    text = (
        f"the values of {', '.join(sorted(keys))} are not known here, and Connect does not show those of {wanted.name}, "
        "so that nothing else of it can be changed; resolve the references"
    )
    return Plan(verdict=Verdict(Reason.REFERENCE_NOT_FOUND, text), ownership=wanted.memory.ownership)


def _adjustment(wanted: Wanted, observed: Observed, now: float) -> Plan:
    if wanted.unresolved_keys - observed.config.keys():
        return _unresolved(wanted, wanted.unresolved_keys - observed.config.keys())
    difference = difference_of(wanted, observed)
    masked = [key for key in wanted.unresolved_keys if _config.is_masked(observed.config[key])]
    if difference and masked:
        return _untold(wanted, masked)
    ownership = _ownership(wanted, identical=not difference)
    if ownership is Ownership.NONE:
        return Plan(verdict=_exists(wanted, observed), ownership=wanted.memory.ownership)
    rival = _rival(wanted, observed, overwrites=bool(difference)) if adopts(wanted, ownership) else None
    if rival:
        return Plan(verdict=rival.verdict, ownership=wanted.memory.ownership)
    actions: list[Action] = []
    if difference:
        held = _held_back(wanted, now) or _not_converging(wanted, difference)
        if held:
            return held
        actions.append(Update(_known_config(wanted, observed), difference, before=observed.config))
    switch = _switch(wanted, observed, new=bool(difference) or not wanted.memory.synced)
    if switch:
        actions.append(switch)
    return Plan(actions=tuple(actions), ownership=ownership)


# Since then a version of the plugin can be chosen (KIP-891). An older Connect stores the key like any other, and heeds it not (seen on 3.9.1).
VERSIONS_SINCE = (4, 1)


def for_version(plan: Plan, wanted: Wanted, version: str) -> Plan:
    """The plan for a Connect of that version: one that chooses no versions of plugins is sent nothing that asks for one.

    :param version: as the worker says it, such as "4.1.0"; empty if it does not.
    """
    known = re.match(r"([0-9]+)\.([0-9]+)", version)
    if not (known and chooses_version(plan, wanted)) or tuple(map(int, known.groups())) >= VERSIONS_SINCE:
        return plan
    text = f"{wanted.name}: a version of its plugin can be chosen on Kafka Connect 4.1 or newer only, and this is {known.group()}"
    remedy = "remove spec.version (plugin_version in a playbook)"
    return Plan(verdict=Verdict(Reason.INVALID_SPEC, f"{text}; {remedy}"), ownership=wanted.memory.ownership)


def chooses_version(plan: Plan, wanted: Wanted) -> bool:
    """Whether a version of the plugin is asked for in what is to be sent."""
    return _config.PLUGIN_VERSION in wanted.config and any(isinstance(action, (Create, Update)) for action in plan.actions)


def difference_of(wanted: Wanted, observed: Observed) -> Difference:
    """How the live configuration of a connector differs from the wanted one.

    A value that Connect masks is the wanted one if it was just given, or if the digest says that it was given before.
    """

    def same(key: str) -> bool:
        return wanted.given or (key in wanted.memory.masked and wanted.memory.masked[key] == _digest(wanted, key))

    return _config.difference(observed.config, _known_config(wanted, observed), wanted.ignored_keys, same)


REPORTED = "driftPolicy is Report; edit the spec, or set another policy, to have it written"


def drift_hold(wanted: Wanted, observed: Observed) -> Verdict | None:
    """Why a difference is left, if it is to be reported only: Connect was as the spec says, and is not any more.

    An edit is no drift, nor is a deletion, nor is another value in a Secret; that the Secret is another one otherwise is no reason to write.
    """
    if wanted.drift is not DriftPolicy.REPORT or wanted.absent or not wanted.memory.synced:
        return None
    touched = wanted.references != wanted.memory.synced_references and observed.presence is Presence.PRESENT
    if touched and not wanted.hidden_keys.isdisjoint(difference_of(wanted, observed).keys):
        return None
    return Verdict(Reason.DRIFTED, REPORTED)


def _known_config(wanted: Wanted, observed: Observed) -> Mapping[str, str]:
    """The wanted configuration, with what Connect has where nobody knows the wanted value."""
    live = {key: observed.config[key] for key in wanted.unresolved_keys & observed.config.keys()}
    return {**wanted.config, **live} if live else wanted.config


def _digest(wanted: Wanted, key: str) -> str:
    """Of the wanted value; empty for one that nothing keeps from being guessed."""
    keeper = wanted.keepers.get(key, "")
    return _config.digest(keeper, key, wanted.config[key]) if keeper else ""


def masked_digests(wanted: Wanted, observed: Observed) -> dict[str, str]:
    """By key, the digests of the wanted values that a Connect without a difference masks."""
    masked = sorted(key for key, value in observed.config.items() if _config.is_masked(value) and wanted.config.get(key, value) != value)
    return {key: digest for key in masked if (digest := _digest(wanted, key))}


def _ownership(wanted: Wanted, *, identical: bool) -> Ownership:
    """Whose connector this is; NONE: not ours, hands off."""
    memory = wanted.memory
    if memory.ownership in (Ownership.CREATED, Ownership.ADOPTED):
        return memory.ownership
    if memory.ownership is Ownership.CREATING and identical:
        return Ownership.CREATED
    allowed = _allowed_adoption(wanted)
    if allowed is Adoption.ALWAYS or (identical and allowed is Adoption.IF_IDENTICAL):
        return Ownership.ADOPTED
    return Ownership.NONE


def adopts(wanted: Wanted, ownership: Ownership) -> bool:
    """Whether that ownership means that a connector is taken over which exists and was not ours."""
    return ownership is Ownership.ADOPTED and wanted.memory.ownership is not Ownership.ADOPTED


def _rival(wanted: Wanted, observed: Observed, *, overwrites: bool) -> Rival | None:
    """Who may own the connector that was found, and cannot be told apart from its owner.

    By another configuration one can be told apart as long as nothing is written: it may have been changed by hand, and its owner be about to put it
    back.
    """
    return next((one for one in wanted.rivals if overwrites or _may_have(observed, one.config)), None)


def _may_have(observed: Observed, config: Mapping[str, str]) -> bool:
    """Whether nothing that Connect shows of a connector stands against these values."""
    shown = observed.config
    return all(key in shown and (shown[key] == value or _config.is_masked(shown[key])) for key, value in config.items())


def _allowed_adoption(wanted: Wanted) -> Adoption:
    """What counts of the adoption that is asked for."""
    order = tuple(Adoption)
    return min(wanted.adoption, wanted.adoption_bound, key=order.index)


def _exists(wanted: Wanted, observed: Observed) -> Verdict:
    """What a person can do about a connector that is not ours. Nothing of its configuration is told."""
    which = ""
    if wanted.adoption_bound is Adoption.NEVER:
        remedy = "its KafkaConnectCluster lets none be adopted (policy.adoption: Never); ask its owner, or choose another connectorName"
    elif wanted.adoption is Adoption.NEVER:
        remedy = "adoptionPolicy: Never leaves it alone; set IfIdentical or Always to adopt it, or choose another connectorName"
    else:
        which = " with another configuration"
        bounded = "" if wanted.adoption_bound is Adoption.ALWAYS else " (which its KafkaConnectCluster has to allow by policy.adoption: Always)"
        same = "make the spec equal to it to adopt it, "
        if any(map(_config.is_masked, observed.config.values())):
            same = "as Connect does not show all of its values, nobody can tell whether the spec is equal to it; "
        remedy = f"{same}set adoptionPolicy: Always to overwrite it{bounded}, or choose another connectorName"
    made = "was not made by this object"
    if wanted.memory.ownership is Ownership.CREATING:
        # Its creation was sent, perhaps for an older spec, and nobody read it back.
        made = "may have been made by this object, which nobody saw"
    return Verdict(Reason.CONNECTOR_EXISTS, f"a connector {wanted.name} exists on Connect{which} and {made}; {remedy}")


def _held_back(wanted: Wanted, now: float) -> Plan | None:
    """A configuration that must not be sent yet: an earlier write may still land, or Connect refused it lately."""
    memory = wanted.memory
    if memory.unconfirmed and now - memory.unconfirmed.since < UNCONFIRMED_SECONDS:
        verdict = Verdict(
            Reason.CONNECT_TIMEOUT,
            f"Connect did not say what became of the last {memory.unconfirmed.action} of {wanted.name}; "
            "it is read back before anything else is written",
        )
        return Plan(verdict=verdict, ownership=memory.ownership, wait=memory.unconfirmed.since + UNCONFIRMED_SECONDS - now)
    if memory.refused and memory.observed and memory.refused.version == wanted.version:
        minutes = REFUSAL_MINUTES[min(memory.refused.count, len(REFUSAL_MINUTES)) - 1]
        left = memory.refused.since + minutes * 60 - now
        if left > 0:
            return Plan(verdict=_refused(wanted), ownership=memory.ownership, wait=left)
    return None


def _refused(wanted: Wanted) -> Verdict:
    """Why Connect refused a configuration, in the words of then, unless another trouble was told of since."""
    told = wanted.memory.verdict
    if told and told.reason in (Reason.INVALID_CONFIG, Reason.PLUGIN_NOT_FOUND):
        return told
    return Verdict(
        Reason.INVALID_CONFIG, f"Connect refused the configuration of {wanted.name}; it is sent again after a pause, or when the spec changes"
    )


def _not_converging(wanted: Wanted, difference: Difference) -> Plan | None:
    """Our own confirmed write left this very difference: sending it again only bounces the connector."""
    if wanted.memory.unremoved == Unremoved(kept_keys(difference.keys), wanted.version):
        return Plan(verdict=not_converging(wanted, difference), ownership=wanted.memory.ownership)
    return None


def not_converging(wanted: Wanted, difference: Difference) -> Verdict:
    """The verdict on a configuration that Connect accepts and does not keep."""
    shown = ", ".join(kept_keys(difference.keys))
    remedy = "find out who else writes it"
    if not (difference.added or difference.changed):
        remedy = "if this Connect adds them by itself, list them in ignoreLiveKeys of its KafkaConnectCluster"
    return Verdict(Reason.NOT_CONVERGING, f"Connect accepted the configuration of {wanted.name} and still shows another; keys: {shown}; {remedy}")


def _switch(wanted: Wanted, observed: Observed, *, new: bool) -> Switch | None:
    """The run state to ask for. What is UNASSIGNED, RESTARTING or without status has no state to leave yet.

    A FAILED connector never becomes PAUSED and resume does not retry it, yet Connect stores the target state:
    so it is told once for each spec (observed on 3.9.1 and 4.3.1). Stopping works from every state.

    :param new: the connector was not told of this spec yet. What is held back, or could not be sent, does not count as told.
    """
    if wanted.state is None or observed.status is None:
        return None
    live = observed.status.state
    if wanted.leaves(live):
        return None
    leaves = {
        RunState.RUNNING: ("PAUSED", "STOPPED"),
        RunState.PAUSED: ("RUNNING", "STOPPED"),
        RunState.STOPPED: ("RUNNING", "PAUSED", "FAILED"),
    }[wanted.state]
    told_once = live == "FAILED" and wanted.state is not RunState.STOPPED and new
    if live in leaves or told_once:
        return Switch(live, wanted.state)
    return None


def _removal(wanted: Wanted, observed: Observed, now: float) -> Plan:
    memory = wanted.memory
    owned = memory.ownership
    if owned is Ownership.NONE and wanted.adoption is not Adoption.ALWAYS:
        return Plan(released=True)
    kept = why_kept(wanted)
    if kept:
        return Plan(released=True, orphaned=kept)
    if wanted.problem and wanted.out_of_reach:
        return _stuck(wanted, wanted.problem.message, now)
    if observed.presence is Presence.UNKNOWN:
        # That there was no time to ask says nothing of Connect.
        return _stuck(wanted, _error_verdict(observed).message, 0.0 if isinstance(observed.error, OutOfTime) else now)
    if observed.presence is Presence.ABSENT:
        return _absence(wanted, now)
    if owned is Ownership.CREATING and wanted.problem:
        # What would have been sent is not known, at least not all of it.
        return Plan(released=True, orphaned=f"it cannot be told whether this object made it: {wanted.problem.message}")
    if owned is Ownership.CREATING and difference_of(wanted, observed):
        return Plan(released=True, orphaned=NOT_OURS)
    if memory.unconfirmed and memory.unconfirmed.action == Delete.name and now - memory.unconfirmed.since < UNCONFIRMED_SECONDS:
        left = memory.unconfirmed.since + UNCONFIRMED_SECONDS - now
        return Plan(verdict=blocked(wanted, "Connect did not answer the DELETE; it is read back first"), ownership=owned, wait=left)
    return Plan(actions=(Delete(before=observed.config),), ownership=owned)


# Why a connector stays on Connect, where that was asked for.
NOT_OURS = "it was not made by this object"
BY_POLICY = "deletionPolicy: Orphan leaves it there"
BY_PLAN = "mode: Plan of this object changes nothing on Connect"
ASKED_FOR = (NOT_OURS, BY_POLICY, BY_PLAN)


def why_kept(wanted: Wanted) -> str:
    """Why the connector stays on Connect although its object goes, if so."""
    if wanted.problem and wanted.problem.reason in (Reason.NAMESPACE_NOT_ALLOWED, Reason.DUPLICATE_CLAIM):
        return wanted.problem.message
    return wanted.kept


def _stuck(wanted: Wanted, cause: str, now: float) -> Plan:
    """A deletion that Connect does not carry out: it waits until its deadline, if it has one."""
    if is_overdue(wanted, now):
        return Plan(released=True, orphaned=overdue(cause))
    return Plan(verdict=blocked(wanted, cause), ownership=wanted.memory.ownership)


def is_overdue(wanted: Wanted, now: float) -> bool:
    """Whether a deletion has waited for Connect as long as it shall."""
    return wanted.deadline is not None and now >= wanted.deadline


def overdue(cause: str) -> str:
    """Why a connector was given up, from what stood against its deletion."""
    return f"its deletionDeadline is over, and it could not be deleted: {cause}"


def blocked(wanted: Wanted, cause: str) -> Verdict:
    """The verdict on a deletion that waits for Connect, with the way out."""
    way_out = "to let go of it, set deletionPolicy: Orphan or a deletionDeadline"
    if wanted.deadline is not None:
        way_out = "it is let go of at its deletionDeadline, or with deletionPolicy: Orphan"
    return Verdict(Reason.DELETION_BLOCKED, f"the connector {wanted.name} cannot be deleted yet: {cause}; {way_out}")


def _absence(wanted: Wanted, now: float) -> Plan:
    """Connect says that it is not there. A create or update that is still under way could bring it back."""
    memory = wanted.memory
    since = memory.owned_since if memory.ownership is Ownership.CREATING else None
    if memory.unconfirmed and memory.unconfirmed.action != Delete.name:
        since = memory.unconfirmed.since
    if since is not None and now - since < LATE_CREATE_SECONDS:
        verdict = Verdict(
            Reason.DELETING,
            f"the connector {wanted.name} is absent, but a write of unknown outcome may still bring it back; waiting to be sure",
        )
        return Plan(verdict=verdict, ownership=memory.ownership, wait=since + LATE_CREATE_SECONDS - now)
    return Plan(released=True)


def _error_verdict(observed: Observed) -> Verdict:
    if observed.error is None:
        raise ValueError("an unknown connector carries the error that hides it")
    return observed.error.verdict
