# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What the engine talks about: connectors as wanted, as observed, and what came of a pass."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Union


class RunState(str, Enum):
    """The target states of Kafka Connect (STOPPED since 3.5, KIP-875)."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class Reason(str, Enum):
    """Every reason that a condition can carry; closed, the table is in ``_status``."""

    RUNNING = "Running"
    PAUSED = "Paused"
    STOPPED = "Stopped"
    CONVERGING = "Converging"
    CONNECTOR_FAILED = "ConnectorFailed"
    TASKS_FAILED = "TasksFailed"
    UNASSIGNED = "Unassigned"
    CONNECT_UNREACHABLE = "ConnectUnreachable"
    CONNECT_UNAUTHORIZED = "ConnectUnauthorized"
    CONNECT_FORBIDDEN = "ConnectForbidden"
    CONNECT_REBALANCING = "ConnectRebalancing"
    CONNECT_TIMEOUT = "ConnectTimeout"
    CONNECT_THROTTLED = "ConnectThrottled"
    NOT_CONNECT = "NotConnect"
    CONNECT_CLUSTER_CHANGED = "ConnectClusterChanged"
    INVALID_SPEC = "InvalidSpec"
    INVALID_CONFIG = "InvalidConfig"
    PLUGIN_NOT_FOUND = "PluginNotFound"
    CONNECTOR_EXISTS = "ConnectorExists"
    DUPLICATE_CLAIM = "DuplicateClaim"
    ENDPOINT_NOT_ALLOWED = "EndpointNotAllowed"
    NAMESPACE_NOT_ALLOWED = "NamespaceNotAllowed"
    CONNECT_CLUSTER_NOT_FOUND = "ConnectClusterNotFound"
    REFERENCE_NOT_FOUND = "ReferenceNotFound"
    DRIFTED = "Drifted"
    NOT_CONVERGING = "NotConverging"
    PLAN_ONLY = "PlanOnly"
    RESTART_FAILED = "RestartFailed"
    RESTARTS_EXHAUSTED = "RestartsExhausted"
    OFFSETS_REFUSED = "OffsetsRefused"
    DELETING = "Deleting"
    DELETION_BLOCKED = "DeletionBlocked"


@dataclass(frozen=True)
class Verdict:
    """A reason with its message: stable text, no secret, id, time or counter in it."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one key of a configuration, in words that hold no value."""

    field: str
    message: str


class ConnectError(Exception):
    """Something stands between us and an answer; ``verdict`` says what and what to do.

    ``outcome_unknown``: a write may have been applied, or may still be.
    ``endpoint``: the whole Connect is concerned, not this one connector. ``errors``: what is wrong with a configuration.
    """

    def __init__(self, verdict: Verdict, *, outcome_unknown: bool = False, endpoint: bool = False, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(verdict.message)
        self.errors = errors
        self.verdict = verdict
        self.outcome_unknown = outcome_unknown
        self.endpoint = endpoint


class OutOfTime(ConnectError):
    """The pass had no time left to ask. That says nothing of Connect or of the connector: it is for the next pass."""

    def __init__(self) -> None:
        super().__init__(Verdict(Reason.CONNECT_TIMEOUT, "there was no time left in this pass"))


class JournalError(Exception):
    """Nothing can be asked or written down just now; the connector is left for the next pass."""


class Ownership(str, Enum):
    """Whose connector it is. CREATING is written down before the POST, for the case that nobody sees its answer."""

    NONE = ""
    CREATING = "Creating"
    CREATED = "Created"
    ADOPTED = "Adopted"


class Adoption(str, Enum):
    """What may become of a connector that exists and is not ours yet, from little to much."""

    NEVER = "Never"
    IF_IDENTICAL = "IfIdentical"
    ALWAYS = "Always"


class DriftPolicy(str, Enum):
    """What becomes of a connector that was as its spec says, and was changed on Connect since."""

    REPAIR = "Repair"
    REPAIR_CONFIG = "RepairConfig"  # a pause or stop made by hand is left
    REPORT = "Report"


class Deletion(str, Enum):
    """What becomes of a connector when its object is deleted."""

    DELETE = "Delete"
    ORPHAN = "Orphan"


@dataclass(frozen=True)
class UnconfirmedWrite:
    """A write whose answer never came: ``since`` is when it was sent, in seconds of the epoch."""

    action: str
    since: float


@dataclass(frozen=True)
class Definitions:
    """The keys that a plugin declares: ``passwords`` those of type PASSWORD, ``plain`` the others, ``required`` those without a default.

    ``types``: by key, the type of those that take no text.
    """

    plain: frozenset[str] = frozenset()
    passwords: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """The last configuration that Connect refused: how often in a row, when (seconds of the epoch), and made of which version of its sources."""

    count: int
    since: float
    version: str = ""


# So many of the keys of a change are remembered, and shown; and of the errors of a configuration.
KEYS_LIMIT, ERRORS_LIMIT = 50, 20
# A key is cut after so many characters, wherever it is remembered or shown: a connector may be given any by hand.
KEY_LIMIT = 249


def kept_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """As much of the keys of a change as is remembered, and shown."""
    return tuple(key[:KEY_LIMIT] for key in keys[:KEYS_LIMIT])


@dataclass(frozen=True)
class Validated:
    """A planned configuration that Connect was asked to validate: by which order, and made of which version of its sources."""

    order: str
    version: str = ""


@dataclass(frozen=True)
class Unremoved:
    """The keys of a difference that our own confirmed write did not remove, and which version of its sources was written."""

    keys: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True)
class Memory:
    """What earlier passes wrote down about a connector. ``observed``: this very spec was dealt with before.

    ``synced``: Connect was seen to be as this very spec says; ``synced_state``: the run state of the last spec that this was true of.
    ``synced_references``: the version of what its references held then.
    ``sent_keys``: those whose values on Connect may have come from a reference, whatever became of the write that sent them.
    ``masked``: by key, the digests of values that Connect was given and does not show.
    """

    ownership: Ownership = Ownership.NONE
    owned_since: float = 0.0
    observed: bool = False
    synced: bool = False
    synced_state: RunState | None = None
    synced_references: str = ""
    sent_keys: frozenset[str] = frozenset()
    verdict: Verdict | None = None
    ready: bool = False
    unconfirmed: UnconfirmedWrite | None = None
    refused: Refusal | None = None
    validated: Validated | None = None
    errors: tuple[FieldError, ...] = ()
    unremoved: Unremoved | None = None
    masked: Mapping[str, str] = field(default_factory=dict)

    @property
    def owns(self) -> bool:
        """Whether the connector is ours for sure, so that what Connect tells of it may be shown."""
        return self.ownership in (Ownership.CREATED, Ownership.ADOPTED)


# That of a playbook: as far as it knows, everything was dealt with before.
NO_MEMORY = Memory(observed=True, synced=True)


@dataclass(frozen=True)
class ClusterMark:
    """Which Kafka cluster the Connect of a connector has to work for: the one recorded (empty: any), or one that a person accepted instead.

    ``doubt``: what stands against this Connect as a whole, by the last pass over everything.
    """

    recorded: str = ""
    accepted: str = ""
    doubt: Verdict | None = None


@dataclass(frozen=True)
class Rival:
    """An object that may own the very connector that is to be adopted. ``config``: keys that its connector has for sure, by which it can be
    told apart; ``cluster_id``: of the Kafka cluster that its Connect works for, empty if that is not known."""

    cluster_id: str
    verdict: Verdict
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """One connector as somebody wants it.

    ``config`` is canonical and whole (name, class and tasks.max included); ``state`` None leaves the run state alone;
    ``problem`` says that it cannot be wanted like this: nothing is sent for it. ``hold`` says why nothing is written, though it is looked at.
    ``mark`` None: nobody minds which Kafka cluster it is on. ``ignored_keys``: patterns of keys that Connect may add by itself.
    ``referenced_keys``: those whose values come from a Secret or a ConfigMap. ``version``: another one when a source of
    the configuration beside the object is another. ``adoption`` counts as far as ``adoption_bound`` allows. ``out_of_reach``: the problem is
    that there is no Connect to ask, or nothing to ask it with. ``kept``: why it stays on Connect when its object goes, if so. ``deadline``:
    from when on (seconds of the epoch) a Connect that cannot be asked does not hold an object that is being deleted. ``rivals``: who may own
    it, if it exists and is not ours. ``drift``: what becomes of changes made on Connect. ``validation``: the order to have the plugin validate
    what is planned, empty without one. ``unresolved_keys``: those whose wanted value nobody here knows; what Connect has stays.
    ``references``: another one when what its references hold is another; empty without any.
    ``keepers``: by key, what only those know who may read the value; ``given``: Connect accepted this very configuration a moment ago.
    """

    key: str
    name: str
    config: Mapping[str, str] = field(default_factory=dict)
    state: RunState | None = RunState.RUNNING
    absent: bool = False
    adoption: Adoption = Adoption.IF_IDENTICAL
    adoption_bound: Adoption = Adoption.ALWAYS
    memory: Memory = Memory()
    problem: Verdict | None = None
    out_of_reach: bool = False
    hold: Verdict | None = None
    mark: ClusterMark | None = None
    ignored_keys: tuple[str, ...] = ()
    kept: str = ""
    deadline: float | None = None
    rivals: tuple[Rival, ...] = ()
    referenced_keys: frozenset[str] = frozenset()
    unresolved_keys: frozenset[str] = frozenset()
    version: str = ""
    keepers: Mapping[str, str] = field(default_factory=dict, repr=False)
    given: bool = False
    references: str = ""
    drift: DriftPolicy = DriftPolicy.REPAIR
    validation: str = ""

    @property
    def hidden_keys(self) -> frozenset[str]:
        """The keys whose values come from a reference, or came from one when they were sent: they are shown to nobody."""
        return self.referenced_keys | self.memory.sent_keys

    def leaves(self, live: str) -> bool:
        """Whether a run state was made by hand and is left so: the spec does not ask for another one than it once got."""
        by_hand = self.state is not None and live != self.state.name and self.memory.synced_state is self.state
        return self.drift is DriftPolicy.REPAIR_CONFIG and by_hand and live in (RunState.PAUSED.name, RunState.STOPPED.name)


@dataclass(frozen=True)
class TaskStatus:
    id: int
    state: str
    worker_id: str = ""
    trace: str = ""


@dataclass(frozen=True)
class ConnectorStatus:
    """``GET /connectors/{name}/status``; ``version`` is empty before Connect 4.1 (KIP-891)."""

    state: str
    tasks: tuple[TaskStatus, ...] = ()
    worker_id: str = ""
    type: str = ""
    version: str = ""
    trace: str = ""


class Presence(str, Enum):
    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Observed:
    """One connector as Connect shows it. UNKNOWN carries the error that hides it; ``listed`` means seen in a list only,
    which finds candidates but proves nothing (a starting worker lists nothing, or ghosts)."""

    presence: Presence
    config: Mapping[str, str] = field(default_factory=dict)
    status: ConnectorStatus | None = None
    error: ConnectError | None = None
    listed: bool = False


@dataclass(frozen=True)
class Look:
    """How to read. ``whole``: everything, also connectors that nobody asked for; ``distrust``: Connect was away, and may not know all yet;
    ``sliced``: the list was too much lately."""

    whole: bool = False
    distrust: bool = False
    sliced: bool = False


@dataclass(frozen=True)
class Difference:
    """How a live configuration differs from the wanted one, as sorted keys."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(sorted((*self.added, *self.changed, *self.removed)))

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True)
class Create:
    config: Mapping[str, str]
    state: RunState | None
    name = "create"
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Update:
    config: Mapping[str, str]
    difference: Difference
    name = "update"
    before: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        return self.difference.keys


@dataclass(frozen=True)
class Switch:
    """Bring the connector from one run state to another."""

    before: str
    state: RunState
    keys: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return {RunState.RUNNING: "resume", RunState.PAUSED: "pause", RunState.STOPPED: "stop"}[self.state]


@dataclass(frozen=True)
class Delete:
    name = "delete"
    keys: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


# What a plan consists of; each of these is one write to Connect.
Action = Union[Create, Update, Switch, Delete]


@dataclass(frozen=True)
class Write:
    """One write that was sent: for the log line, the Event and ``status.lastChange``."""

    action: str
    cause: str
    keys: tuple[str, ...]
    result: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What a pass has to say of one connector.

    ``released``: it needs us no more; ``orphaned`` says why it stays on Connect all the same, if so.
    ``deferred``: somebody else is at it, or there was no time left: not a word is written about it;
    ``held``: why what is ``planned`` was not written, ``plain_keys``: by class, those that may be shown of it, ``validated``: how;
    ``route``: from where to where that would move the connector, if it would;
    ``synced``: Connect is as the spec says; ``errors``: what is wrong with the configuration;
    ``unremoved``: a difference that our own write did not remove;
    ``masked``: digests of the values that Connect has and does not show;
    ``cluster_id``: of the Kafka cluster that may be recorded, empty if Connect does not tell, None if it was not asked;
    ``follow_up``: seconds after which it should be looked at again, None for the usual period.
    """

    wanted: Wanted
    verdict: Verdict
    observed: Observed | None = None
    ownership: Ownership = Ownership.NONE
    owned_since: float = 0.0
    writes: tuple[Write, ...] = ()
    actions: tuple[Action, ...] = ()
    unconfirmed: UnconfirmedWrite | None = None
    refused: Refusal | None = None
    unremoved: Unremoved | None = None
    masked: Mapping[str, str] = field(default_factory=dict)
    cluster_id: str | None = None
    released: bool = False
    orphaned: str = ""
    deferred: bool = False
    held: str = ""
    errors: tuple[FieldError, ...] = ()
    validated: Validated | None = None
    planned: tuple[Action, ...] = ()
    plain_keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    route: tuple[str, str] | None = None
    synced: bool = False
    follow_up: float | None = None


NAME_LIMIT = 249
_FORBIDDEN_IN_NAME = re.compile(r"[/\\%;{}\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def name_problem(name: str) -> str | None:
    """Why Connect (4.x, several workers) could not be trusted with this connector name, or None.

    Such names can be created but not reached again, or reach another connector through a follower
    (Jetty 12 URI compliance, Connect's forwarding by URI template).
    """
    if not name:
        return "it is empty"
    if name in (".", ".."):
        return "'.' and '..' are path segments"
    if name != name.strip(" "):
        return "it begins or ends with a blank"
    if len(name) > NAME_LIMIT:
        return f"it is longer than {NAME_LIMIT} characters"
    found = _FORBIDDEN_IN_NAME.search(name)
    if found:
        shown = found.group() if found.group().isprintable() else "a control character or half of a surrogate pair"
        return f"it holds {shown}, which Connect's URLs cannot carry"
    return None
