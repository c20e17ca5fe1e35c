# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""How far a pass has come with one connector. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from . import _plan
from ._model import Action, ConnectError, Definitions, FieldError, Observed, Outcome, Ownership, Reason, Update, Validated, Verdict, Wanted, Write


class Stage(str, Enum):
    PLANNED = "planned"
    WRITTEN = "written"
    FINISHED = "finished"
    GONE = "gone"
    DEFERRED = "deferred"


@dataclass
class Progress:
    """How far one connector has come. Written by one worker, read by the pass when that is done, or hangs."""

    wanted: Wanted
    observed: Observed
    plan: _plan.Plan = field(default_factory=_plan.Plan)
    stage: Stage = Stage.PLANNED
    writes: list[Write] = field(default_factory=list)
    applied: list[Action] = field(default_factory=list)
    error: ConnectError | None = None
    hold: Verdict | None = None
    held: bool = False
    definitions: Mapping[str, Definitions | None] = field(default_factory=dict)
    doubt: Verdict | None = None
    errors: tuple[FieldError, ...] = ()
    validated: Validated | None = None
    written_at: float = 0.0
    owned_since: float = 0.0
    in_flight: tuple[str, float] | None = None
    ownership_so_far: Ownership = Ownership.NONE
    follow_up: float | None = None
    let_go: Callable[[], None] = lambda: None
    given_up: bool = False

    def __post_init__(self) -> None:
        self.hold = self.wanted.hold or _plan.drift_hold(self.wanted, self.observed)
        self.ownership_so_far = self.wanted.memory.ownership

    @property
    def updated(self) -> bool:
        return any(isinstance(action, Update) for action in self.applied)

    def defer(self, seconds: float = 1.0) -> None:
        self.stage, self.follow_up = Stage.DEFERRED, seconds

    def outcome_deferred(self) -> Outcome:
        return Outcome(self.wanted, Verdict(Reason.CONVERGING, "there was no time for it in this pass"), deferred=True, follow_up=1.0)
