# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The pass: observe once, plan each, apply each, report each. One function for the operator and for playbooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

from . import _config, _plan, _status
from ._apply import Journal, Progress, Stage, apply
from ._connect import Connect
from ._http import Clock
from ._model import ConnectError, JournalError, Observed, Outcome, OutOfTime, Presence, Reason, Refusal, UnconfirmedWrite, Verdict, Wanted

POOL, CLERKS = 8, 4
# From its start, in seconds: a pass takes no new work after the first, no request to Connect outlasts the second;
# what hangs even then is given up after the third, and after the last it has ended.
WORK_SECONDS, REQUEST_SECONDS, ATTEND_SECONDS, END_SECONDS = 20.0, 40.0, 42.0, 45.0
# How long it waits itself for what it started, and how often it looks.
SETTLE_SECONDS, LOOK_SECONDS = 6.0, 0.15
# After a change the old tasks still show RUNNING for a moment (up to 445 ms seen on 4.3.1, two workers).
STALE_SECONDS = 1.0
# What is still under way after so long, when all else is done, holds up nobody who waits for the others.
STRAGGLER_SECONDS = 1.0
# So few connectors are read one by one, which is cheaper than the list.
FEW = 2


@dataclass(frozen=True)
class PassResult:
    """``outcomes`` in the order of ``wanted``; ``stuck``: a thread hangs in a request, so the process must be left by ``os._exit``."""

    outcomes: tuple[Outcome, ...]
    requests: int
    stuck: bool = False


def run_pass(
    connect: Connect, wanted: Sequence[Wanted], journal: Journal, clock: Clock, check: bool = False, *, straggling: Callable[[], None] = lambda: None
) -> PassResult:
    """Bring the connectors of one Connect to what is wanted of them; with ``check`` only say what that would do.

    Raises nothing for what Connect or the network can do: that is in the outcomes.

    :param straggling: called, perhaps more than once, when all is done but for a few writes that hang.
    """
    started = clock.now()
    connect.deadline = min(connect.deadline, started + REQUEST_SECONDS)
    return _Pass(connect, journal, clock, check, started, straggling).run(wanted)


def observe(connect: Connect, wanted: Sequence[Wanted]) -> dict[str, Observed]:
    """By connector name. A list that is too big or too slow is replaced by requests for the single connectors."""
    names = sorted({one.name for one in wanted})
    if len(names) <= FEW:
        return _observe_singly(connect, names)
    try:
        return connect.observe_all(names)
    except ConnectError as error:
        hidden = Observed(Presence.UNKNOWN, error=error)
        if error.endpoint or error.verdict.reason is Reason.CONNECT_UNREACHABLE:
            return dict.fromkeys(names, hidden)
        seen = _observe_singly(connect, names)
        # Those whose turn did not come any more share what befell the list.
        return {name: hidden if isinstance(one.error, OutOfTime) else one for name, one in seen.items()}


def _observe_singly(connect: Connect, names: Sequence[str]) -> dict[str, Observed]:
    with ThreadPoolExecutor(POOL) as pool:
        return dict(zip(names, pool.map(connect.observe, names), strict=True))


@dataclass
class _Pass:
    connect: Connect
    journal: Journal
    clock: Clock
    check: bool
    started: float
    straggling: Callable[[], None]
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(POOL))
    # Looks and reports do not queue behind the writes that are still to come.
    clerks: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(CLERKS))
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    at_work: dict[Future[Any], Progress] = field(default_factory=dict)
    settling: dict[str, Progress] = field(default_factory=dict)
    reports: set[Future[Any]] = field(default_factory=set)
    look: Future[Any] | None = None
    # What came to its end in one of the pools, so that nobody has to look through all that has not.
    ended: SimpleQueue[Future[Any]] = field(default_factory=SimpleQueue)
    crashes: list[BaseException] = field(default_factory=list)
    last_look: float = 0.0
    last_end: float = 0.0

    def run(self, wanted: Sequence[Wanted]) -> PassResult:
        to_observe = [one for one in wanted if _must_be_observed(one)]
        observed = observe(self.connect, to_observe) if to_observe else {}
        asked = {one.key for one in to_observe}
        for one in wanted:
            seen = observed[one.name] if one.key in asked else Observed(Presence.ABSENT)
            self._begin(Progress(one, seen, _plan.make_plan(one, seen, self.clock.now())))
        stuck = self._attend()
        for pool in (self.pool, self.clerks):
            pool.shutdown(wait=not stuck, cancel_futures=True)
        if self.crashes:
            raise self.crashes[0]
        ordered = tuple(self.outcomes[one.key] for one in wanted if one.key in self.outcomes)
        return PassResult(ordered, self.connect.requests, stuck)

    def _begin(self, progress: Progress) -> None:
        if self.check:
            self.outcomes[progress.wanted.key] = _predicted(progress)
        elif progress.plan.actions or progress.plan.released:
            no_work_after = self.started + WORK_SECONDS
            self.at_work[self._submit(self.pool, apply, progress, self.connect, self.journal, self.clock, no_work_after)] = progress
        else:
            self._submit_report(progress)

    def _submit_report(self, progress: Progress) -> None:
        self.reports.add(self._submit(self.clerks, self._report, progress))

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future = pool.submit(work, *arguments)
        future.add_done_callback(self.ended.put)
        return future

    def _attend(self) -> bool:
        """Wait for writes, look after what they started, report; True if something still hangs when the time is over."""
        end = self.started + ATTEND_SECONDS
        while (self.at_work or self.settling or self.reports) and self.clock.now() < end:
            if not (self.at_work or self.reports or self.look):
                self.clock.sleep(LOOK_SECONDS)
            else:
                self._await_one()
            self._look_after()
            if self._only_stragglers():
                self.straggling()
        return self._give_up()

    def _only_stragglers(self) -> bool:
        """Whether nothing is left but writes that are under way, and have been for a while."""
        quiet = self.clock.now() - max(self.started, self.last_end) >= STRAGGLER_SECONDS
        return quiet and not self.settling and not self.reports and all(future.running() for future in self.at_work)

    def _await_one(self) -> None:
        try:
            self._advance(self.ended.get(timeout=LOOK_SECONDS))
            self.last_end = self.clock.now()
        except Empty:
            pass

    def _advance(self, future: Future[Any]) -> None:
        """Something came to its end: what is next for it? A bug met with one connector is kept for the end, the others go on."""
        crash = future.exception()
        if crash is not None:
            self.crashes.append(crash)
            progress = self.at_work.pop(future, None)
            if progress:
                progress.let_go()
            self.reports.discard(future)
            if future is self.look:
                self.look = None
                self._stop_looking()
        elif future is self.look:
            self.look = None
            self._take_in(future.result())
        elif future in self.reports:
            self.reports.discard(future)
        else:
            progress = self.at_work.pop(future)
            if progress.stage is Stage.WRITTEN and progress.error is None and not progress.frozen:
                self.settling[progress.wanted.key] = progress
            else:
                self._submit_report(progress)

    def _look_after(self) -> None:
        """Ask now and then, once for all, how far the written connectors have come. In the pool: that request can hang too."""
        if self.look is None and self.settling and self.clock.now() - self.last_look >= LOOK_SECONDS:
            waiting = [progress.wanted for progress in self.settling.values()]
            self.look = self._submit(self.clerks, observe, self.connect, waiting)

    def _take_in(self, seen: dict[str, Observed]) -> None:
        self.last_look = now = self.clock.now()
        for progress in list(self.settling.values()):
            progress.observed = seen.get(progress.wanted.name, progress.observed)
            if _arrived(progress, now) or now - progress.written_at > SETTLE_SECONDS:
                del self.settling[progress.wanted.key]
                self._submit_report(progress)

    def _stop_looking(self) -> None:
        for progress in self.settling.values():
            self._submit_report(progress)
        self.settling.clear()

    def _give_up(self) -> bool:
        """The time is over: say of each what is known of it. No request to Connect is started any more."""
        hanging = [progress for future, progress in self.at_work.items() if not future.cancel()]
        for future, progress in self.at_work.items():
            if future.cancelled():
                self.outcomes[progress.wanted.key] = progress.outcome_deferred()
        for progress in [*self.settling.values(), *hanging]:
            self._report(progress)
        late = wait(self.reports, timeout=max(0.0, self.started + END_SECONDS - self.clock.now())).not_done
        return bool(hanging or late or self.look)

    def _report(self, progress: Progress) -> None:
        try:
            outcome = self._outcome(progress)
            self.outcomes[progress.wanted.key] = outcome
            if outcome.released:
                self.journal.released(outcome)
            elif outcome.writes or not outcome.deferred:
                self.journal.report(outcome)
        except JournalError:
            self.outcomes[progress.wanted.key] = progress.outcome_deferred()
        finally:
            progress.let_go()

    def _outcome(self, progress: Progress) -> Outcome:
        lasted = self.journal.lasted(progress.wanted, _unsettled(progress))
        return conclude(progress, self.clock.now(), lasted)


def _must_be_observed(wanted: Wanted) -> bool:
    """Nothing is asked of Connect for what cannot be, or never was there."""
    if wanted.absent:
        plan = _plan.make_plan(wanted, Observed(Presence.PRESENT, wanted.config), 0.0)
        return not plan.released
    return wanted.problem is None


def _predicted(progress: Progress) -> Outcome:
    """What check mode says: the plan, or the verdict where there is nothing to do."""
    actions = progress.plan.actions
    if not actions:
        return conclude(progress, 0.0, 0.0)
    verdict = Verdict(Reason.PLAN_ONLY, f"planned and not carried out: {', '.join(action.name for action in actions)}")
    return Outcome(progress.wanted, verdict, observed=progress.observed, actions=actions)


def _arrived(progress: Progress, now: float) -> bool:
    """Whether a written connector is where it should be; the status right after a change is still the old one."""
    observed = progress.observed
    if observed.presence is not Presence.PRESENT or _config.difference(observed.config, progress.wanted.config):
        return False
    has_tasks = observed.status is not None and observed.status.tasks
    if progress.updated and has_tasks and now - progress.written_at < STALE_SECONDS:
        return False
    judgement = _status.judge(progress.wanted, observed.status)
    # What had failed before an update still shows so for a while.
    return judgement.settled and not (progress.updated and judgement.verdict.reason in (Reason.CONNECTOR_FAILED, Reason.TASKS_FAILED))


def _unsettled(progress: Progress) -> bool:
    """On its way from one state to another although we did nothing."""
    if progress.stage is not Stage.PLANNED or progress.plan.verdict or progress.observed.presence is not Presence.PRESENT:
        return False
    return not _status.judge(progress.wanted, progress.observed.status).settled


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
    )
    if progress.stage is Stage.DEFERRED or _out_of_time(progress):
        return replace(outcome, ownership=progress.ownership_so_far, deferred=True, follow_up=progress.follow_up)
    if progress.in_flight:
        return _hanging(outcome, progress)
    if progress.stage is Stage.GONE or plan.released:
        return replace(outcome, released=True, orphaned=plan.orphaned, verdict=Verdict(Reason.DELETING, f"the connector {wanted.name} is released"))
    if progress.error:
        return _failed(outcome, progress.error, progress, now)
    if progress.frozen:
        return _frozen(outcome, progress)
    if plan.verdict:
        return replace(outcome, verdict=plan.verdict, follow_up=plan.wait)
    if wanted.absent:  # the time was over before the deletion could be sent
        return replace(outcome, verdict=Verdict(Reason.DELETING, f"the connector {wanted.name} is to be deleted"), follow_up=FOLLOW_UP_SECONDS)
    return _confirmed(outcome, progress, now, lasted)


def _out_of_time(progress: Progress) -> bool:
    """Nobody asked Connect, so nothing new is known of the connector."""
    unseen = progress.stage is Stage.PLANNED and progress.observed.presence is Presence.UNKNOWN
    return isinstance(progress.error or (progress.observed.error if unseen else None), OutOfTime)


def _hanging(outcome: Outcome, progress: Progress) -> Outcome:
    """A write that did not answer before the pass had to end."""
    action, since = progress.in_flight or ("write", 0.0)
    wanted = outcome.wanted
    text = f"Connect did not answer the {action} of {wanted.name} in time; it is read back before anything else is written"
    reason = Reason.DELETION_BLOCKED if wanted.absent else Reason.CONNECT_TIMEOUT
    return replace(
        outcome,
        verdict=Verdict(reason, text),
        ownership=progress.ownership_so_far,
        unconfirmed=UnconfirmedWrite(action, since),
        follow_up=_plan.UNCONFIRMED_SECONDS,
    )


def _failed(outcome: Outcome, error: ConnectError, progress: Progress, now: float) -> Outcome:
    verdict = error.verdict
    wanted = outcome.wanted
    if wanted.absent:
        verdict = Verdict(Reason.DELETION_BLOCKED, f"the connector {wanted.name} cannot be deleted yet: {verdict.message}")
    outcome = replace(outcome, verdict=verdict, ownership=progress.ownership_so_far, follow_up=FOLLOW_UP_SECONDS)
    if verdict.reason in (Reason.INVALID_CONFIG, Reason.PLUGIN_NOT_FOUND):
        refused = wanted.memory.refused if wanted.memory.observed else None
        return replace(outcome, refused=Refusal((refused.count if refused else 0) + 1, now), follow_up=None)
    if error.outcome_unknown and progress.writes:
        last = progress.writes[-1]
        return replace(outcome, unconfirmed=UnconfirmedWrite(last.action, now - last.seconds), follow_up=_plan.UNCONFIRMED_SECONDS)
    if _status.REASONS[verdict.reason].stalled:
        return replace(outcome, follow_up=None)
    return outcome


def _frozen(outcome: Outcome, progress: Progress) -> Outcome:
    wanted = outcome.wanted
    remedy = "writes are frozen by the operator settings (freeze)"
    if wanted.absent:
        verdict = Verdict(Reason.DELETION_BLOCKED, f"the connector {wanted.name} is not deleted: {remedy}")
    else:
        verdict = Verdict(Reason.DRIFTED, f"the connector {wanted.name} differs from the spec and is left so: {remedy}")
    return replace(outcome, verdict=verdict, ownership=progress.ownership_so_far, frozen=True)


def _confirmed(outcome: Outcome, progress: Progress, now: float, lasted: float) -> Outcome:
    """What the last look says of a connector that was written, or needed nothing."""
    wanted, observed = outcome.wanted, outcome.observed
    if observed is None or observed.presence is Presence.UNKNOWN:
        error = observed.error if observed else None
        verdict = error.verdict if error else outcome.verdict
        return replace(outcome, verdict=verdict, ownership=progress.ownership_so_far, follow_up=FOLLOW_UP_SECONDS)
    difference = _config.difference(observed.config, wanted.config)
    if observed.presence is Presence.ABSENT or difference:
        return _unconfirmed(outcome, progress, difference.keys)
    outcome = replace(outcome, unconfirmed=None, refused=None)
    judgement = _status.judge(wanted, observed.status, lasted=lasted)
    if judgement.settled:
        return replace(outcome, verdict=judgement.verdict)
    quiet = not progress.writes and wanted.memory.ready and wanted.memory.observed and lasted < _status.PASSING_SECONDS
    if quiet and wanted.memory.verdict:
        return replace(outcome, verdict=wanted.memory.verdict, follow_up=_status.PASSING_SECONDS)
    return replace(outcome, verdict=judgement.verdict, follow_up=FOLLOW_UP_SECONDS)


def _unconfirmed(outcome: Outcome, progress: Progress, keys: tuple[str, ...]) -> Outcome:
    """Connect accepted the write, and does not show it."""
    wanted = outcome.wanted
    if progress.updated and outcome.observed and outcome.observed.presence is Presence.PRESENT:
        verdict = Verdict(
            Reason.NOT_CONVERGING,
            f"Connect accepted the configuration of {wanted.name} and still shows another; keys: {', '.join(keys)}; does somebody else write it?",
        )
        return replace(outcome, verdict=verdict)
    verdict = Verdict(Reason.CONVERGING, f"Connect does not show the configuration of {wanted.name} as it was sent yet")
    return replace(outcome, verdict=verdict, ownership=progress.ownership_so_far, follow_up=FOLLOW_UP_SECONDS)
