"""An OpenAPI document in memory: its data, and the line on which each of its places stands."""

from collections.abc import Callable, Mapping
from typing import Any

from abeja_datasets_contract.openapi.pointers import join, split


class Document:
    """An OpenAPI document with the line of each of its places.

    Attributes:
        name: what messages call it: a path, `-`, or `REV:path`.
        data: the document as plain JSON data; keys are strings, and timestamps stay text.
    """

    def __init__(self, name: str, data: dict[str, Any], lines: Callable[[], Mapping[str, int]] | None = None) -> None:
        self.name = name
        self.data = data
        self._read_lines = lines
        self._lines: Mapping[str, int] | None = None

    def copy(self, data: dict[str, Any]) -> "Document":
        """Return a document of other data whose places have the same lines."""
        return Document(self.name, data, self._lines_of_all)

    def _lines_of_all(self) -> Mapping[str, int]:
        if self._lines is None:
            self._lines = self._read_lines() if self._read_lines else {}
        return self._lines

    @property
    def is_3_0(self) -> bool:
        """Whether it is written in OpenAPI 3.0, whose schemas are no JSON Schema yet."""
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

    def line(self, pointer: str) -> int | None:
        """Return the line (from 1) of a place, or that of the nearest place around it; None for data without text."""
        lines = self._lines_of_all()
        while pointer not in lines and pointer != "#":
            pointer = pointer.rpartition("/")[0]
        return lines.get(pointer)

    def where(self, pointer: str) -> str:
        """Name a place for an error message: document, line and pointer."""
        line = self.line(pointer)
        return f"{self.name}{f', line {line}' if line else ''}, {pointer}"
