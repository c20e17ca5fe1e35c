#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A connector, its tasks or one of them, started anew."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_restart
short_description: Restart a connector of Kafka Connect or its tasks
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Starts a connector, its tasks, or one of its tasks anew. Its configuration and its run state stay as they are.
  - Nothing of a stopped connector is started.
  - Kafka Connect accepts a restart whatever comes of it. So the module waits some seconds until everything that was restarted runs again,
    and fails if something has failed once more.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes
  - saiello.kafka_connect.connection
attributes:
  idempotent:
    description: A second run restarts once more, unless O(only_failed=true).
    support: partial
    details:
      - With O(only_failed=true) nothing is sent where nothing has failed.
requirements:
  - Python 3.10 or newer, where the module runs
options:
  name:
    description:
      - Name of the connector.
    type: str
    required: true
  include_tasks:
    description:
      - Whether to restart the tasks of the connector as well. Needs Kafka Connect 3.0 or newer.
      - Mutually exclusive with O(task).
    type: bool
    default: false
  only_failed:
    description:
      - Whether to restart only what is V(FAILED), the connector itself as well as tasks. Needs Kafka Connect 3.0 or newer, unless O(task) is set.
    type: bool
    default: false
  task:
    description:
      - Number of the one task that is to be restarted, and nothing else.
    type: int
seealso:
  - module: saiello.kafka_connect.connector
  - module: saiello.kafka_connect.connector_info
"""

EXAMPLES = r"""
- name: Restart whatever has failed
  saiello.kafka_connect.connector_restart:
    url: https://connect.example.com:8083
    name: orders->sink
    include_tasks: true
    only_failed: true

- name: Read new values of secrets, of which Kafka Connect is not told
  saiello.kafka_connect.connector_restart:
    url: https://connect.example.com:8083
    name: orders->sink
    include_tasks: true

- name: Restart one task
  saiello.kafka_connect.connector_restart:
    url: https://connect.example.com:8083
    name: orders->sink
    task: 2
"""

RETURN = r"""
restarted:
  description: What was restarted, or would be in check mode.
  returned: when there is such a connector
  type: dict
  contains:
    connector:
      description: Whether the connector itself was.
      type: bool
      returned: always
      sample: false
    tasks:
      description: The numbers of the tasks that were.
      type: list
      elements: int
      returned: always
      sample: [2]
connector:
  description: The connector as Kafka Connect showed it last.
  returned: when there is such a connector
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
      sample: orders->sink
    present:
      description: Always V(true).
      type: bool
      returned: always
      sample: true
    reason:
      description: What is to be said of it, in one word.
      type: str
      returned: always
      sample: Running
    message:
      description: The same in a sentence.
      type: str
      returned: always
      sample: the connector and all of its tasks run
    state:
      description: The state that Kafka Connect shows.
      type: str
      returned: always
      sample: RUNNING
    type:
      description: Whether it is a source or a sink.
      type: str
      returned: always
      sample: sink
    version:
      description: Version of its plugin, empty before Kafka Connect 4.1.
      type: str
      returned: always
      sample: 4.3.1
    worker_id:
      description: The worker that runs it.
      type: str
      returned: always
      sample: connect-1.example.com:8083
    tasks:
      description: Its tasks, sorted by RV(connector.tasks[].id).
      type: list
      elements: dict
      returned: always
      contains:
        id:
          description: Number of the task.
          type: int
          returned: always
        state:
          description: The state that Kafka Connect shows.
          type: str
          returned: always
        worker_id:
          description: The worker that runs it.
          type: str
          returned: always
        reason:
          description: Class of the exception that it failed with.
          type: str
          returned: when it failed
      sample:
        - id: 2
          state: RUNNING
          worker_id: connect-1.example.com:8083
diff:
  description: What was in which state before, and is restarted.
  returned: in diff mode, when something is restarted
  type: dict
  sample:
    before_header: orders->sink (live)
    before: "task 2: FAILED\n"
    after_header: orders->sink (restarted)
    after: "task 2: restarted\n"
requests:
  description: How many requests were sent to Kafka Connect.
  returned: when Kafka Connect was asked
  type: int
  sample: 4
error:
  description: Why the module failed.
  returned: when it failed
  type: dict
  contains:
    reason:
      description: The cause in one word, V(ConnectorNotFound) if there is no such connector, and V(TaskNotFound) if it has no such task.
      type: str
      returned: always
      sample: RestartFailed
    message:
      description: The cause in a sentence.
      type: str
      returned: always
      sample: task 2 was restarted and failed (org.apache.kafka.connect.errors.ConnectException); mend the cause
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _restart, _shown, _status, _task
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectError, ConnectorStatus, Observed, Presence, Wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._restart import Restart, Scope

# A connector that was just created has no status for a moment; and what is restarted is looked after for so long, in seconds.
STATUS_SECONDS = 10.0
SETTLE_SECONDS = 15.0
LOOK_SECONDS = 0.5
TASK_NOT_FOUND = "TaskNotFound"


def restart(connect: Connect, name: str, scope: Scope, *, check: bool, diff: bool) -> dict[str, Any]:
    """Restart what is meant.

    :raises Failed: for what is not there, and what fails again; :raises ConnectError: if Connect does not do it.
    """
    before = status_of(connect, _task.checked_name(name))
    if scope.task is not None and scope.task not in {task.id for task in before.tasks} and before.state != "STOPPED":
        raise _task.Failed(TASK_NOT_FOUND, f"it has no task {scope.task}", {"requests": connect.requests})
    plan = _restart.planned(scope, before)
    result: dict[str, Any] = {"changed": bool(plan), "restarted": {"connector": plan.connector, "tasks": list(plan.tasks)}}
    if diff and plan:
        result["diff"] = diff_of(name, plan, before)
    if check or not plan:
        return {**result, "connector": shown(name, before)}
    send(connect, name, scope)
    try:
        after = settled(connect, name, plan)
    except ConnectError as error:
        text = f"it was restarted, and what came of that is not known: {error.verdict.message}"
        raise _task.Failed(error.verdict.reason.value, text, {**result, "requests": connect.requests}) from error
    result["connector"] = shown(name, after)
    problem = _restart.failed_again(plan, after)
    if problem:
        raise _task.Failed(problem.reason.value, problem.message, {**result, "requests": connect.requests})
    if not _restart.has_settled(plan, after, SETTLE_SECONDS):
        result["warnings"] = [f"connector {name}: {result['connector']['message']}"]
    return result


def shown(name: str, status: ConnectorStatus | None) -> dict[str, Any]:
    """The connector as Connect showed it last."""
    verdict = _status.judge(Wanted(name, name, state=None), status).verdict
    return _shown.connector(name, Observed(Presence.PRESENT, status=status), verdict)


def status_of(connect: Connect, name: str) -> ConnectorStatus:
    """The status, waited for where the connector is new.

    :raises Failed: if there is no such connector; :raises ConnectError: if Connect does not tell.
    """
    until = connect.clock.now() + STATUS_SECONDS
    while True:
        status = connect.status(name)
        if status:
            return status
        if connect.config(name) is None:
            raise _task.not_found()
        if connect.clock.now() > until:
            verdict = _status.judge(Wanted(name, name), None).verdict
            raise _task.Failed(verdict.reason.value, verdict.message)
        connect.clock.sleep(LOOK_SECONDS)


def send(connect: Connect, name: str, scope: Scope) -> None:
    """:raises Failed: if it has gone meanwhile; :raises ConnectError: if Connect does not do it."""
    if scope.task is not None:
        done = connect.restart_task(name, scope.task)
    else:
        done = connect.restart(name, include_tasks=scope.include_tasks, only_failed=scope.only_failed)
    if not done:
        raise _task.not_found()


def settled(connect: Connect, name: str, plan: Restart) -> ConnectorStatus | None:
    """The status once everything restarted is where it will stay, seen twice, or after some seconds.

    :raises ConnectError: if Connect does not tell.
    """
    started = connect.clock.now()
    stayed = False
    while True:
        connect.clock.sleep(LOOK_SECONDS)
        status = connect.status(name)
        waited = connect.clock.now() - started
        arrived = _restart.has_settled(plan, status, waited)
        if (arrived and stayed) or waited > SETTLE_SECONDS:
            return status
        stayed = arrived


def diff_of(name: str, plan: Restart, before: ConnectorStatus) -> dict[str, str]:
    """What is restarted, with the state that it was in."""
    states = {"connector": before.state} if plan.connector else {}
    states.update({f"task {task.id}": task.state for task in before.tasks if task.id in plan.tasks})
    return {
        "before_header": f"{name} (live)",
        "after_header": f"{name} (restarted)",
        "before": "".join(f"{one}: {state}\n" for one, state in states.items()),
        "after": "".join(f"{one}: restarted\n" for one in states),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "include_tasks": {"type": "bool", "default": False},
            "only_failed": {"type": "bool", "default": False},
            "task": {"type": "int"},
            **_argspec.connection_options(),
        },
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    name = module.params["name"]
    scope = Scope(module.params["include_tasks"], module.params["only_failed"], module.params["task"])

    def work(connect: Connect) -> dict[str, Any]:
        if scope.task is not None and scope.include_tasks:
            raise _argspec.OptionError("task: one task, and include_tasks, exclude each other")
        return restart(connect, name, scope, check=module.check_mode, diff=module._diff)

    _task.run(module, work, subject=f"connector {name}")


if __name__ == "__main__":
    main()
