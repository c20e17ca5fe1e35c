#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run of the operator for one object."""

from __future__ import annotations

DOCUMENTATION = r"""
module: reconcile
short_description: Make the connectors of one Kafka Connect match their objects
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Belongs to the operator's role and is no interface; it may change in any version.
  - For a KafkaConnector it reads the object, and whatever else is pending on the same Kafka Connect, and makes Connect match.
  - For a KafkaConnectCluster it goes through all objects that refer to it.
  - What stands in the way is written to the status of the objects. The module fails only for a bug of its own.
requirements:
  - requests
options:
  kind:
    description: Kind of the object.
    type: str
    choices: [KafkaConnector, KafkaConnectCluster]
    default: KafkaConnector
  namespace:
    description: Namespace of the object.
    type: str
    required: true
  name:
    description: Name of the object.
    type: str
    required: true
  phase:
    description: Whether the runtime runs the role for a living object or for its finalizer.
    type: str
    choices: [reconcile, finalize]
    default: reconcile
attributes:
  check_mode:
    description: Can run in check mode.
    support: none
  diff_mode:
    description: Returns what changed.
    support: none
"""

EXAMPLES = r"""
- name: Make the connector match the object
  saiello.kafka_connect.reconcile:
    kind: KafkaConnector
    namespace: default
    name: kafkaconnector-file-source-sample
    phase: reconcile
"""

RETURN = r"""
finished:
  description: The object needs no further run.
  returned: always
  type: bool
  sample: false
requeue_after:
  description: When the object is to be looked at again.
  returned: when not finished
  type: str
  sample: 120s
outcomes:
  description: How many objects this run dealt with, by reason.
  returned: always
  type: dict
  sample: {Running: 3}
writes:
  description: What was sent to Connect, at most 50 lines.
  returned: always
  type: list
  elements: str
  sample: ["create orders: done"]
requests:
  description: How many requests were sent to Connect.
  returned: always
  type: int
  sample: 2
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _exit, _http, _run_folders
from ansible_collections.saiello.kafka_connect.plugins.module_utils._group import Environment, RunResult
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import KubeError, api_of_run
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import JournalError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import CLUSTER_KIND, KIND
from ansible_collections.saiello.kafka_connect.plugins.module_utils._reconcile import reconcile
from ansible_collections.saiello.kafka_connect.plugins.module_utils._reconcile_cluster import reconcile_cluster
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import open_run_directory

WRITES_LIMIT = 50
AGAIN_SECONDS = 10.0


def write_log(path: str) -> Callable[[Mapping[str, Any]], None]:
    """What appends one JSON line for each write to Connect to a file; nothing without a path, or where it cannot be opened."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if path else None
    except OSError:
        descriptor = None

    def log(entry: Mapping[str, Any]) -> None:
        if descriptor is not None:
            os.write(descriptor, (json.dumps(entry, ensure_ascii=False) + "\n").encode("utf-8", "replace"))

    return log


def environment_of_run(kind: str, namespace: str, name: str, hush: Callable[[Iterable[str]], None]) -> Environment:
    """What the operator's runtime and manifests say, as environment variables.

    :param hush: is told every secret value that is read.
    :raises KubeError: without the kubeconfig of the run.
    """
    names = os.environ
    directory = open_run_directory(names.get("KAFKA_CONNECT_RUN_DIR") or os.path.join(tempfile.gettempdir(), "kafka-connect-operator"))
    return Environment(
        api=api_of_run(names.get("KUBECONFIG", ""), kind, namespace, name, RequestsTransport(), hush=hush),
        directory=directory,
        transport=partial(RequestsTransport, room=directory.room),
        clock=Clock(),
        log=write_log(names.get("KAFKA_CONNECT_LOG", "")),
        operator_namespace=names.get("POD_NAMESPACE", ""),
        watched_namespaces=tuple(name for name in names.get("WATCH_NAMESPACE", "").split(",") if name),
        runs=_run_folders.FOLDER,
    )


def result_of(run: RunResult) -> dict[str, Any]:
    writes = [f"{write.action} {outcome.wanted.name}: {write.result}" for outcome in run.outcomes for write in outcome.writes]
    result: dict[str, Any] = {
        "changed": bool(writes),
        "finished": run.finished,
        "outcomes": dict(Counter(outcome.verdict.reason.value for outcome in run.outcomes)),
        "writes": writes[:WRITES_LIMIT],
        "requests": run.requests,
    }
    if not run.finished:
        result["requeue_after"] = f"{run.requeue_after:.1f}s"
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "kind": {"type": "str", "choices": [KIND, CLUSTER_KIND], "default": KIND},
            "namespace": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "phase": {"type": "str", "choices": ["reconcile", "finalize"], "default": "reconcile"},
        }
    )
    if not _http.HAS_REQUESTS:
        module.fail_json(msg=missing_required_lib("requests"))
    try:
        kind, namespace, name = (module.params[option] for option in ("kind", "namespace", "name"))
        environment = environment_of_run(kind, namespace, name, _exit.hush(module))
        run = (reconcile_cluster if kind == CLUSTER_KIND else reconcile)(environment, namespace, name)
    except (JournalError, KubeError, OSError) as error:
        # The API server or the disk; neither is a reason to release an object, nor for a failed run.
        result = {"changed": False, "finished": False, "requeue_after": f"{AGAIN_SECONDS}s", "outcomes": {}, "writes": [], "requests": 0}
        _exit.leave(module, {**result, "warnings": [f"this run did nothing: {error}"]})
    except Exception as error:
        _exit.crash(module, error)
    _exit.leave(module, result_of(run), stuck=run.stuck)


if __name__ == "__main__":
    main()
