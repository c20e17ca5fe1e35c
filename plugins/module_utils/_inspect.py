# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""A closer look at what is planned and not carried out. It asks what Connect knows of the plugin, and runs its code only where that is ordered."""

from __future__ import annotations

from collections.abc import Iterable

from . import _answers, _config, _plan, _plugins
from ._connect import Connect
from ._http import Clock
from ._model import Action, Create, FieldError, Presence, Reason, Update, Validated
from ._progress import Progress


def may_be_inspected(progress: Progress) -> bool:
    """Whether there is something to look at, on the Connect that it was planned for."""
    return bool(progress.plan.actions and progress.hold and progress.hold.reason is not Reason.CONNECT_CLUSTER_CHANGED)


def inspect(progress: Progress, connect: Connect, clock: Clock, no_work_after: float) -> None:
    """Make sure of a plan that is held, and find out what of it can be shown and what stands against it."""
    if clock.now() > no_work_after:
        return progress.defer()
    if progress.observed.listed and progress.observed.presence is Presence.ABSENT:
        # A list leaves out what has no status yet.
        progress.observed = connect.observe(progress.wanted.name)
        progress.plan = _plan.make_plan(progress.wanted, progress.observed, clock.now())
        progress.held = bool(progress.plan.actions)
    classes = _classes(progress.plan.actions)
    progress.definitions = {name: connect.definitions(name) for name in classes}
    if classes and progress.hold and progress.hold.reason is Reason.PLAN_ONLY:
        _check(progress, connect)
    return None


def _classes(actions: Iterable[Action]) -> list[str]:
    """Those of the configurations before and after: what one of them declares as text may be a password of the other."""
    configs = [action.config for action in actions if isinstance(action, (Create, Update))]
    configs += [action.before for action in actions if isinstance(action, Update)]
    return sorted({config[_config.CLASS] for config in configs if _config.CLASS in config})


def _check(progress: Progress, connect: Connect) -> None:
    """Would Connect know the plugin, and have nothing against the configuration?"""
    config = progress.wanted.config
    connector_class, version = config[_config.CLASS], config.get(_config.PLUGIN_VERSION, "")
    definitions = connect.definitions(connector_class, version)
    if definitions is None and _is_unknown(connector_class, version, progress, connect):
        return
    faults = _plugins.faults(config, definitions, _plugins.type_of(connector_class, connect.known_plugins())) if definitions else ()
    progress.errors = faults or _validate(progress, connect)
    progress.doubt = _answers.invalid_config(progress.errors) if progress.errors else None


def _is_unknown(connector_class: str, version: str, progress: Progress, connect: Connect) -> bool:
    plugins = connect.known_plugins()
    if plugins and not _plugins.is_known(connector_class, plugins):
        progress.doubt = _answers.plugin_not_found(connector_class, _plugins.close_matches(connector_class, plugins))
    elif version and connect.lacks(connector_class, version):
        progress.doubt = _answers.plugin_not_found(f"{connector_class} in version {version}")
    return progress.doubt is not None


def _validate(progress: Progress, connect: Connect) -> tuple[FieldError, ...]:
    """What the plugin itself has against the configuration; it is asked once for each order and each configuration."""
    wanted = progress.wanted
    if not wanted.validation:
        return ()
    order = Validated(wanted.validation, wanted.version)
    if wanted.memory.validated == order:
        progress.validated = order
        return wanted.memory.errors
    errors = connect.validate(wanted.config)
    if errors is None:
        return ()
    progress.validated = order
    return errors
