# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are built from the pinned Go modules in the folder of that name."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from testbed import cache, paths, progress
from testbed.errors import TestbedError

MODULES = Path(__file__).parent / "tools"
_FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false")
_ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}


@dataclass(frozen=True)
class Tool:
    """A program, the Go module that pins it, the package to build, and how long that takes the first time."""

    name: str
    module: str
    package: str
    estimate: str


ETCD = Tool("etcd", "etcd", "go.etcd.io/etcd/server/v3", "half a minute")
KUSTOMIZE = Tool("kustomize", "kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "5 seconds")
ANSIBLE_OPERATOR = Tool(
    "ansible-operator",
    "ansible-operator",
    "github.com/operator-framework/ansible-operator-plugins/cmd/ansible-operator",
    "2 minutes",
)
KUBE_APISERVER = Tool("kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", "3 minutes")
KUBECTL = Tool("kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl", "1 minute")
TOOLS = (ETCD, KUSTOMIZE, ANSIBLE_OPERATOR, KUBE_APISERVER, KUBECTL)


def _linker_flags(tool: Tool) -> str:
    """Strip symbols; Kubernetes programs get the version that a release build would have."""
    flags = ["-s", "-w"]
    if tool.module == "kubernetes":
        text = (MODULES / tool.module / "go.mod").read_text(encoding="utf-8")
        match = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\.\S+)", text)
        if match is None:
            raise TestbedError("testbed/tools/kubernetes/go.mod does not require k8s.io/kubernetes")
        version, major, minor = match.groups()
        values = {
            "k8s.io/component-base/version.gitVersion": version,
            "k8s.io/component-base/version.gitMajor": major,
            "k8s.io/component-base/version.gitMinor": minor,
            "k8s.io/client-go/pkg/version.gitVersion": version,
        }
        flags += [f"-X {name}={value}" for name, value in values.items()]
    return " ".join(flags)


def _key(tool: Tool) -> str:
    """Changes with everything that the program depends on."""
    folder = MODULES / tool.module
    parts = [(folder / name).read_bytes() for name in ("go.mod", "go.sum")]
    parts.append(" ".join((tool.package, *_FLAGS, _linker_flags(tool), os.uname().sysname, os.uname().machine)).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _build(tool: Tool, folder: Path) -> None:
    command = ["go", "build", *_FLAGS, "-ldflags", _linker_flags(tool), "-o", str(folder / tool.name), tool.package]
    with progress.step(f"Build {tool.name}", f"about {tool.estimate} the first time"):
        result = subprocess.run(command, cwd=MODULES / tool.module, env={**os.environ, **_ENVIRONMENT}, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise TestbedError(f"{tool.name} could not be built:\n{result.stdout}{result.stderr}")


def path(tool: Tool) -> Path:
    """The program; built first if it is not in the cache."""
    folder = cache.made_once(paths.cache() / "bin" / f"{tool.name}-{_key(tool)}", lambda new: _build(tool, new))
    return folder / tool.name


def run(tool: Tool, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
    """Run the program and return what it prints."""
    command = [str(path(tool)), *arguments]
    result = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=timeout)
    if result.returncode != 0:
        raise TestbedError(f"{tool.name} {' '.join(arguments)}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout
