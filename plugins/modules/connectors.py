#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many connectors of Kafka Connect at once, from manifests or from a list."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connectors
short_description: Manage many connectors of Kafka Connect, from manifests or from a list
version_added: 0.1.0
author:
  - The kafka-connect-operator authors (@saiello)
description:
  - Compares any number of connectors with what runs, in one request for each Kafka Connect, and changes those that differ, eight at a time.
    What one connector is up to neither delays nor fails another.
  - Manifests are the same that the operator takes. They are read as C(kubectl) reads them, and never as templates.
  - Nothing is deleted but what O(absent), O(purge) or O(connectors[].state=absent) name.
  - A connector that exists already is changed as well, whoever created it.
  - Nothing is written for an object with C(mode=Plan), C(driftPolicy=Report) or the annotation C(pause-reconciliation). What would be done is told.
    With C(driftPolicy=RepairConfig) a connector that is paused or stopped is left so.
  - Check mode tells exactly what would be done.
  - A run that was interrupted leaves each connector as it was or as it shall be. The next one finishes the work.
    A change of the configuration and one of the run state are two writes, in this order.
  - It does not tell its progress while it works.
extends_documentation_fragment:
  - saiello.kafka_connect.attributes
  - saiello.kafka_connect.connection
requirements:
  - Python 3.10 or newer, where the module runs
  - PyYAML >= 5.4, for O(manifests)
options:
  url:
    description:
      - The REST API of Kafka Connect for connectors that do not say where they are, such as V(https://connect.example.com:8083).
      - A manifest is looked for, in this order, in O(connections) by the name that its C(connectClusterRef) or its label C(strimzi.io/cluster)
        gives, at the C(KafkaConnectCluster) of this name among the manifests, at its own three labels, and here.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_URL) is used.
    type: str
    required: false
  connections:
    description:
      - Connections by the name of a C(KafkaConnectCluster), or by its namespace and name with a slash between them.
        Each is a map with O(url) and any of the other options for the connection. The environment does not count for them.
      - They stand for the address and the login of a C(KafkaConnectCluster) among the manifests. All else that it says counts.
    type: dict
    default: {}
  manifests:
    description:
      - Files, folders or glob patterns. Of a folder all files below it count whose names end in C(.yaml), C(.yml) or C(.json), but for hidden ones.
        Links are followed. What names no manifest file, or leads nowhere, is a mistake.
      - V(-) is the standard input of C(ansible-playbook), on Linux and with C(connection=local).
      - They may hold C(KafkaConnector) and C(KafkaConnectCluster) objects, Strimzi's C(KafkaConnector), connectors as the JSON of the REST API
        of Kafka Connect (C(name) and C(config)), Secrets, ConfigMaps, Namespaces, and lists of these. Objects of other kinds are left alone.
      - If anything in them cannot be used, nothing is sent.
    type: list
    elements: path
    default: []
  namespace:
    description:
      - The namespace of objects among O(manifests) and in O(base) that name none.
    type: str
    default: default
  references:
    description:
      - Values for C(configFrom), C(configValueFrom) and the credentials of a C(KafkaConnectCluster), by the name of the Secret or ConfigMap,
        or by its namespace and name with a slash between them. Each is a map of texts, and counts more than the manifest of that name.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_REFERENCES) is used, a JSON object.
    type: dict
    default: {}
  unresolved:
    description:
      - What becomes of C(configValueFrom) where the key is neither in O(references) nor among O(manifests).
      - With V(fail) the keys are named and nothing is sent.
      - With V(ignore) the value is not compared, and stays as Kafka Connect has it. A connector that has none, or whose value is not shown,
        is not written.
    type: str
    choices: [fail, ignore]
    default: fail
  connectors:
    description:
      - Connectors at O(url), beside those of O(manifests).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the connector.
        type: str
        required: true
      connector_class:
        description:
          - Class of the connector, or an alias that Kafka Connect knows.
          - Required if O(connectors[].state=present).
        type: str
      tasks_max:
        description:
          - Upper limit for the number of tasks.
        type: int
      plugin_version:
        description:
          - Version, or range of versions, of the plugin. Needs Kafka Connect 4.1 or newer.
        type: str
      config:
        description:
          - All other keys of the configuration.
        type: dict
        default: {}
      run_state:
        description:
          - Run state of the connector. If not set, that of an existing one is left alone.
        type: str
        choices: [running, paused, stopped]
      state:
        description:
          - Whether there should be such a connector.
        type: str
        choices: [present, absent]
        default: present
  base:
    description:
      - Files, folders or glob patterns of manifests as they were before. What of them is not among O(manifests) any more is told in RV(gone),
        with what the operator does about it. Nothing is done here.
    type: list
    elements: path
    default: []
  base_objects:
    description:
      - The same as objects of Kubernetes, such as those that M(kubernetes.core.k8s_info) reads. An object is the same one only in the same namespace.
    type: list
    elements: dict
    default: []
  absent:
    description:
      - Names of connectors that shall not be there. Only where all connectors of the task are on one Kafka Connect, and O(url), if set, names it too.
    type: list
    elements: str
    default: []
  purge:
    description:
      - Delete every connector whose name matches O(purge_pattern) and that is not wanted. Only on one Kafka Connect, as for O(absent).
      - Refused if no connector is wanted.
    type: bool
    default: false
  purge_pattern:
    description:
      - Which connectors O(purge) may delete, a pattern such as V(shop.*). C(*) stands for any characters, C(?) for one,
        and C([ab]) for one of those in the brackets.
    type: str
  fail_on_difference:
    description:
      - Fail if anything differs. Meant for check mode in a pipeline.
    type: bool
    default: false
  report:
    description:
      - Path of a JSON file with the result, which is written in any case, in check mode as well. Its C(outcome) is
        V(unchanged), V(different) or V(failed).
      - With C(connection=local) it is there from the beginning. Until the task has come to its end it says V(failed), with the reason V(NotFinished).
    type: path
"""

EXAMPLES = r"""
- name: Show what a folder of manifests would change
  saiello.kafka_connect.connectors:
    manifests: [connectors/]
    url: https://connect.example.com:8083
    report: plan.json
  check_mode: true
  diff: true

- name: Apply the manifests of two Kafka Connects
  saiello.kafka_connect.connectors:
    manifests:
      - connectors/*.yaml
      - connections/
    connections:
      prod:
        url: https://connect.example.com:8083
        token: "{{ prod_token }}"

- name: Keep two connectors, and delete what is left of a third
  saiello.kafka_connect.connectors:
    url: https://connect.example.com:8083
    connectors:
      - name: license
        connector_class: org.apache.kafka.connect.file.FileStreamSourceConnector
        tasks_max: 1
        config:
          file: /opt/kafka/LICENSE
          topic: connect-test
      - name: notice
        connector_class: org.apache.kafka.connect.file.FileStreamSourceConnector
        run_state: stopped
        config:
          file: /opt/kafka/NOTICE
          topic: connect-test
    absent: [readme]
"""

RETURN = r"""
outcome:
  description:
    - V(failed) if anything failed, V(different) if a connector differs, or differed before the task, else V(unchanged).
  returned: always
  type: str
  sample: different
summary:
  description: The numbers of RV(counts) in words.
  returned: when the options and manifests could be used
  type: str
  sample: "500 connectors: 2 to create, 498 unchanged"
counts:
  description: How many connectors there are in total, and how many of which something is, or would be, done.
  returned: when the options and manifests could be used
  type: dict
  sample:
    total: 500
    create: 2
    update: 0
    state: 0
    delete: 0
    planned: 0
    unchanged: 498
    failed: 0
connectors:
  description: What came of each connector.
  returned: when the options and manifests could be used
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
    source:
      description: File and line, or option, that asks for it.
      type: str
      returned: always
    url:
      description: Where it is.
      type: str
      returned: always
    actions:
      description: What was sent for it, or would be, in this order.
      type: list
      elements: str
      returned: always
    changed_keys:
      description: The keys of its configuration that differ.
      type: list
      elements: str
      returned: always
    changed:
      description: Whether it was, or would be, changed.
      type: bool
      returned: always
    failed:
      description: Whether anything failed for it.
      type: bool
      returned: always
    held:
      description: Why what is planned is not carried out.
      type: str
      returned: when it is not
    not_compared:
      description: The keys whose wanted values are not known here.
      type: list
      elements: str
      returned: when there are any
    notes:
      description: What its manifest says and only the operator applies, or nobody.
      type: list
      elements: str
      returned: when there is any
    reason:
      description: What is to be said of it, in one word.
      type: str
      returned: when it is, or would be, present, or failed
    message:
      description: The same in a sentence.
      type: str
      returned: when it is, or would be, present, or failed
    present:
      description: Whether Kafka Connect has it. In check mode that is before any change.
      type: bool
      returned: when Kafka Connect answered
    state:
      description: The state that Kafka Connect shows.
      type: str
      returned: when it has a status
    type:
      description: Whether it is a source or a sink.
      type: str
      returned: when it has a status
    version:
      description: Version of its plugin, empty before Kafka Connect 4.1.
      type: str
      returned: when it has a status
    worker_id:
      description: The worker that runs it.
      type: str
      returned: when it has a status
    tasks:
      description: Its tasks.
      type: list
      elements: dict
      returned: when it has a status
  sample:
    - name: license
      source: connectors/license.yaml:1
      url: https://connect.example.com:8083
      actions: [update]
      changed_keys: [topic]
      changed: true
      failed: false
      present: true
      reason: PlanOnly
      message: "planned and not carried out: update"
      state: RUNNING
      type: source
      version: 4.3.1
      worker_id: connect-1.example.com:8083
      tasks: []
gone:
  description: The objects of O(base) and O(base_objects) that are not among the manifests any more.
  returned: when the options and manifests could be used
  type: list
  elements: dict
  contains:
    name:
      description: Name of the connector.
      type: str
      returned: always
    object:
      description: Namespace and name of the object.
      type: str
      returned: always
    source:
      description: File and line, or option, where it is.
      type: str
      returned: always
    deleted:
      description: Whether the operator deletes the connector when the object is deleted.
      type: bool
      returned: always
    effect:
      description: What it does.
      type: str
      returned: always
  sample:
    - name: license
      object: default/license
      source: before/license.yaml:1
      deleted: true
      effect: the connector is deleted, unless the operator adopted it
notes:
  description: What the manifests say and is not applied, and for how many connectors.
  returned: when the options and manifests could be used
  type: list
  elements: str
  sample: [spec.autoRestart is not applied here (12 connectors)]
ignored:
  description: How many objects of which kinds there are among the manifests that are left alone.
  returned: when the options and manifests could be used
  type: dict
  sample:
    Deployment: 1
diff:
  description: What the actions change, one entry for each connector. A value that is not shown and differs is V((changed\)).
  returned: in diff mode, when there are actions
  type: list
  elements: dict
  sample:
    - before_header: license (live)
      before: "config:\n  topic: \"lines\"\n"
      after_header: license (wanted)
      after: "config:\n  topic: \"connect-test\"\n"
requests:
  description: How many requests were sent to Kafka Connect.
  returned: when the options and manifests could be used
  type: int
  sample: 1
error:
  description: Why the module failed.
  returned: when it failed
  type: dict
  contains:
    reason:
      description: The cause in one word.
      type: str
      returned: always
      sample: InvalidConfig
    message:
      description: The cause in a sentence, for each connector.
      type: str
      returned: always
      sample: "connector license: Connect refused the configuration: batch.size must be a number of type INT"
    unresolved:
      description: Every reference to a key that is not there. The message names only the first of many.
      type: list
      elements: str
      returned: if that is the cause
      sample:
        - >-
          connectors/orders.yaml:1: the Secret orders-secrets that spec.configValueFrom[database.password].secretKeyRef names
          has no key database.password
"""

from collections.abc import Sequence
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import env_fallback
from ansible_collections.saiello.kafka_connect.plugins.module_utils import (
    _argspec,
    _asked,
    _bulk,
    _config,
    _exit,
    _gone,
    _http,
    _manifest,
    _report,
    _schema,
    _summary,
    _yaml,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._bulk import BulkError, Done
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Fleet, NewConnect, Target
from ansible_collections.saiello.kafka_connect.plugins.module_utils._gone import Gone
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock
from ansible_collections.saiello.kafka_connect.plugins.module_utils._manifest import ManifestSet
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import Values

# So many faults are told at once.
FAULTS = 20


class Task:
    """One run of the module. ``secrets``: what it must not say."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params: dict[str, Any] = module.params
        self.values = Values()
        self.secrets = _argspec.secrets_of(self.params)
        for item in self.params["connectors"]:
            self.secrets |= _config.secret_values(item["config"])
        # Ansible would mask every word that is a value anywhere in an option that is not logged.
        module.no_log_values = set(self.secrets)

    def run(self) -> NoReturn:
        """Do it, and end the module."""
        try:
            connections, default = self.connections()
            found = _manifest.read(self.params["manifests"], self.namespace())
            if found.faults:
                self.refuse(_told_faults(found.faults))
            self.values = Values(found.values, self.references())
            targets = self.targets(found, connections, default)
            gone = self.gone(found, connections, default)
        except BulkError as error:
            self.refuse(str(error), error.unresolved)
        except OptionError as error:
            self.refuse(str(error))
        done = _bulk.carry_out(targets, Clock(), check=self.module.check_mode, diff=self.module._diff)
        self.tell(found, done, gone)

    def targets(self, found: ManifestSet, connections: dict[str, NewConnect], default: NewConnect | None) -> list[Target]:
        """Everything that is asked for, by its Connect.

        :raises BulkError: for what cannot be asked for.
        """
        fleet = Fleet(found, self.values, connections, default, lenient=self.params["unresolved"] == "ignore")
        targets = fleet.targets()
        if fleet.unresolved:
            raise BulkError(_told_faults(fleet.unresolved), fleet.unresolved)
        _bulk.add_listed(targets, self.params["connectors"], default)
        purged = self.params["purge_pattern"] if self.params["purge"] else None
        _bulk.add_removals(targets, self.params["absent"], purged, default, fleet.terms_at)
        _bulk.check_names(targets)
        return targets

    def namespace(self) -> str:
        """The option of this name.

        :raises OptionError: unless it is one of Kubernetes.
        """
        name: str = self.params["namespace"]
        faults = _schema.metadata_faults({"metadata": {"name": "any", "namespace": name}})
        if faults:
            raise OptionError(f"namespace: {faults[0].text}")
        return name

    def references(self) -> dict[str, dict[str, str]]:
        """The option of this name.

        :raises OptionError: unless it is maps of texts.
        """
        found = self.params["references"]
        for name, values in found.items():
            if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
                raise OptionError(f"references.{name}: must be a map of texts; put numbers in quotes")
        self.secrets |= _config.masked(value for values in found.values() for value in values.values())
        return dict(found)

    def gone(self, found: ManifestSet, connections: dict[str, NewConnect], default: NewConnect | None) -> list[Gone]:
        """The objects of the base that are not among the manifests.

        :raises BulkError: for a base that cannot be used.
        """
        bases = [_manifest.read(self.params["base"], self.namespace()), _manifest.of_objects(self.params["base_objects"], "base_objects")]
        faults = [fault for base in bases for fault in base.faults]
        if faults:
            raise BulkError(_told_faults(faults))
        known = {key: manifest for base in [*bases, found] for key, manifest in base.connections.items()}
        fleet = Fleet(ManifestSet(connections=known, values=found.values), self.values, connections, default)
        return _gone.gone([manifest for base in bases for manifest in base.connectors], found.connectors, fleet.terms_of)

    def connections(self) -> tuple[dict[str, NewConnect], NewConnect | None]:
        """The Connects that options describe: by name, and that of the task itself.

        :raises OptionError: for an option that cannot be used.
        """
        named = {name: _connection(name, options) for name, options in self.params["connections"].items()}
        self.secrets |= {secret for options in named.values() for secret in _argspec.secrets_of(options)}
        connects = {name: _argspec.new_connect(options) for name, options in named.items()}
        return connects, _argspec.new_connect(self.params) if self.params["url"] else None

    def tell(self, found: ManifestSet, done: Done, gone: list[Gone]) -> NoReturn:
        """End the module with what came of everything."""
        counts = _summary.counts_of(done.told)
        different = any(one.differs for one in done.told) or any(one.deleted for one in gone)
        result: dict[str, Any] = {
            "changed": any(one.changed for one in done.told),
            "outcome": "failed" if counts["failed"] else "different" if different else "unchanged",
            "summary": _summary.spoken(counts),
            "counts": counts,
            "connectors": [_summary.result_of(one) for one in done.told],
            "gone": _summary.gone_of(gone),
            "notes": _summary.notes_of(done.told),
            "ignored": found.ignored,
            "requests": done.requests,
        }
        if done.diffs:
            result["diff"] = done.diffs
        warnings = [*_summary.warnings_of(done.told), *map(_summary.spoken_gone, gone)]
        if warnings:
            result["warnings"] = warnings
        if counts["failed"]:
            reasons = {one.problem.reason.value for one in done.told if one.problem}
            error = {"reason": reasons.pop() if len(reasons) == 1 else "SeveralCauses", "message": _summary.failure_of(done.told)}
            self.end({**result, "msg": error["message"], "error": error}, unreachable=_summary.is_unreachable(done.told), stuck=done.stuck)
        if different and self.params["fail_on_difference"]:
            error = {"reason": Reason.DRIFTED.value, "message": _summary.difference_of(counts, gone)}
            self.end({**result, "msg": error["message"], "error": error}, stuck=done.stuck)
        self.end(result, stuck=done.stuck)

    def refuse(self, message: str, unresolved: Sequence[str] = ()) -> NoReturn:
        """End the module before anything was sent."""
        error = {"reason": Reason.INVALID_SPEC.value, "message": message, **({"unresolved": list(unresolved)} if unresolved else {})}
        self.end({"changed": False, "outcome": "failed", "msg": message, "error": error})

    def end(self, result: dict[str, Any], *, unreachable: bool = False, stuck: bool = False) -> NoReturn:
        """Write the report and end the module."""
        self.module.no_log_values = self.secrets | _config.masked(self.values.secrets)
        self.report(result)
        if "error" not in result:
            _exit.leave(self.module, result, stuck=stuck)
        if unreachable:
            _exit.leave(self.module, {**result, "unreachable": True}, stuck=stuck)
        _exit.fail(self.module, result["msg"], result, stuck=stuck)

    def report(self, result: dict[str, Any]) -> None:
        """Write the report, if one is wanted; a failure to do so is one of the task."""
        if not self.params["report"]:
            return
        kept = {key: value for key, value in result.items() if key not in ("diff", "warnings", "msg")}
        report = {"check": self.module.check_mode, **kept}
        problem = _report.write(self.params["report"], _exit.masked(self.module, report))
        if problem:
            _exit.fail(self.module, problem, {**result, "error": {"reason": Reason.INVALID_SPEC.value, "message": problem}})


def _connection(name: str, options: Any) -> dict[str, Any]:
    """An entry of ``connections``, checked as the options of a task are. The environment does not count: its credentials are for one Connect.

    :raises OptionError: for what cannot be used.
    """
    if not isinstance(options, dict):
        raise OptionError(f"connections.{name}: must be a map with url")
    spec = {key: {part: value for part, value in option.items() if part != "fallback"} for key, option in _argspec.connection_options().items()}
    validator = ArgumentSpecValidator(spec, mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE, required_by=_argspec.REQUIRED_BY)
    result = validator.validate(options)
    if result.unsupported_parameters:
        raise OptionError(f"connections.{name}: there is no option {', '.join(sorted(map(str, result.unsupported_parameters)))}")
    if result.error_messages:
        # Texts of a failed conversion quote the value.
        wrong = [key for key, option in spec.items() if option["type"] in ("int", "bool", "dict") and key in options]
        raise OptionError(f"connections.{name}: {_safe(result.error_messages[0], wrong)}")
    return dict(result.validated_parameters)


def _safe(text: str, suspects: list[str]) -> str:
    named = [key for key in suspects if f"'{key}'" in text]
    return f"{named[0]}: is of another type than it must be" if named else text


def _told_faults(faults: list[str]) -> str:
    shown = "; ".join(faults[:FAULTS])
    return f"{shown}; and {len(faults) - FAULTS} more" if len(faults) > FAULTS else shown


def main() -> None:
    options = _argspec.connection_options()
    options["url"]["required"] = False
    module = AnsibleModule(
        argument_spec={
            "connections": {"type": "dict", "default": {}, "no_log": True},
            "references": {"type": "dict", "default": {}, "no_log": True, "fallback": (env_fallback, ["KAFKA_CONNECT_REFERENCES"])},
            "manifests": {"type": "list", "elements": "path", "default": []},
            "connectors": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "no_log": True,
                "options": _asked.connector_options(),
                "required_if": _asked.REQUIRED_IF,
            },
            "namespace": {"type": "str", "default": "default"},
            "unresolved": {"type": "str", "choices": ["fail", "ignore"], "default": "fail"},
            "base": {"type": "list", "elements": "path", "default": []},
            "base_objects": {"type": "list", "elements": "dict", "default": [], "no_log": True},
            "absent": {"type": "list", "elements": "str", "default": []},
            "purge": {"type": "bool", "default": False},
            "purge_pattern": {"type": "str"},
            "fail_on_difference": {"type": "bool", "default": False},
            "report": {"type": "path"},
            **options,
        },
        required_if=[("purge", True, ("purge_pattern",))],
        mutually_exclusive=_argspec.MUTUALLY_EXCLUSIVE,
        required_by=_argspec.REQUIRED_BY,
        supports_check_mode=True,
    )
    _exit.end_on_signals()
    task = Task(module)
    for library, there in (("requests", _http.HAS_REQUESTS), ("PyYAML", _yaml.HAS_YAML)):
        if not there:
            _exit.fail(module, missing_required_lib(library))
    try:
        task.run()
    except Exception as error:
        task.report({"changed": False, "outcome": "failed", "error": {"reason": "Bug", "message": type(error).__name__}})
        _exit.crash(module, error)


if __name__ == "__main__":
    main()
