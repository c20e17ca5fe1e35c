# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""A connector at two places, and what these are to each other."""

from __future__ import annotations

from . import _identity, _move
from ._connect import Connect
from ._group import Group
from ._model import ConnectError, Observed, Presence, Wanted
from ._move import Relation, Sighting

# A connector is looked for at both places for so long (seconds), and a second time after a pause: what is in between states proves nothing.
LOOK_SECONDS, LOOK_PAUSE_SECONDS = 15.0, 0.5


def addresses(group: Group) -> set[str]:
    """Under which addresses a Connect is known to be one and the same."""
    last_known = group.site.place.get("url")
    return set(group.site.urls) or ({str(last_known)} if last_known else set())


def compare(
    old: Group, here_wanted: Wanted, new: Group, there_wanted: Wanted, known_down: ConnectError | None = None
) -> tuple[Sighting, Sighting, Relation]:
    """The connector at both places, as the last of two looks shows it, and what the places are to each other.

    :param here_wanted: as the object wants it at the old place, ``there_wanted``: at the new one; what stands against that keeps anything from being
        asked there.
    :param known_down: what was found out about the old place lately.
    """
    clock = old.environment.clock
    found: list[tuple[Sighting, Sighting]] = []
    for _round in range(2):
        here, there = _look(old, here_wanted, known_down), _look(new, there_wanted)
        found.append((here, there))
        if here.observed.error or there.observed.error:
            return here, there, Relation.UNTOLD
        if not _round:
            clock.sleep(LOOK_PAUSE_SECONDS)
    return *found[1], _move.agreed(_move.relation(*found[0]), _move.relation(*found[1]))


def _look(group: Group, wanted: Wanted, known_down: ConnectError | None = None) -> Sighting:
    if wanted.problem:
        return Sighting(Observed(Presence.UNKNOWN, error=ConnectError(wanted.problem)))
    connect = group.open(known_down)
    connect.deadline = group.environment.clock.now() + LOOK_SECONDS
    try:
        worker = connect.worker_info()
    except ConnectError as error:
        return Sighting(Observed(Presence.UNKNOWN, error=error))
    # Whether it works for another Kafka cluster than was recorded.
    other = _identity.other_cluster(wanted.mark, worker.kafka_cluster_id) if wanted.mark else None
    if other:
        return Sighting(Observed(Presence.UNKNOWN, error=ConnectError(other)), worker.kafka_cluster_id)
    return Sighting(connect.observe(wanted.name), worker.kafka_cluster_id, _names_on(connect))


def _names_on(connect: Connect) -> frozenset[str] | None:
    """All connectors there; None where a gate hides what is not about one of them."""
    try:
        return frozenset(connect.names())
    except ConnectError:
        return None
