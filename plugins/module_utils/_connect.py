# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The verbs of Kafka Connect's REST API. ``_exchange`` sends them, ``_payloads`` takes their answers apart."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import quote

from . import _answers, _config, _payloads, _plugins
from ._answers import Meaning, Rule
from ._exchange import Attempt, Exchange, Request
from ._model import ConnectError, ConnectorStatus, Definitions, FieldError, Observed, Presence, Reason, RunState, Verdict
from ._payloads import Offset, PayloadError, Plugin, WorkerInfo, message_of, phase_of

T = TypeVar("T")

# GET / asks no other thread of the worker: it is not given the whole time of a read (seconds, or this part of it).
INFO_SECONDS, INFO_PART = 10.0, 1 / 3
# It answers after 10 s when the worker is stuck.
HEALTH_SECONDS = 12.0
# A validation may have to wait for other systems; its answer is of use, and nothing depends on it.
VALIDATE_SECONDS = 15.0


@dataclass(frozen=True)
class Validation:
    """What Connect thinks of a configuration: whether it would take it, what is wrong with it, and the keys that Connect or the plugin declares."""

    valid: bool
    errors: tuple[FieldError, ...]
    declared: frozenset[str]


@dataclass
class Connect(Exchange):
    """One Kafka Connect. Safe for several threads. Every verb raises ``ConnectError``, unless it says otherwise."""

    _definitions: dict[tuple[str, str], Definitions | None] = field(default_factory=dict)
    _lacking: set[tuple[str, str]] = field(default_factory=set)
    _known_plugins: tuple[Plugin, ...] | None = None
    _definitions_lock: Lock = field(default_factory=Lock)

    # -- reading

    def read_all(self) -> dict[str, Any]:
        """All connectors by name, unparsed; one request, answered even during a rebalance. A connector without a status is not in it."""
        return self._list("info&expand=status")

    def observed_in(self, listed: Mapping[str, Any], names: Iterable[str]) -> dict[str, Observed]:
        """Several connectors in what ``read_all`` gave. ABSENT means only that a list does not show it."""
        return {name: self._shaped(_entry, listed[name]) if name in listed else _UNLISTED for name in names}

    def candidates_in(self, listed: Mapping[str, Any], names: Iterable[str]) -> dict[str, Observed]:
        """As ``observed_in``, but an entry that makes no sense hides its own connector only, as long as another one is as Connect writes it."""
        found = {name: self._candidate(name, listed[name]) if name in listed else _UNLISTED for name in names}
        hidden = [one.error is not None for one in found.values() if one is not _UNLISTED]
        if hidden and all(hidden):
            raise self._not_connect()
        return found

    def _candidate(self, name: str, entry: Any) -> Observed:
        try:
            return _entry(entry)
        except PayloadError:
            text = f"Kafka Connect at {self.url_in_use} lists {name} in a form that is none of its own; see what GET /connectors/{name}/status gives"
            return Observed(Presence.UNKNOWN, error=ConnectError(Verdict(Reason.NOT_CONNECT, text)))

    def configs(self) -> dict[str, dict[str, str]]:
        """The configurations of all connectors by name, also of those without a status; one request, and free of traces."""
        listed = self._list("info")
        return {name: self._shaped(_payloads.listed_configuration, entry) for name, entry in listed.items()}

    def names(self) -> tuple[str, ...]:
        """The names of all connectors, sorted; also of those without a status."""
        return self._shaped(_payloads.names, self._json(Request("GET", "/connectors")))

    def config(self, name: str) -> dict[str, str] | None:
        """The stored configuration, None if Connect says that there is no such connector."""
        return self._found(_about(name, "GET", "/config"), _payloads.configuration)

    def status(self, name: str) -> ConnectorStatus | None:
        """The status, None while there is none (yet). It is as large as the traces of its failed tasks."""
        return self._found(_about(name, "GET", "/status", size=self.limits.status_body), _payloads.status)

    def observe(self, name: str) -> Observed:
        """One connector by its own requests: what they say of its presence can be acted upon. Raises nothing."""
        try:
            config = self.config(name)
            if config is None:
                return Observed(Presence.ABSENT)
            return Observed(Presence.PRESENT, config, self.status(name))
        except ConnectError as error:
            return Observed(Presence.UNKNOWN, error=error)

    def definitions(self, connector_class: str, version: str = "") -> Definitions | None:
        """The configuration keys that a plugin declares (KIP-769, Connect >= 3.2); None if it is not known. Asked for once.

        Raises nothing, is not tried again, and says nothing of Connect: to an older one, or without the plugin, the path is unknown.

        :param version: a version of the plugin, or a range of them (KIP-891, Connect >= 4.1; an older one does not heed it).
        """
        key = (connector_class, version)
        with self._definitions_lock:
            if key not in self._definitions:
                self._definitions[key] = self._read_definitions(connector_class, version)
            return self._definitions[key]

    def lacks(self, connector_class: str, version: str) -> bool:
        """Whether Connect says that no worker has a plugin in that version. Raises nothing."""
        self.definitions(connector_class, version)
        return (connector_class, version) in self._lacking

    def _read_definitions(self, connector_class: str, version: str) -> Definitions | None:
        query = f"?version={quote(version, safe='')}" if version else ""
        try:
            attempt = self._round(Request("GET", f"/connector-plugins/{quote(connector_class, safe='')}/config{query}"))
            if version and attempt.rule.reason is Reason.PLUGIN_NOT_FOUND:
                self._lacking.add((connector_class, version))
            return _payloads.definitions(attempt.payload) if attempt.rule.meaning is Meaning.OK else None
        except (ConnectError, PayloadError):
            return None

    def plain_keys(self, connector_class: str) -> frozenset[str]:
        """The configuration keys that a plugin declares, and not as PASSWORD; empty if it is not known. Raises nothing."""
        definitions = self.definitions(connector_class)
        return definitions.plain if definitions else frozenset()

    def offsets(self, name: str) -> tuple[Offset, ...] | None:
        """How far the connector has come (KIP-875, Connect >= 3.5); None if Connect says that there is no such connector."""
        request = Request("GET", f"{_path(name)}/offsets", size=self.limits.status_body, judge=_answers.offsets_rule)
        return self._found(request, _payloads.offsets)

    # -- the workers

    def worker_info(self) -> WorkerInfo:
        """Version and Kafka cluster of the worker in use; empty where a gate before Connect hides them. Not tried again."""
        read = self.limits.read
        attempt = self._round(Request("GET", "/", seconds=min(read, max(INFO_SECONDS, read * INFO_PART))))
        if attempt.error and attempt.error.verdict.reason not in (Reason.NOT_CONNECT, Reason.CONNECT_FORBIDDEN):
            raise attempt.error
        try:
            return _payloads.worker_info(attempt.payload)
        except PayloadError:
            return WorkerInfo("", "")

    def connector_plugins(self) -> tuple[Plugin, ...]:
        """The connector plugins of the worker in use, sorted."""
        return self._shaped(_payloads.plugins, self._json(_PLUGINS))

    def known_plugins(self) -> tuple[Plugin, ...]:
        """The same, asked for once; none where that is not told. Raises nothing, and says nothing of Connect: a gate can hide the path."""
        with self._definitions_lock:
            if self._known_plugins is None:
                self._known_plugins = self._read_plugins()
            return self._known_plugins

    def _read_plugins(self) -> tuple[Plugin, ...]:
        try:
            attempt = self._round(_PLUGINS)
            return _payloads.plugins(attempt.payload) if attempt.rule.meaning is Meaning.OK else ()
        except (ConnectError, PayloadError):
            return ()

    def all_plugins(self) -> tuple[Plugin, ...]:
        """With converters, transformations and predicates (KIP-769, Connect >= 3.2; an older one names connectors only)."""
        return self._shaped(_payloads.plugins, self._json(Request("GET", "/connector-plugins?connectorsOnly=false")))

    def meant_by(self, connector_class: str) -> tuple[str, ...]:
        """The classes that are perhaps meant by an unknown one; none where that cannot be told. Raises nothing."""
        return _plugins.close_matches(connector_class, self.known_plugins())

    def validate(self, config: Mapping[str, str]) -> tuple[FieldError, ...] | None:
        """What the plugin has against a configuration; None where that cannot be told. Raises nothing, is not tried again.

        This runs code of the connector, which may log in to databases.
        """
        try:
            attempt = self._round(Request("PUT", _validation_path(config), dict(config), seconds=VALIDATE_SECONDS, told=True))
        except ConnectError:
            return None
        return _answers.validated(attempt.payload) if attempt.rule.meaning is Meaning.OK else None

    def validation(self, config: Mapping[str, str]) -> Validation:
        """What Connect and the plugin think of a configuration, for a person who asks. This runs code of the connector as well."""
        request = Request("PUT", _validation_path(config), dict(config), seconds=self.limits.write, size=self.limits.status_body, harmless=True)
        attempt = self._call(request)
        if attempt.rule.meaning is Meaning.REFUSED:
            raise self._refusal(attempt, config)
        declared = self._shaped(_payloads.declared, attempt.payload)
        errors = _answers.validated(attempt.payload) or ()
        return Validation(not errors and attempt.payload.get("error_count") == 0, errors, declared)

    def is_ready(self) -> bool | None:
        """Whether what the worker in use lists can be believed: one that is starting lists nothing, or ghosts (KIP-1017, Connect >= 3.9).

        A worker that is not ready is left for another one that is. An older Connect does not say, and counts as ready. Not tried again.
        None: it shows a page instead, which is a gate's if Connect answers all the same before and after.
        """
        attempt = self._round(_HEALTH)
        if attempt.rule is _answers.HIDDEN:
            return None
        if attempt.rule is _answers.NOT_READY:
            return False
        if attempt.error:
            raise attempt.error
        return True

    def phase(self) -> str:
        """What a worker that is stuck says it is doing, such as "starting the connector"; "" if none is, or does not say. Raises nothing.

        It takes 10 s where a worker is stuck, and the others are asked after it only if it does not say.
        """
        with contextlib.suppress(ConnectError):
            for url in self._route.order():
                payload = self._attempt(url, _HEALTH).payload
                phase = phase_of(str(payload.get("message"))) if isinstance(payload, dict) else ""
                if phase:
                    return phase
        return ""

    def log_level(self, logger: str) -> str | None:
        """The level of a logger of the worker in use (KIP-495, Connect >= 2.4); None as long as the worker does not know it."""
        return self._found(Request("GET", f"/admin/loggers/{quote(logger, safe='')}", judge=_answers.loggers_rule), _payloads.level)

    # -- writing: none of these is repeated unless Connect said that it did nothing

    def create(self, name: str, config: Mapping[str, str], state: RunState | None) -> bool:
        """POST. False: a connector of that name exists.

        ``initial_state`` (KIP-980, Connect >= 3.7) makes it start paused or stopped; on older ones it is brought there afterwards.
        """
        body: dict[str, Any] = {"name": name, "config": dict(config)}
        if state in (RunState.PAUSED, RunState.STOPPED):
            body["initial_state"] = state.name
        post = Request("POST", "/connectors", body, judge=_answers.connector_rule)
        rule = self._write(post, config)
        if rule.meaning is Meaning.NO_INITIAL_STATE and state:
            rule = self._write(replace(post, body={key: value for key, value in body.items() if key != "initial_state"}), config)
            with contextlib.suppress(ConnectError):  # what did not work at once is the next pass's to do
                self.switch(name, state)
        return rule.meaning is Meaning.OK

    def update(self, name: str, config: Mapping[str, str]) -> None:
        """PUT of the whole map."""
        self._write(_about(name, "PUT", "/config", body=dict(config)), config)

    def switch(self, name: str, state: RunState) -> None:
        """Ask for a run state; pause and resume take effect later."""
        verb = {RunState.RUNNING: "resume", RunState.PAUSED: "pause", RunState.STOPPED: "stop"}[state]
        rule = self._write(_about(name, "PUT", f"/{verb}"), {})
        if rule.meaning is Meaning.ABSENT:
            raise ConnectError(Verdict(Reason.CONVERGING, "the worker does not know the connector yet"))

    def delete(self, name: str) -> None:
        """DELETE; a connector that is not there is fine. It is gone only when ``config`` says so."""
        self._write(_about(name, "DELETE"), {})

    def restart(self, name: str, *, include_tasks: bool = False, only_failed: bool = False) -> bool:
        """Start the connector anew, its tasks too or not, all of them or what has failed (KIP-745, Connect >= 3.0).

        False: there is no such connector. That it is done says nothing of what comes of it.
        """
        query = f"includeTasks={_bool(include_tasks)}&onlyFailed={_bool(only_failed)}"
        return self._write(Request("POST", f"{_path(name)}/restart?{query}", judge=_answers.restart_rule), {}).meaning is Meaning.OK

    def restart_task(self, name: str, task: int) -> bool:
        """Start one task anew, whatever its state. False: there is no such task."""
        return self._write(Request("POST", f"{_path(name)}/tasks/{task}/restart"), {}).meaning is Meaning.OK

    def alter_offsets(self, name: str, rows: Iterable[Offset]) -> bool | None:
        """Set the offsets of some partitions of a stopped connector, or remove them (KIP-875, Connect >= 3.6).

        None: there is no such connector; False: the connector has offsets elsewhere too, which are to be changed by hand.
        """
        body = {"offsets": [{"partition": row.partition, "offset": row.offset} for row in rows]}
        return self._offsets_changed(Request("PATCH", f"{_path(name)}/offsets", body, judge=_answers.offsets_rule, told=True))

    def reset_offsets(self, name: str) -> bool | None:
        """Forget all offsets of a stopped connector; the answer is that of ``alter_offsets``."""
        return self._offsets_changed(Request("DELETE", f"{_path(name)}/offsets", judge=_answers.offsets_rule, told=True))

    def _offsets_changed(self, request: Request) -> bool | None:
        attempt = self._call(request)
        if attempt.rule.meaning is Meaning.ABSENT:
            return None
        told = attempt.payload.get("message") if isinstance(attempt.payload, dict) else ""
        return not str(told).startswith("The Connect framework-managed offsets")

    def set_log_level(self, logger: str, level: str, *, everywhere: bool) -> bool:
        """Set the level of a logger and of those below it, on the worker in use or on all (KIP-976, Connect >= 3.7).

        False: it was to be set on all, and the worker in use is too old for that and set it for itself.
        """
        path = f"/admin/loggers/{quote(logger, safe='')}" + ("?scope=cluster" if everywhere else "")
        attempt = self._call(Request("PUT", path, {"level": level}, judge=_answers.loggers_rule, told=True))
        return not everywhere or attempt.payload is None

    # -- what all of them need

    def _write(self, request: Request, config: Mapping[str, str]) -> Rule:
        attempt = self._call(request)
        if attempt.rule.meaning is Meaning.REFUSED:
            raise self._refusal(attempt, config)
        return attempt.rule

    def _refusal(self, attempt: Attempt, config: Mapping[str, str]) -> ConnectError:
        """What is wrong with a configuration that Connect refused."""
        if attempt.rule.reason is Reason.PLUGIN_NOT_FOUND:
            return ConnectError(_answers.plugin_not_found(_plugin_of(config), self.meant_by(config.get(_config.CLASS, ""))))
        errors = _answers.validation_errors(message_of(attempt.payload) or "", config.keys())
        if not errors:
            # It ran the code of the connector already, and says by key what this found where it is asked for that.
            errors = self.validate(config) or ()
        return ConnectError(_answers.invalid_config(errors), errors=errors)

    def _json(self, request: Request) -> Any:
        attempt = self._call(request)
        if attempt.rule.meaning is not Meaning.OK:
            raise self._not_connect()
        return attempt.payload

    def _found(self, request: Request, parse: Callable[[Any], T]) -> T | None:
        attempt = self._call(request)
        if attempt.rule.meaning is Meaning.ABSENT:
            return None
        if attempt.rule.meaning is not Meaning.OK:
            raise self._not_connect()
        return self._shaped(parse, attempt.payload)

    def _list(self, expand: str) -> dict[str, Any]:
        result = self._json(Request("GET", f"/connectors?expand={expand}", size=self.limits.list_body))
        if not isinstance(result, dict):
            raise self._not_connect()
        return result

    def _shaped(self, parse: Callable[[Any], T], payload: Any) -> T:
        try:
            return parse(payload)
        except PayloadError as error:
            raise self._not_connect() from error


_UNLISTED = Observed(Presence.ABSENT, listed=True)


def _entry(entry: Any) -> Observed:
    """:raises PayloadError: for an entry of another form."""
    return Observed(Presence.PRESENT, _payloads.listed_configuration(entry), _payloads.listed_status(entry), listed=True)


_PLUGINS = Request("GET", "/connector-plugins")
_HEALTH = Request("GET", "/health", seconds=HEALTH_SECONDS, judge=_answers.health_rule)


def _about(name: str, method: str, path: str = "", *, body: Any = None, size: int | None = None) -> Request:
    return Request(method, _path(name) + path, body, size=size, judge=_answers.connector_rule)


def _validation_path(config: Mapping[str, str]) -> str:
    return f"/connector-plugins/{quote(config.get(_config.CLASS, ''), safe='')}/config/validate"


def _plugin_of(config: Mapping[str, str]) -> str:
    version = config.get(_config.PLUGIN_VERSION)
    return config.get(_config.CLASS, "") + (f" in version {version}" if version else "")


def _path(name: str) -> str:
    return f"/connectors/{quote(name, safe='')}"


def _bool(value: bool) -> str:
    return "true" if value else "false"
