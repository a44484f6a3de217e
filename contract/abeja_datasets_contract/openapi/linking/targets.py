"""What a reference names: a place of the document, of another local file, an anchor, or a schema by its `$id`."""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from abeja_datasets_contract.openapi.document import FILES, Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.places import Place, is_named, place_of, place_of_item
from abeja_datasets_contract.openapi.pointers import child, join, split
from abeja_datasets_contract.openapi.texts.files import Files
from abeja_datasets_contract.openapi.texts.text import Text

ReadText = Callable[[bytes, str], Text]
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_HOPS = 100
"""References that a pointer may pass on its way, before it is taken for a circle."""
_OUT = "out of the document; nothing is fetched"


class LeadsNowhereError(Exception):
    """A reference can't be followed; the message is the end of a sentence: "the reference … leads"."""


class Targets:
    """Finds what references name, and reads the files they lead to into the data of a document.

    Args:
        document: the document.
        files: where its files are; None where it has no others.
        read: parses a file.
    """

    def __init__(self, document: Document, files: Files | None, read: ReadText) -> None:
        self._document = document
        self._files = files
        self._read = read
        self._names: dict[str, _Names] = {}
        self._hops = 0
        self.rewritten: set[int] = set()
        """The identities of the objects whose reference is a pointer of the data already."""

    def find(self, reference: str, file: str, resource: str) -> str:
        """Return the pointer of what a reference names.

        Args:
            reference: the reference as written.
            file: the file in which it stands, by its path.
            resource: the pointer of the schema with an `$id` around it; that of the file where there is none.

        Raises:
            LeadsNowhereError: it can't be followed.
            DocumentError: the file it leads to is broken.
        """
        self._hops += 1
        try:
            if self._hops > _HOPS:
                raise LeadsNowhereError("around in a circle")
            return self._found(reference, file, resource)
        finally:
            self._hops -= 1

    def _found(self, reference: str, file: str, resource: str) -> str:
        path, _, fragment = reference.partition("#")
        top = self._top(path, file) if path else top_of(file)
        if not fragment:
            return self._at(top)
        if not fragment.startswith("/"):
            return self._anchor(unquote(fragment), file_of(top))
        try:
            return self._at(join(*split(top), *split(f"#{fragment}")))
        except LeadsNowhereError:
            if path or resource == top:
                raise
            return self._at(join(*split(resource), *split(f"#{fragment}")))

    def _top(self, path: str, file: str) -> str:
        """Return the pointer of the file, or of the schema with an `$id`, that a reference names before its `#`."""
        known = self._names_of(file).ids.get(path)
        if known:
            return known
        if _SCHEME.match(path):
            raise LeadsNowhereError(_OUT)
        if path.startswith("/"):
            raise LeadsNowhereError("to an absolute path; write one relative to the document")
        if self._files is None:
            raise LeadsNowhereError("to another file, and the document has no folder; name one with --root")
        return top_of(self._opened(self._files, posixpath.join(posixpath.dirname(file), unquote(path))))

    def _opened(self, files: Files, path: str) -> str:
        """Read a file, unless it was read before, and return its path beside that of the document."""
        folder = posixpath.dirname(files.main)
        below = posixpath.normpath(posixpath.join(folder, path))
        if below == files.main:
            return ""
        if below.split("/")[0] == "..":
            raise LeadsNowhereError(f"out of the folder {files.root}; name a folder that holds both with --root")
        file = posixpath.relpath(below, folder or ".")
        if file not in self._document.texts:
            try:
                raw = files.read(below, self._name(file))
            except DocumentError as error:
                raise LeadsNowhereError(f"to a file that is not read: {error}") from error
            text = self._document.texts[file] = self._read(raw, self._name(file))
            self._document.data.setdefault(FILES, {})[file] = text.data
        return file

    def _name(self, file: str) -> str:
        """Return what messages call a file: as they call the document, whose folder it is relative to."""
        prefix = self._files.prefix if self._files else ""
        folder = posixpath.dirname(self._document.name.removeprefix(prefix))
        return prefix + posixpath.normpath(posixpath.join(folder, file))

    def _at(self, pointer: str) -> str:
        """Return the pointer of a place, through the references that stand on the way to it."""
        keys, at = split(pointer), "#"
        here: Any = self._document.data
        for _ in range(_HOPS):
            while keys and _has(here, keys[0]):
                key = keys.pop(0)
                here, at = here[key] if isinstance(here, dict) else here[int(key)], child(at, key)
            if not keys:
                return at
            if not (isinstance(here, dict) and isinstance(here.get("$ref"), str)):
                break
            file = "" if id(here) in self.rewritten else file_of(at)
            at = self.find(here["$ref"], file, top_of(file))
            here = self._document.at(at)
        raise LeadsNowhereError("nowhere")

    def _anchor(self, name: str, file: str) -> str:
        places = self._names_of(file).anchors.get(name, [])
        if len(places) > 1:
            raise LeadsNowhereError(f"to an anchor that is at {len(places)} places, {places[0]} and {places[1]}")
        if not places:
            raise LeadsNowhereError("to an anchor that no schema has; write `$anchor`, or a JSON pointer (#/...)")
        return places[0]

    def _names_of(self, file: str) -> "_Names":
        if file not in self._names:
            self._names[file] = _Names(self._document.at(top_of(file)), top_of(file))
        return self._names[file]


class _Names:
    """The names that the schemas of a file have: by `$id`, and by `$anchor` or `$dynamicAnchor`."""

    def __init__(self, data: Any, top: str) -> None:
        self.ids: dict[str, str] = {}
        self.anchors: dict[str, list[str]] = {}
        for pointer, node in _objects(data, top, "object"):
            if isinstance(node.get("$id"), str):
                self.ids.setdefault(node["$id"].removesuffix("#"), pointer)
            found = {node[key] for key in ("$anchor", "$dynamicAnchor") if isinstance(node.get(key), str)}
            for name in found:
                self.anchors.setdefault(name, []).append(pointer)


def _objects(node: Any, pointer: str, place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a document with their pointers, without recursion."""
    todo = [(node, pointer, place)]
    while todo:
        node, pointer, place = todo.pop()
        if isinstance(node, list):
            todo.extend((each, child(pointer, index), place_of_item(place)) for index, each in enumerate(node))
        elif isinstance(node, dict):
            if not is_named(place):
                yield pointer, node
            inside = ((value, child(pointer, key), place_of(place, key, value)) for key, value in node.items())
            todo.extend((value, at, where) for value, at, where in inside if where)


def _has(node: Any, key: str) -> bool:
    return (isinstance(node, dict) and key in node) or (
        isinstance(node, list) and key.isdecimal() and int(key) < len(node)
    )


def top_of(file: str) -> str:
    """Return the pointer of what a file holds."""
    return join(FILES, file) if file else "#"


def file_of(pointer: str) -> str:
    """Return the file that holds a place, by its path; empty for the document itself."""
    keys = split(pointer)
    return keys[1] if keys[:1] == [FILES] and len(keys) > 1 else ""


def as_reference(pointer: str) -> str:
    """Return a pointer as a reference, with the characters quoted that a URI can't have."""
    return "#" + quote(pointer.removeprefix("#"), safe="/~!$&'()*+,;=:@?")
