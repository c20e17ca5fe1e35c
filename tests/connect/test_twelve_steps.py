# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create, change and delete, by every module that does so: each in check mode first, and each twice.

After each of these what there is is read without any code of the collection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.connect.conftest import Ansible, Rest, task
from tests.connect.playbooks import connector, create_all, put, write

# Many tasks of Ansible, on a machine that may have much else to do.
pytestmark = pytest.mark.timeout(300)

NAME, SECOND = "orders->lines", "notice"
CLASS = "FileStreamSource"
BEFORE = {"file": "/nowhere", "topic": "lines", "batch.size": 20}
AFTER = {"file": "/nowhere", "topic": "other.lines", "value.converter": "org.apache.kafka.connect.storage.StringConverter"}
SETTLE_SECONDS = 20.0


@dataclass(frozen=True)
class Step:
    """The options of a task, and what there is once it is done. ``prepare``: what somebody else does before it."""

    options: Mapping[str, Any]
    after: Any
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Place:
    """A Kafka Connect, and Ansible for it."""

    ansible: Ansible
    rest: Rest
    version: str

    def there(self, *names: str) -> dict[str, Any]:
        """What Connect has of these connectors: configuration and state."""
        configs = {name: self.rest.config(name) for name in names}
        return {name: (config, self.rest.states(name)[:1]) for name, config in configs.items() if config is not None}

    def walk(self, module: str, steps: Sequence[Step], look: Callable[[], Any]) -> None:
        """Check mode tells what is then done and does nothing, and the second time there is nothing to do."""
        before = look()
        expected = [
            state for step, last in zip(steps, [before, *(step.after for step in steps)], strict=False) for state in (last, *[step.after] * 3)
        ]
        seen: list[Any] = []
        steps[0].prepare()

        def between() -> None:
            seen.append(_arrived(look, expected[len(seen)]))
            if len(seen) % 4 == 0 and len(seen) < len(expected):
                steps[len(seen) // 4].prepare()

        four = [task(module, step.options, check_mode=check, diff=True) for step in steps for check in (True, False, True, False)]
        played = [one.result for one in self.ansible.plays(*four, between=between)]
        for number in range(0, len(played), 4):
            predicted, done, *again = played[number : number + 4]
            assert done["changed"], done
            assert done["diff"]
            assert _told(predicted) == _told(done)
            assert [(one["changed"], "diff" in one, one.get("failed", False)) for one in again] == [(False, False, False)] * 2, again
        assert seen == expected


def _arrived(look: Callable[[], Any], expected: Any) -> Any:
    """What there is, once it is as expected or some time has passed."""
    until = time.monotonic() + SETTLE_SECONDS
    while (seen := look()) != expected and time.monotonic() < until:
        time.sleep(0.1)
    return seen


def _told(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a module says of what it does, or would do: all but what Connect shows afterwards."""
    alike = ("changed", "diff", "actions", "changed_keys", "counts", "summary", "outcome", "files", "previous_level", "warnings")
    told: dict[str, Any] = {key: result[key] for key in alike if key in result}
    parts = ("name", "object", "secrets", "actions", "changed_keys", "changed", "failed")
    told["connectors"] = [{key: one[key] for key in parts if key in one} for one in result.get("connectors", [])]
    return told


@pytest.fixture(params=["4.3.1", "3.9.1"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    cluster = request.getfixturevalue("connect" if request.param == "4.3.1" else "older")
    rest = Rest(cluster.url)
    assert rest.get("/").json()["version"] == request.param
    yield Place(Ansible(cluster.url, tmp_path), rest, request.param)
    rest.clear()


def options(name: str, config: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "connector_class": CLASS, "tasks_max": 1, "config": dict(config), **more}


def stored(name: str, config: Mapping[str, Any], **more: str) -> dict[str, str]:
    return {"name": name, "connector.class": CLASS, "tasks.max": "1", **{key: str(value) for key, value in config.items()}, **more}


def test_connector(place: Place) -> None:
    steps = [
        Step(options(NAME, BEFORE), {NAME: (stored(NAME, BEFORE), ["RUNNING"])}),
        Step(options(NAME, AFTER, run_state="paused"), {NAME: (stored(NAME, AFTER), ["PAUSED"])}),
        Step({"name": NAME, "state": "absent"}, {}),
    ]
    place.walk("connector", steps, lambda: place.there(NAME))


def test_connectors_by_a_list(place: Place) -> None:
    new = place.version != "3.9.1"
    option, key = ({"plugin_version": "[4,5)"}, {"connector.plugin.version": "[4,5)"}) if new else ({}, {})
    steps = [
        Step(
            {"connectors": [options(NAME, BEFORE, **option), options(SECOND, BEFORE, run_state="stopped")]},
            {NAME: (stored(NAME, BEFORE, **key), ["RUNNING"]), SECOND: (stored(SECOND, BEFORE), ["STOPPED"])},
        ),
        Step(
            {"connectors": [options(NAME, AFTER, run_state="paused"), options(SECOND, BEFORE, run_state="running")]},
            {NAME: (stored(NAME, AFTER), ["PAUSED"]), SECOND: (stored(SECOND, BEFORE), ["RUNNING"])},
        ),
        Step({"connectors": [{"name": name, "state": "absent"} for name in (NAME, SECOND)]}, {}),
    ]
    place.walk("connectors", steps, lambda: place.there(NAME, SECOND))


def test_connectors_by_manifests(place: Place) -> None:
    folder = place.ansible.directory
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"password": "sesame"}}
    short: dict[str, Any] = {"class": CLASS}
    referring: dict[str, Any] = {"configValueFrom": {"my.password": {"secretKeyRef": {"name": "login", "key": "password"}}}, **short}
    kept = connector("kept", BEFORE, **short)
    first = write(
        folder / "first.yaml",
        [
            secret,
            kept,
            connector("orders", BEFORE, connectorName=NAME, state="running", **referring),
            connector(SECOND, BEFORE, **short),
        ],
    )
    second = write(
        folder / "second.yaml",
        [
            {**secret, "stringData": {"password": "open"}},
            kept,
            connector("orders", AFTER, connectorName=NAME, state="paused", **referring),
            connector(SECOND, BEFORE, state="running", **short),
        ],
    )
    last = write(folder / "last.yaml", [kept])
    stays = {"kept": (stored("kept", BEFORE), ["STOPPED"])}
    steps = [
        Step(
            {"manifests": [str(first)]},
            {**stays, NAME: (stored(NAME, BEFORE, **{"my.password": "sesame"}), ["RUNNING"]), SECOND: (stored(SECOND, BEFORE), ["STOPPED"])},
        ),
        Step(
            {"manifests": [str(second)]},
            {**stays, NAME: (stored(NAME, AFTER, **{"my.password": "open"}), ["PAUSED"]), SECOND: (stored(SECOND, BEFORE), ["RUNNING"])},
        ),
        Step({"manifests": [str(last)], "absent": [SECOND], "purge": True, "purge_pattern": "orders*"}, stays),
    ]
    place.walk("connectors", steps, lambda: place.there("kept", NAME, SECOND))


def test_connectors_export(place: Place) -> None:
    """To a folder that is not there, after a change by hand, and of the values as well. It deletes nothing."""
    folder, values = place.ansible.directory / "out", place.ansible.directory / "values.yaml"
    configs = {name: stored(name, BEFORE, **{"my.password": "sesame"}) for name in (NAME, SECOND)}
    create_all(place.rest, configs)

    def look() -> dict[str, str]:
        return {path.name: path.read_text(encoding="utf-8") for path in (*folder.glob("*"), values) if path.exists()}

    def by_hand() -> None:
        put(place.rest, SECOND, {**configs[SECOND], "topic": "other.lines"})

    given = {"destination": str(folder)}
    # What is right to be written is found out once, elsewhere.
    (done,) = place.ansible.plays(task("connectors_export", {**given, "secret_values": str(values)}))
    whole = look()
    assert sorted(whole) == ["notice.secret.yaml", "notice.yaml", "orders-lines.secret.yaml", "orders-lines.yaml", "values.yaml"]
    for path in (*folder.glob("*"), values):
        path.unlink()
    first = {name: text for name, text in whole.items() if name != "values.yaml"}
    second = {**first, "notice.yaml": first["notice.yaml"].replace('topic: "lines"', 'topic: "other.lines"')}
    steps = [
        Step(given, first),
        Step(given, second, by_hand),
        Step({**given, "secret_values": str(values)}, {**second, "values.yaml": whole["values.yaml"]}),
    ]
    place.walk("connectors_export", steps, look)
    assert [sorted(one["secrets"]) for one in done.result["connectors"]] == [["my.password"]] * 2
    assert place.there(*configs) == {
        name: ({**config, **({"topic": "other.lines"} if name == SECOND else {})}, ["STOPPED"]) for name, config in configs.items()
    }


def test_connector_offsets(place: Place) -> None:
    place.ansible.plays(task("connector", options(NAME, BEFORE, run_state="stopped")))
    rows = [{"partition": {"filename": "/nowhere"}, "offset": {"position": position}} for position in (5, 9)]
    steps = [Step({"name": NAME, "offsets": [row]}, [row]) for row in rows]
    steps.append(Step({"name": NAME, "state": "absent"}, []))
    place.walk("connector_offsets", steps, lambda: place.rest.get(f"/connectors/{quote(NAME, safe='')}/offsets").json()["offsets"])


def test_logger(place: Place) -> None:
    known, fresh = "org.apache.kafka.connect.runtime.Worker", "org.example.Fresh"

    def levels() -> list[str | None]:
        return [place.rest.get(f"/admin/loggers/{name}").json().get("level") for name in (known, fresh)]

    (before, nothing) = levels()
    # Another test may have left one of these.
    first, second = [level for level in ("DEBUG", "TRACE", "WARN") if level != before][:2]
    steps = [
        Step({"name": known, "level": first}, [first, nothing]),
        Step({"name": known, "level": second, "scope": "cluster"}, [second, nothing]),
        Step({"name": known, "level": before}, [before, nothing]),
        Step({"name": fresh, "level": "ERROR"}, [before, "ERROR"]),
    ]
    place.walk("logger", steps, levels)
