# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Many connectors of one or several Connects in one task: put together, carried out, and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from . import _asked, _summary
from ._asked import AskedError
from ._config import ConfigError
from ._connect import Connect
from ._fleet import Entry, NewConnect, Target
from ._http import Clock
from ._model import ConnectError, name_problem
from ._playbook import carry_out_all
from ._summary import Told
from ._wanted import PROTECTED, Terms

# So many Connects are worked on at once.
POOL = 4


class BulkError(ValueError):
    """What is asked for cannot be done; the text says what to change, and holds no secret. ``unresolved``: every reference to what is not there."""

    def __init__(self, message: str, unresolved: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.unresolved = tuple(unresolved)


def add_listed(targets: list[Target], listed: Sequence[Mapping[str, Any]], default: NewConnect | None) -> None:
    """Add connectors that the task itself lists.

    :raises BulkError: for what cannot be wanted.
    """
    for index, params in enumerate(listed):
        try:
            entry = Entry(_asked.wanted_of(params), f"connectors[{index}]")
        except (AskedError, ConfigError) as error:
            raise BulkError(f"connectors[{index}]: {error}") from error
        _at_default(targets, default).entries.append(entry)


def add_removals(
    targets: list[Target],
    absent: Sequence[str],
    purged: str | None,
    default: NewConnect | None,
    terms_at: Callable[[str], Sequence[Terms]] = lambda url: (),
) -> None:
    """Add that there are no connectors of these names, and none that the pattern matches but those that are wanted.

    :param terms_at: what KafkaConnectClusters say of all connectors on the Connect at a URL.
    :raises BulkError: where it is not clear what would be deleted.
    """
    if not absent and purged is None:
        return
    target = _place_of_removals(targets, default)
    wanted = {entry.wanted.name for one in targets for entry in one.entries}
    if purged is not None and not wanted:
        raise BulkError("purge: no connector is wanted, so everything would be deleted; name in absent what shall go")
    names = list(dict.fromkeys(absent))
    for name in names:
        problem = name_problem(name)
        if problem:
            raise BulkError(f"absent: {name!r} is no name for a connector: {problem}")
    if purged is not None and not target.problem:
        names.extend(sorted(_matching(target, purged) - wanted - set(names)))
    terms = terms_at(target.url)
    hold = next((one.hold for one in terms if one.hold), None)
    kept = PROTECTED if any(one.protected for one in terms) else ""
    target.entries.extend(Entry(_asked.unwanted(name, hold=hold, kept=kept), "absent") for name in names)


def _place_of_removals(targets: list[Target], default: NewConnect | None) -> Target:
    """:raises BulkError: unless it is one Connect that everything is wanted of, and that ``url`` names too, if it is set."""
    if not targets:
        return _at_default(targets, default)
    if len({target.url for target in targets}) > 1:
        raise BulkError("absent and purge work on one Connect, and several are named; run once for each of them")
    if default is not None and default().url != targets[0].url:
        raise BulkError("absent and purge work on one Connect, and url names another one than the manifests do; leave out one of the two")
    return targets[0]


def _matching(target: Target, pattern: str) -> set[str]:
    connect = target.connect()
    try:
        return {name for name in connect.configs() if fnmatchcase(name, pattern)}
    except ConnectError as error:
        target.problem = error.verdict
        return set()
    finally:
        target.requests += connect.requests


def _at_default(targets: list[Target], default: NewConnect | None) -> Target:
    if default is None:
        raise BulkError("url: is required to say where the connectors are")
    # Another way to the same Connect may have other credentials.
    found = next((target for target in targets if target.connect is default), None)
    if found is None:
        found = Target(default().url, default)
        targets.append(found)
    return found


def check_names(targets: Sequence[Target]) -> None:
    """:raises BulkError: for a connector that is asked for twice; manifests that claim the same one have their own verdict."""
    seen: dict[tuple[str, str], Entry] = {}
    for target in targets:
        for entry in target.entries:
            first = seen.setdefault((target.url, entry.wanted.name), entry)
            if first is not entry and not (_is_object(first) and _is_object(entry)):
                raise BulkError(f"connector {entry.wanted.name} is asked for at {first.source} and at {entry.source}; remove one of them")


def _is_object(entry: Entry) -> bool:
    return "/" in entry.wanted.key


@dataclass
class Done:
    """What came of everything; ``stuck``: a thread hangs in a request, so the process must be left by ``os._exit``."""

    told: list[Told] = field(default_factory=list)
    diffs: list[dict[str, str]] = field(default_factory=list)
    requests: int = 0
    stuck: bool = False


def carry_out(targets: Sequence[Target], clock: Clock, *, check: bool, diff: bool) -> Done:
    """One pass or more for each Connect; what one of them is up to holds up no other. Raises nothing for what Connect or the network can do."""
    done = Done()
    with ThreadPoolExecutor(POOL) as pool:
        for target, (told, requests, stuck) in zip(targets, pool.map(lambda target: _carry_out(target, clock, check=check), targets), strict=True):
            done.told.extend(told)
            done.requests += target.requests + requests
            done.stuck = done.stuck or stuck
    if diff:
        connects: dict[str, Connect] = {target.url: target.connect() for target in targets if not target.problem}
        done.diffs = _summary.diffs_of(done.told, {url: connect.plain_keys for url, connect in connects.items()})
        done.requests += sum(connect.requests for connect in connects.values())
    return done


def _carry_out(target: Target, clock: Clock, *, check: bool) -> tuple[list[Told], int, bool]:
    if target.problem:
        return [_summary.failed(target.url, entry, target.problem) for entry in target.entries], 0, False
    carried = carry_out_all(target.connect, [entry.wanted for entry in target.entries], clock, check=check)
    told = [_summary.told(target.url, entry, outcome) for entry, outcome in zip(target.entries, carried.outcomes, strict=True)]
    return told, carried.requests, carried.stuck
