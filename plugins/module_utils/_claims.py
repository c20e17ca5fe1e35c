# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""To which object a connector belongs that several want. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from . import _config
from ._model import Ownership, Reason, Rival, Verdict
from ._objects import Object, age_order, connector_name, is_deleting, is_observed, is_paused, key_of, ownership_of, status_of


def duplicates(
    members: Sequence[Object],
    others: Sequence[Object] = (),
    urls: Collection[str] = (),
    refused: Callable[[Object], Verdict | None] = lambda obj: None,
) -> dict[str, Verdict]:
    """By object key, the verdict on those that claim a connector which another object has.

    The object whose status owns the connector keeps it; only without an owner the oldest gets it of those that may act.

    :param members: all objects of one place.
    :param others: of other places; those count that own a connector at one of the addresses of this one.
    :param urls: these addresses.
    :param refused: what stands against an object itself; asked only where several want the same. Who is refused keeps nobody from anything.
    """
    elsewhere = {key_of(obj) for obj in others}
    claims: dict[str, list[Object]] = {}
    for obj in members:
        if not is_deleting(obj) or ownership_of(obj) is not Ownership.NONE:
            claims.setdefault(connector_name(obj), []).append(obj)
    for obj in others:
        if connector_name(obj) in claims and _owns(obj) and status_of(obj).get("url") in urls:
            claims[connector_name(obj)].append(obj)
    verdicts = {}
    for name, claimants in claims.items():
        if len(claimants) < 2:
            continue
        ordered = sorted((obj for obj in claimants if _owns(obj) or not refused(obj)), key=_claim_order)
        verdicts.update({key_of(obj): _duplicate(name, ordered[0], obj) for obj in ordered[1:] if key_of(obj) not in elsewhere})
    return verdicts


def _duplicate(name: str, first: Object, obj: Object) -> Verdict:
    """The verdict on an object that comes after the first."""
    older = ", which is older" if age_order(first) < age_order(obj) else ""
    has = f"belongs to {told(first, obj)} already" if _owns(first) else f"is claimed by {told(first, obj)}{older}"
    return Verdict(Reason.DUPLICATE_CLAIM, f"the connector {name} {has}; choose another connectorName, or wait for the end of that object")


def rivals(obj: Object, others: Sequence[Object], urls: Collection[str], cluster_id: str) -> tuple[Rival, ...]:
    """Objects of other places that may own the very connector that an object finds on Connect: at another address, for the same Kafka cluster as
    far as one knows.

    The id of the Kafka cluster proves nothing by itself, as several Connects can work for one; but two owners would be worse than none.

    :param cluster_id: of the Kafka cluster that is known for this place, empty if none is yet: then it has to be compared later.
    """
    name = connector_name(obj)
    found = []
    for other in others:
        live = str(status_of(other).get("kafkaClusterId", ""))
        is_elsewhere = bool(live and cluster_id) and live != cluster_id
        if is_elsewhere or connector_name(other) != name:
            continue
        if _owns(other) and status_of(other).get("url") not in urls:
            text = (
                f"a connector {name} exists on Connect, and {told(other, obj)} owns one of that name and Kafka cluster at another address, which may "
                "be the same; choose another connectorName, or wait for the end of that object"
            )
            found.append(Rival(live, Verdict(Reason.DUPLICATE_CLAIM, text), _settled_config(other)))
    return tuple(found)


def told(owner: Object, reader: Object) -> str:
    """An object as another one may know it: who reads one namespace learns no names of others."""
    if owner["metadata"].get("namespace") != reader["metadata"].get("namespace"):
        return "a KafkaConnector of another namespace"
    return f"the KafkaConnector {key_of(owner)}"


def is_newcomer(obj: Object) -> bool:
    """Whether an object owns nothing for sure yet, and may be about to."""
    return ownership_of(obj) in (Ownership.NONE, Ownership.CREATING) and not is_deleting(obj)


def _owns(obj: Object) -> bool:
    return ownership_of(obj) is not Ownership.NONE


def _claim_order(obj: Object) -> tuple[bool, bool, str, str]:
    """Owners first, then who may act, then who only looks on; in each of them the oldest.

    Runs for labels do not always look at those for connections, but the period of a connection looks at all: so of two owners it is the latter that
    yields.
    """
    yields = "connectCluster" in status_of(obj) if _owns(obj) else _looks_on(obj)
    return (not _owns(obj), yields, *age_order(obj))


def _looks_on(obj: Object) -> bool:
    return is_paused(obj) or obj.get("spec", {}).get("mode") == "Plan"


def _settled_config(obj: Object) -> Mapping[str, str]:
    """What the connector of an object has for sure: what its spec says literally, if Connect was found to have it."""
    spec = obj.get("spec", {})
    synced = any(one.get("type") == "Synced" and one.get("status") == "True" for one in status_of(obj).get("conditions", ()))
    if not (synced and is_observed(obj)):
        return {}
    literal = {key: value for key, value in (spec.get("config") or {}).items() if key not in (spec.get("configValueFrom") or {})}
    try:
        return _config.canonical(connector_name(obj), str(spec.get("class", "")), spec.get("tasksMax"), literal)
    except _config.ConfigError:
        return {}
