"""How the document writes requests: the address of its server, and the style of a parameter (OpenAPI 3.1, 4.8.12.2)."""

import re
from typing import TYPE_CHECKING, Any

from abeja_datasets_contract.openapi import serialization
from upkeep.document.contract import Part
from upkeep.left.reach import MARK, of_kind

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

TOKEN = re.compile("token|cursor|after|offset|page$", re.IGNORECASE)
"""Names of the place in a list to go on from."""
SIZE = re.compile("limit|size|max|per_page|count", re.IGNORECASE)
"""Names of the size of a page."""


def server_url(document: "Document") -> str:
    """Return the address of the first server, with the defaults of its variables; `/` without one."""
    server = (document.data.get("servers") or [{"url": "/"}])[0]
    variables = server.get("variables") or {}
    url = re.sub(r"\{([^}]*)\}", lambda match: str(variables.get(match[1], {}).get("default", "")), server["url"])
    return str(url).rstrip("/")


class Style:
    """How the value of a parameter is written.

    Attributes:
        kind: what value it takes: `scalar`, `list` or `object`.
        words: its style, in words.
        names: what it is called in a query, beside its own name.
    """

    def __init__(self, document: "Document", part: Part) -> None:
        raw = document.mapping(part.pointer)
        self._part = part
        self.kind = {"array": "list", "object": "object"}.get(str(part.schema.get("type")), "scalar")
        self._raw = raw
        style, explode = serialization.style_of(raw)
        exploded = "" if explode else ", explode: false"
        self.words = "JSON (content)" if "content" in raw else f"style: {style}{exploded}"
        self.names = [f"{part.name}[key]"] if style == "deepObject" else []
        if self.kind == "object" and style == "form" and explode:
            self.names = ["key"]

    def reached(self, sent: dict[str, Any]) -> bool:
        """Return whether a marked value stands in a request where the parameter belongs."""
        return any(MARK in value for value in self._values(sent))

    def arguments(self, sent: dict[str, Any]) -> list[str]:
        """Return the arguments whose marks stand there."""
        return [name for value in self._values(sent) for name in re.findall(rf"{MARK}-(\w+)", value)]

    def _values(self, sent: dict[str, Any]) -> list[str]:
        name = self._part.name
        if self._part.location == "query":
            return [value for key, value in sent["query"] if key in (name, *self.names)]
        holder = sent["headers" if self._part.location == "header" else "cookies"]
        key = name.lower() if self._part.location == "header" else name
        return [holder[key]] if key in holder else []

    def is_right(self, sent: dict[str, Any]) -> bool:
        """Return whether a request has the value of this kind that `upkeep.left.reach` gives, in this style."""
        if self._part.location != "query":
            return True
        pairs = [tuple(pair) for pair in sent["query"]]
        return all(pair in pairs for pair in self.pairs(of_kind(self.kind)))

    def pairs(self, value: Any) -> list[tuple[str, str]]:
        """Return the names and the texts that stand for a value."""
        return serialization.pairs(self._raw, self._part.name, value)
