"""The pytest plugin: a reference server for each test, with clients, faults and a record of the requests.

::

    def test_upload(dataset_api):
        upload(dataset_api.client(), dataset_api.organization_id)
        assert [request.method for request in dataset_api.requests] == ["POST"]

The server responds as the platform is documented. `--abeja-mock-like deployed`, or `abeja_mock_like = deployed` in the
configuration, makes it respond as the platform is deployed; `@pytest.mark.dataset_api(like="deployed")` does so for the
server of one test.

`--abeja-mock-content DIR`, `abeja_mock_content` and `@pytest.mark.dataset_api(content="tests/content")` serve the files
of a folder as content of the Data Lake, as does `dataset_api.serve_content(folder)`.

It needs `abeja-datasets[mock]`, but only when a fixture is used: loading it imports only pytest.
"""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets_cli.extras import explain

if TYPE_CHECKING:
    from pathlib import Path

    from abeja_datasets import APIClient, AsyncAPIClient
    from abeja_datasets_mock import RunningServer
    from abeja_datasets_mock.faults import Faults
    from abeja_datasets_mock.http.recording import ReceivedRequest

_ORGANIZATION = "1102940376065"
_MARK = "dataset_api"
_SETTINGS = {
    "like": "how the Dataset API of the fixtures responds: documented (the default) or deployed",
    "content": "a folder whose files DIR/CHANNEL/FILE the fixtures serve as datalake://CHANNEL/FILE",
}
"""The settings of a server, each with the help of its option."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say how the servers respond."""
    group = parser.getgroup("abeja mock", "the reference server of abeja-datasets")
    for name, text in _SETTINGS.items():
        group.addoption(f"--abeja-mock-{name}", dest=f"abeja_mock_{name}", metavar=name.upper(), help=text)
        parser.addini(f"abeja_mock_{name}", text, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line("markers", f"{_MARK}(like, content): how the server of dataset_api responds")


class DatasetApi:
    """A running reference server of the Dataset API: the value of the fixture `dataset_api`.

    Attributes:
        url: where clients reach it.
        server_url: the server itself, for requests that must not meet faults on the wire.
        credential: the credential that it accepts, as for `APIClient`; valid for any organization.
        organization_id: an organization to use; any other works too.
        environment: variables for a program that uses it. They prevail over other credentials in its environment, and
            name the server in `NO_PROXY`, and a new folder in `ABEJA_STORAGE_DIR_PATH`, so that no content of another
            test is found in the cache. So does the environment of the tests while the server runs.
        requests: the requests, in the order of the responses. Each is recorded before its response is sent. The list
            may be cleared.
        faults: the faults, in the server, as `faults.add(operations="create_dataset", status=503, count=1)`, and on
            the wire, as `faults.add(reset_after=True, count=1)`. `faults.applied` has those that struck.
    """

    def __init__(
        self,
        server: "RunningServer",
        url: str,
        requests: "list[ReceivedRequest]",
        faults: "Faults",
        environment: Mapping[str, str],
    ) -> None:
        self.url = url
        self.server_url = server.url
        self.credential: dict[str, str] = dict(server.credential)
        self.organization_id = _ORGANIZATION
        self.environment = {
            "ABEJA_API_URL": self.url,
            "PLATFORM_AUTH_TOKEN": self.credential["auth_token"],
            **environment,
        }
        self.requests = requests
        self.faults = faults
        self._server = server
        self._at_end = contextlib.ExitStack()

    def __repr__(self) -> str:
        return f"<DatasetApi {self.url}>"

    def client(self, **options: Any) -> "APIClient":
        """Return a client of it, which is closed at the end; `options` are those of `APIClient`."""
        from abeja_datasets import APIClient

        client = APIClient(**{"credential": self.credential, "base_url": self.url, **options})
        self._at_end.callback(client.close)
        return client

    def async_client(self, **options: Any) -> "AsyncAPIClient":
        """Return an asyncio client, which is closed at the end; its connections close with their event loop."""
        from abeja_datasets import AsyncAPIClient

        client = AsyncAPIClient(**{"credential": self.credential, "base_url": self.url, **options})
        # In the server's loop, for the test's own may have ended, and no other should be left behind.
        self._at_end.callback(lambda: self._server.run(client.close()))
        return client

    def load(self, source: "str | Path | Iterable[Mapping[str, Any]]") -> list[dict[str, Any]]:
        """Load datasets and items, all or none, without a request and without faults.

        Args:
            source: the path of a JSONL file, or a list of objects. One with a `name` is a dataset; one with
                `source_data` is an item, of the dataset above it that has the same `dataset_id`, or else of the last.

        Returns:
            The datasets that were created, as in a response.

        Raises:
            ValueError: it is not valid; the message begins with the place.
            OSError: the file can't be read.
        """
        from abeja_datasets_mock.loading import load

        return self._server.run(load(self._server.app.state.store, source, self.organization_id))

    def serve_content(self, folder: "str | Path") -> None:
        """Serve the files FOLDER/CHANNEL/FILE as content of the Data Lake, `datalake://CHANNEL/FILE`, from now on.

        Args:
            folder: the folder. A file is read when it is asked for.

        Raises:
            ValueError: there is no such folder.
        """
        self._server.app.state.content.serve(folder)

    def close(self) -> None:
        """Close the clients that it returned."""
        self._at_end.close()


@pytest.fixture
def dataset_api(request: pytest.FixtureRequest) -> "Iterator[DatasetApi]":
    """A reference server of the ABEJA Dataset API for this test: empty, in memory, on a free port."""
    with _running("dataset_api", _configured(request.config) | _marked(request)) as api:
        yield api


@pytest.fixture(scope="session")
def dataset_api_session(request: pytest.FixtureRequest) -> "Iterator[DatasetApi]":
    """A reference server of the ABEJA Dataset API for all tests of this process, which share its data."""
    with _running("dataset_api_session", _configured(request.config)) as api:
        yield api


_Configured = dict[str, tuple[str, Any]]
"""The settings that are given, each with its source, for messages, and its value."""


def _configured(config: pytest.Config) -> _Configured:
    settings: _Configured = {}
    for name in _SETTINGS:
        setting = f"abeja_mock_{name}"
        if (given := config.getoption(setting)) is not None:
            settings[name] = f"--abeja-mock-{name}", _place(config.invocation_params.dir, name, given)
        elif given := config.getini(setting):
            settings[name] = setting, _place(config.rootpath, name, given)
    return settings


def _marked(request: pytest.FixtureRequest) -> _Configured:
    mark = request.node.get_closest_marker(_MARK)
    if mark is None:
        return {}
    if mark.args or not mark.kwargs or set(mark.kwargs) - set(_SETTINGS):
        pytest.fail(
            f'@pytest.mark.{_MARK} takes like="deployed" or content="FOLDER", or both, by these names', pytrace=False
        )
    root = request.config.rootpath
    return {name: (f"@pytest.mark.{_MARK}", _place(root, name, value)) for name, value in mark.kwargs.items()}


def _place(base: "Path", name: str, value: Any) -> Any:
    """Return the value of a setting; a folder is relative to another."""
    return base / value if name == "content" and value and isinstance(value, str) else value


def _server(settings: _Configured) -> "RunningServer":
    """Return a server with its own secret, so that it refuses the requests of another test."""
    from abeja_datasets_mock import Credential, RunningServer

    given = {name: value for name, (_, value) in settings.items()}
    try:
        return RunningServer(credentials=[Credential.bearer(secrets.token_hex(16))], **given)
    except ValueError as error:
        # It begins with the name of the setting.
        source = settings[str(error).partition(":")[0]][0]
        pytest.fail(f"{source}: {error}", pytrace=False)


def _without_proxy() -> dict[str, str]:
    """Return variables by which clients reach servers on this machine directly, and no token goes to a proxy."""
    hosts = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if hosts.strip() != "*" and "127.0.0.1" not in hosts.split(","):
        hosts = ",".join(filter(None, (hosts, "127.0.0.1")))
    # Programs read the one or the other, or prefer one of them.
    return {"NO_PROXY": hosts, "no_proxy": hosts}


@contextlib.contextmanager
def _running(fixture: str, settings: _Configured) -> Iterator[DatasetApi]:
    missing = ""
    try:
        from abeja_datasets_mock.faults import Faults, Proxy, install
        from abeja_datasets_mock.http.recording import Recorder

        server = _server(settings)
    except ModuleNotFoundError as error:
        missing = f"{fixture} {explain(error, 'mock')}"
    if missing:  # not inside `except`: pytest would show the import's error too
        pytest.fail(missing, pytrace=False)
    requests: list[ReceivedRequest] = []
    faults = Faults()
    install(server.app, faults)
    # Added last, it is outermost, and sees the responses of faults.
    server.app.add_middleware(Recorder, listener=requests.append)
    with contextlib.ExitStack() as stack:
        storage = stack.enter_context(tempfile.TemporaryDirectory(prefix="abeja-datasets-"))
        environment = {**_without_proxy(), "ABEJA_STORAGE_DIR_PATH": storage}
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for variable, value in environment.items():
            patch.setenv(variable, value)
        stack.enter_context(server)
        proxy = Proxy(server.url, faults, keep_host=True)
        stack.callback(lambda: server.run(proxy.stop()))
        api = DatasetApi(server, server.run(proxy.start()), requests, faults, environment)
        yield stack.enter_context(contextlib.closing(api))
