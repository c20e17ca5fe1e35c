#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Kafka Connect as a whole."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Tell about a Kafka Connect as a whole
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Tells version, Kafka cluster and plugins of the worker of a Kafka Connect that answers.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes.info_module
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
options:
  all_plugins:
    description:
      - Whether to tell about converters, transformations and predicates as well as about connectors.
      - Needs Kafka Connect 3.2 or newer. An older one tells about connectors only.
    type: bool
    default: false
seealso:
  - module: saiello.kafka_connect.connector_info
"""

EXAMPLES = r"""
- name: Ask a Kafka Connect what it is
  saiello.kafka_connect.cluster_info:
    url: https://connect.example.com:8083
  register: connect

- name: Stop unless the plugin is installed
  ansible.builtin.assert:
    that: "'org.example.OrdersSinkConnector' in connect.plugins | map(attribute='class')"

- name: Wait until Kafka Connect has started
  saiello.kafka_connect.cluster_info:
    url: https://connect.example.com:8083
  register: connect
  until: connect.ready | default(false)
  retries: 30
  delay: 2
"""

RETURN = r"""
version:
  description: Version of the worker. Empty if a gate before Kafka Connect hides it.
  returned: success
  type: str
  sample: 4.3.1
kafka_cluster_id:
  description: Id of the Kafka cluster that Kafka Connect works for. Empty if it is not told.
  returned: success
  type: str
  sample: 5L6g3nShT-eMCtK--X86sw
ready:
  description: Whether the worker has started. One that is older than Kafka Connect 3.9 does not say and counts as ready.
  returned: success
  type: bool
  sample: true
plugins:
  description: The plugins that the worker has, sorted by class.
  returned: success
  type: list
  elements: dict
  contains:
    class:
      description: Full name of its class.
      type: str
      returned: always
    type:
      description: V(source) or V(sink), and with O(all_plugins) V(converter), V(header_converter), V(transformation) or V(predicate) too.
      type: str
      returned: always
    version:
      description: Its version, empty if it has none.
      type: str
      returned: always
  sample:
    - class: org.apache.kafka.connect.file.FileStreamSinkConnector
      type: sink
      version: 4.3.1
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
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _task
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect


def found(connect: Connect, *, all_plugins: bool) -> dict[str, Any]:
    """What Connect tells of itself.

    :raises ConnectError: if it tells nothing.
    """
    info = connect.worker_info()
    ready = connect.is_ready()
    plugins = connect.all_plugins() if all_plugins else connect.connector_plugins()
    return {
        "version": info.version,
        "kafka_cluster_id": info.kafka_cluster_id,
        "ready": ready is not False,
        "plugins": [{"class": one.connector_class, "type": one.type, "version": one.version} for one in plugins],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={"all_plugins": {"type": "bool", "default": False}, **_argspec.connection_options()},
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    _task.run(module, lambda connect: found(connect, all_plugins=module.params["all_plugins"]))


if __name__ == "__main__":
    main()
