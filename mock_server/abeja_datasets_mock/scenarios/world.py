"""The data of a row: an organization of its own with a dataset and two items, and their state afterwards."""

import base64
import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_SOURCE = [{"data_type": "image/jpeg", "data_uri": "datalake://1200000000000/20180520T133855"}]
_OLD: Mapping[str, Any] = {"state": "old"}
NEW: Mapping[str, Any] = {"state": "new"}
_NOT_FOUND = 404
_ERRORS = 400


class Snapshot(NamedTuple):
    """The state of the server: the names of the datasets, and the attributes of the first one's items by id."""

    datasets: tuple[str, ...]
    items: tuple[tuple[int, str], ...]


class World:
    """An organization, reached without faults or a client.

    Args:
        url: of the server itself.
        credential: `user_id` and `personal_access_token`, good for any organization.
        organization_id: one that no other row has used.
    """

    def __init__(self, url: str, credential: Mapping[str, str], organization_id: str) -> None:
        self.organization_id = organization_id
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        pair = f"user-{credential['user_id']}:{credential['personal_access_token']}"
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            "Content-Type": "application/json",
        }
        self._path = f"/organizations/{organization_id}/datasets/"
        self.dataset_id: str = self._ask("POST", "", {"name": "first", "type": "custom", "props": {}})["dataset_id"]
        for _ in range(2):
            self._ask("POST", f"{self.dataset_id}/items/", {"source_data": _SOURCE, "attributes": _OLD})
        self.before = Snapshot(("first",), ((0, "old"), (1, "old")))

    def close(self) -> None:
        """Close its connection."""
        self._connection.close()

    def arguments(self, operation: str) -> dict[str, Any]:
        """Return the arguments for a call of an operation, by their documented names."""
        organization = {"organization_id": self.organization_id}
        dataset = {**organization, "dataset_id": self.dataset_id}
        entries = [{"dataset_item_id": item, "attributes": NEW} for item in (0, 1)]
        given: dict[str, dict[str, Any]] = {
            "create_dataset": {**organization, "name": "created", "type": "custom", "props": {}},
            "list_datasets": organization,
            "create_dataset_item": {**dataset, "source_data": _SOURCE, "attributes": NEW},
            "get_dataset_item": {**dataset, "dataset_item_id": 0},
            "update_dataset_item": {**dataset, "dataset_item_id": 0, "attributes": NEW},
            "bulk_update_dataset_item": {**dataset, "bulk_attributes": entries},
            "delete_dataset_item": {**dataset, "dataset_item_id": 1},
        }
        return given.get(operation, dataset)

    def snapshot(self) -> Snapshot:
        """Read the state of the server."""
        names = tuple(dataset["name"] for dataset in self._ask("GET", ""))
        page = self._ask("GET", f"{self.dataset_id}/items/") or {"items": ()}
        return Snapshot(names, tuple((item["dataset_item_id"], item["attributes"]["state"]) for item in page["items"]))

    def after(self, operation: str, times: int) -> Snapshot:
        """Return the state after an operation was carried out this many times."""
        datasets, items = self.before
        if not times:
            return self.before
        changed: dict[str, Snapshot] = {
            "create_dataset": Snapshot((*datasets, *["created"] * times), items),
            "delete_dataset": Snapshot((), ()),
            "create_dataset_item": Snapshot(datasets, (*items, *((2 + number, "new") for number in range(times)))),
            "update_dataset_item": Snapshot(datasets, ((0, "new"), *items[1:])),
            "bulk_update_dataset_item": Snapshot(datasets, ((0, "new"), (1, "new"))),
            "delete_dataset_item": Snapshot(datasets, items[:1]),
        }
        return changed.get(operation, self.before)

    def described(self, operation: str, after: Snapshot) -> str:
        """Return the change in words."""
        for times, words in enumerate(("unchanged", "changed", "changed twice", "changed 3 times", "changed 4 times")):
            if after == self.after(operation, times):
                return words
        return f"holds {after}"

    def is_right(self, operation: str, response: Any, state: Snapshot) -> bool:
        """Return whether a response is right for such a call in this state; fields of no concern are ignored."""
        try:
            return self._facts(operation, response, state)
        except (TypeError, KeyError, IndexError):
            return False

    def _facts(self, operation: str, response: Any, state: Snapshot) -> bool:
        if operation == "create_dataset":
            return bool(response["name"] == "created" and response["dataset_id"] != self.dataset_id)
        if operation == "get_dataset":
            return bool(response["dataset_id"] == self.dataset_id and response["total_count"] >= 0)
        if operation == "delete_dataset":
            return bool(response["dataset_id"] == self.dataset_id)
        if operation == "list_datasets":
            return [dataset["name"] for dataset in response] == list(state.datasets)
        items = response["items"] if isinstance(response, dict) and "items" in response else response
        found = [item["dataset_item_id"] for item in (items if isinstance(items, list) else [items])]
        wanted = {"create_dataset_item": [2], "delete_dataset_item": [1]}
        wanted["list_dataset_items"] = [item for item, _ in state.items]
        return found == ([0, 1] if operation == "bulk_update_dataset_item" else wanted.get(operation, [0]))

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request, and return the parsed body; None for a 404."""
        content = None if body is None else json.dumps(body)
        self._connection.request(method, self._path + path, content, self._headers)
        response = self._connection.getresponse()
        content = json.loads(response.read())
        if response.status == _NOT_FOUND:
            return None
        if response.status >= _ERRORS:
            raise RuntimeError(f"{method} {path} returned {response.status}: {content}")
        return content
