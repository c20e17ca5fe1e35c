# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Requests to the workers of one Kafka Connect: retries inside a deadline, failover, credentials that rotate. ``_answers`` says what answers mean."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import _answers
from ._answers import Meaning, Rule
from ._http import Answer, Clock, Failure, Limits, NoAnswer, Transport
from ._model import ConnectError, OutOfTime, Reason, Verdict
from ._payloads import message_of, phase_of

# Seconds that one request may be tried again for; a leader that died costs 11 s on Connect's defaults.
RETRY_SECONDS = 12.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
# A worker that starts answers with a page of Jetty's for about a second (observed on 4.3.1); nothing else is worth longer.
NOT_YET_SECONDS = 4.0
REFUSED_SECONDS = 1.0


@dataclass(frozen=True)
class Request:
    """``seconds`` and ``size`` limit it instead of the limits for all; ``judge`` says what its answer means.

    ``harmless``: it changes nothing, though it is no GET; ``told``: the answer to a write says something, as far as it is JSON.
    """

    method: str
    path: str
    body: Any = None
    seconds: float | None = None
    size: int | None = None
    judge: Callable[[str, int, str | None], Rule] = _answers.rule_for
    harmless: bool = False
    told: bool = False

    @property
    def reads(self) -> bool:
        return self.method == "GET" or self.harmless


@dataclass(frozen=True)
class Attempt:
    """What came of one request at one worker.

    ``error`` None: the answer means something. ``patience``: seconds for which trying again is worth it; ``wait``: seconds that the worker asked for;
    ``elsewhere``: another worker may do better, and asking it does no harm. ``payload`` is the body as JSON, None if it is none.
    """

    rule: Rule
    payload: Any = None
    error: ConnectError | None = None
    cause: str = ""
    patience: float = 0.0
    wait: float | None = None
    elsewhere: bool = False


_NO_RULE = Rule((), None, Meaning.FAILED)


class _Route:
    """The workers' URLs and the one in use. Safe for several threads."""

    def __init__(self, urls: Sequence[str], preferred: str) -> None:
        self.urls = tuple(dict.fromkeys(urls))
        self.in_use = preferred if preferred in self.urls else self.urls[0]
        self._lock = threading.Lock()

    def order(self) -> tuple[str, ...]:
        """All of them, in the order in which they are to be tried."""
        first = self.urls.index(self.in_use)
        return self.urls[first:] + self.urls[:first]

    def settle(self, url: str, dead: Collection[str]) -> None:
        """Stay with ``url``, unless another thread found one meanwhile that is none of ``dead``."""
        with self._lock:
            if self.in_use in dead:
                self.in_use = url


class _Quiet:
    """The time for which nobody sends, because one of them was told to wait. Bounded for the whole pass. Safe for several threads."""

    def __init__(self) -> None:
        self.until = 0.0
        self._first: float | None = None
        self._lock = threading.Lock()

    def keep(self, now: float, wait: float) -> None:
        with self._lock:
            if self._first is None:
                self._first = now
            self.until = max(self.until, min(now + wait, self._first + RETRY_SECONDS))


@dataclass
class Exchange:
    """What is sent to one Kafka Connect, and to no other. Safe for several threads.

    ``url`` and ``more_urls`` are its workers, tried in this order, but ``preferred`` first; the one that works is kept (``url_in_use``).
    Headers, and with them credentials, go to these only. ``renew`` is called once, at the first 401, and gives the headers that hold by then
    (or None); it must not raise. After ``deadline`` (seconds of the epoch) no request is started, and none lasts beyond it. Once a request has
    found the whole Connect out of reach, ``down`` says so and the others of this pass are not tried; a caller that knows it already sets it.
    """

    url: str
    transport: Transport
    clock: Clock = field(default_factory=Clock)
    limits: Limits = field(default_factory=Limits)
    deadline: float = float("inf")
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    more_urls: Sequence[str] = ()
    preferred: str = ""
    renew: Callable[[], Mapping[str, str] | None] | None = field(default=None, repr=False)
    down: ConnectError | None = None
    requests: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _renewal: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _quiet: _Quiet = field(default_factory=_Quiet, init=False, repr=False)

    def __post_init__(self) -> None:
        self._route = _Route((self.url, *self.more_urls), self.preferred)

    @property
    def url_in_use(self) -> str:
        """The URL that the next request goes to: the last that worked, if any did."""
        return self._route.in_use

    def _call(self, request: Request) -> Attempt:
        """Send until there is an answer that means something, or time is up.

        :raises ConnectError: with the verdict for whoever asked.
        """
        self._wait_for_quiet()
        started = self.clock.now()
        pause = FIRST_PAUSE
        tries = 0
        while True:
            tries += 1
            attempt = self._round(request)
            if attempt.error is None:
                return attempt
            wait = attempt.wait or pause * random.uniform(0.7, 1.3)
            now = self.clock.now()
            if now - started + wait > attempt.patience or (attempt.rule.once and tries > 1) or now + wait >= self.deadline:
                if attempt.error.endpoint:
                    self.down = attempt.error
                raise attempt.error
            if attempt.rule.together:
                self._quiet.keep(now, wait)
            self.clock.sleep(wait)
            self._wait_for_quiet()
            pause = min(pause * 2, LONGEST_PAUSE)

    def _wait_for_quiet(self) -> None:
        now = self.clock.now()
        left = self._quiet.until - now
        if left <= 0 or self.down is not None:
            return
        # Not all at once when it is over.
        left += random.uniform(0.0, FIRST_PAUSE)
        if now + left >= self.deadline:
            raise OutOfTime
        self.clock.sleep(left)

    def _round(self, request: Request) -> Attempt:
        """The request at one worker after the other, until one does not send it elsewhere."""
        dead: dict[str, Attempt] = {}
        for url in self._route.order():
            attempt = self._attempt(url, request)
            if not attempt.elsewhere:
                self._route.settle(url, dead)
                return attempt
            dead[url] = attempt
        return self._none_answers(dead)

    def _attempt(self, url: str, request: Request) -> Attempt:
        """The request at one worker; again if the credentials have changed since (a 401 means that nothing was done)."""
        used = self.headers
        attempt = self._send(url, request, used)
        if attempt.rule.reason is Reason.CONNECT_UNAUTHORIZED and self._renewed(used):
            attempt = self._send(url, request, self.headers)
        return attempt

    def _renewed(self, used: Mapping[str, str]) -> bool:
        """Whether there are other headers than those that were used."""
        with self._renewal:
            if self.headers is not used:
                return True
            renew, self.renew = self.renew, None
            fresh = renew() if renew else None
            if fresh is None or dict(fresh) == dict(used):
                return False
            self.headers = dict(fresh)
            return True

    def _send(self, url: str, request: Request, headers: Mapping[str, str]) -> Attempt:
        if self.down is not None:
            raise self.down
        left = self.deadline - self.clock.now()
        if left <= 0:
            raise OutOfTime
        with self._lock:
            self.requests += 1
        seconds = request.seconds or (self.limits.read if request.reads else self.limits.write)
        try:
            answer = self.transport.send(
                request.method,
                url + request.path,
                body=None if request.body is None else json.dumps(request.body, ensure_ascii=False).encode("utf-8"),
                headers=headers if request.body is None else {**headers, "Content-Type": "application/json"},
                seconds=min(seconds, left),
                size=request.size or self.limits.body,
                connect=self.limits.connect,
            )
        except NoAnswer as problem:
            return _unanswered(url, problem, reads=request.reads)
        return _judged(url, request, answer)

    def _none_answers(self, dead: Mapping[str, Attempt]) -> Attempt:
        """One attempt for all that failed; its text does not depend on which was tried first."""
        attempts = [dead[url] for url in self._route.urls]
        if len(attempts) == 1:
            return attempts[0]
        errors = [attempt.error for attempt in attempts if attempt.error]
        reasons = {error.verdict.reason for error in errors}
        causes = "; ".join(f"{url}: {dead[url].cause.partition(';')[0]}" for url in self._route.urls)
        text = f"none of the {len(attempts)} workers answers: {causes}; check the addresses, and that the workers run"
        verdict = Verdict(reasons.pop() if len(reasons) == 1 else Reason.CONNECT_UNREACHABLE, text)
        waits = [attempt.wait or 0.0 for attempt in attempts]
        return Attempt(
            next((attempt.rule for attempt in attempts if attempt.rule is not _NO_RULE), _NO_RULE),
            error=ConnectError(verdict, endpoint=all(error.endpoint for error in errors)),
            patience=max(attempt.patience for attempt in attempts),
            wait=min(waits),
            elsewhere=True,
        )

    def _not_connect(self) -> ConnectError:
        self.down = _no_connect(self.url_in_use)
        return self.down


def _judged(url: str, request: Request, answer: Answer) -> Attempt:
    """What an answer means."""
    payload = _parsed(answer) if request.reads or request.told or answer.status >= 400 else None
    message = message_of(payload) if answer.status >= 400 else None
    rule = request.judge(request.method, answer.status, message)
    if rule.meaning is Meaning.OK and request.reads and payload is None:
        error = _no_connect(url)
        return Attempt(_NO_RULE, error=error, cause="it does not answer as Kafka Connect does", elsewhere=True)
    if rule.meaning is not Meaning.FAILED:
        return Attempt(rule, payload)
    phase = phase_of(message)
    says = f"{rule.says} ({phase})" if phase else rule.says
    verdict = Verdict(rule.reason or Reason.NOT_CONNECT, f"Kafka Connect at {url}: {says}")
    unknown = rule.unknown and not request.reads
    patience = NOT_YET_SECONDS if rule.reason in (Reason.NOT_CONNECT, Reason.CONNECT_UNREACHABLE) else RETRY_SECONDS
    return Attempt(
        rule,
        payload,
        ConnectError(verdict, outcome_unknown=unknown, endpoint=rule.endpoint),
        cause=says,
        patience=patience if (rule.retry or rule.once) and not unknown else 0.0,
        wait=_retry_after(answer),
        elsewhere=rule.elsewhere and request.reads,
    )


def _unanswered(url: str, problem: NoAnswer, *, reads: bool) -> Attempt:
    """What it means that there is no answer."""
    again = problem.failure is Failure.REFUSED or (reads and problem.failure is Failure.BROKEN)
    return Attempt(
        _NO_RULE,
        error=_no_answer(url, problem, unknown=problem.sent and not reads),
        cause=str(problem),
        patience=REFUSED_SECONDS if again else 0.0,
        elsewhere=not problem.sent or (reads and problem.failure is not Failure.TOO_BIG),
    )


def _no_answer(url: str, problem: NoAnswer, *, unknown: bool) -> ConnectError:
    failure = problem.failure
    if failure is Failure.NOT_ALLOWED:
        text = f"{url} may not be used: {problem}; see the operator settings"
        return ConnectError(Verdict(Reason.ENDPOINT_NOT_ALLOWED, text), endpoint=True)
    if failure is Failure.TOO_BIG:
        text = f"{url}: {problem}, which is not Kafka Connect's way; check host and port"
        return ConnectError(Verdict(Reason.NOT_CONNECT, text), outcome_unknown=unknown)
    if failure is Failure.NOT_HTTP:
        return ConnectError(Verdict(Reason.NOT_CONNECT, f"{url}: {problem}"), outcome_unknown=unknown, endpoint=True)
    if failure is Failure.TLS:
        verdict = Verdict(Reason.CONNECT_UNREACHABLE, f"Kafka Connect at {url}: {problem}")
        return ConnectError(verdict, outcome_unknown=unknown, endpoint=True)
    text = f"Kafka Connect at {url}: {problem}; check the address and that its workers run"
    if failure is Failure.TIMEOUT:
        return ConnectError(Verdict(Reason.CONNECT_TIMEOUT, text), outcome_unknown=unknown)
    return ConnectError(Verdict(Reason.CONNECT_UNREACHABLE, text), outcome_unknown=unknown, endpoint=not problem.sent)


def _no_connect(url: str) -> ConnectError:
    text = f"{url} does not answer as Kafka Connect does; check host, port and path"
    return ConnectError(Verdict(Reason.NOT_CONNECT, text), endpoint=True)


def _parsed(answer: Answer) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _retry_after(answer: Answer) -> float | None:
    """Seconds of a Retry-After header, as 429 and 503 of proxies and managed services carry it."""
    value = next((text for key, text in answer.headers.items() if key.lower() == "retry-after"), "")
    return float(value) if re.fullmatch(r"[0-9]{1,6}", value) else None
