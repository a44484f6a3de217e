"""JSON that comes back otherwise than it was given."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from tests.contract.faults.kit import each, putting, requests, responses


def _deep(edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return edit({walk(key): walk(inner) for key, inner in value.items()})
        if isinstance(value, list):
            return edit([walk(inner) for inner in value])
        return edit(value)

    return walk


def _kept(name: str, edit: Callable[[Any], Any], *first: str, field: str = "attributes") -> None:
    operation = ".*_dataset_items?" if field != "props" else ".*_datasets?"
    responses("state", name, operation, putting(field, _deep(edit)), *first)


def _of(kind: type[Any], edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: edit(value) if type(value) is kind else value


_kept("text is cut", _of(str, lambda t: t[:5000]), "fidelity.attributes.long-text")
_kept("text is cut at 64 KiB", _of(str, lambda t: t[:65_535]), "fidelity.attributes.long-text")
_kept("keys are cut", _of(dict, lambda v: {k[:255]: x for k, x in v.items()}), "fidelity.attributes.keys")
_kept("objects are cut", _of(dict, lambda v: dict(list(v.items())[:500])), "fidelity.attributes.keys")
_kept("text is trimmed", _of(str, str.strip), "fidelity.attributes.*")
_kept("text is escaped", _of(str, lambda t: t.replace("<", "&lt;")), "fidelity.attributes.markup")
_kept("line ends are changed", _of(str, lambda t: t.replace("\r\n", "\n")), "fidelity.attributes.controls")
_kept("text is normalized", _of(str, lambda t: unicodedata.normalize("NFC", t)), "fidelity.attributes.*")
_kept(
    "whole floats become integers",
    _of(float, lambda n: int(n) if n.is_integer() and abs(n) < 1e9 else n),
    "fidelity.attributes.whole-floats",
    "search.entries",
)
_kept("booleans become numbers", _of(bool, int), "fidelity.attributes.*", "search.entries")
_kept(
    "numbers are read from text",
    _of(str, lambda t: int(t) if t.isdecimal() else t),
    "fidelity.attributes.look-alikes",
    "search.entries",
)
_kept(
    "times are rewritten",
    _of(str, lambda t: re.sub("^(.{10}T.{8})Z$", r"\1+00:00", t)),
    "fidelity.attributes.look-alikes",
)
_kept(
    "lists are sets", _of(list, lambda v: [x for n, x in enumerate(v) if x not in v[:n][-5:]]), "fidelity.attributes.*"
)
_kept(
    "empty lists are dropped",
    _of(dict, lambda v: {k: x for k, x in v.items() if x != []}),
    "fidelity.attributes.*",
    "validation.*",
)
_kept(
    "keys with a dot are dropped",
    _of(dict, lambda v: {k: x for k, x in v.items() if "." not in k}),
    "fidelity.props.unknown-keys",
    field="props",
)
_kept("integers of props through a double", _of(int, lambda n: int(float(n))), "fidelity.props.*", field="props")
responses(
    "state",
    "lists have the first file alone",
    "list_dataset_items",
    lambda page: each(page, lambda item: {**item, "source_data": item["source_data"][:1]}),
    "current.items",
    "paging.items.entries",
    "items.*",
)
requests(
    "state",
    "types of files are lower case",
    "create_dataset_item",
    lambda a: a.but(
        json={
            **a.json,
            "source_data": [
                {**file, "data_type": file["data_type"].lower()} if "data_type" in file else file
                for file in a.json["source_data"]
            ],
        }
    ),
    "items.*",
)
