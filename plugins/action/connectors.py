# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the module of this name where somebody started one of our playbooks, and with the standard input that they gave."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

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
        named = options.get("manifests")
        paths = named.split(",") if isinstance(named, str) else named
        if isinstance(paths, list) and "-" in paths:
            options["manifests"] = [self._standard_input() if path == "-" else path for path in paths]
        return {**result, **self._execute_module(self.MODULE, options, task_vars=task_vars)}

    def _standard_input(self) -> str:
        path = f"/proc/{os.getppid()}/fd/0"
        if self._connection.transport != "local" or not os.path.exists(path):
            raise AnsibleActionFail("manifests: standard input can be read under Linux and with connection: local only; name a file instead")
        return path
