# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the module of this name where somebody started one of our playbooks, with the standard input that they gave and a report from the beginning."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _report

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"


class ActionModule(ActionBase):
    """A module of a local task runs in the folder of its playbook, which for ours is none that paths could be meant from,
    and has no standard input; under Linux it can open that of the process that started everything."""

    MODULE = "saiello.kafka_connect.connectors"

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if Path(self._loader.get_basedir()).resolve() == PLAYBOOKS:
            # This process is the task's own.
            self._loader.set_basedir(os.getcwd())
        options = dict(self._task.args)
        problem = self._begin_report(options.get("report"))
        if problem:
            return {**result, "failed": True, "msg": problem, "error": {"reason": "InvalidSpec", "message": problem}}
        named = options.get("manifests")
        paths = named.split(",") if isinstance(named, str) else named
        if isinstance(paths, list) and "-" in paths:
            options["manifests"] = [self._standard_input() if path == "-" else path for path in paths]
        return {**result, **self._execute_module(self.MODULE, options, task_vars=task_vars)}

    def _begin_report(self, path: Any) -> str:
        """Let the report say that the task did not come to its end, until its module says something else. What went wrong, or ""."""
        if self._connection.transport != "local" or not isinstance(path, str) or not path:
            return ""
        # A module of a local task runs in this folder.
        whole = os.path.join(self._loader.get_basedir(), os.path.expandvars(os.path.expanduser(path)))
        return _report.write(whole, _report.not_finished(check=bool(self._task.check_mode)))

    def _standard_input(self) -> str:
        path = f"/proc/{os.getppid()}/fd/0"
        if self._connection.transport != "local" or not os.path.exists(path):
            raise AnsibleActionFail("manifests: standard input can be read under Linux and with connection: local only; name a file instead")
        return path
