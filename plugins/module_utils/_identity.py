# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Whether it is still the same Connect that answers, before anything is created there or taken for gone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ._model import ClusterMark, Observed, Ownership, Presence, Reason, Verdict, Wanted
from ._plan import Plan, chooses_version

# When more than half of at least so many connectors are gone at once, it is more likely another Connect than so many accidents.
LEAST_OWNED = 5
# What stands for the id of a Kafka cluster that Connect does not tell.
UNKNOWN_ID = "unknown"
ANNOTATION = "accept-cluster"

_OWNED = (Ownership.CREATED, Ownership.ADOPTED)


def must_ask(wanted: Wanted, observed: Observed, plan: Plan) -> bool:
    """Whether Connect has to say which Kafka cluster it works for: before a write, before an absence is believed, until it is recorded, and to
    carry out that somebody accepted it. Who does not mind that still has to know its version where a plugin's is chosen."""
    if wanted.mark is None:
        return chooses_version(plan, wanted)
    return (
        bool(plan.actions or wanted.mark.accepted)
        or forgets(wanted, plan)
        or (not wanted.mark.recorded and _is_there(observed) and (plan.ownership in _OWNED or bool(wanted.rivals)))
    )


def with_rivals_on(wanted: Wanted, live: str) -> Wanted:
    """The same, with those rivals only that may be on the Kafka cluster that Connect works for: whoever does not tell it may be anywhere."""
    return replace(wanted, rivals=tuple(one for one in wanted.rivals if not (live and one.cluster_id) or one.cluster_id == live))


def forgets(wanted: Wanted, plan: Plan) -> bool:
    """Whether a plan takes a connector that was ours for gone."""
    return plan.released and not plan.orphaned and wanted.memory.ownership is not Ownership.NONE


def changed(wanted: Sequence[Wanted], observed: Mapping[str, Observed], live: str, *, whole: bool = False) -> dict[str, Verdict]:
    """By object key, why nothing is written for it until a person has accepted the Connect that answers now.

    :param observed: by connector name.
    :param live: the id of the Kafka cluster that Connect works for, empty if it does not tell.
    :param whole: whether ``wanted`` is all that there is on this Connect.
    """
    others = {one.key: other_cluster(one.mark, live) for one in wanted if one.mark}
    found = {key: verdict for key, verdict in others.items() if verdict}
    verdict = _mass_absence(live)
    absent = [one for one in wanted if one.mark and not (one.absent or one.problem) and _presence(one, observed) is Presence.ABSENT]
    # What was found missing with many others stays so, however few are looked at now.
    missing = are_missing_at_once(wanted, observed) or any(one.memory.verdict == verdict for one in absent if one.memory.ownership in _OWNED)
    for one in absent:
        doubted = not whole and one.mark is not None and one.mark.doubt == verdict
        if (missing or doubted) and not _accepts(one.mark, live):
            found.setdefault(one.key, verdict)
    return found


def other_cluster(mark: ClusterMark, live: str) -> Verdict | None:
    """The verdict on a Connect that works for another Kafka cluster than the recorded one, unless that was accepted."""
    if not (mark.recorded and live) or live == mark.recorded or _accepts(mark, live):
        return None
    return Verdict(
        Reason.CONNECT_CLUSTER_CHANGED,
        f"Connect works for the Kafka cluster {live} now, not for {mark.recorded} as before; nothing is written to it. {_remedy(live)}",
    )


def _accepts(mark: ClusterMark | None, live: str) -> bool:
    return bool(mark and mark.accepted and mark.accepted == (live or UNKNOWN_ID))


def are_missing_at_once(wanted: Sequence[Wanted], observed: Mapping[str, Observed]) -> bool:
    """Whether so many connectors of ours are absent that this is no accident."""
    ours = [one for one in wanted if one.mark and one.memory.ownership in _OWNED and not (one.absent or one.problem)]
    seen = [presence for presence in (_presence(one, observed) for one in ours) if presence is not Presence.UNKNOWN]
    return len(seen) >= LEAST_OWNED and 2 * seen.count(Presence.ABSENT) > len(seen)


def _presence(wanted: Wanted, observed: Mapping[str, Observed]) -> Presence:
    return observed[wanted.name].presence if wanted.name in observed else Presence.UNKNOWN


def _is_there(observed: Observed) -> bool:
    return observed.presence is Presence.PRESENT


def _mass_absence(live: str) -> Verdict:
    return Verdict(
        Reason.CONNECT_CLUSTER_CHANGED,
        f"more than half of the connectors are not on Connect any more; they are not created anew until that is accepted. {_remedy(live)}",
    )


def _remedy(live: str) -> str:
    return f"If this is right, set the annotation external.saiello.github.io/{ANNOTATION} to {live or UNKNOWN_ID}"
