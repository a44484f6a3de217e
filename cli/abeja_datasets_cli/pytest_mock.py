"""The pytest plugin: a reference server for each test, with clients, faults and a record of the requests.

::

    def test_upload(dataset_api):
        upload(dataset_api.client(), dataset_api.organization_id)
        assert [request.method for request in dataset_api.requests] == ["POST"]

The server responds as the platform is documented. `--abeja-mock-like deployed`, or `abeja_mock_like = deployed` in the
configuration, makes it respond as the platform is deployed; `@pytest.mark.dataset_api(like="deployed")` does so for the
server of one test.

It needs `abeja-datasets[mock]`, but only when a fixture is used: loading it imports only pytest.
"""

import contextlib
import os
import secrets
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
_OPTION, _SETTING = "--abeja-mock-like", "abeja_mock_like"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says how the servers respond."""
    text = "how the Dataset API of the fixtures responds: documented (the default) or deployed"
    parser.getgroup("abeja mock", "the reference server of abeja-datasets").addoption(
        _OPTION, dest=_SETTING, metavar="LIKE", help=text
    )
    parser.addini(_SETTING, text, default="documented")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line("markers", f"{_MARK}(like): how the server of the fixture dataset_api responds")


class DatasetApi:
    """A running reference server of the Dataset API: the value of the fixture `dataset_api`.

    Attributes:
        url: where clients reach it.
        server_url: the server itself, for requests that must not meet faults on the wire.
        credential: the credential that it accepts, as for `APIClient`; valid for any organization.
        organization_id: an organization to use; any other works too.
        environment: variables for a program that uses it. They prevail over other credentials in its environment, and
            name the server in `NO_PROXY`. So does the environment of the tests while the server runs.
        requests: the requests, in the order of the responses. Each is recorded before its response is sent. The list
            may be cleared.
        faults: the faults, in the server, as `faults.add(operations="create_dataset", status=503, count=1)`, and on
            the wire, as `faults.add(reset_after=True, count=1)`. `faults.applied` has those that struck.
    """

    def __init__(self, server: "RunningServer", url: str, requests: "list[ReceivedRequest]", faults: "Faults") -> None:
        self.url = url
        self.server_url = server.url
        self.credential: dict[str, str] = dict(server.credential)
        self.organization_id = _ORGANIZATION
        self.environment = {
            "ABEJA_API_URL": self.url,
            "PLATFORM_AUTH_TOKEN": self.credential["auth_token"],
            **_without_proxy(),
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

    def close(self) -> None:
        """Close the clients that it returned."""
        self._at_end.close()


@pytest.fixture
def dataset_api(request: pytest.FixtureRequest) -> "Iterator[DatasetApi]":
    """A reference server of the ABEJA Dataset API for this test: empty, in memory, on a free port."""
    with _running("dataset_api", _marked(request) or _configured(request.config)) as api:
        yield api


@pytest.fixture(scope="session")
def dataset_api_session(request: pytest.FixtureRequest) -> "Iterator[DatasetApi]":
    """A reference server of the ABEJA Dataset API for all tests of this process, which share its data."""
    with _running("dataset_api_session", _configured(request.config)) as api:
        yield api


_Setting = tuple[str, Any]
"""The source of a setting, for messages, and its value."""


def _configured(config: pytest.Config) -> _Setting:
    given = config.getoption(_SETTING)
    return (_SETTING, config.getini(_SETTING)) if given is None else (_OPTION, given)


def _marked(request: pytest.FixtureRequest) -> _Setting | None:
    mark = request.node.get_closest_marker(_MARK)
    if mark is None:
        return None
    if mark.args or set(mark.kwargs) != {"like"}:
        pytest.fail(f'@pytest.mark.{_MARK} takes one argument, such as {_MARK}(like="deployed")', pytrace=False)
    return f"@pytest.mark.{_MARK}", mark.kwargs["like"]


def _server(setting: _Setting) -> "RunningServer":
    """Return a server with its own secret, so that it refuses the requests of another test."""
    from abeja_datasets_mock import Credential, RunningServer

    source, like = setting
    try:
        return RunningServer(credentials=[Credential.bearer(secrets.token_hex(16))], like=like)
    except ValueError as error:
        pytest.fail(f"{source}: {error}", pytrace=False)


def _without_proxy() -> dict[str, str]:
    """Return variables by which clients reach servers on this machine directly, and no token goes to a proxy."""
    hosts = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if hosts.strip() != "*" and "127.0.0.1" not in hosts.split(","):
        hosts = ",".join(filter(None, (hosts, "127.0.0.1")))
    # Programs read the one or the other, or prefer one of them.
    return {"NO_PROXY": hosts, "no_proxy": hosts}


@contextlib.contextmanager
def _running(fixture: str, setting: _Setting) -> Iterator[DatasetApi]:
    try:
        from abeja_datasets_mock.faults import Faults, Proxy, install
        from abeja_datasets_mock.http.recording import Recorder

        server = _server(setting)
    except ModuleNotFoundError as error:
        pytest.fail(f"{fixture} {explain(error, 'mock')}", pytrace=False)
    requests: list[ReceivedRequest] = []
    faults = Faults()
    install(server.app, faults)
    # Added last, it is outermost, and sees the responses of faults.
    server.app.add_middleware(Recorder, listener=requests.append)
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for variable, value in _without_proxy().items():
            patch.setenv(variable, value)
        stack.enter_context(server)
        proxy = Proxy(server.url, faults, keep_host=True)
        stack.callback(lambda: server.run(proxy.stop()))
        api = DatasetApi(server, server.run(proxy.start()), requests, faults)
        yield stack.enter_context(contextlib.closing(api))
