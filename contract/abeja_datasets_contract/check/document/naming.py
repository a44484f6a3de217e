"""Which operation of the document is which one that the check knows, and what the ids in a path are.

An operation is known by its operationId, or else by its method and its place below the list of datasets.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from abeja_datasets_contract.openapi.operations import Operation

from .ids import IDS, PLACEHOLDER, ordered

PLACES = {
    ("GET", ""): "list_datasets",
    ("POST", ""): "create_dataset",
    ("GET", "/{}"): "get_dataset",
    ("DELETE", "/{}"): "delete_dataset",
    ("GET", "/{}/items"): "list_dataset_items",
    ("POST", "/{}/items"): "create_dataset_item",
    ("PUT", "/{}/items"): "bulk_update_dataset_item",
    ("GET", "/{}/items/{}"): "get_dataset_item",
    ("PUT", "/{}/items/{}"): "update_dataset_item",
    ("DELETE", "/{}/items/{}"): "delete_dataset_item",
}
"""The operations that the check knows, by method and by place below the list of datasets."""
KNOWN = frozenset(PLACES.values())
_FIRST, _ROOT = "list_datasets", "{}/datasets"


def shape(path: str) -> str:
    """Return a template without the names of its placeholders and without the slash at its end."""
    return PLACEHOLDER.sub("{}", path).rstrip("/")


def named(operations: Iterable[Operation]) -> Mapping[str, Operation]:
    """Return operations by the name that the check has for each, or else by operationId.

    One that has neither is left out.
    """
    every = list(operations)
    by_id = {known.raw["operationId"]: known for known in every if "operationId" in known.raw}
    root = shape(by_id[_FIRST].path) if _FIRST in by_id else _root(every)
    found = {}
    for known in every:
        name = known.raw.get("operationId")
        place = PLACES.get((known.method.upper(), shape(known.path).removeprefix(root))) if root else None
        if name not in KNOWN and place is not None and place not in by_id:
            name = place
        if name is not None:
            found[name] = known
    return found


def _root(operations: Iterable[Operation]) -> str:
    """Return the shape of the path of the list of datasets, where no operationId names it."""
    shapes = (shape(known.path) for known in operations if known.method == "get")
    return min((each for each in shapes if each.endswith(_ROOT)), key=len, default="")


class Target(NamedTuple):
    """What the path of a request names; empty where it names none."""

    organization: str = ""
    dataset: str = ""
    items: bool = False
    """Whether the path goes on behind the dataset."""
    item: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The dataset with its organization."""
        return self.organization, self.dataset


class Paths:
    """The paths whose ids the check knows: those of known operations, and those that go on behind one of their ids.

    Args:
        paths: the template of each operation by its name.
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._cuts = {_cut(path) for name, path in paths.items() if name in KNOWN}
        fitting = {path.rstrip("/") for path in paths.values() if self.fits(path)}
        # A literal segment goes before an id at the same place.
        self._patterns = [
            re.compile(_pattern(path), re.DOTALL) for path in sorted(fitting, key=lambda path: path.count("{"))
        ]

    def fits(self, path: str) -> bool:
        """Return whether all ids in a template are those of an organization, a dataset and an item."""
        names = PLACEHOLDER.findall(path)
        return 0 < len(names) <= len(IDS) and names[0] not in IDS[1:] and _cut(path) in self._cuts

    def target(self, path: str) -> Target | None:
        """Return what the path of a request names; None where it is not a path of the document.

        A path may have another spelling than the documented one: with or without a slash at its end.
        """
        matches = (pattern.fullmatch(path) for pattern in self._patterns)
        found = next((match.groupdict() for match in matches if match), {})
        ids = {name: unquote(text or "") for name, text in found.items()}
        if not ids or {".", ".."} & set(ids.values()):
            return None
        organization, dataset, item = (ids.get(name, "") for name in IDS)
        return Target(organization, dataset, bool(ids.get("below")), item)


def _cut(path: str) -> str:
    """Return the shape of a template up to its last placeholder."""
    return shape(path).rpartition("}")[0]


def _pattern(path: str) -> str:
    """Return a regular expression of a path that takes out its ids, and as `below` what is behind the dataset's."""
    names, literals = ordered(path), PLACEHOLDER.split(path)[::2]
    text = re.escape(literals[0])
    for name, literal in zip(dict.fromkeys(names), literals[1:], strict=False):
        below = "(?P<below>" if name == "dataset_id" else ""
        group = re.sub(r"\W", "_", name)
        text += f"(?P<{group}>[^/?]+){below}{re.escape(literal)}"
    return rf"{text}{')' if '(?P<below>' in text else ''}/?(?:\?.*)?"
