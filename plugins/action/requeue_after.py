# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the operator's runtime for the next run of the same object."""

from __future__ import annotations

import re
from typing import Any

from ansible.plugins.action import ActionBase

_DURATION = re.compile(r"([0-9]+(\.[0-9]+)?(ms|s|m|h))+")


class ActionModule(ActionBase):
    """The runtime reads ``period`` from the result of a task whose action is written exactly ``requeue_after``."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        asked = str(self._task.args.get("time", ""))
        # A time that the module had to mask is none.
        return {"changed": False, "period": asked if _DURATION.fullmatch(asked) else "30s"}
