#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a connector has come."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_offsets_info
short_description: Tell how far a connector of Kafka Connect has come
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Tells the offsets of a connector, whatever its run state. Those that a connector keeps elsewhere are not told.
  - Needs Kafka Connect 3.5 or newer.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes.info_module
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
options:
  name:
    description:
      - Name of the connector.
    type: str
    required: true
seealso:
  - module: saiello.kafka_connect.connector_offsets
"""

EXAMPLES = r"""
- name: Keep the offsets of a connector in a file
  block:
    - name: Ask for them
      saiello.kafka_connect.connector_offsets_info:
        url: https://connect.example.com:8083
        name: orders->sink
      register: orders

    - name: Write them down
      ansible.builtin.copy:
        content: "{{ orders.offsets | to_nice_json }}"
        dest: orders.json
        mode: "0600"
"""

RETURN = r"""
offsets:
  description: The offsets, sorted by partition. The module M(saiello.kafka_connect.connector_offsets) takes them like this.
  returned: success
  type: list
  elements: dict
  contains:
    partition:
      description: The partition, as the plugin names it. That of a sink has the keys V(kafka_topic) and V(kafka_partition).
      type: dict
      returned: always
    offset:
      description: The offset, as the plugin counts it. That of a sink has the key V(kafka_offset).
      type: dict
      returned: always
  sample:
    - partition: {kafka_topic: orders, kafka_partition: 0}
      offset: {kafka_offset: 4711}
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
      description: The cause in one word, V(ConnectorNotFound) if there is no such connector.
      type: str
      returned: always
      sample: ConnectorNotFound
    message:
      description: The cause in a sentence.
      type: str
      returned: always
      sample: there is no such connector on this Connect
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _offsets, _task
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect


def found(connect: Connect, name: str) -> dict[str, Any]:
    """The offsets of a connector.

    :raises Failed: if there is no such connector; :raises ConnectError: if Connect does not tell.
    """
    rows = connect.offsets(_task.checked_name(name))
    if rows is None:
        raise _task.not_found()
    return {"offsets": _offsets.shown(rows)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={"name": {"type": "str", "required": True}, **_argspec.connection_options()},
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    name = module.params["name"]
    _task.run(module, lambda connect: found(connect, name), subject=f"connector {name}")


if __name__ == "__main__":
    main()
