# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the module of this name where somebody started one of our playbooks."""

from __future__ import annotations

from ansible_collections.saiello.kafka_connect.plugins.action import connectors


class ActionModule(connectors.ActionModule):
    MODULE = "saiello.kafka_connect.connectors_export"
