#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One connector of a Kafka Connect, as a playbook wants it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connector
short_description: Manage a connector of Kafka Connect
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Creates, changes and deletes a connector, and brings it to a run state, through the REST API of Kafka Connect.
  - Nothing is sent that would change nothing, because Kafka Connect restarts a connector with every configuration that it receives.
  - The configuration is compared as a whole. A key that only Kafka Connect has is removed.
  - A connector that exists already is changed as well, whoever created it.
  - After a change the module waits some seconds for Kafka Connect to show it, and for the connector and its tasks to have started or stopped.
  - It fails if a connector that it created, changed or resumed, or one of its tasks, is V(FAILED) then.
    A connector that needs no change and is V(FAILED) gives a warning and RV(connector.reason),
    for neither its configuration nor a run state mends it.
  - Kafka Connect does not tell the run state that a V(FAILED) connector would have after a restart,
    so O(run_state=running) and O(run_state=paused) are sent to one only together with a new configuration.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
options:
  name:
    description:
      - Name of the connector.
      - Names that the workers of a Kafka Connect cannot pass on to each other are refused. They are those with one of C(/ \ % ; { }),
        with control characters, or with a blank at either end.
    type: str
    required: true
  connector_class:
    description:
      - Class of the connector, or an alias that Kafka Connect knows. It is C(connector.class) of the configuration.
      - Required if O(state=present).
    type: str
  tasks_max:
    description:
      - Upper limit for the number of tasks. It is C(tasks.max) of the configuration.
      - If not set, none is sent, and Kafka Connect takes its own default.
    type: int
  plugin_version:
    description:
      - Version, or range of versions, of the plugin. It is C(connector.plugin.version) of the configuration.
      - Needs Kafka Connect 4.1 or newer.
    type: str
  config:
    description:
      - All other keys of the configuration. Kafka Connect stores texts only.
        Booleans become V(true) or V(false), and numbers their shortest form, so put whatever has to stay as it is in quotes.
      - Values are neither logged nor shown. A diff shows those whose keys the plugin declares, unless key or value looks like a secret.
      - Maps, lists and nulls are refused. Before ansible-core 2.19 a template that gives JSON becomes a map or a list;
        end it with the filter P(ansible.builtin.to_json#filter), or C(string).
    type: dict
    default: {}
  run_state:
    description:
      - Run state of the connector. One that is created V(paused) or V(stopped) does not run for a moment, if Kafka Connect is 3.7 or newer.
      - If not set, the run state of an existing connector is left alone, and a new connector runs.
      - V(stopped) needs Kafka Connect 3.5 or newer.
    type: str
    choices: [running, paused, stopped]
  state:
    description:
      - Whether there should be such a connector.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Read a file into a topic
  saiello.kafka_connect.connector:
    url: https://connect.example.com:8083
    name: license
    connector_class: org.apache.kafka.connect.file.FileStreamSourceConnector
    tasks_max: 1
    config:
      file: /opt/kafka/LICENSE
      topic: connect-test

- name: Work with several connectors on the same Kafka Connect
  module_defaults:
    group/saiello.kafka_connect.connect:
      url: https://connect.example.com:8083
      url_username: deploy
      url_password: "{{ connect_password }}"
      ca_path: /etc/ssl/certs/example-ca.pem
  block:
    - name: Create a connector that does not run yet
      saiello.kafka_connect.connector:
        name: orders->sink
        connector_class: org.example.OrdersSinkConnector
        run_state: stopped
        config:
          topics: orders
          database.password: ${file:/run/secrets/database.properties:password}
          transforms: route
          transforms.route.type: org.apache.kafka.connect.transforms.RegexRouter
          transforms.route.regex: (.*)\.v(\d+)
          transforms.route.replacement: "$1"

    - name: Delete a connector
      saiello.kafka_connect.connector:
        name: payments
        state: absent
"""

RETURN = r"""
connector:
  description: The connector as Kafka Connect showed it last.
  returned: when Kafka Connect answered
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
      sample: license
    present:
      description: Whether Kafka Connect has it. In check mode that is before any change.
      type: bool
      returned: always
      sample: true
    reason:
      description: What is to be said of it, in one word. V(PlanOnly) for what check mode would change.
      type: str
      returned: when it is, or would be, present
      sample: Running
    message:
      description: The same in a sentence.
      type: str
      returned: when it is, or would be, present
      sample: the connector and all of its tasks run
    state:
      description: The state that Kafka Connect shows.
      type: str
      returned: when it has a status
      sample: RUNNING
    type:
      description: Whether it is a source or a sink.
      type: str
      returned: when it has a status
      sample: source
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
      description: Its tasks, sorted by RV(connector.tasks[].id).
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
          state: RUNNING
          worker_id: connect-1.example.com:8083
actions:
  description: >-
    What was sent to Kafka Connect, or would be in check mode, in this order.
    Each is one of V(create), V(update), V(resume), V(pause), V(stop) and V(delete).
  returned: when the options could be used
  type: list
  elements: str
  sample: [update, resume]
diff:
  description: What the actions change. A value that is not shown and differs is V((changed\)).
  returned: in diff mode, when there are actions
  type: dict
  sample:
    before_header: license (live)
    before: "config:\n  topic: \"lines\"\n"
    after_header: license (wanted)
    after: "config:\n  topic: \"connect-test\"\n"
requests:
  description: How many requests were sent to Kafka Connect.
  returned: when the options could be used
  type: int
  sample: 5
error:
  description: Why the module failed.
  returned: when it failed
  type: dict
  contains:
    reason:
      description: The cause in one word.
      type: str
      returned: always
      sample: InvalidConfig
    message:
      description: The cause in a sentence.
      type: str
      returned: always
      sample: "Connect refused the configuration: batch.size must be a number of type INT"
"""

from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _config, _exit, _http
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._asked import REQUIRED_IF, AskedError, connector_options, wanted_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._config import ConfigError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._diff import diff_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    Outcome,
    Presence,
    Reason,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._playbook import carry_out, connector_of, problem_of, warning_of


def result_of(outcome: Outcome, connect: Connect, *, diff: bool) -> dict[str, Any]:
    """What the module returns, whether it failed or not; changes and diff come from the same actions."""
    result: dict[str, Any] = {
        "changed": bool(outcome.actions),
        "actions": [action.name for action in outcome.actions],
    }
    if outcome.observed and outcome.observed.presence is not Presence.UNKNOWN:
        result["connector"] = connector_of(outcome, outcome.observed)
    if diff and outcome.actions:
        result["diff"] = diff_of(outcome.wanted.name, outcome.actions, connect.plain_keys, outcome.wanted.hidden_keys)
    return {**result, "requests": connect.requests}


def refuse(module: AnsibleModule, reason: Reason, message: str) -> NoReturn:
    """End the module before anything was sent."""
    _exit.fail(module, message, {"error": {"reason": reason.value, "message": message}})


def manage(module: AnsibleModule, connect: Connect, wanted: Wanted) -> NoReturn:
    """Carry it out and end the module."""
    outcome, stuck = carry_out(connect, wanted, Clock(), check=module.check_mode)
    result = result_of(outcome, connect, diff=module._diff)
    problem = problem_of(outcome)
    if problem:
        error = {"reason": problem.reason.value, "message": problem.message}
        _exit.fail(module, f"connector {wanted.name}: {problem.message}", {**result, "error": error}, stuck=stuck)
    warning = warning_of(outcome)
    if warning:
        result["warnings"] = [f"connector {wanted.name}: {warning}"]
    _exit.leave(module, result, stuck=stuck)


def prepared(module: AnsibleModule) -> tuple[Connect, Wanted] | Verdict:
    """What the options mean, or why they cannot be used."""
    try:
        return _argspec.connect_of(module.params), wanted_of(module.params)
    except (OptionError, AskedError) as error:
        return Verdict(Reason.INVALID_SPEC, str(error))
    except ConfigError as error:
        return Verdict(Reason.INVALID_SPEC, f"connector {module.params['name']}: {error}")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connector_options(),
            **_argspec.connection_options(),
        },
        required_if=REQUIRED_IF,
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    # Ansible would mask every word that is a value anywhere in the configuration.
    module.no_log_values = _argspec.secrets_of(module.params) | _config.secret_values(module.params["config"])
    if not _http.HAS_REQUESTS:
        _exit.fail(module, missing_required_lib("requests"))
    try:
        ready = prepared(module)
        if isinstance(ready, Verdict):
            refuse(module, ready.reason, ready.message)
        manage(module, *ready)
    except Exception as error:
        _exit.crash(module, error)


if __name__ == "__main__":
    main()
