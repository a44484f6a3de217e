"""A server of its own for each test, and a client that holds every answer against the document."""

import base64
import importlib.util
import itertools
import re
import socket
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema_rs
import pytest
import yaml

from abeja_datasets_mock import RunningServer

ORGANIZATION: Final = "1102940376065"
PROPS: Final[dict[str, Any]] = {
    "categories": [
        {"category_id": 1, "name": "cats_dogs", "labels": [{"label_id": 1, "label": "dog"}, {"label_id": 2}]},
        {"category_id": 0, "name": "zero", "labels": [{"label_id": 0}]},
    ]
}
SOURCE: Final[list[dict[str, Any]]] = [{"data_type": "image/jpeg", "data_uri": "datalake://1200123803688/1"}]
_METHODS = ("get", "put", "post", "delete")


class Oracle:
    """The document, read anew by the tests: nothing of the server's own reading of it is trusted."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.operations: dict[str, tuple[str, str, dict[str, Any]]] = {
            item[method]["operationId"]: (method.upper(), path, item[method])
            for path, item in self.document["paths"].items()
            for method in _METHODS
            if method in item
        }
        self.answers = 0
        self._validators: dict[int, jsonschema_rs.Draft202012Validator] = {}

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def check(self, response: httpx.Response) -> None:
        """Fail unless the answer is one that the document has for the request."""
        response.read()
        self.answers += 1
        operation = self._operation(response.request)
        documented = operation and operation["responses"].get(str(response.status_code))
        if documented:
            documented = self.resolve(documented)
        else:
            # A path or a method that the document does not have.
            assert not operation, f"undocumented: {response.status_code}"
            assert response.status_code in (404, 405)
            documented = self.document["components"]["responses"]["DatasetNotFound"]
        for name, header in documented.get("headers", {}).items():
            assert name in response.headers or not header["required"], f"{name} is missing"
        if response.request.method == "HEAD":
            return
        assert response.headers["content-type"] == "application/json"
        schema = documented["content"]["application/json"]["schema"]
        self.validate(schema, response.json())
        if response.is_error:
            assert set(response.json()) <= {"error", "error_description", "error_detail"}
            assert "Traceback" not in response.text

    def validate(self, schema: dict[str, Any], value: Any) -> None:
        if id(schema) not in self._validators:
            root = {**schema, "components": self.document["components"]}
            self._validators[id(schema)] = jsonschema_rs.Draft202012Validator(root)
        errors = list(self._validators[id(schema)].iter_errors(value))
        assert not errors, [str(error) for error in errors]

    def _operation(self, request: httpx.Request) -> dict[str, Any] | None:
        path = request.url.raw_path.partition(b"?")[0].decode("ascii")
        for method, template, operation in self.operations.values():
            pattern = re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(template.rstrip("/")))
            slash = "" if template.endswith("}") else "/?"
            if method == request.method and re.fullmatch(pattern + slash, path):
                return operation
        return None


class Api:
    """An HTTP client of one organization, whose every answer is held against the document."""

    def __init__(self, url: str, credential: Mapping[str, str], oracle: Oracle, organization: str) -> None:
        self.organization = organization
        self.datasets_path = f"/organizations/{organization}/datasets/"
        self.http = httpx.Client(
            base_url=url,
            auth=(f"user-{credential['user_id']}", credential["personal_access_token"]),
            event_hooks={"response": [oracle.check]},
            timeout=20,
            # Loading the authorities' certificates takes longer than most of the tests.
            verify=False,
        )
        self._names = itertools.count()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.http.request(method, path, **options)

    def ok(self, method: str, path: str, **options: Any) -> Any:
        """Send a request that must succeed, and give the answer's JSON."""
        response = self.request(method, path, **options)
        assert response.is_success, response.text
        return response.json()

    def refused(self, status: int, method: str, path: str, **options: Any) -> str:
        """Send a request that must be refused, and give the description."""
        response = self.request(method, path, **options)
        assert response.status_code == status, response.text
        return str(response.json()["error_description"])

    def create_dataset(self, props: Any = None, name: str | None = None) -> dict[str, Any]:
        body = {"name": name or f"dataset {next(self._names)}", "type": "custom", "props": props or {}}
        answer: dict[str, Any] = self.ok("POST", self.datasets_path, json=body)
        return answer

    def dataset_path(self, dataset: Mapping[str, Any]) -> str:
        return f"{self.datasets_path}{dataset['dataset_id']}"

    def items_path(self, dataset: Mapping[str, Any]) -> str:
        return f"{self.dataset_path(dataset)}/items/"

    def item_path(self, item: Mapping[str, Any]) -> str:
        return f"{self.items_path(item)}{item['dataset_item_id']}"

    def create_item(self, dataset: Mapping[str, Any], attributes: Any = None) -> dict[str, Any]:
        body = {"source_data": SOURCE, "attributes": attributes or {}}
        answer: dict[str, Any] = self.ok("POST", self.items_path(dataset), json=body)
        return answer


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    return Oracle(Path(__file__).parents[2] / "openapi.yaml")


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with RunningServer() as running:
        yield running


@pytest.fixture
def make_api(oracle: Oracle) -> Iterator[Callable[..., Api]]:
    made: list[Api] = []

    def make(server: RunningServer, organization: str = ORGANIZATION) -> Api:
        made.append(Api(server.url, server.credential, oracle, organization))
        return made[-1]

    yield make
    for api in made:
        api.http.close()


@pytest.fixture
def api(server: RunningServer, make_api: Callable[..., Api]) -> Api:
    return make_api(server)


@pytest.fixture
def authorization(server: RunningServer) -> str:
    """The value of the header that the server takes."""
    pair = f"user-{server.credential['user_id']}:{server.credential['personal_access_token']}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.fixture
def send_raw(server: RunningServer) -> Callable[..., bytes]:
    """Send bytes as they are, and give all that comes back until the server closes or falls silent."""

    def send(data: bytes, *, silence: float = 0.3, step: int = 10**9) -> bytes:
        address = httpx.URL(server.url)
        with socket.create_connection((address.host, address.port or 80), timeout=silence) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(data), step):
                connection.sendall(data[at : at + step])
            received = b""
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except TimeoutError:
                pass
            return received

    return send


@pytest.fixture(scope="session")
def abeja_sdk() -> types.ModuleType:
    """The program that plays for abeja-sdk; `PYTHON` is that of an environment which has it."""
    path = Path(__file__).parent.parent.parent / "docs" / "make_abeja_sdk_table.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    if not program.PYTHON.exists():
        pytest.skip("no environment with abeja-sdk here; scripts/bench makes it")
    return program
