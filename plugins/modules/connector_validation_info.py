#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Kafka Connect thinks of a configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_validation_info
short_description: Let Kafka Connect validate the configuration of a connector
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Lets Kafka Connect and the plugin validate a configuration. No connector is made or changed.
  - A configuration that is not valid is no failure of the module. See RV(valid).
  - Validation runs code of the plugin, which may log in to a database, for instance.
  - Messages are rebuilt from the kind of the error, since those of Kafka Connect hold values, and secrets that it has looked up among them.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes.info_module
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
options:
  name:
    description:
      - Name that the connector would have.
    type: str
    default: validation
  connector_class:
    description:
      - Class of the connector, or an alias that Kafka Connect knows.
    type: str
    required: true
  tasks_max:
    description:
      - Upper limit for the number of tasks. It is C(tasks.max) of the configuration.
    type: int
  plugin_version:
    description:
      - Version, or range of versions, of the plugin. It is C(connector.plugin.version) of the configuration.
      - Needs Kafka Connect 4.1 or newer.
    type: str
  config:
    description:
      - All other keys of the configuration, as M(saiello.kafka_connect.connector) takes them.
      - Values are neither logged nor shown.
    type: dict
    default: {}
seealso:
  - module: saiello.kafka_connect.connector
"""

EXAMPLES = r"""
- name: Validate a configuration
  saiello.kafka_connect.connector_validation_info:
    url: https://connect.example.com:8083
    connector_class: org.example.OrdersSinkConnector
    config:
      topics: orders
      batch.size: many
  register: validation

- name: Fail unless it is valid
  ansible.builtin.assert:
    that: validation.valid
    fail_msg: "{{ validation.errors }}"
"""

RETURN = r"""
valid:
  description: Whether Kafka Connect would accept the configuration.
  returned: success
  type: bool
  sample: false
errors:
  description: What is wrong, sorted by field. Kafka Connect may also count an error without telling it.
  returned: success
  type: list
  elements: dict
  contains:
    field:
      description: The key of the configuration.
      type: str
      returned: always
      sample: batch.size
    message:
      description: What is wrong with it.
      type: str
      returned: always
      sample: must be a number of type INT
undeclared_keys:
  description:
    - The keys of O(config) that neither Kafka Connect nor the plugin declares, sorted. They may be misspelt.
    - Those that are handed on to clients and converters are not among them.
  returned: success
  type: list
  elements: str
  sample: [bacth.size]
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
      sample: PluginNotFound
    message:
      description: The cause in a sentence.
      type: str
      returned: always
      sample: no worker of this Connect has a connector plugin org.example.Missing; correct the class, or install the plugin
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _task
from ansible_collections.saiello.kafka_connect.plugins.module_utils._asked import wanted_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect

# What Connect hands on to clients and converters, without looking at it.
HANDED_ON = ("producer.override.", "consumer.override.", "admin.override.", "key.converter.", "value.converter.", "header.converter.")


def validated(connect: Connect, params: dict[str, Any]) -> dict[str, Any]:
    """What Connect thinks of the configuration of these options.

    :raises AskedError, ConfigError: for options that cannot be used; :raises ConnectError: if Connect does not tell.
    """
    wanted = wanted_of({**params, "run_state": None, "state": "present"})
    found = connect.validation(wanted.config)
    undeclared = [key for key in params["config"] if key not in found.declared and not key.startswith(HANDED_ON)]
    errors = [{"field": error.field, "message": error.message} for error in found.errors]
    return {"valid": found.valid, "errors": errors, "undeclared_keys": sorted(undeclared)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "default": "validation"},
            "connector_class": {"type": "str", "required": True},
            "tasks_max": {"type": "int"},
            "plugin_version": {"type": "str"},
            "config": {"type": "dict", "default": {}, "no_log": True},
            **_argspec.connection_options(),
        },
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    subject = f"connector {module.params['name']}"
    _task.run(module, lambda connect: validated(connect, module.params), subject=subject, config=module.params["config"])


if __name__ == "__main__":
    main()
