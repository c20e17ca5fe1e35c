#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connectors of a Kafka Connect, as they are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_info
short_description: Tell about connectors of Kafka Connect
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Tells state, tasks and configuration of the connectors of a Kafka Connect.
  - All of them are read with three requests, and one or two by their own requests.
    With configurations, the plugin of each class is asked once which of its keys are no passwords.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes.info_module
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
options:
  names:
    description:
      - The connectors to tell about. One that is not there is told about with RV(connectors[].present=false).
      - If not set, all connectors are told about.
    type: list
    elements: str
  config:
    description:
      - Whether to tell the configurations. Values are told whose keys the plugin declares, unless key or value looks like a secret;
        all others are V((hidden\)).
    type: bool
    default: true
seealso:
  - module: saiello.kafka_connect.connector
  - module: saiello.kafka_connect.cluster_info
"""

EXAMPLES = r"""
- name: Look at all connectors
  saiello.kafka_connect.connector_info:
    url: https://connect.example.com:8083
  register: everything

- name: Tell which have failed
  ansible.builtin.debug:
    msg: "{{ everything.connectors | selectattr('reason', 'in', ['ConnectorFailed', 'TasksFailed']) | map(attribute='name') }}"

- name: Wait until a connector and its tasks run
  saiello.kafka_connect.connector_info:
    url: https://connect.example.com:8083
    names: [orders->sink]
    config: false
  register: orders
  until: orders.connectors[0].reason | default('') == 'Running'
  retries: 10
  delay: 5
"""

RETURN = r"""
connectors:
  description: The connectors, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
      sample: orders->sink
    present:
      description: Whether Kafka Connect has it.
      type: bool
      returned: always
      sample: true
    reason:
      description: What is to be said of it, in one word.
      type: str
      returned: when it is present
      sample: TasksFailed
    message:
      description: The same in a sentence.
      type: str
      returned: when it is present
      sample: tasks failed (org.apache.kafka.connect.errors.ConnectException); mend the cause, then restart them
    state:
      description: The state that Kafka Connect shows.
      type: str
      returned: when it has a status
      sample: RUNNING
    type:
      description: Whether it is a source or a sink.
      type: str
      returned: when it has a status
      sample: sink
    version:
      description: Version of its plugin, empty before Kafka Connect 4.1.
      type: str
      returned: when it has a status
      sample: 4.3.1
    worker_id:
      description: The worker that runs it.
      type: str
      returned: when it has a status
      sample: connect-1.example.com:8083
    tasks:
      description: Its tasks, sorted by RV(connectors[].tasks[].id).
      type: list
      elements: dict
      returned: when it has a status
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
        - id: 0
          state: FAILED
          worker_id: connect-1.example.com:8083
          reason: org.apache.kafka.connect.errors.ConnectException
    config:
      description: Its configuration. What may be secret is V((hidden\)).
      type: dict
      returned: when it is present, and O(config=true)
      sample:
        connector.class: org.example.OrdersSinkConnector
        database.password: (hidden)
        name: orders->sink
        topics: orders
requests:
  description: How many requests were sent to Kafka Connect.
  returned: when Kafka Connect was asked
  type: int
  sample: 3
error:
  description: Why the module failed.
  returned: when it failed
  type: dict
  contains:
    reason:
      description: The cause in one word.
      type: str
      returned: always
      sample: ConnectUnreachable
    message:
      description: The cause in a sentence.
      type: str
      returned: always
      sample: "Kafka Connect at https://connect.example.com:8083: connection refused; check the address and that its workers run"
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _config, _shown, _status, _task
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Observed, Presence, Wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._observe import look_up, refuse_while_starting


def found(connect: Connect, names: list[str] | None, *, config: bool) -> dict[str, Any]:
    """What there is of these connectors.

    :raises Failed: if one of them could not be looked at; :raises ConnectError: if none could.
    """
    asked = None if names is None else [_task.checked_name(name) for name in names]
    if asked is None:
        refuse_while_starting(connect)
    seen = look_up(connect, asked, connect.clock)
    classes = {one.config.get(_config.CLASS, "") for one in seen.values() if one.presence is Presence.PRESENT} if config else set()
    plain = {one: connect.plain_keys(one) for one in sorted(classes)}
    connectors = []
    for name, one in sorted(seen.items()):
        if one.error:
            raise _task.Failed(one.error.verdict.reason.value, f"connector {name}: {one.error.verdict.message}", {"requests": connect.requests})
        told = told_of(name, one)
        if config and one.presence is Presence.PRESENT:
            told["config"] = _shown.config(one.config, plain[one.config.get(_config.CLASS, "")])
        connectors.append(told)
    return {"connectors": connectors}


def told_of(name: str, one: Observed) -> dict[str, Any]:
    """One connector without its configuration."""
    wanted = Wanted(name, name, one.config, state=None)
    return _shown.connector(name, one, _status.judge(wanted, one.status).verdict if one.presence is Presence.PRESENT else None)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str"},
            "config": {"type": "bool", "default": True},
            **_argspec.connection_options(),
        },
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    _task.run(module, lambda connect: found(connect, module.params["names"], config=module.params["config"]))


if __name__ == "__main__":
    main()
