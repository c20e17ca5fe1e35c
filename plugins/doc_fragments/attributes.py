# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what the modules for playbooks support."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/saiello.kafka_connect.connect) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - saiello.kafka_connect.connect
  check_mode:
    description: Can run in check mode and tells what it would change without changing it.
    support: full
  diff_mode:
    description: Tells in diff mode what it changed, or would change in check mode.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  platform:
    description: Where the module can run.
    support: full
    platforms: posix
"""

    # For modules that change nothing.
    INFO_MODULE = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/saiello.kafka_connect.connect) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - saiello.kafka_connect.connect
  check_mode:
    description: Does in check mode what it always does, for it changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show, for it changes nothing.
    support: N/A
  idempotent:
    description: A second run changes nothing, as the first one.
    support: full
  platform:
    description: Where the module can run.
    support: full
    platforms: posix
"""
