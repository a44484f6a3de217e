"""Servers whose responses name ids that the run did not make, and a count of the requests that this leads astray."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from tests.contract.faulty import (
    AUTHORIZATION,
    ORGANIZATION,
    OTHER_AUTHORIZATION,
    OTHER_ORGANIZATION,
    Ask,
    Asked,
    Told,
)

IDS = ("dataset_id", "dataset_item_id")
_READS = ("GET", "HEAD", "OPTIONS")
_PATH = re.compile(r"/organizations/([^/]*)/datasets(?:/([^/]*)(?:/items(?:/([^/]*))?)?)?/?")
_CREDENTIALS = {ORGANIZATION: AUTHORIZATION, OTHER_ORGANIZATION: OTHER_AUTHORIZATION}
_ITEM = {"source_data": [{"data_uri": "datalake://theirs/0"}], "attributes": {"kept": True}}
Alter = Callable[["Altered", str, Any], Any]
"""Makes an id of a property and the true one."""
Edit = Callable[["Altered", Any], Any]
"""Makes another body of a success."""


class Altered:
    """Asks the faultless server, alters the successes of some operations, and counts what changes data of others.

    Args:
        operation: a pattern of the operations.
        edit: makes another body.
        beside: whether others put an item into each dataset of the run.
    """

    def __init__(self, operation: str, edit: Edit, *, beside: bool = False) -> None:
        self.operation, self.edit, self._beside = operation, edit, beside
        self.honest = True
        """Whether responses stay as they are."""
        self.theirs: dict[tuple[str, str], Any] = {}
        """The datasets of others, each with the id of its first item."""
        self.made: dict[tuple[str, str], str] = {}
        """The datasets of the run that are there, each with its name."""
        self.seen: dict[str, list[Any]] = {name: [] for name in IDS}
        """The true ids that creates gave."""
        self.strangers: dict[str, Any] = {}
        """Items of others in the datasets of the run."""
        self.astray: list[str] = []
        """Requests that could change what the run did not make."""

    async def __call__(self, asked: Asked, ask: Ask) -> Told:
        if self.honest:
            return await ask(asked)
        if asked.method not in _READS:
            self._watch(asked)
        told = await ask(asked)
        if told.status >= 300 or asked.operation is None:
            return told
        await self._note(asked, told, ask)
        if not re.fullmatch(self.operation, asked.operation):
            return told
        return told.but(json=self.edit(self, told.json))

    def _watch(self, asked: Asked) -> None:
        match = _PATH.fullmatch(asked.path)
        parts = [unquote(part or "") for part in match.groups()] if match else []
        organization, dataset, item = parts or ("", "", "")
        stray = not match or {".", ".."} & set(parts) or (not dataset and asked.method != "POST")
        if stray or (organization, dataset) in self.theirs or self._names_stranger(asked, dataset, item):
            self.astray.append(f"{asked.method} {asked.target}")

    def _names_stranger(self, asked: Asked, dataset: str, item: str) -> bool:
        stranger = self.strangers.get(dataset)
        if stranger is None:
            return False
        return item == str(stranger) or (asked.method == "PUT" and not item and stranger in _entries(asked.body))

    async def _note(self, asked: Asked, told: Told, ask: Ask) -> None:
        organization = asked.path.split("/")[2]
        if asked.operation == "create_dataset":
            dataset = told.json["dataset_id"]
            self.made[organization, dataset] = told.json["name"]
            self.seen["dataset_id"].append(dataset)
            if self._beside:
                told = await ask(_posting(organization, f"{dataset}/items/", _ITEM))
                self.strangers[dataset] = told.json["dataset_item_id"]
        elif asked.operation == "delete_dataset":
            self.made.pop((organization, told.json["dataset_id"]), None)
            self.strangers.pop(told.json["dataset_id"], None)
        elif asked.operation == "create_dataset_item":
            self.seen["dataset_item_id"].append(told.json["dataset_item_id"])

    def settle(self, ask: Callable[[Asked], Told]) -> None:
        """Make datasets of others, in both organizations."""
        for organization in _CREDENTIALS:
            body = {"name": "theirs", "type": "custom", "props": {}}
            dataset = ask(_posting(organization, "", body)).json["dataset_id"]
            told = ask(_posting(organization, f"{dataset}/items/", _ITEM))
            self.theirs[organization, dataset] = told.json["dataset_item_id"]

    def foreign(self, name: str, organization: str = ORGANIZATION) -> Any:
        """Return an id of others."""
        dataset, item = next((key[1], item) for key, item in self.theirs.items() if key[0] == organization)
        return dataset if name == "dataset_id" else item

    def stranger(self, name: str) -> Any:
        """Return the item of others in the newest dataset of the run, or else an id of others."""
        datasets = self.seen["dataset_id"]
        return self.strangers.get(datasets[-1]) if name == "dataset_item_id" and datasets else None

    def made_before(self, name: str, back: int) -> Any:
        """Return an id that the run was given before."""
        found = self.seen[name]
        return found[max(-len(found), -back)] if found else self.foreign(name)


def _posting(organization: str, path: str, body: Any) -> Asked:
    headers = {"content-type": "application/json", "authorization": _CREDENTIALS[organization]}
    return Asked("POST", f"/organizations/{organization}/datasets/{path}", headers, json.dumps(body).encode())


def _entries(body: bytes) -> list[Any]:
    """List the ids in the body of a bulk update."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        return []
    entries = entries if isinstance(entries, list) else []
    found = [entry.get("dataset_item_id") for entry in entries if isinstance(entry, dict)]
    return [item for item in found if type(item) is int]


def ids(value: Any, edit: Callable[[str, Any], Any]) -> Any:
    """Edit the ids in a body."""
    if isinstance(value, list):
        return [ids(inner, edit) for inner in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("items"), list):
        return {**value, "items": ids(value["items"], edit)}
    return {key: edit(key, inner) if key in IDS else inner for key, inner in value.items()}


def _constant(value: Any) -> Alter:
    return lambda _server, _name, _true: value


_VALUES: tuple[Any, ...] = (
    "", ".", "..", "a/b", "%2e", "%2E%2e", "../..", "?", "#", "x\n", "\x00", "\ud800", "\uff0e", "x" * 5000, [], {},
    [1], None, True, False, 0, -1, 1.5, 10**30, "0",
)  # fmt: skip
ALTERS: dict[str, Alter] = {
    "that of others": lambda s, n, _: s.foreign(n),
    "that of others as text": lambda s, n, _: str(s.foreign(n)),
    "that of others as a number": lambda s, n, _: int(s.foreign(n)),
    "that of others in a list": lambda s, n, _: [s.foreign(n)],
    "that of others behind dots": lambda s, _n, _: f"../datasets/{s.foreign('dataset_id')}",
    "that of others with its items": lambda s, _n, _: f"{s.foreign('dataset_id')}/items/{s.foreign('dataset_item_id')}",
    "that of others with a slash": lambda s, n, _: f"{s.foreign(n)}/",
    "that of others with a query": lambda s, n, _: f"{s.foreign(n)}?x=",
    "that of others with a line end": lambda s, n, _: f"{s.foreign(n)}\n",
    "that of others with spaces": lambda s, n, _: f" {s.foreign(n)} ",
    "that of others, encoded": lambda s, n, _: "".join(f"%{byte:02x}" for byte in str(s.foreign(n)).encode()),
    "that of another organization": lambda s, n, _: s.foreign(n, OTHER_ORGANIZATION),
    "that of an item of others beside it": lambda s, n, true: true if n == "dataset_id" else s.stranger(n),
    "the one before": lambda s, n, _: s.made_before(n, 2),
    "the first": lambda s, n, _: s.made_before(n, 10**6),
    "one more": lambda _s, _n, true: type(true)(int(true) + 1),
    "in capitals": lambda _s, _n, true: str(true).upper(),
    "as text or as a number": lambda _s, _n, true: str(true) if isinstance(true, int) else int(true),
    **{f"{str(value)[:9]!a} ({type(value).__name__})": _constant(value) for value in _VALUES},
    "of more digits than Python writes": _constant("9" * 5000),
}


def altered_ids(alter: Alter) -> Edit:
    return lambda server, body: ids(body, lambda name, true: alter(server, name, true))


def _records(body: Any) -> list[Any]:
    found = body["items"] if isinstance(body, dict) and isinstance(body.get("items"), list) else body
    return found if isinstance(found, list) else [found]


def _with_records(body: Any, records: list[Any]) -> Any:
    if isinstance(body, list):
        return records
    return {**body, "items": records} if isinstance(body.get("items"), list) else records[0]


def _swapped(_server: Altered, body: Any) -> Any:
    """Replace the ids of each record by the ids of the one behind it."""
    records = _records(body)
    kept = [{key: record[key] for key in IDS if key in record} for record in records]
    return _with_records(body, [{**record, **kept[number - 1]} for number, record in enumerate(records)])


def _doubled(server: Altered, body: Any) -> Any:
    """List each record again under an id of others."""
    records = _records(body)
    again = [ids(record, lambda name, _: server.foreign(name)) for record in records]
    return _with_records(body, [*again, *records] if isinstance(body, list) else [*records, *again])


def _named(name: Callable[[Altered], str]) -> Edit:
    """Add datasets of others under a name like those of the run."""

    def edit(server: Altered, body: Any) -> Any:
        others = [{"dataset_id": dataset, "name": name(server)} for _, dataset in server.theirs]
        return [*({**body[0], **other} for other in others), *body] if isinstance(body, list) and body else body

    return edit


def _last_name(server: Altered) -> str:
    return next(reversed(server.made.values()), "x")


def _renamed(server: Altered, body: Any) -> Any:
    """Replace the name of every dataset by the one that the run gave last."""
    records = [{**record, "name": _last_name(server)} if "name" in record else record for record in _records(body)]
    return _with_records(body, records)


def _run(server: Altered) -> str:
    return _last_name(server)[:23]


EDITS: dict[str, Edit] = {
    **{f"ids: {kind}": altered_ids(alter) for kind, alter in ALTERS.items()},
    "ids swapped": _swapped,
    "entries doubled": _doubled,
    "foreign entries with the last name": _named(_last_name),
    "foreign entries with the prefix": _named(lambda _: "contract-check-"),
    "foreign entries with the run's name": _named(_run),
    "foreign entries with more behind the name": _named(lambda server: f"{_last_name(server)}-more"),
    "foreign entries as of fuzzing": _named(lambda server: f"{_run(server)}-fuzz-1"),
    "names altered": _renamed,
    "names and ids altered": lambda server, body: _renamed(server, altered_ids(ALTERS["that of others"])(server, body)),
}
OPERATIONS = {
    "create_dataset": "create_dataset",
    "get_dataset": "get_dataset",
    "list_datasets": "list_datasets",
    "create_dataset_item": "create_dataset_item",
    "get_dataset_item": "get_dataset_item",
    "list_dataset_items": "list_dataset_items",
    "creates": "create_.*",
    "all": ".*",
    "creates and lists": "create_.*|list_.*",
}


def cases() -> Iterator[tuple[str, str]]:
    """List what can be altered where; a consistent lie about names and ids at once is none that a read shows."""
    for operation, pattern in OPERATIONS.items():
        for kind in EDITS:
            if kind.startswith("foreign") and not re.fullmatch(pattern, "list_datasets"):
                continue
            if kind.startswith("names") and operation not in ("create_dataset", "list_datasets", "get_dataset"):
                continue
            yield operation, kind
