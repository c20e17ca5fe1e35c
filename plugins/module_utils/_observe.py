# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Reading the connectors of one Connect: one by one, by one list, or in slices where the list is too much."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from . import _status
from ._connect import Connect
from ._http import Clock
from ._model import ConnectError, Look, Observed, OutOfTime, Presence, Reason, Verdict

POOL = 8
# So few connectors are read one by one, which is cheaper than the list.
FEW = 2
# Slices are read for so long; what is left comes with a later pass.
SLICE_SECONDS = 15.0
# Workers that come back show every status as UNASSIGNED for a moment (0.6 to 1.5 s seen on 4.3.1), and that is waited for.
RETURN_SECONDS, RETURN_LOOK_SECONDS = 5.0, 0.5


@dataclass(frozen=True)
class View:
    """What was seen, by connector name; ``names``: all connectors there are, None if not all were asked for. ``error``: why nothing was seen."""

    observed: Mapping[str, Observed] = field(default_factory=dict)
    names: frozenset[str] | None = None
    error: ConnectError | None = None
    sliced: bool = False


def observe(connect: Connect, names: Sequence[str], look: Look, clock: Clock) -> View:
    """Look at connectors. Raises nothing: what hides one is in its observation."""
    asked = sorted(set(names))
    if not asked and not look.whole:
        return View()
    try:
        if look.distrust:
            return _on_return(connect, asked, look, clock)
        return _at_once(connect, asked, look, clock)
    except ConnectError as error:
        return _hidden(asked, error)


def look_up(connect: Connect, names: Sequence[str] | None, clock: Clock) -> dict[str, Observed]:
    """Connectors as they are, by name; all there are if ``names`` is None. What a list does not show is asked for by itself.

    :raises ConnectError: if nothing could be seen at all.
    """
    asked = connect.names() if names is None else names
    view = observe(connect, asked, Look(), clock)
    if view.error:
        raise view.error
    doubtful = [name for name, one in view.observed.items() if one.listed and one.presence is Presence.ABSENT]
    return {**view.observed, **_singly(connect, doubtful)}


def refuse_while_starting(connect: Connect) -> None:
    """A worker that is starting lists nothing, or ghosts. One that does not say whether it is counts as ready.

    :raises ConnectError: for one that is.
    """
    is_ready: bool | None = None
    with contextlib.suppress(ConnectError):
        is_ready = connect.is_ready()
    if is_ready is False:
        raise _starting(connect)


def _starting(connect: Connect) -> ConnectError:
    return ConnectError(Verdict(Reason.CONNECT_UNREACHABLE, f"Kafka Connect at {connect.url} is starting"), endpoint=True)


def _hidden(names: Sequence[str], error: ConnectError) -> View:
    return View(dict.fromkeys(names, Observed(Presence.UNKNOWN, error=error)), error=error)


def _at_once(connect: Connect, names: Sequence[str], look: Look, clock: Clock) -> View:
    """:raises ConnectError: if nothing could be seen at all."""
    if len(names) <= FEW and not look.whole:
        return View(_singly(connect, names))
    if look.sliced:
        return _in_slices(connect, names, clock)
    try:
        listed = connect.read_all()
        return View(connect.candidates_in(listed, names), frozenset(listed))
    except ConnectError as error:
        if error.endpoint or error.verdict.reason is Reason.CONNECT_UNREACHABLE:
            raise
        view = _in_slices(connect, names, clock)
        # The list does not come, nor does anything else.
        return view if any(one.error is None for one in view.observed.values()) else _hidden(names, error)


def _on_return(connect: Connect, names: Sequence[str], look: Look, clock: Clock) -> View:
    """The first look after an outage: workers that start list nothing, or ghosts, and a little later everything as unassigned.

    A Connect that still does not answer is found out by what takes least.

    :raises ConnectError: as long as Connect is not ready.
    """
    connect.worker_info()
    is_ready = _readiness(connect)
    until = clock.now() + RETURN_SECONDS
    while True:
        view = _at_once(connect, names, look, clock)
        if clock.now() > until or not any(_is_between(one) for one in view.observed.values()):
            break
        clock.sleep(RETURN_LOOK_SECONDS)
    if is_ready is None:
        # It has begun to answer in between, or it is a gate that hides this.
        _readiness(connect)
    return view


def _readiness(connect: Connect) -> bool | None:
    """:raises ConnectError: as long as Connect is not ready."""
    is_ready = connect.is_ready()
    if is_ready is False:
        raise _starting(connect)
    return is_ready


def observe_again(connect: Connect, names: Sequence[str], look: Look, clock: Clock) -> View:
    """Look once more where a list does not show most of them: a worker that starts lists nothing, and a list leaves out what has no status.

    Raises nothing.
    """
    view = observe(connect, names, replace(look, distrust=True), clock)
    absent = [name for name, one in view.observed.items() if one.presence is Presence.ABSENT and one.listed]
    if not absent:
        return view
    try:
        configs = connect.configs()
    except ConnectError as error:
        return _hidden(names, error)
    found = {name: Observed(Presence.PRESENT, configs[name], listed=True) for name in absent if name in configs}
    return replace(view, observed={**view.observed, **found})


def _is_between(observed: Observed) -> bool:
    if observed.presence is not Presence.PRESENT:
        return False
    status = observed.status
    return status is None or status.state in _status.PASSING or any(task.state in _status.PASSING for task in status.tasks)


def _singly(connect: Connect, names: Sequence[str]) -> dict[str, Observed]:
    with ThreadPoolExecutor(POOL) as pool:
        return dict(zip(names, pool.map(connect.observe, names), strict=True))


def _in_slices(connect: Connect, names: Sequence[str], clock: Clock) -> View:
    """The configurations in one request, which traces of failed tasks do not swell, and each status by itself.

    In an order that is another one each time: what has to wait for a later pass is not always the same.
    """
    until = clock.now() + SLICE_SECONDS
    try:
        configs: Mapping[str, Mapping[str, str]] | None = connect.configs()
    except ConnectError as error:
        if error.endpoint:
            raise
        configs = None

    def one(name: str) -> Observed:
        if clock.now() > until:
            return Observed(Presence.UNKNOWN, error=OutOfTime())
        if configs is None:
            return connect.observe(name)
        if name not in configs:
            return Observed(Presence.ABSENT, listed=True)
        try:
            return Observed(Presence.PRESENT, configs[name], connect.status(name), listed=True)
        except ConnectError as error:
            return Observed(Presence.UNKNOWN, error=error)

    order = random.sample(list(names), len(names))
    with ThreadPoolExecutor(POOL) as pool:
        observed = dict(zip(order, pool.map(one, order), strict=True))
    return View(observed, None if configs is None else frozenset(configs), sliced=True)
