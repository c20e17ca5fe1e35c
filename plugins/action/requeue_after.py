# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the operator's runtime for the next run of the same object."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """The runtime reads ``period`` from the result of a task whose action is written exactly ``requeue_after``."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        return {"changed": False, "period": str(self._task.args.get("time") or "30s")}
