#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of this name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: requeue_after
short_description: Ask the operator for the next run of an object
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Belongs to the operator's role and is no interface; it may change in any version.
  - The runtime of an Ansible operator runs the role for the same object again after O(time).
  - Outside of the operator it does nothing.
options:
  time:
    description: A duration as Go writes it, such as V(30s) or V(2m).
    type: str
    default: 30s
attributes:
  check_mode:
    description: Can run in check mode.
    support: full
  diff_mode:
    description: Returns what changed.
    support: N/A
"""

EXAMPLES = r"""
- name: Ask for the next run in ten seconds
  requeue_after:
    time: 10s
  collections:
    - saiello.kafka_connect
"""

RETURN = r"""
period:
  description: The duration that was asked for.
  returned: always
  type: str
  sample: 10s
"""
