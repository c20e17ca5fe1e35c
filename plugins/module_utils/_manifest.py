# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Manifests from files, folders, globs and standard input. Never templates: what looks like one is text."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _dialects, _schema
from ._connection import SpecError, connection_of
from ._dialects import API_VERSION, STRIMZI_GROUP, STRIMZI_VERSIONS, DialectError
from ._objects import CLUSTER_KIND, GROUP, KIND, key_of
from ._values import is_skeleton
from ._yaml import Document, DocumentError, documents

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = re.compile(r"/proc/\d+/fd/0")
NAMESPACE = "default"


@dataclass(frozen=True)
class Manifest:
    """A KafkaConnector or KafkaConnectCluster with the defaults of its CRD. ``source``: file and line; ``notes``: what of it has no equal here.

    ``sets_state``: it says which run state the connector shall have.
    """

    object: dict[str, Any]
    source: str
    notes: tuple[str, ...] = ()
    sets_state: bool = True

    @property
    def key(self) -> str:
        return key_of(self.object)


@dataclass
class ManifestSet:
    """What was found. ``values``: Secrets and ConfigMaps by kind, namespace and name; ``namespaces``: the labels of Namespaces.

    ``ignored``: how many objects of other kinds there were; ``faults``: what cannot be used, each with file and line.
    """

    connectors: list[Manifest] = field(default_factory=list)
    connections: dict[str, Manifest] = field(default_factory=dict)
    values: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict, repr=False)
    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(paths: Iterable[str], namespace: str = NAMESPACE) -> ManifestSet:
    """All manifests under the paths. Raises nothing: what is wrong with them is in ``faults``.

    :param namespace: that of objects that name none.
    """
    reader = _Reader(namespace)
    seen: set[Path] = set()
    for path in paths:
        for file in reader.files(path):
            if file.resolve() not in seen:
                seen.add(file.resolve())
                reader.read(file)
    return reader.found


def of_objects(objects: Iterable[Any], source: str) -> ManifestSet:
    """Objects that somebody read from Kubernetes; these keep their status."""
    reader = _Reader(live=True)
    for index, value in enumerate(objects):
        reader.take(value, _Place(f"{source}[{index}]", Document(value, 0)))
    return reader.found


@dataclass(frozen=True)
class _Place:
    """Where something stands: a file and the part of a document."""

    file: str
    document: Document
    path: tuple[str | int, ...] = ()

    def at(self, path: Iterable[str | int] = ()) -> str:
        line = self.document.line_of((*self.path, *path))
        return f"{self.file}:{line}" if line else self.file

    def inner(self, *path: str | int) -> _Place:
        return _Place(self.file, self.document, (*self.path, *path))


class _Reader:
    def __init__(self, namespace: str = NAMESPACE, *, live: bool = False) -> None:
        self.found = ManifestSet()
        self._namespace = namespace
        self._live = live
        self._sources: dict[str, str] = {}

    # -- files

    def files(self, path: str) -> list[Path]:
        """The files that a path names: itself, those below a folder, or those that a pattern matches. That there are none is a fault."""
        before = len(self.found.faults)
        named = [path] if os.path.lexists(path) else sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []
        files = [file for one in named for file in (self._below(one) if os.path.isdir(one) else [Path(one)])]
        if not path:
            self._fault("a path", "is empty; name a file, a folder or a pattern")
        elif not named:
            self._fault(path, "there is no such file or folder")
        elif not files and len(self.found.faults) == before:
            self._fault(path, f"there is no manifest in it; their names end in {', '.join(SUFFIXES)}")
        return files

    def _below(self, folder: str) -> list[Path]:
        """The manifests in a folder and below, also where links lead to, in order; nothing that is hidden."""
        found: list[Path] = []
        seen: set[str] = set()
        for place, folders, names in os.walk(folder, onerror=self._unreadable, followlinks=True):
            seen.add(os.path.realpath(place))
            # A link to a folder that was gone through may lead round in circles.
            folders[:] = [name for name in folders if not name.startswith(".") and os.path.realpath(os.path.join(place, name)) not in seen]
            shown = (Path(place, name) for name in names if not name.startswith("."))
            # What a link leads to that leads nowhere, nobody knows.
            found.extend(path for path in shown if path.suffix in SUFFIXES or not path.exists())
        return sorted(found)

    def _unreadable(self, error: OSError) -> None:
        self._fault(str(error.filename), f"cannot be read ({error.strerror})")

    def read(self, file: Path) -> None:
        name = "standard input" if STDIN.fullmatch(str(file)) else str(file)
        try:
            text = file.read_text(encoding="utf-8-sig")
            for document in documents(text):
                self.take(document.value, _Place(name, document))
        except DocumentError as error:
            self.found.faults.append(f"{name}:{error.line}: {error}")
        except UnicodeDecodeError:
            self.found.faults.append(f"{name}: is no UTF-8 text")
        except OSError as error:
            self.found.faults.append(f"{name}: cannot be read ({error.strerror})")

    # -- objects

    def take(self, value: Any, place: _Place) -> None:
        """One object, or a list of them."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                self.take(item, place.inner(index))
        elif _dialects.is_rest(value):
            self._take_rest(value, place)
        elif not isinstance(value, dict) or not isinstance(value.get("kind"), str) or not isinstance(value.get("apiVersion"), str):
            text = "is neither a Kubernetes object (with apiVersion and kind) nor JSON as Connect's REST API takes it (name and config)"
            self._fault(place.at(), text)
        elif value["kind"].endswith("List") and isinstance(value.get("items"), list):
            for index, item in enumerate(value["items"]):
                self.take(_item_of(value, item), place.inner("items", index))
        else:
            self._take_object(value, place)

    def _take_object(self, obj: dict[str, Any], place: _Place) -> None:
        kind, version = obj["kind"], obj["apiVersion"]
        group = version.rpartition("/")[0]
        if group == GROUP:
            if version != API_VERSION or kind not in (KIND, CLUSTER_KIND):
                self._fault(place.at(("kind",)), f"there is no kind {kind} in {version}; it has {KIND} and {CLUSTER_KIND} in {API_VERSION}")
            else:
                self._take_own(obj, place)
        elif group == STRIMZI_GROUP and kind == KIND:
            self._take_strimzi(obj, place)
        elif kind in (KIND, CLUSTER_KIND):
            own = f"{KIND} is in {API_VERSION} and in {STRIMZI_GROUP}, {CLUSTER_KIND} in {API_VERSION}"
            self._fault(place.at(("apiVersion",)), f"the kind {kind} of {version} is not known; {own}")
        elif version == "v1" and kind in ("Secret", "ConfigMap", "Namespace"):
            self._take_core(obj, place)
        else:
            self.found.ignored[kind] = self.found.ignored.get(kind, 0) + 1

    def _take_own(self, obj: dict[str, Any], place: _Place, notes: tuple[str, ...] = ()) -> None:
        checked, faults = _schema.checked(obj)
        for fault in faults:
            self._fault(place.at(fault.path), str(fault))
        if faults:
            return
        manifest = Manifest(checked, place.at(), notes)
        checked["metadata"] = {"namespace": self._namespace, "generation": 0, **checked["metadata"]}
        if self._live and isinstance(obj.get("status"), dict):
            checked["status"] = obj["status"]
        if checked["kind"] == KIND:
            self._add(manifest)
        elif self._is_first(CLUSTER_KIND, manifest.key, manifest.source):
            self._add_connection(manifest, place)

    def _add_connection(self, manifest: Manifest, place: _Place) -> None:
        """Also one that no connector uses has to be such that it could."""
        try:
            connection_of(manifest.object)
        except SpecError as error:
            # All but addresses is in the schema.
            self._fault(place.at(("spec", "url" if "url" in manifest.object["spec"] else "urls")), str(error))
        else:
            self.found.connections[manifest.key] = manifest

    def _take_strimzi(self, obj: dict[str, Any], place: _Place) -> None:
        version = obj["apiVersion"].rpartition("/")[2]
        if version not in STRIMZI_VERSIONS:
            return self._fault(place.at(("apiVersion",)), f"the version {version} of Strimzi is not known; use {' or '.join(STRIMZI_VERSIONS)}")
        faults = _schema.metadata_faults(obj)
        for fault in faults:
            self._fault(place.at(fault.path), str(fault))
        if not faults:
            try:
                mapped, notes = _dialects.from_strimzi(obj)
            except DialectError as error:
                return self._fault(place.at(error.path), str(error))
            self._take_own(mapped, place, notes)
        return None

    def _take_rest(self, value: dict[str, Any], place: _Place) -> None:
        try:
            obj, sets_state = _dialects.from_rest(value)
        except DialectError as error:
            return self._fault(place.at(error.path), str(error))
        obj["metadata"].update(namespace=self._namespace, generation=0)
        return self._add(Manifest(obj, place.at(), sets_state=sets_state))

    def _take_core(self, obj: dict[str, Any], place: _Place) -> None:
        faults = [*_schema.metadata_faults(obj), *_not_text(obj)]
        for fault in faults:
            self._fault(place.at(fault.path), str(fault))
        if faults:
            return
        metadata, kind = obj["metadata"], obj["kind"]
        if kind == "Namespace":
            self.found.namespaces[metadata["name"]] = metadata.get("labels") or {}
            return
        name = (kind, str(metadata.get("namespace") or self._namespace), metadata["name"])
        # A Secret that is filled in, wherever it stands, makes up for its skeleton.
        if name in self.found.values and is_skeleton(obj):
            return
        if name in self.found.values and is_skeleton(self.found.values[name]):
            self._sources.pop(f"{kind} {'/'.join(name[1:])}")
        if self._is_first(kind, "/".join(name[1:]), place.at()):
            self.found.values[name] = obj
        return

    def _add(self, manifest: Manifest) -> None:
        if self._is_first(KIND, manifest.key, manifest.source):
            self.found.connectors.append(manifest)

    def _is_first(self, kind: str, key: str, source: str) -> bool:
        first = self._sources.setdefault(f"{kind} {key}", source)
        if first is not source:
            self._fault(source, f"the {kind} {key} is there twice; the other one is at {first}")
        return first is source

    def _fault(self, where: str, text: str) -> None:
        self.found.faults.append(f"{where}: {text}")


def _not_text(obj: Mapping[str, Any]) -> list[_schema.Fault]:
    """What of the data of a Secret or ConfigMap is no text."""
    faults = []
    for part in ("data", "stringData", "binaryData"):
        values = obj.get(part)
        if not isinstance(values, (dict, type(None))):
            faults.append(_schema.Fault((part,), "must be a map"))
            continue
        wrong = (key for key, text in (values or {}).items() if not isinstance(text, (str, type(None))))
        faults.extend(_schema.Fault((part, key), "must be a text; put it in quotes") for key in wrong)
    return faults


def _item_of(listed: Mapping[str, Any], item: Any) -> Any:
    """The items of a typed list need not say their kind."""
    if not isinstance(item, dict) or "kind" in item or listed["kind"] == "List":
        return item
    return {"apiVersion": listed["apiVersion"], "kind": listed["kind"].removesuffix("List"), **item}
