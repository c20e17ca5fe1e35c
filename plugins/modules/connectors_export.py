#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Manifests of the connectors that run today."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connectors_export
short_description: Write manifests of the connectors of a Kafka Connect
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Writes a C(KafkaConnector) manifest for each connector that runs, which M(saiello.kafka_connect.connectors) and the operator take.
    With them there is nothing to do.
  - Where the name of a connector is none that Kubernetes accepts, the object gets another one, and C(connectorName) is the true one.
  - Values that a config provider of Kafka Connect fills in (C(${provider:...})) are kept as they are.
  - Values of keys that the plugin declares as passwords, or that look like secrets, do not get into the manifests. They refer to a Secret,
    of which a skeleton with empty values is written.
    Until it is filled in, M(saiello.kafka_connect.connectors) names the empty keys and writes nothing.
  - A Secret that is there already is left as it is. Nothing is changed on Kafka Connect.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
  - PyYAML >= 5.4
options:
  destination:
    description:
      - Folder for the manifests. It is made if it is not there.
    type: path
    required: true
  names:
    description:
      - Patterns with C(*) and C(?) for the names of the connectors.
    type: list
    elements: str
    default: ["*"]
  cluster:
    description:
      - Name of the C(KafkaConnectCluster) that the connectors shall refer to. It is not written.
    type: str
  namespace:
    description:
      - Namespace of the objects. If not set, they name none.
    type: str
  secret_values:
    description:
      - Path of a file, for the owner only, that gets the Secrets with their values. They are not shown.
      - Name it among the manifests as well; the skeletons give way to it. Do not put it into Git.
    type: path
"""

EXAMPLES = r"""
- name: Write down what runs
  saiello.kafka_connect.connectors_export:
    url: https://connect.example.com:8083
    destination: connectors
    secret_values: secrets.yaml
"""

RETURN = r"""
connectors:
  description: The connectors that were found.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name on Kafka Connect.
      type: str
      returned: always
    object:
      description: Name of its object.
      type: str
      returned: when there is a manifest of it
    secrets:
      description: The keys whose values are to be put into its Secret.
      type: list
      elements: str
      returned: when there is a manifest of it
    losses:
      description: What a manifest cannot say of it.
      type: list
      elements: str
      returned: when there is any
    skipped:
      description: Why there is no manifest of it.
      type: str
      returned: when there is none
  sample:
    - name: orders->sink
      object: orders-sink
      secrets: [database.password]
files:
  description: The files that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [connectors/orders-sink.yaml, connectors/orders-sink.secret.yaml]
requests:
  description: How many requests were sent to Kafka Connect.
  returned: when Kafka Connect answered
  type: int
  sample: 2
error:
  description: Why the module failed.
  returned: when it failed
  type: dict
  contains:
    reason:
      description: The cause in one word.
      type: str
      returned: always
      sample: ConnectUnreachable
    message:
      description: The cause in a sentence.
      type: str
      returned: always
      sample: Kafka Connect cannot be reached
"""

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _config, _exit, _export, _files, _task, _yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._export import Exported


def export(module: AnsibleModule, connect: Connect) -> dict[str, Any]:
    """Write what runs.

    :raises OptionError: for files that cannot be written; :raises ConnectError: if Connect does not answer.
    """
    listed = connect.read_all()
    params = module.params
    names = [name for name in sorted(listed) if any(fnmatchcase(name, pattern) for pattern in params["names"])]
    skipped = {name: _export.impossible(name) for name in names if _export.impossible(name)}
    observed = connect.observed_in(listed, [name for name in names if name not in skipped])
    objects = _export.object_names(observed)
    found: list[tuple[str, Exported]] = []
    for name, one in observed.items():
        definitions = connect.definitions(one.config.get(_config.CLASS, ""))
        passwords = definitions.passwords if definitions else frozenset()
        manifest = _export.exported(objects[name], one, passwords, cluster=params["cluster"] or "", namespace=params["namespace"] or "")
        found.append((name, manifest))
    try:
        written = [path for path, text, mode in files(params, [one for name, one in found]) if _files.put(path, text, mode, check=module.check_mode)]
    except OSError as error:
        raise OptionError(f"{error.filename}: cannot be written ({error.strerror})") from error
    told = [_told(name, one) for name, one in found]
    return {"changed": bool(written), "files": written, "connectors": [*told, *({"name": name, "skipped": why} for name, why in skipped.items())]}


def files(params: dict[str, Any], found: list[Exported]) -> Iterator[tuple[str, str, int]]:
    """Path, text and mode of each file; a Secret that somebody may have filled in is none of them."""
    folder = params["destination"]
    for one in found:
        yield os.path.join(folder, f"{one.name}.yaml"), _export.text_of([one.object]), 0o644
        secret = os.path.join(folder, f"{one.name}.secret.yaml")
        if one.secrets and not os.path.exists(secret):
            yield secret, _export.text_of([one.secret(filled=False)]), 0o600
    if params["secret_values"]:
        yield params["secret_values"], _export.text_of([one.secret(filled=True) for one in found if one.secrets]), 0o600


def _told(name: str, one: Exported) -> dict[str, Any]:
    losses = {"losses": list(one.losses)} if one.losses else {}
    return {"name": name, "object": one.name, "secrets": sorted(one.secrets), **losses}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "destination": {"type": "path", "required": True},
            "names": {"type": "list", "elements": "str", "default": ["*"]},
            "cluster": {"type": "str"},
            "namespace": {"type": "str"},
            "secret_values": {"type": "path", "no_log": False},
            **_argspec.connection_options(),
        },
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    if not _yaml.HAS_YAML:
        _exit.fail(module, missing_required_lib("PyYAML"))
    _task.run(module, lambda connect: export(module, connect))


if __name__ == "__main__":
    main()
