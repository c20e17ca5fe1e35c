# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The pass: observe once, plan each, apply each, report each. One function for the operator and for playbooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

from . import _identity, _plan, _status
from ._apply import Journal, apply, cause_of, confirm
from ._conclude import conclude
from ._connect import Connect
from ._http import Clock
from ._inspect import inspect, may_be_inspected
from ._model import ConnectError, JournalError, Look, Observed, Outcome, OutOfTime, Presence, Reason, Verdict, Wanted, Write
from ._observe import POOL, View, observe, observe_again
from ._payloads import WorkerInfo
from ._progress import Progress, Stage

CLERKS = 4
# From its start, in seconds: a pass takes no new work after the first, no request to Connect outlasts the second;
# what hangs even then is given up after the third, and after the last it has ended.
WORK_SECONDS, REQUEST_SECONDS, ATTEND_SECONDS, END_SECONDS = 20.0, 40.0, 42.0, 45.0
# How long it waits itself for what it started, and how often it looks.
SETTLE_SECONDS, LOOK_SECONDS = 6.0, 0.15
# After a change the old tasks still show RUNNING for a moment (up to 445 ms seen on 4.3.1, two workers).
STALE_SECONDS = 1.0
# What is still under way after so long, when all else is done, holds up nobody who waits for the others.
STRAGGLER_SECONDS = 1.0
# When something has hung for so long, the worker is asked what it is at.
PHASE_SECONDS = 5.0


Completion = Callable[[Sequence[Wanted], Mapping[str, Observed]], Sequence[Wanted]]


@dataclass(frozen=True)
class PassResult:
    """``outcomes`` in the order of ``wanted``; ``stuck``: a thread hangs in a request, so the process must be left by ``os._exit``.

    ``view``: what Connect showed; ``worker``: what it said of itself, if it was asked.
    """

    outcomes: tuple[Outcome, ...]
    requests: int
    stuck: bool = False
    view: View = field(default_factory=View)
    worker: WorkerInfo | None = None


def run_pass(
    connect: Connect,
    wanted: Sequence[Wanted],
    journal: Journal,
    clock: Clock,
    check: bool = False,
    *,
    look: Look | None = None,
    complete: Completion = lambda wanted, observed: wanted,
    straggling: Callable[[], None] = lambda: None,
    patience: float = END_SECONDS,
) -> PassResult:
    """Bring the connectors of one Connect to what is wanted of them; with ``check`` only say what that would do.

    Raises nothing for what Connect or the network can do: that is in the outcomes.

    :param look: how Connect is read.
    :param complete: called once with all that was observed, by name: what is wanted, where that was not worth finding out before.
    :param straggling: called, perhaps more than once, when all is done but for a few writes that hang.
    :param patience: seconds from the start of the pass after which those are not waited for any longer; they are of unknown outcome then.
    """
    started = clock.now()
    connect.deadline = min(connect.deadline, started + REQUEST_SECONDS)
    return _Pass(connect, journal, clock, check, started, look or Look(), complete, straggling, patience).run(wanted)


@dataclass
class _Pass:
    connect: Connect
    journal: Journal
    clock: Clock
    check: bool
    started: float
    how: Look
    complete: Completion
    straggling: Callable[[], None]
    patience: float
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
    worker: WorkerInfo | None = None
    sliced: bool = False
    # What a worker says that it is stuck in, once something hangs.
    phase: str = ""
    asked_phase: Future[Any] | None = None

    def run(self, wanted: Sequence[Wanted]) -> PassResult:
        to_observe = [one for one in wanted if _must_be_observed(one)]
        names = [one.name for one in to_observe]
        view = self._observe(names)
        if _identity.are_missing_at_once(to_observe, view.observed):
            view = observe_again(self.connect, names, self.how, self.clock)
        wanted = self.complete(wanted, view.observed)
        self.sliced = self.how.sliced or view.sliced
        asked = {one.key for one in to_observe}
        now = self.clock.now()
        planned = []
        for one in wanted:
            seen = view.observed[one.name] if one.key in asked else Observed(Presence.ABSENT)
            planned.append(Progress(one, seen, _plan.make_plan(one, seen, now)))
        self._identify(planned, view)
        for progress in planned:
            self._begin(progress)
        stuck = self._attend()
        for pool in (self.pool, self.clerks):
            pool.shutdown(wait=not stuck, cancel_futures=True)
        if self.crashes:
            raise self.crashes[0]
        ordered = tuple(self.outcomes[one.key] for one in wanted if one.key in self.outcomes)
        return PassResult(ordered, self.connect.requests, stuck, view, self.worker)

    def _observe(self, names: Sequence[str]) -> View:
        """The first look. While it hangs, the worker is asked beside it what it is at: afterwards there would be no time for its answer."""
        looking = self.clerks.submit(observe, self.connect, names, self.how, self.clock)
        hangs = bool(wait([looking], timeout=PHASE_SECONDS).not_done)
        asked = self.clerks.submit(self.connect.phase) if hangs else None
        view = looking.result()
        if any(_hangs(one) for one in view.observed.values()):
            self.phase = asked.result() if asked else self.connect.phase()
        return view

    def _identify(self, planned: Sequence[Progress], view: View) -> None:
        """Make sure that it is still the same Connect, where that matters."""
        if not any(_identity.must_ask(one.wanted, one.observed, one.plan) for one in planned):
            return
        try:
            self.worker = self.connect.worker_info()
        except ConnectError as error:
            # Nothing is written to who knows what, nor is its word taken for an end; each that something was planned for says why.
            self.connect.down = error
            for progress in planned:
                if progress.wanted.mark and (progress.wanted.rivals or _identity.forgets(progress.wanted, progress.plan)):
                    progress.observed = Observed(Presence.UNKNOWN, error=error)
                    progress.plan = _plan.make_plan(progress.wanted, progress.observed, self.clock.now())
            return
        for progress in planned:
            if progress.wanted.rivals:
                progress.wanted = _identity.with_rivals_on(progress.wanted, self.worker.kafka_cluster_id)
                progress.plan = _plan.make_plan(progress.wanted, progress.observed, self.clock.now())
        everything = [one.wanted for one in planned]
        verdicts = _identity.changed(everything, view.observed, self.worker.kafka_cluster_id, whole=self.how.whole)
        for progress in planned:
            progress.hold = verdicts.get(progress.wanted.key, progress.hold)
            progress.plan = _plan.for_version(progress.plan, progress.wanted, self.worker.version)

    def _begin(self, progress: Progress) -> None:
        progress.held = _is_held(progress)
        no_work_after = self.started + WORK_SECONDS
        if self.check and progress.observed.listed and progress.plan.actions:
            self.at_work[self._submit(self.pool, confirm, progress, self.connect, self.clock, no_work_after)] = progress
        elif self.check:
            self.outcomes[progress.wanted.key] = _predicted(progress)
        elif progress.held and may_be_inspected(progress):
            self.at_work[self._submit(self.pool, inspect, progress, self.connect, self.clock, no_work_after)] = progress
        elif not progress.held and (progress.plan.actions or progress.plan.released):
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
            self._ask_phase()
            if self._only_stragglers():
                self.straggling()
                if self._is_out_of_patience():
                    break
        return self._give_up()

    def _only_stragglers(self) -> bool:
        """Whether nothing is left but writes that are under way, and have been for a while."""
        quiet = self.clock.now() - max(self.started, self.last_end) >= STRAGGLER_SECONDS
        return quiet and not self.settling and not self.reports and all(future.running() for future in self.at_work)

    def _is_out_of_patience(self) -> bool:
        """Whether the writes that hang have had their time, and the worker its time to say what it is at."""
        sent = all(progress.in_flight for progress in self.at_work.values())
        return sent and self.clock.now() - self.started >= self.patience and self.asked_phase is not None and self.asked_phase.done()

    def _ask_phase(self) -> None:
        """Once writes hang: what is the worker at? It answers that only after 10 s (Connect >= 3.9), so it is asked beside them."""
        hangs = self.clock.now() - max(self.started, self.last_end) >= PHASE_SECONDS and any(future.running() for future in self.at_work)
        if hangs and self.asked_phase is None:
            self.asked_phase = self.clerks.submit(self.connect.phase)

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
            if self.check:
                progress.held = _is_held(progress)
                self.outcomes[progress.wanted.key] = _predicted(progress)
            elif progress.stage is Stage.WRITTEN and progress.error is None and not progress.held:
                self.settling[progress.wanted.key] = progress
            else:
                self._submit_report(progress)

    def _look_after(self) -> None:
        """Ask now and then, once for all, how far the written connectors have come. In the pool: that request can hang too."""
        if self.look is None and self.settling and self.clock.now() - self.last_look >= LOOK_SECONDS:
            waiting = [progress.wanted.name for progress in self.settling.values()]
            self.look = self._submit(self.clerks, observe, self.connect, waiting, Look(sliced=self.sliced), self.clock)

    def _take_in(self, view: View) -> None:
        self.last_look = now = self.clock.now()
        for progress in list(self.settling.values()):
            progress.observed = view.observed.get(progress.wanted.name, progress.observed)
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
        if self.check:
            self.outcomes.update({progress.wanted.key: progress.outcome_deferred() for progress in hanging})
            return bool(hanging)
        for progress in [*self.settling.values(), *hanging]:
            progress.given_up = True
            self._log_hanging(progress)
            self._report(progress)
        late = wait(self.reports, timeout=max(0.0, self.started + END_SECONDS - self.clock.now())).not_done
        return bool(hanging or late or self.look or (self.asked_phase and not self.asked_phase.done()))

    def _log_hanging(self, progress: Progress) -> None:
        if progress.in_flight:
            action, since = progress.in_flight
            write = Write(action, cause_of(progress.wanted), (), Reason.CONNECT_TIMEOUT.value, self.clock.now() - since)
            self.journal.wrote(progress.wanted, write)

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
        outcome = conclude(progress, self.clock.now(), lasted)
        verdict = outcome.verdict if progress.held else _with_phase(outcome.verdict, self._phase())
        if _status.is_idle(progress.observed.status) and verdict.reason is Reason.RUNNING and not progress.wanted.memory.ready:
            verdict = self._idle(outcome)
        return replace(outcome, verdict=verdict, cluster_id=self._cluster_id(progress))

    def _idle(self, outcome: Outcome) -> Verdict:
        """A connector whose taskConfigs() hangs looks like one that has nothing to do; the worker knows better (observed on 4.3.1)."""
        phase = self.connect.phase()
        if not phase:
            return outcome.verdict
        return Verdict(Reason.CONVERGING, f"the connector has no tasks yet; the worker is currently {phase}")

    def _cluster_id(self, progress: Progress) -> str | None:
        """The Kafka cluster that may be recorded: none as long as somebody has to accept it first, whatever else is said of the connector."""
        to_accept = progress.hold is not None and progress.hold.reason is Reason.CONNECT_CLUSTER_CHANGED
        return self.worker.kafka_cluster_id if self.worker and not to_accept else None

    def _phase(self) -> str:
        asked = self.asked_phase
        return str(asked.result()) if asked and asked.done() and not asked.exception() else self.phase


def _must_be_observed(wanted: Wanted) -> bool:
    """Nothing is asked of Connect for what cannot be, or never was there."""
    if wanted.absent:
        plan = _plan.make_plan(wanted, Observed(Presence.UNKNOWN, error=OutOfTime()), 0.0)
        return not plan.released and not wanted.out_of_reach
    return wanted.problem is None


def _hangs(observed: Observed) -> bool:
    error = observed.error
    return error is not None and error.verdict.reason is Reason.CONNECT_TIMEOUT and not isinstance(error, OutOfTime)


def _is_held(progress: Progress) -> bool:
    """Whether what is planned must not be done for now. What asks for no write to Connect is done, unless that Connect may be another one."""
    if progress.hold is None:
        return False
    elsewhere = progress.hold.reason is Reason.CONNECT_CLUSTER_CHANGED
    return bool(progress.plan.actions) or (elsewhere and _identity.forgets(progress.wanted, progress.plan))


def _with_phase(verdict: Verdict, phase: str) -> Verdict:
    if not phase or verdict.reason not in (Reason.CONNECT_TIMEOUT, Reason.DELETION_BLOCKED) or phase in verdict.message:
        return verdict
    return replace(verdict, message=f"{verdict.message}; the worker is currently {phase}")


def _predicted(progress: Progress) -> Outcome:
    """What check mode says: the plan, or the verdict where nothing would be done."""
    actions = progress.plan.actions
    if progress.held or not actions or progress.stage is Stage.DEFERRED:
        return conclude(progress, 0.0, 0.0)
    verdict = Verdict(Reason.PLAN_ONLY, f"planned and not carried out: {', '.join(action.name for action in actions)}")
    return Outcome(progress.wanted, verdict, observed=progress.observed, actions=actions)


def _arrived(progress: Progress, now: float) -> bool:
    """Whether a written connector is where it should be; the status right after a change is still the old one."""
    observed = progress.observed
    if observed.presence is not Presence.PRESENT or _plan.difference_of(progress.wanted, observed):
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
