# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemas of the CRDs as a Python file, since an installed collection has no CRDs: python -m testbed.schemas writes it anew."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from testbed import paths

CRDS = paths.ROOT / "config" / "crd" / "bases"
TARGET = paths.ROOT / "plugins" / "module_utils" / "_crd.py"
HEAD = '''# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The schemas of our kinds' specs, generated from config/crd by ``make schemas``. Pure."""

from __future__ import annotations

import json
from typing import Any

SCHEMAS: dict[str, Any] = json.loads(
    r"""
'''
TAIL = '''
""".replace("\\n", "")
)
'''
_WIDTH = 140


def schemas() -> dict[str, Any]:
    """The schema of each kind's spec, without its words for people, but for those on rules."""
    found: dict[str, Any] = {}
    for path in sorted(Path(CRDS).glob("*.yaml")):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        (version,) = spec["versions"]
        found[spec["names"]["kind"]] = _bare(version["schema"]["openAPIV3Schema"]["properties"]["spec"])
    return found


_WORDS = ("description", "x-kubernetes-list-type", "x-kubernetes-list-map-keys")
_RULES = "x-kubernetes-validations"
# A longer pattern is that of a URL, which is taken apart in any case.
_PATTERN_LENGTH = 100


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _WORDS or (key == "pattern" and len(value) > _PATTERN_LENGTH):
            continue
        if key == _RULES:
            result[key] = [rule for rule in value if not is_transition(rule["rule"])]
        elif key == "properties":
            result[key] = {name: _bare(inner) for name, inner in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            result[key] = _bare(value)
        else:
            result[key] = value
    return result


def is_transition(rule: str) -> bool:
    """Whether a rule is about what an object was before."""
    return "oldSelf" in rule


def source() -> str:
    """The Python file. A line ends before a blank, which may be in a text."""
    lines = re.findall(rf".{{1,{_WIDTH}}}(?= |$)|\S+", json.dumps(schemas()))
    return HEAD + "\n".join(lines) + TAIL


if __name__ == "__main__":
    TARGET.write_text(source(), encoding="utf-8")
