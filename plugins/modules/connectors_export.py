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
diff:
  description: What changes in each file. Of files with secrets, and of what an export would not have written, only V((hidden\)) is shown.
  returned: in diff mode, when a file changes
  type: list
  elements: dict
  sample:
    - before_header: connectors/orders-sink.secret.yaml
      before: ""
      after_header: connectors/orders-sink.secret.yaml
      after: "(hidden)\n"
requests:
  description: How many requests were sent to Kafka Connect.
  returned: when Kafka Connect was asked
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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _argspec, _config, _exit, _export, _files, _task, _yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._export import Exported
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Observed, Presence
from ansible_collections.saiello.kafka_connect.plugins.module_utils._observe import look_up, refuse_while_starting


@dataclass(frozen=True)
class File:
    """A file that an export writes. ``passwords``: the keys that the plugin of its connector declares so; None: it holds secrets itself."""

    path: str
    text: str
    passwords: frozenset[str] | None

    @property
    def mode(self) -> int:
        return 0o600 if self.passwords is None else 0o644

    def diff(self) -> dict[str, str]:
        """What writing it changes, as it may be shown."""
        before = _text_of(self.path)
        shown = ("(hidden)\n" if before else "", "(hidden)\n") if self.passwords is None else (_export.shown(before, self.passwords), self.text)
        if shown[0] == shown[1]:
            shown = ("(hidden)\n", "(changed)\n")
        return {"before_header": self.path, "before": shown[0], "after_header": self.path, "after": shown[1]}


def export(module: AnsibleModule, connect: Connect) -> dict[str, Any]:
    """Write what runs.

    :raises OptionError: for files that cannot be written; :raises ConnectError: if Connect does not answer.
    """
    params = module.params
    refuse_while_starting(connect)
    everything = connect.names()
    chosen = [name for name in everything if any(fnmatchcase(name, pattern) for pattern in params["names"])]
    skipped = {name: _export.impossible(name) for name in chosen if _export.impossible(name)}
    seen = look(connect, [name for name in chosen if name not in skipped])
    # Of all connectors, so that each has the same file whichever are chosen.
    objects = _export.object_names(everything)
    found: dict[str, Exported] = {}
    passwords: dict[str, frozenset[str]] = {}
    for name, one in seen.items():
        definitions = connect.definitions(one.config.get(_config.CLASS, ""))
        passwords[name] = definitions.passwords if definitions else frozenset()
        found[name] = _export.exported(objects[name], one, passwords[name], cluster=params["cluster"] or "", namespace=params["namespace"] or "")
    result = write(module, list(files(params, found, passwords)))
    told = [*(_told(name, one) for name, one in found.items()), *({"name": name, "skipped": why} for name, why in skipped.items())]
    warnings = _warnings(found, skipped)
    return {**result, "connectors": told, **({"warnings": warnings} if warnings else {})}


def look(connect: Connect, names: Sequence[str]) -> dict[str, Observed]:
    """These connectors by name, sorted; one that has gone meanwhile is not among them.

    :raises ConnectError: if one of them could not be looked at.
    """
    seen = look_up(connect, names, connect.clock)
    for one in seen.values():
        if one.error:
            raise one.error
    return {name: one for name, one in sorted(seen.items()) if one.presence is Presence.PRESENT}


def files(params: Mapping[str, Any], found: Mapping[str, Exported], passwords: Mapping[str, frozenset[str]]) -> Iterator[File]:
    """Each file; a Secret that somebody may have filled in is none of them."""
    folder = params["destination"]
    for name, one in found.items():
        yield File(os.path.join(folder, f"{one.name}.yaml"), _export.text_of([one.object]), passwords[name])
        secret = os.path.join(folder, f"{one.name}{_export.SKELETON_END}.yaml")
        if one.secrets and not os.path.exists(secret):
            yield File(secret, _export.text_of([one.secret(filled=False)]), None)
    if params["secret_values"]:
        yield File(params["secret_values"], _export.text_of([one.secret(filled=True) for one in found.values() if one.secrets]), None)


def write(module: AnsibleModule, wanted: Sequence[File]) -> dict[str, Any]:
    """Write files, and say which have changed and how.

    :raises OptionError: for one that cannot be written.
    """
    values = module.params["secret_values"]
    if values and os.path.realpath(values) in {os.path.realpath(one.path) for one in wanted[:-1]}:
        raise OptionError("secret_values: is also the file of a manifest; name another one")
    try:
        changed = [one for one in wanted if _files.put(one.path, one.text, one.mode, check=True)]
        diff = [one.diff() for one in changed] if module._diff else []
        for one in changed:
            _files.put(one.path, one.text, one.mode, check=module.check_mode)
    except OSError as error:
        raise OptionError(f"{error.filename}: cannot be written ({error.strerror})") from error
    return {"changed": bool(changed), "files": [one.path for one in changed], **({"diff": diff} if diff else {})}


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _told(name: str, one: Exported) -> dict[str, Any]:
    losses = {"losses": list(one.losses)} if one.losses else {}
    return {"name": name, "object": one.name, "secrets": sorted(one.secrets), **losses}


def _warnings(found: Mapping[str, Exported], skipped: Mapping[str, str]) -> list[str]:
    lost = [f"connector {name}: {loss}" for name, one in found.items() for loss in one.losses]
    return [*lost, *(f"connector {name}: there is no manifest of it: {why}" for name, why in skipped.items())]


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
