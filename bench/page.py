"""What a page of 1,000 items costs: `list_dataset_items` against httpx's transport and `json.loads`, in turns."""

import base64
import json
import os
import time
from statistics import median
from typing import Any, Final

import httpx
from servers import ITEM, MockServer

from abeja_datasets import APIClient

ROUNDS: Final = 300
ITEMS: Final = 1_000


def measure() -> dict[str, Any]:
    """Return the medians, in milliseconds a page, and their ratio."""
    with MockServer() as server:
        os.environ.update(server.environment)
        organization, dataset, _ = server.item_path
        with APIClient() as api_client, httpx.HTTPTransport() as transport:
            for _ in range(ITEMS - 1):
                api_client.create_dataset_item(organization, dataset, **ITEM)
            request = _request(organization, dataset)

            def bare() -> Any:
                response = transport.handle_request(request)
                body = b"".join(response.stream)  # type: ignore[arg-type]  # of a sync transport
                response.close()
                return json.loads(body)

            calls = {
                "ours": lambda: api_client.list_dataset_items(organization, dataset, {"limit": ITEMS}),
                "transport and json.loads": bare,
            }
            times: dict[str, list[float]] = {name: [] for name in calls}
            turns = list(calls.items())
            for _ in range(ROUNDS):
                # The garbage collector would else run in the same one of them each time.
                turns.reverse()
                for name, call in turns:
                    page = None
                    start = time.perf_counter()
                    page = call()
                    times[name].append(time.perf_counter() - start)
                    assert len(page["items"]) == ITEMS
    ours, peer = times.values()
    return {
        "milliseconds a page": {name: round(median(each) * 1e3, 2) for name, each in times.items()},
        "ratio (must reach 1.05)": round(median(a / b for a, b in zip(ours, peer, strict=True)), 3),
    }


def _request(organization: str, dataset: str) -> httpx.Request:
    user, token = (os.environ[f"ABEJA_PLATFORM_{name}"] for name in ("USER_ID", "PERSONAL_ACCESS_TOKEN"))
    return httpx.Request(
        "GET",
        f"{os.environ['ABEJA_API_URL']}/organizations/{organization}/datasets/{dataset}/items/?limit={ITEMS}",
        headers={"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()},
    )


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
