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
{"KafkaConnectCluster": {"type": "object", "properties": {"url": {"type": "string", "maxLength": 512}, "urls": {"type": "array", "minItems":
1, "maxItems": 16, "items": {"type": "string", "maxLength": 512}}, "authentication": {"type": "object", "properties": {"basic": {"type":
"object", "required": ["secretRef"], "properties": {"secretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type":
"string", "minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "usernameKey":
{"type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[A-Za-z0-9._-]+$", "default": "username"}, "passwordKey": {"type":
"string", "minLength": 1, "maxLength": 253, "pattern": "^[A-Za-z0-9._-]+$", "default": "password"}}}}}, "bearer": {"type": "object",
"required": ["secretRef"], "properties": {"secretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string",
"minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key": {"type":
"string", "minLength": 1, "maxLength": 253, "pattern": "^[A-Za-z0-9._-]+$", "default": "token"}}}}}, "clientCertificate": {"type": "object",
"required": ["secretRef"], "properties": {"secretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string",
"minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}}}}}}}, "headersFrom":
{"type": "array", "maxItems": 8, "items": {"type": "object", "required": ["secretRef"], "properties": {"secretRef": {"type": "object",
"required": ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
"^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}}}}}}, "tls": {"type": "object", "properties": {"caSecretRef": {"type":
"object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
"^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key": {"type": "string", "minLength": 1, "maxLength": 253,
"pattern": "^[A-Za-z0-9._-]+$", "default": "ca.crt"}}}, "caConfigMapRef": {"type": "object", "required": ["name"], "properties": {"name":
{"type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"},
"key": {"type": "string", "minLength": 1, "maxLength": 253, "pattern": "^[A-Za-z0-9._-]+$", "default": "ca.crt"}}}, "insecureSkipVerify":
{"type": "boolean", "default": false}}}, "timeouts": {"type": "object", "default": {}, "properties": {"connect": {"type": "string",
"minLength": 2, "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "default": "5s"}, "read": {"type": "string",
"minLength": 2, "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "default": "30s"}, "write": {"type": "string",
"minLength": 2, "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "default": "100s"}}}, "syncPeriod": {"type":
"string", "minLength": 2, "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$", "default": "60s"},
"allowedNamespaces": {"type": "object", "default": {"from": "Same"}, "properties": {"from": {"type": "string", "default": "Same", "enum":
["Same", "All", "Selector"]}, "selector": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"matchLabels": {"type":
"object", "maxProperties": 32, "additionalProperties": {"type": "string", "maxLength": 63}}, "matchExpressions": {"type": "array",
"maxItems": 32, "items": {"type": "object", "required": ["key", "operator"], "properties": {"key": {"type": "string", "minLength": 1,
"maxLength": 317}, "operator": {"type": "string", "enum": ["In", "NotIn", "Exists", "DoesNotExist"]}, "values": {"type": "array",
"maxItems": 64, "items": {"type": "string", "maxLength": 63}}}}}}}}}, "policy": {"type": "object", "properties": {"adoption": {"type":
"string", "enum": ["Never", "IfIdentical", "Always"]}, "connectorNames": {"type": "array", "minItems": 1, "maxItems": 64, "items": {"type":
"string", "minLength": 1, "maxLength": 249}}, "classes": {"type": "array", "minItems": 1, "maxItems": 64, "items": {"type": "string",
"minLength": 1, "maxLength": 512, "pattern": "^[^\\s/{}\\[\\]]+$"}}}}, "protectConnectors": {"type": "boolean", "default": false},
"connectorDefaults": {"type": "object", "properties": {"config": {"type": "object", "additionalProperties":
{"x-kubernetes-preserve-unknown-fields": true}}, "tasksMax": {"type": "integer", "format": "int32", "minimum": 1}, "driftPolicy": {"type":
"string", "enum": ["Repair", "RepairConfig", "Report"]}, "adoptionPolicy": {"type": "string", "enum": ["Never", "IfIdentical", "Always"]},
"deletionPolicy": {"type": "string", "enum": ["Delete", "Orphan"]}, "deletionDeadline": {"type": "string", "minLength": 2, "maxLength": 16,
"pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$"}}}, "ignoreLiveKeys": {"type": "array", "maxItems": 64, "items": {"type":
"string", "minLength": 1, "maxLength": 249, "pattern": "^[^\\s{}\\[\\]]+$"}}, "mode": {"type": "string", "default": "Apply", "enum":
["Apply", "Plan"]}, "unmanagedConnectors": {"type": "string", "default": "Report", "enum": ["Ignore", "Report"]}}}, "KafkaConnector":
{"type": "object", "required": ["class"], "properties": {"connectClusterRef": {"type": "object", "required": ["name"], "properties":
{"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
"^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "namespace": {"type": "string", "minLength": 1, "maxLength": 63,
"pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"}}}, "class": {"type": "string", "minLength": 1}, "version": {"type": "string", "minLength": 1,
"maxLength": 100, "pattern": "^[!-~]([ -~]*[!-~])?$"}, "tasksMax": {"type": "integer", "format": "int32", "minimum": 1}, "config": {"type":
"object", "additionalProperties": {"x-kubernetes-preserve-unknown-fields": true}}, "configFrom": {"type": "array", "maxItems": 20, "items":
{"type": "object", "properties": {"configMapRef": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string",
"minLength": 1, "maxLength": 253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "optional": {"type":
"boolean"}}}, "secretRef": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength":
253, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "optional": {"type": "boolean"}}}}}},
"configValueFrom": {"type": "object", "maxProperties": 200, "additionalProperties": {"type": "object", "properties": {"configMapKeyRef":
{"type": "object", "required": ["name", "key"], "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
"^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key": {"type": "string", "minLength": 1, "maxLength": 253,
"pattern": "^[-._a-zA-Z0-9]+$"}, "optional": {"type": "boolean"}}}, "secretKeyRef": {"type": "object", "required": ["name", "key"],
"properties": {"name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern":
"^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"}, "key": {"type": "string", "minLength": 1, "maxLength": 253,
"pattern": "^[-._a-zA-Z0-9]+$"}, "optional": {"type": "boolean"}}}}}}, "autoRestart": {"type": "object", "nullable": true}, "state":
{"type": "string", "default": "running", "enum": ["running", "paused", "stopped"]}, "mode": {"type": "string", "enum": ["Apply", "Plan"]},
"driftPolicy": {"type": "string", "enum": ["Repair", "RepairConfig", "Report"]}, "adoptionPolicy": {"type": "string", "enum": ["Never",
"IfIdentical", "Always"]}, "deletionPolicy": {"type": "string", "enum": ["Delete", "Orphan"]}, "deletionDeadline": {"type": "string",
"minLength": 2, "maxLength": 16, "pattern": "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$"}, "connectorName": {"type": "string",
"minLength": 1, "maxLength": 249}}}}
"""
)
