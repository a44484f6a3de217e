"""Sixteen clients at once: nothing acknowledged is lost, and each answer is one that the model could have given."""

import concurrent.futures
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

    from abeja_datasets_mock import RunningServer

CLIENTS = 16
TURNS = 12
SHARED = 0


def test_sixteen_clients(server: "RunningServer", api: "Api", monkeypatch: pytest.MonkeyPatch) -> None:
    # So small that the index has a part in what `q` finds.
    monkeypatch.setattr("abeja_datasets_mock.storage.index.BLOCK", 8)
    dataset = api.create_dataset()
    shared = api.create_item(dataset, {"client": -1, "turn": -1})
    items = api.items_path(dataset)

    def work(client: int) -> tuple[dict[int, Any], list[Any]]:
        """Return the items that this client must have left, and what it saw of the one that all change."""
        mine: dict[int, Any] = {}
        seen: list[Any] = []
        with httpx.Client(base_url=server.url, auth=api.http.auth, verify=False) as http:

            def ok(method: str, path: str, **options: Any) -> Any:
                response = http.request(method, path, **options)
                assert response.is_success, response.text
                return response.json()

            for turn in range(TURNS):
                attributes = {"client": client, "turn": turn}
                body = {"source_data": [{"data_uri": "x"}], "attributes": attributes}
                item = ok("POST", items, json=body)
                number = item["dataset_item_id"]
                mine[number] = item
                assert ok("GET", f"{items}{number}") == item
                # Nobody else makes or deletes items of this client.
                found = ok("GET", items, params={"q": f"client:{client}", "limit": 1000})
                others = [each for each in found["items"] if each["dataset_item_id"] != SHARED]
                assert others == list(mine.values())
                if turn % 3 == 0:
                    mine[number] = ok("PUT", f"{items}{number}", json={"attributes": {**attributes, "new": True}})
                elif turn % 3 == 1:
                    assert ok("DELETE", f"{items}{number}") == mine.pop(number)
                    assert http.get(f"{items}{number}").status_code == 404
                seen.append(ok("PUT", f"{items}{SHARED}", json={"attributes": attributes}))
                seen.append(ok("GET", f"{items}{SHARED}"))
        return mine, seen

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        results = list(pool.map(work, range(CLIENTS)))
    kept = {number: item for mine, _ in results for number, item in mine.items()}
    final = api.ok("GET", f"{items}{SHARED}")
    page = api.ok("GET", items, params={"limit": 1000})
    expected = [final, *(kept[number] for number in sorted(kept))]
    assert page == {"items": expected, "total_count": len(expected)}
    assert api.ok("GET", api.dataset_path(dataset))["total_count"] == len(expected)
    # Each state of the shared item is one update's, and each client saw them in one order, which only moves on.
    states = {each["updated_at"]: each for _, seen in results for each in seen}
    assert all(states[each["updated_at"]] == each for _, seen in results for each in seen)
    assert len(states) == CLIENTS * TURNS
    for _, seen in results:
        times = [each["updated_at"] for each in seen]
        assert times == sorted(times)
    assert final == states[max(states)]
    assert shared["updated_at"] < min(states)
