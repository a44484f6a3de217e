"""The reference server, in a process of its own, for benchmarks of clients."""

import os
import subprocess
import sys
from typing import Any, Self

ORGANIZATION = "1102940376065"
ITEM: dict[str, Any] = {
    "source_data": [
        {
            "data_type": "image/jpeg",
            "data_uri": "datalake://1200123803688/20170815T044617-f20dde80-1e3b-4496-bc06-1b63b026b872",
            "height": 500,
            "width": 200,
        }
    ],
    "attributes": {
        "classification": [{"category_id": 1, "label_id": 1}],
        "custom": [{"anything": "something"}],
        "detection": [
            {"category_id": 1, "label_id": 2, "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220}},
        ],
    },
}


class MockServer:
    """A server with one dataset and one item in it.

    Attributes:
        environment: the environment variables that lead a client to it.
        item_path: organization, dataset and item.
    """

    environment: dict[str, str]
    item_path: tuple[str, str, str]

    def __enter__(self) -> Self:
        from abeja_datasets import APIClient

        clean = {k: v for k, v in os.environ.items() if not k.startswith(("ABEJA_", "PLATFORM_AUTH_TOKEN"))}
        credential = {
            "ABEJA_PLATFORM_USER_ID": "user-1",
            "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": "benchmark-token",
        }
        command = [sys.executable, "-m", "abeja_datasets_mock", "--port", "0"]
        self._process = subprocess.Popen(command, env={**clean, **credential}, stdout=subprocess.PIPE, text=True)
        url = ""
        while not url:
            line = self._process.stdout.readline() if self._process.stdout else ""
            if not line:
                raise RuntimeError("the reference server did not start")
            if line.startswith("export ABEJA_API_URL="):
                url = line.strip().partition("=")[2]
        self.environment = {**clean, **credential, "ABEJA_API_URL": url}
        given = {"user_id": "user-1", "personal_access_token": "benchmark-token"}
        with APIClient(given, base_url=url) as api_client:
            dataset = api_client.create_dataset(ORGANIZATION, "benchmark", "custom", {})
            item = api_client.create_dataset_item(ORGANIZATION, dataset["dataset_id"], **ITEM)
        self.item_path = (ORGANIZATION, dataset["dataset_id"], str(item["dataset_item_id"]))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()
