# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The schemas of our kinds' specs, generated from config/crd by ``make schemas``. Pure."""

from __future__ import annotations

import json
from typing import Any

SCHEMAS: dict[str, Any] = json.loads(
    r"""
{"KafkaConnectCluster": {"type": "object", "x-kubernetes-validations": [{"rule": "has(self.url) != has(self.urls)", "message": "exactly one
 of url and urls is needed"}, {"rule": "self.allowedNamespaces.from == \"Same\" || (has(self.policy) && has(self.policy.connectorNames))",
 "message": "policy.connectorNames is needed when connectors of other namespaces are allowed, for example [\"{namespace}.*\"]"}, {"rule":
 "!(has(self.authentication) && has(self.authentication.clientCertificate)) && !(has(self.tls) && (has(self.tls.caSecretRef) ||
 has(self.tls.caConfigMapRef) || self.tls.insecureSkipVerify)) || (!has(self.url) || self.url.startsWith(\"https:\")) && (!has(self.urls) ||
 self.urls.all(one, one.startsWith(\"https:\")))", "message": "tls and authentication.clientCertificate need https in each address"}],
 "properties": {"url": {"type": "string", "maxLength": 512, "x-kubernetes-validations": [{"rule": "!self.matches(\"/[.]{1,2}(/|$)\")",
 "message": "the path must not hold the segments . and .."}]}, "urls": {"type": "array", "minItems": 1, "maxItems": 16,
 "x-kubernetes-validations": [{"rule": "self.all(one, self.exists_one(other, other == one))", "message": "urls must not hold an address
 twice"}], "items": {"type": "string", "maxLength": 512, "x-kubernetes-validations": [{"rule": "!self.matches(\"/[.]{1,2}(/|$)\")",
 "message": "the path must not hold the segments . and .."}]}}, "authentication": {"type": "object", "x-kubernetes-validations": [{"rule":
 "[has(self.basic), has(self.bearer), has(self.clientCertificate)].filter(given, given).size() <= 1", "message": "at most one of basic,
 bearer and clientCertificate is allowed"}], "properties": {"basic": {"type": "object", "required": ["secretRef"], "properties":
 {"secretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253,
 "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "usernameKey": {"type": "string", "minLength": 1,
 "maxLength": 253, "pattern": "^[A-Za-z0-9._-]+$", "default": "username"}, "passwordKey": {"type": "string", "minLength": 1, "maxLength":
 253, "pattern": "^[A-Za-z0-9._-]+$", "default": "password"}}}}}, "bearer": {"type": "object", "required": ["secretRef"], "properties":
 {"secretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253,
 "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key": {"type": "string", "minLength": 1, "maxLength":
 253, "pattern": "^[A-Za-z0-9._-]+$", "default": "token"}}}}}, "clientCertificate": {"type": "object", "required": ["secretRef"],
 "properties": {"secretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength":
 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}}}}}}}, "headersFrom": {"type": "array", "maxItems":
 8, "items": {"type": "object", "required": ["secretRef"], "properties": {"secretRef": {"type": "object", "required": ["name"],
 "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
 "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}}}}}}, "tls": {"type": "object", "x-kubernetes-validations": [{"rule":
 "!(has(self.caSecretRef) && has(self.caConfigMapRef))", "message": "at most one of caSecretRef and caConfigMapRef is allowed"}, {"rule":
 "!self.insecureSkipVerify || !(has(self.caSecretRef) || has(self.caConfigMapRef))", "message": "a CA has no meaning when insecureSkipVerify
 is true; remove one of them"}], "properties": {"caSecretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type":
 "string", "minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key":
 {"type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[A-Za-z0-9._-]+$", "default": "ca.crt"}}}, "caConfigMapRef": {"type":
 "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
 "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key": {"type": "string", "minLength": 1, "maxLength": 253,
 "pattern": "^[A-Za-z0-9._-]+$", "default": "ca.crt"}}}, "insecureSkipVerify": {"type": "boolean", "default": false}}}, "timeouts": {"type":
 "object", "default": {}, "properties": {"connect": {"type": "string", "minLength": 2, "maxLength": 16, "pattern":
 "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "default": "5s", "x-kubernetes-validations": [{"rule": "duration(self) >= duration(\"1s\")
 && duration(self) <= duration(\"30s\")", "message": "connect must be from 1s to 30s"}]}, "read": {"type": "string", "minLength": 2,
 "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "default": "30s", "x-kubernetes-validations": [{"rule":
 "duration(self) >= duration(\"1s\") && duration(self) <= duration(\"60s\")", "message": "read must be from 1s to 60s"}]}, "write": {"type":
 "string", "minLength": 2, "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "default": "100s",
 "x-kubernetes-validations": [{"rule": "duration(self) >= duration(\"1s\") && duration(self) <= duration(\"100s\")", "message": "write must
 be from 1s to 100s"}]}}}, "syncPeriod": {"type": "string", "minLength": 2, "maxLength": 16, "pattern":
 "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "default": "60s", "x-kubernetes-validations": [{"rule": "duration(self) >= duration(\"5s\")
 && duration(self) <= duration(\"24h\")", "message": "syncPeriod must be from 5s to 24h"}]}, "allowedNamespaces": {"type": "object",
 "default": {"from": "Same"}, "x-kubernetes-validations": [{"rule": "(self.from == \"Selector\") == has(self.selector)", "message":
 "selector is needed with from Selector, and allowed only there"}], "properties": {"from": {"type": "string", "default": "Same", "enum":
 ["Same", "All", "Selector"]}, "selector": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"matchLabels": {"type":
 "object", "maxProperties": 32, "additionalProperties": {"type": "string", "maxLength": 63}}, "matchExpressions": {"type": "array",
 "maxItems": 32, "items": {"type": "object", "required": ["key", "operator"], "x-kubernetes-validations": [{"rule": "(self.operator in
 [\"In\", \"NotIn\"]) == (has(self.values) && self.values.size() > 0)", "message": "values are needed with In and NotIn, and not allowed
 with Exists and DoesNotExist"}], "properties": {"key": {"type": "string", "minLength": 1, "maxLength": 317}, "operator": {"type": "string",
 "enum": ["In", "NotIn", "Exists", "DoesNotExist"]}, "values": {"type": "array", "maxItems": 64, "items": {"type": "string", "maxLength":
 63}}}}}}}}}, "policy": {"type": "object", "properties": {"adoption": {"type": "string", "enum": ["Never", "IfIdentical", "Always"]},
 "connectorNames": {"type": "array", "minItems": 1, "maxItems": 64, "items": {"type": "string", "minLength": 1, "maxLength": 249,
 "x-kubernetes-validations": [{"rule": "!self.replace(\"{namespace}\", \"\").matches(r\"[/\\\\%;{}\\[\\]\\x00-\\x1f\\x7f-\\x9f]\")",
 "message": "a pattern holds '*', '?', {namespace} and what a name may hold, but none of / \\ % ; { } [ ] nor control characters"}]}},
 "classes": {"type": "array", "minItems": 1, "maxItems": 64, "items": {"type": "string", "minLength": 1, "maxLength": 512, "pattern":
 "^[^\\s/{}\\[\\]]+$"}}}}, "protectConnectors": {"type": "boolean", "default": false}, "connectorDefaults": {"type": "object", "properties":
 {"config": {"type": "object", "additionalProperties": {"x-kubernetes-preserve-unknown-fields": true}}, "tasksMax": {"type": "integer",
 "format": "int32", "minimum": 1}, "driftPolicy": {"type": "string", "enum": ["Repair", "RepairConfig", "Report"]}, "adoptionPolicy":
 {"type": "string", "enum": ["Never", "IfIdentical", "Always"]}, "deletionPolicy": {"type": "string", "enum": ["Delete", "Orphan"]},
 "deletionDeadline": {"type": "string", "minLength": 2, "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$",
 "x-kubernetes-validations": [{"rule": "duration(self) >= duration(\"1s\") && duration(self) <= duration(\"8760h\")", "message":
 "deletionDeadline must be from 1s to 8760h"}]}}}, "ignoreLiveKeys": {"type": "array", "maxItems": 64, "items": {"type": "string",
 "minLength": 1, "maxLength": 249, "pattern": "^[^\\s{}\\[\\]]+$"}}, "mode": {"type": "string", "default": "Apply", "enum": ["Apply",
 "Plan"]}, "unmanagedConnectors": {"type": "string", "default": "Report", "enum": ["Ignore", "Report"]}}}, "KafkaConnector": {"type":
 "object", "required": ["class"], "x-kubernetes-validations": [], "properties": {"connectClusterRef": {"type": "object", "required":
 ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
 "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "namespace": {"type": "string", "minLength": 1, "maxLength": 63,
 "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"}}}, "class": {"type": "string", "minLength": 1}, "version": {"type": "string", "minLength": 1,
 "maxLength": 100, "pattern": "^[!-~]([ -~]*[!-~])?$"}, "tasksMax": {"type": "integer", "format": "int32", "minimum": 1}, "config": {"type":
 "object", "additionalProperties": {"x-kubernetes-preserve-unknown-fields": true}}, "configFrom": {"type": "array", "maxItems": 20, "items":
 {"type": "object", "x-kubernetes-validations": [{"rule": "has(self.configMapRef) != has(self.secretRef)", "message": "name exactly one of
 configMapRef and secretRef"}], "properties": {"configMapRef": {"type": "object", "required": ["name"], "properties": {"name": {"type":
 "string", "minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "optional":
 {"type": "boolean"}}}, "secretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1,
 "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "optional": {"type": "boolean"}}}}}},
 "configValueFrom": {"type": "object", "maxProperties": 200, "x-kubernetes-validations": [{"rule": "[\"name\", \"connector.class\",
 \"tasks.max\", \"connector.plugin.version\"].all(key, !(key in self))", "message": "name, connector.class, tasks.max and
 connector.plugin.version have fields of their own"}], "additionalProperties": {"type": "object", "x-kubernetes-validations": [{"rule":
 "has(self.configMapKeyRef) != has(self.secretKeyRef)", "message": "name exactly one of configMapKeyRef and secretKeyRef"}], "properties":
 {"configMapKeyRef": {"type": "object", "required": ["name", "key"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength":
 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key": {"type": "string", "minLength": 1,
 "maxLength": 253, "pattern": "^[-._a-zA-Z0-9]+$"}, "optional": {"type": "boolean"}}}, "secretKeyRef": {"type": "object", "required":
 ["name", "key"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
 "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key": {"type": "string", "minLength": 1, "maxLength": 253,
 "pattern": "^[-._a-zA-Z0-9]+$"}, "optional": {"type": "boolean"}}}}}}, "autoRestart": {"type": "object", "nullable": true,
 "x-kubernetes-validations": [{"rule": "false", "message": "automatic restarts are not supported yet; leave autoRestart empty or remove
 it"}]}, "state": {"type": "string", "default": "running", "enum": ["running", "paused", "stopped"]}, "mode": {"type": "string", "enum":
 ["Apply", "Plan"]}, "driftPolicy": {"type": "string", "enum": ["Repair", "RepairConfig", "Report"]}, "adoptionPolicy": {"type": "string",
 "enum": ["Never", "IfIdentical", "Always"]}, "deletionPolicy": {"type": "string", "enum": ["Delete", "Orphan"]}, "deletionDeadline":
 {"type": "string", "minLength": 2, "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "x-kubernetes-validations":
 [{"rule": "duration(self) >= duration(\"1s\") && duration(self) <= duration(\"8760h\")", "message": "deletionDeadline must be from 1s to
 8760h"}]}, "connectorName": {"type": "string", "minLength": 1, "maxLength": 249, "x-kubernetes-validations": [{"rule":
 "!self.matches(r\"[/\\\\%;{}\\x00-\\x1f\\x7f-\\x9f]\")", "message": "connectorName must not hold any of / \\ % ; { } nor control
 characters, which Connect cannot address"}, {"rule": "!self.startsWith(\" \") && !self.endsWith(\" \")", "message": "connectorName must not
 begin or end with a blank"}, {"rule": "self != \".\" && self != \"..\"", "message": "connectorName must not be \".\" or \"..\""}]}}}}
""".replace("\n", "")
)
