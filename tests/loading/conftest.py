"""Fixtures for whole runs: against the reference server with its faults, and against servers that are odd."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.loading.whole_runs import Loading

from abeja_datasets import APIClient
from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_mock import RunningServer


@pytest.fixture
def loading(dataset_api: DatasetApi, tmp_path: Path) -> Loading:
    plain = dataset_api.client(base_url=dataset_api.server_url)
    return Loading(dataset_api.client(timeout=5), plain, tmp_path / "journal")


@pytest.fixture
def odd(dataset_api: DatasetApi, tmp_path: Path) -> Iterator[Any]:  # noqa: ARG001 - keeps proxies of the machine out
    """Return a function that starts a server with a middleware."""
    servers: list[RunningServer] = []
    clients: list[APIClient] = []

    def start(middleware: Any, patience: float = 5, **options: Any) -> Loading:
        server = RunningServer()
        server.app.add_middleware(middleware, **options)
        servers.append(server.start())
        clients.extend(APIClient(server.credential, base_url=server.url, timeout=each) for each in (patience, 5))
        return Loading(clients[-2], clients[-1], tmp_path / "journal")

    yield start
    for client in clients:
        client.close()
    for server in servers:
        server.stop()
