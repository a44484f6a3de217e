"""A server, and the command run against it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from abeja_datasets import APIClient
from abeja_datasets_cli.main import main
from abeja_datasets_mock import RunningServer

ORGANIZATION = "1102940376065"


class World:
    """A server with one organization, and the commands.

    Attributes:
        client: a client of the server.
        folder: where files are.
    """

    def __init__(self, server: RunningServer, client: APIClient, folder: Path) -> None:
        self.server = server
        self.client = client
        self.folder = folder

    def run(self, *arguments: object, code: int = 0, stdin: str | bytes | None = None) -> Result:
        """Run a command, and check its exit code."""
        result = CliRunner().invoke(main, [*map(str, arguments)], input=stdin)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    def dataset(self, name: str = "d", props: Any = None) -> str:
        """Create a dataset, and return its id."""
        return str(self.client.create_dataset(ORGANIZATION, name, "custom", props or {})["dataset_id"])

    def datasets(self) -> list[Any]:
        """Return all datasets."""
        return list(self.client.iter_datasets(ORGANIZATION))

    def items(self, dataset_id: str) -> list[Any]:
        """Return the content of all items of a dataset."""
        found = self.client.iter_dataset_items(ORGANIZATION, dataset_id)
        return [{key: item[key] for key in ("source_data", "attributes")} for item in found]

    def write(self, name: str, content: str | list[Any]) -> Path:
        """Write a file: text, or items as JSON lines."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else "".join(f"{json.dumps(each)}\n" for each in content))
        return path


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    request.getfixturevalue("nothing_set")
    with RunningServer() as server, APIClient(server.credential, base_url=server.url) as client:
        for name, value in {
            "ABEJA_API_URL": server.url,
            "ABEJA_ORGANIZATION_ID": ORGANIZATION,
            "ABEJA_PLATFORM_USER_ID": str(server.credential["user_id"]),
            "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": str(server.credential["personal_access_token"]),
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        yield World(server, client, tmp_path)
