"""An OpenAPI document in memory: its data, and the file and line in which each of its places stands."""

from typing import Any, NamedTuple

from abeja_datasets_contract.openapi.pointers import join, split
from abeja_datasets_contract.openapi.texts.text import Text

FILES = "x-abeja-datasets-files"
"""The key of `Document.data` that holds the other files which references lead to, by their paths."""


class Written(NamedTuple):
    """Where something is written.

    Attributes:
        file: the path of the file, beside that of the document; empty for the document itself.
        name: what messages call the file.
        pointer: the place in that file.
        line: its line, from 1, or that of the nearest place around it; None for data without text.
    """

    file: str
    name: str
    pointer: str
    line: int | None

    @property
    def reference(self) -> str:
        """The place as a reference of the document would name it."""
        return f"{self.file}{self.pointer}"


class Document:
    """An OpenAPI document with the file and line of each of its places.

    Attributes:
        name: what messages call it: a path, `-`, or `REV:path`.
        data: the document as plain JSON data; keys are strings, and timestamps stay text. Each reference in it is a
            pointer of the same data: what another file holds is below the key `FILES`.
        texts: the files it was read from, by their paths; the document itself has an empty path.
        moved: what stands in the data in place of a reference to it: by the identity of its container and its key, the
            file and the keys of where it is written.
    """

    def __init__(self, name: str, data: dict[str, Any], text: Text | None = None) -> None:
        self.name = name
        self.data = data
        self._as_read = data
        self.texts: dict[str, Text] = {} if text is None else {"": text}
        self.moved: dict[tuple[int, str], tuple[str, list[str]]] = {}

    def copy(self, data: dict[str, Any]) -> "Document":
        """Return a document of other data whose places are written where those of this one are."""
        copied = Document(self.name, data)
        copied._as_read, copied.texts, copied.moved = self._as_read, self.texts, self.moved
        return copied

    @property
    def is_3_0(self) -> bool:
        """Whether it is written in OpenAPI 3.0, whose schemas are not yet JSON Schema."""
        return str(self.data.get("openapi", "")).startswith("3.0")

    def at(self, pointer: str) -> Any:
        """Return what stands at a pointer such as `#/paths/~1files/get`.

        Raises:
            KeyError: nothing stands there.
        """
        here: Any = self.data
        for key in split(pointer):
            if isinstance(here, dict) and key in here:
                here = here[key]
            elif isinstance(here, list) and key.isdecimal() and int(key) < len(here):
                here = here[int(key)]
            else:
                raise KeyError(pointer)
        return here

    def mapping(self, pointer: str) -> dict[str, Any]:
        """Return the mapping at a pointer; an empty one where there is none."""
        try:
            here = self.at(pointer)
        except KeyError:
            return {}
        return here if isinstance(here, dict) else {}

    def follow(self, pointer: str) -> str:
        """Follow the reference that stands at a pointer, and those it leads to; without one, the pointer itself."""
        here = self.at(pointer)
        while isinstance(here, dict) and isinstance(here.get("$ref"), str):
            pointer = join(*split(here["$ref"]))
            here = self.at(pointer)
        return pointer

    def schema(self, pointer: str) -> str:
        """Follow the references from a schema as long as nothing counts beside them."""
        here = self.at(pointer)
        while isinstance(here, dict) and isinstance(here.get("$ref"), str) and (len(here) == 1 or self._ignores(here)):
            pointer = join(*split(here["$ref"]))
            here = self.at(pointer)
        return pointer

    def _ignores(self, reference: dict[str, Any]) -> bool:
        """Return whether nothing that stands beside a reference counts."""
        return self.is_3_0 and not reference.get("nullable") and "x-as-base" not in reference

    def written(self, pointer: str) -> Written:
        """Return where the place that a pointer leads to is written."""
        file, keys = "", list[str]()
        here: Any = self._as_read
        files = self._as_read.get(FILES, self)
        for key in split(pointer):
            if here is files:
                file, keys = key, []
            elif (id(here), key) in self.moved:
                file, moved = self.moved[id(here), key]
                keys = [*moved]
            else:
                keys.append(key)
            here = _inside(here, key)
        text = self.texts.get(file)
        return Written(file, text.name if text else self.name, join(*keys), text.line(keys) if text else None)

    def line(self, pointer: str) -> int | None:
        """Return the line (from 1) of a place, or that of the nearest place around it; None for data without text."""
        return self.written(pointer).line

    def where(self, pointer: str) -> str:
        """Return what an error message calls a place: the file, its line and the pointer."""
        written = self.written(pointer)
        return f"{written.name}{f', line {written.line}' if written.line else ''}, {written.pointer}"


_NOTHING: dict[str, Any] = {}


def _inside(here: Any, key: str) -> Any:
    """Return what stands at a key; an empty mapping where nothing does."""
    if isinstance(here, dict):
        return here.get(key, _NOTHING)
    if isinstance(here, list) and key.isdecimal() and int(key) < len(here):
        return here[int(key)]
    return _NOTHING
