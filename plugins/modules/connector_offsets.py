#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Offsets of a connector, altered or reset."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_offsets
short_description: Alter or reset the offsets of a connector of Kafka Connect
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Sets how far a connector has come with some of its partitions, or lets it begin anew.
  - Kafka Connect does that to stopped connectors only, so M(saiello.kafka_connect.connector) has to stop it first, and to resume it afterwards.
    Nothing is sent that would change nothing, so offsets that are as wanted already may be those of a running connector.
  - In check mode a connector that is not stopped gives a warning and no failure,
    since the task that would have stopped it has only been checked as well.
  - Needs Kafka Connect 3.6 or newer.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
options:
  name:
    description:
      - Name of the connector.
    type: str
    required: true
  state:
    description:
      - V(present) sets the O(offsets). The offsets of other partitions are left alone.
      - V(absent) removes all offsets, so that the connector begins anew.
    type: str
    choices: [present, absent]
    default: present
  offsets:
    description:
      - The offsets to set, as M(saiello.kafka_connect.connector_offsets_info) tells them. Required if O(state=present).
      - Plugins are strict about types. A number that comes out of a template is a text before ansible-core 2.19,
        so let the template give the whole list.
    type: list
    elements: dict
    suboptions:
      partition:
        description:
          - The partition, as the plugin names it. That of a sink has the keys V(kafka_topic) and V(kafka_partition).
        type: dict
        required: true
      offset:
        description:
          - The offset, as the plugin counts it. That of a sink has the key V(kafka_offset).
          - If not set, the offset of the partition is removed, so that the connector begins anew with it.
        type: dict
seealso:
  - module: saiello.kafka_connect.connector
  - module: saiello.kafka_connect.connector_offsets_info
"""

EXAMPLES = r"""
- name: Let a sink read a partition again from record 4711 on
  module_defaults:
    group/saiello.kafka_connect.connect:
      url: https://connect.example.com:8083
  vars:
    orders: &orders
      name: orders->sink
      connector_class: org.example.OrdersSinkConnector
      config:
        topics: orders
  block:
    - name: Stop it
      saiello.kafka_connect.connector:
        <<: *orders
        run_state: stopped

    - name: Set its offset
      saiello.kafka_connect.connector_offsets:
        name: orders->sink
        offsets:
          - partition:
              kafka_topic: orders
              kafka_partition: 0
            offset:
              kafka_offset: 4711

    - name: Let it run
      saiello.kafka_connect.connector:
        <<: *orders
        run_state: running

- name: Let a stopped connector begin anew
  saiello.kafka_connect.connector_offsets:
    url: https://connect.example.com:8083
    name: orders->sink
    state: absent
"""

RETURN = r"""
offsets:
  description: The offsets as Kafka Connect told them last, sorted by partition. In check mode those before any change.
  returned: when there is such a connector
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
diff:
  description: The partitions whose offsets change, one a line.
  returned: in diff mode, when there is a change
  type: dict
  sample:
    before_header: orders->sink (live)
    before: '{"kafka_partition": 0, "kafka_topic": "orders"}: {"kafka_offset": 5000}'
    after_header: orders->sink (wanted)
    after: '{"kafka_partition": 0, "kafka_topic": "orders"}: {"kafka_offset": 4711}'
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
      sample: OffsetsRefused
    message:
      description: The cause in a sentence.
      type: str
      returned: always
      sample: it is RUNNING; its offsets can be changed only while it is stopped
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _offsets, _task
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason
from ansible_collections.saiello.kafka_connect.plugins.module_utils._offsets import OffsetsError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._payloads import Offset

# Offsets that were changed are read again for so long, in seconds.
SETTLE_SECONDS = 5.0
LOOK_SECONDS = 0.5


def bring(connect: Connect, name: str, wanted: list[Offset] | None, *, check: bool, diff: bool) -> dict[str, Any]:
    """Set these offsets, or remove all if there are none given.

    :raises Failed: if it cannot be done; :raises OptionError: for offsets that cannot be used; :raises ConnectError: if Connect does not do it.
    """
    live = read(connect, _task.checked_name(name))
    changed = changes_of(live, wanted)
    result: dict[str, Any] = {"changed": bool(changed), "offsets": _offsets.shown(live)}
    if not changed:
        return result
    if diff:
        result["diff"] = _offsets.diff_of(name, live, changed)
    obstacle = obstacle_of(connect, name)
    if check:
        return {**result, "warnings": [f"connector {name}: {obstacle}"]} if obstacle else result
    if obstacle:
        unchanged = {"changed": False, "offsets": result["offsets"], "requests": connect.requests}
        raise _task.Failed(Reason.OFFSETS_REFUSED.value, obstacle, unchanged)
    whole = connect.reset_offsets(name) if wanted is None else connect.alter_offsets(name, changed)
    if whole is None:
        raise _task.not_found()
    if not whole:
        result["warnings"] = [f"connector {name}: it keeps offsets elsewhere as well, which Kafka Connect does not change"]
    after = settled(connect, name, wanted)
    result["offsets"] = _offsets.shown(after)
    if changes_of(after, wanted):
        text = "Kafka Connect accepted the offsets and still tells others"
        raise _task.Failed(Reason.NOT_CONVERGING.value, text, {**result, "requests": connect.requests})
    return result


def changes_of(live: tuple[Offset, ...], wanted: list[Offset] | None) -> tuple[Offset, ...]:
    """What differs from what is wanted.

    :raises OptionError: for offsets that cannot be used.
    """
    try:
        return _offsets.removal(live) if wanted is None else _offsets.changes(live, wanted)
    except OffsetsError as error:
        raise OptionError(f"offsets: {error}") from error


def read(connect: Connect, name: str) -> tuple[Offset, ...]:
    """:raises Failed: if there is no such connector; :raises ConnectError: if Connect does not tell."""
    rows = connect.offsets(name)
    if rows is None:
        raise _task.not_found()
    return rows


def obstacle_of(connect: Connect, name: str) -> str:
    """Why the offsets cannot be changed now; "" if they can.

    :raises ConnectError: if Connect does not tell.
    """
    status = connect.status(name)
    if status is None:
        return "Connect has no status of it yet; its offsets can be changed only while it is stopped"
    if status.state != "STOPPED":
        return f"it is {status.state}; its offsets can be changed only while it is stopped"
    return "its tasks are being stopped; its offsets can be changed only after that" if status.tasks else ""


def settled(connect: Connect, name: str, wanted: list[Offset] | None) -> tuple[Offset, ...]:
    """The offsets once they are as wanted, or after some seconds.

    :raises Failed: if the connector is gone; :raises ConnectError: if Connect does not tell.
    """
    until = connect.clock.now() + SETTLE_SECONDS
    while True:
        live = read(connect, name)
        if connect.clock.now() > until or not changes_of(live, wanted):
            return live
        connect.clock.sleep(LOOK_SECONDS)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "offsets": {
                "type": "list",
                "elements": "dict",
                "options": {"partition": {"type": "dict", "required": True}, "offset": {"type": "dict"}},
            },
            **_argspec.connection_options(),
        },
        required_if=[("state", "present", ("offsets",))],
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    name = module.params["name"]

    def work(connect: Connect) -> dict[str, Any]:
        rows = module.params["offsets"]
        if module.params["state"] == "absent" and rows is not None:
            raise OptionError("offsets: none are set while state is absent")
        wanted = None if rows is None else [Offset(row["partition"], row["offset"]) for row in rows]
        return bring(connect, name, wanted, check=module.check_mode, diff=module._diff)

    _task.run(module, work, subject=f"connector {name}")


if __name__ == "__main__":
    main()
