# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scalars of YAML that readers understand differently, and what the API server stores for them when kubectl sends them."""

from __future__ import annotations

from typing import Any

STORED: dict[str, Any] = {
    "1.0": 1,
    "1e3": 1000,
    "1E3": 1000,
    "1.5e-7": 1.5e-07,
    "1e18": 10**18,
    "1e19": 10**19,
    "1e21": 1e21,
    "-0.0": 0,
    "12:30:45": "12:30:45",
    "1:30": "1:30",
    "2026-01-01": "2026-01-01",
    "2026-01-01T00:00:00Z": "2026-01-01T00:00:00Z",
    "y": True,
    "Y": True,
    "n": False,
    "yes": True,
    "No": False,
    "on": True,
    "OFF": False,
    "oN": "oN",
    "true": True,
    "TRUE": True,
    "tRue": "tRue",
    "0o17": 15,
    "017": 15,
    "08": 8,
    "0x1F": 31,
    "0b101": 5,
    "-0b11": -3,
    "1_000": 1000,
    "1__0": 10,
    "+12": 12,
    "-12": -12,
    "+.5": 0.5,
    ".5": 0.5,
    "5.": 5,
    ".": ".",
    "-": None,
    "+": "+",
    "1.2.3": "1.2.3",
    "1e400": "1e400",
    "0x": "0x",
    "9223372036854775807": 2**63 - 1,
    "0.1": 0.1,
    "'1'": "1",
    '"y"': "y",
    "!!str 5": "5",
    "=": "=",
    "a b": "a b",
    "1 2": "1 2",
    "%": None,
    "{{ x }}": None,
    "'{{ x }}'": "{{ x }}",
    "|-\n      two\n      lines": "two\nlines",
}
# Those that are no value of their own in YAML.
REFUSED = ("-", "%", "{{ x }}")

# Maps that anchors name, and what kubectl makes of a map in braces that merges them.
ANCHORS = "a: &x {k: x, x: 1}\nb: &z {k: z, z: 1}\n"
ANCHORED = {"a": {"k": "x", "x": 1}, "b": {"k": "z", "z": 1}}
MERGED = {
    "<<: *x, k: own": {"k": "own", "x": 1},
    "k: own, <<: *x": {"k": "x", "x": 1},
    "<<: *x, <<: *z": {"k": "z", "x": 1, "z": 1},
    "<<: [*x, *z]": {"k": "x", "x": 1, "z": 1},
    "k: own, <<: [*x, *z]": {"k": "x", "x": 1, "z": 1},
    "k: own, <<: {k: inner, <<: *x}": {"k": "x", "x": 1},
    "'<<': text, k: own": {"<<": "text", "k": "own"},
}
