"""How the document writes requests: the address of its server, and the style of a parameter (OpenAPI 3.1, 4.8.12.2)."""

import json
import re
from typing import TYPE_CHECKING, Any

from upkeep.document.contract import Part
from upkeep.left.reach import MARK, of_kind

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

TOKEN = re.compile("token|cursor|after|offset|page$", re.IGNORECASE)
"""Names of the place in a list to go on from."""
SIZE = re.compile("limit|size|max|per_page|count", re.IGNORECASE)
"""Names of the size of a page."""
_BETWEEN = {"spaceDelimited": " ", "pipeDelimited": "|"}


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
        self._style = raw.get("style", "form")
        self._explode = raw.get("explode", self._style == "form")
        self._is_json = "content" in raw
        exploded = "" if self._explode else ", explode: false"
        self.words = "JSON (content)" if self._is_json else f"style: {self._style}{exploded}"
        self.names = [f"{part.name}[key]"] if self._style == "deepObject" else []
        if self.kind == "object" and self._style == "form" and self._explode:
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
        name = self._part.name
        if self._is_json:
            return [(name, json.dumps(value, separators=(",", ":")))]
        if isinstance(value, dict):
            return self._object({key: _text(one) for key, one in value.items()})
        if not isinstance(value, list):
            return [(name, _text(value))]
        texts = [_text(one) for one in value]
        if self._explode:
            return [(name, text) for text in texts]
        return [(name, _BETWEEN.get(self._style, ",").join(texts))]

    def _object(self, texts: dict[str, str]) -> list[tuple[str, str]]:
        name = self._part.name
        if self._style == "deepObject":
            return [(f"{name}[{key}]", text) for key, text in texts.items()]
        if self._explode:
            return [*texts.items()]
        return [(name, _BETWEEN.get(self._style, ",").join(part for pair in texts.items() for part in pair))]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
