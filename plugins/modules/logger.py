#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The level of a logger of Kafka Connect."""

from __future__ import annotations

DOCUMENTATION = r"""
module: logger
short_description: Set the level of a logger of Kafka Connect
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Sets what a logger of the workers of a Kafka Connect writes, until they are restarted.
  - Kafka Connect sets the loggers below it as well. They are not looked at where the logger itself has the level already,
    so that one of them can be given another level afterwards.
  - Only the worker at O(url) is looked at. Where it has the level already nothing is sent, whatever O(scope) is.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
options:
  name:
    description:
      - Name of the logger, a package or a class, or V(root).
    type: str
    required: true
  level:
    description:
      - What it writes, and all that weighs more.
    type: str
    required: true
    choices: ['OFF', FATAL, ERROR, WARN, INFO, DEBUG, TRACE]
  scope:
    description:
      - Whether to set the level on the worker at O(url), or on all workers, which do it a little later.
      - V(cluster) needs Kafka Connect 3.7 or newer.
    type: str
    choices: [worker, cluster]
    default: worker
"""

EXAMPLES = r"""
- name: See what a plugin does, on all workers
  saiello.kafka_connect.logger:
    url: https://connect.example.com:8083
    name: org.example.orders
    level: DEBUG
    scope: cluster
"""

RETURN = r"""
previous_level:
  description: The level before any change. Empty if the worker did not know the logger yet.
  returned: when Kafka Connect told it
  type: str
  sample: INFO
level:
  description: The level as Kafka Connect told it last. In check mode that before any change.
  returned: when Kafka Connect told it
  type: str
  sample: DEBUG
diff:
  description: The level before and after.
  returned: in diff mode, when there is a change
  type: dict
  sample:
    before_header: org.example.orders (live)
    before: "level: INFO\n"
    after_header: org.example.orders (wanted)
    after: "level: DEBUG\n"
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
      sample: NotConnect
    message:
      description: The cause in a sentence.
      type: str
      returned: always
      sample: "Kafka Connect at https://connect.example.com:8083: it tells nothing of loggers at this address; see its property admin.listeners"
"""

import re
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _task
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason

LEVELS = ("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE")
# A worker hears of a level for all of them by way of Kafka.
SETTLE_SECONDS = 10.0
LOOK_SECONDS = 0.3


def bring(connect: Connect, name: str, level: str, *, everywhere: bool, check: bool, diff: bool) -> dict[str, Any]:
    """Give a logger the level.

    :raises OptionError: for a name that is none; :raises Failed: if it cannot be done; :raises ConnectError: if Connect does not do it.
    """
    if not re.fullmatch(r"[\w.$-]{1,249}", name):
        raise OptionError(f"name: {name!r} is no name for a logger")
    before = connect.log_level(name) or ""
    result: dict[str, Any] = {"changed": before != level, "previous_level": before, "level": before}
    if before == level:
        return result
    if diff:
        result["diff"] = diff_of(name, before, level)
    if check:
        return result
    if not connect.set_log_level(name, level, everywhere=everywhere):
        text = "it is too old to set the level on all workers (Kafka Connect 3.7); only the worker at url has it now"
        raise _task.Failed(Reason.NOT_CONVERGING.value, text, {**result, "level": level, "requests": connect.requests})
    result["level"] = settled(connect, name, level)
    if result["level"] != level:
        text = f"Kafka Connect accepted the level and still tells {result['level'] or 'none'}"
        raise _task.Failed(Reason.NOT_CONVERGING.value, text, {**result, "requests": connect.requests})
    return result


def settled(connect: Connect, name: str, level: str) -> str:
    """The level once it is as wanted, or after some seconds.

    :raises ConnectError: if Connect does not tell.
    """
    until = connect.clock.now() + SETTLE_SECONDS
    while True:
        now = connect.log_level(name) or ""
        if now == level or connect.clock.now() > until:
            return now
        connect.clock.sleep(LOOK_SECONDS)


def diff_of(name: str, before: str, level: str) -> dict[str, str]:
    """The level before and after."""
    return {
        "before_header": f"{name} (live)",
        "after_header": f"{name} (wanted)",
        "before": f"level: {before}\n" if before else "",
        "after": f"level: {level}\n",
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "level": {"type": "str", "required": True, "choices": list(LEVELS)},
            "scope": {"type": "str", "choices": ["worker", "cluster"], "default": "worker"},
            **_argspec.connection_options(),
        },
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    name, level, everywhere = module.params["name"], module.params["level"], module.params["scope"] == "cluster"
    check, diff = module.check_mode, module._diff
    _task.run(module, lambda connect: bring(connect, name, level, everywhere=everywhere, check=check, diff=diff), subject=f"logger {name}")


if __name__ == "__main__":
    main()
