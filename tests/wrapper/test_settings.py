"""Where a client's settings come from, and which are refused."""

import os
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.configuration import settings as settings_module
from abeja_datasets.exceptions import ConnectionFailed, RequestTimeout, ServiceUnavailable

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

TOKEN = {"auth_token": "irrelevant"}
NAMES = {
    "base_url": "ABEJA_API_URL",
    "timeout": "ABEJA_SDK_CONNECTION_TIMEOUT",
    "max_retry_count": "ABEJA_SDK_MAX_RETRY_COUNT",
}


def test_the_defaults_are_the_documented_ones(face: "Face") -> None:
    shown = repr(face.make(TOKEN))
    assert shown == (
        f"<{face.client_class.__name__} base_url='https://api.abeja.io' credential=<Credential of an auth_token> "
        "timeout=30 max_retry_count=5>"
    )


def test_without_a_setting_the_documented_server_is_asked() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), request.extensions["timeout"]))
        return httpx.Response(200, json={})

    with httpx.Client(transport=httpx.MockTransport(answer), timeout=77) as http_client:
        APIClient(TOKEN, http_client=http_client).get_dataset("1", "2")
    assert asked == [
        (
            "https://api.abeja.io/organizations/1/datasets/2",
            {"connect": 77, "read": 77, "write": 77, "pool": 77},
        )
    ]


@pytest.mark.parametrize("empty", [False, True])
def test_the_environment_is_asked_where_there_is_no_argument(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, empty: bool
) -> None:
    if empty:
        for variable in NAMES.values():
            monkeypatch.setenv(variable, "")
        assert "base_url='https://api.abeja.io'" in repr(face.make(TOKEN))
    monkeypatch.setenv("ABEJA_API_URL", server.url + "/")
    monkeypatch.setenv("ABEJA_SDK_CONNECTION_TIMEOUT", " 2.5 ")
    monkeypatch.setenv("ABEJA_SDK_MAX_RETRY_COUNT", "1")
    client = face.make(TOKEN)
    monkeypatch.setenv("ABEJA_API_URL", "http://too.late")
    assert f"base_url='{server.url}' " in repr(client)
    assert "timeout=2.5 max_retry_count=1>" in repr(client)
    server.reply(503)
    server.reply(503)
    with pytest.raises(ServiceUnavailable):
        client.get_dataset(1, 2)


def test_the_argument_goes_before_the_environment(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in NAMES.values():
        monkeypatch.setenv(variable, "not even looked at")
    server.reply(503)
    with pytest.raises(ServiceUnavailable):
        face.make(TOKEN, 3, 0, base_url=server.url).get_dataset(1, 2)


BAD: dict[str, list[Any]] = {
    "timeout": [0, -1, float("nan"), float("inf"), True, "10", b"1", [], 2_147_484, 1e300, 10**400],
    "max_retry_count": [-1, 1.5, float("nan"), float("inf"), False, "5", [], 1j],
    "base_url": [
        "",
        "api.abeja.io",
        "ftp://api.abeja.io",
        "http://",
        "http:///path",
        "//api.abeja.io",
        "http://h:port",
        "http://h:0",
        "http://h:99999",
        "http://[::1",
        "http://a b",
        "http://h/a b",
        "http://h\n",
        "http://h/\0",
        "http://h?q=1",
        "http://h#part",
        "http://a..b",
        "http://" + "a" * 64,
        "http://\u00e9..x",
        b"http://h",
        8080,
    ],
}
BAD_IN_ENVIRONMENT = {
    "timeout": ["0", "-1", "nan", "inf", "-inf", "1e999", "3000000", "soon", "1,5", " "],
    "max_retry_count": ["-1", "1.5", "five", "1e1", "nan", " "],
    "base_url": ["nowhere", "http://a b", "http://h?x"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values], ids=lambda v: ascii(v)[:25]
)
def test_a_bad_argument_is_a_value_error_that_names_it(face: "Face", name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name}: ") as caught:
        face.make(TOKEN, **{name: value})
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_IN_ENVIRONMENT.items() for value in values]
)
def test_a_bad_variable_is_a_value_error_that_names_it(
    face: "Face", monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(NAMES[name], value)
    with pytest.raises(ValueError, match=f"^{NAMES[name]}: ") as caught:
        face.make(TOKEN)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("place", ["argument", "environment"])
@pytest.mark.parametrize("url", ["http://me:hush@h", "http://hush@h", "https://:hush@h/p?q", "http://@h/hush"])
def test_a_user_in_the_base_url_is_refused_without_being_shown(
    face: "Face", monkeypatch: pytest.MonkeyPatch, url: str, place: str
) -> None:
    if place == "environment":
        monkeypatch.setenv("ABEJA_API_URL", url)
    source = {"argument": "base_url", "environment": "ABEJA_API_URL"}[place]
    with pytest.raises(ValueError, match=f"^{source}: .*without a user or a password") as caught:
        face.make(TOKEN, base_url=url if place == "argument" else None)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://256.1.1.1", "http://[v1.x]"])
def test_an_address_that_is_none_is_a_value_error_too(face: "Face", url: str) -> None:
    with pytest.raises(ValueError, match="base_url: Invalid IPv"):
        face.open(url).get_dataset(1, 2)


def test_a_host_that_does_not_exist_is_a_connection_failed(face: "Face") -> None:
    error = "ClientConnectorDNSError" if face.name == "aiohttp" else "ConnectError"
    with pytest.raises(ConnectionFailed, match=rf"http://nowhere.invalid/organizations/1/datasets/2: {error}"):
        face.open("http://nowhere.invalid", max_retry_count=0).get_dataset(1, 2)


@pytest.mark.parametrize("timeout", [1, 0.05, 2_147_483])
def test_usable_timeouts_work(face: "Face", server: "ScriptedServer", timeout: float) -> None:
    client = face.open(server, timeout=timeout, max_retry_count=0)
    if timeout < 1:
        server.reply(fault="stall")
        with pytest.raises(RequestTimeout):
            client.get_dataset(1, 2)
    else:
        server.answer({})
        assert client.get_dataset(1, 2) == {}


@pytest.mark.parametrize("source", ["argument", "environment", "default"])
def test_the_timeout_ends_a_wait_for_an_answer(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    if source == "default":
        monkeypatch.setattr(settings_module, "TIMEOUT", 0.1)
    else:
        monkeypatch.setenv("ABEJA_SDK_CONNECTION_TIMEOUT", "0.1" if source == "environment" else "30")
    client = face.open(server, max_retry_count=0, **({"timeout": 0.1} if source == "argument" else {}))
    server.reply(fault="stall")
    started = time.monotonic()
    with pytest.raises(RequestTimeout) as caught:
        client.get_dataset(1, 2)
    assert 0.1 <= time.monotonic() - started < 5
    assert 0.1 <= caught.value.attempts[0].seconds < 5


def test_the_timeout_is_for_each_read_and_not_for_the_whole(face: "Face", server: "ScriptedServer") -> None:
    # Each pause is far below the timeout, so that a busy machine does not lengthen it past that.
    timeout, body = 0.5, b'{"slow": 1}' + b" " * 25
    server.reply(body=body, pause=0.02)
    started = time.monotonic()
    assert face.open(server, timeout=timeout).get_dataset(1, 2) == {"slow": 1}
    assert time.monotonic() - started > timeout


def test_a_given_http_client_is_used_with_its_headers_and_stays_open(face: "Face", server: "ScriptedServer") -> None:
    seen: list[str] = []

    async def note_async(request: httpx.Request) -> None:
        seen.append(request.method)

    def note(request: httpx.Request) -> None:
        seen.append(request.method)

    http_client = face.http_client(
        headers={"X-Own": "1", "Authorization": "Bearer theirs"},
        event_hooks={"request": [note if face.name == "sync" else note_async]},
        trust_env=False,
    )
    server.answer({})
    server.answer({})
    server.reply(status=204)
    client = face.open(server, http_client=http_client)
    client.get_dataset(1, 2)
    client.update_dataset_item(1, 2, 3, {})
    assert seen == ["GET", "PUT"]
    for request in server.requests:
        assert request.headers["x-own"] == "1"
        assert request.headers["authorization"] == "Bearer token-of-these-tests"
        assert request.headers["accept"] == "application/json"
        assert request.headers["user-agent"].startswith("abeja-datasets/")
    assert "content-type" not in server.requests[0].headers
    assert server.requests[1].headers["content-type"] == "application/json"

    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.get_dataset(1, 2)
    assert not http_client.is_closed
    assert face.run(lambda: http_client.get(server.url)).status_code == 204


def test_what_a_given_http_client_says_of_itself_is_left(face: "Face", server: "ScriptedServer") -> None:
    http_client = face.http_client(headers={"User-Agent": "their-crawler/7"}, trust_env=False)
    server.answer({})
    face.open(server, http_client=http_client).get_dataset(1, 2)
    assert server.only.headers["user-agent"] == "their-crawler/7"
    assert server.only.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("own", "settings", "variable", "expected"),
    [
        (0.05, {}, None, "timeout"),
        (0.05, {"deadline": 30}, None, "timeout"),
        (None, {"deadline": 0.05}, None, "timeout"),
        (30.0, {"timeout": 0.05}, None, "timeout"),
        (30.0, {}, "0.05", "timeout"),
        (0.05, {"timeout": 30}, None, "answer"),
    ],
)
def test_a_given_http_clients_timeout_holds_unless_one_is_set_here(
    *,
    face: "Face",
    server: "ScriptedServer",
    monkeypatch: pytest.MonkeyPatch,
    own: float | None,
    settings: dict[str, Any],
    variable: str | None,
    expected: str,
) -> None:
    if variable:
        monkeypatch.setenv("ABEJA_SDK_CONNECTION_TIMEOUT", variable)
    http_client = face.http_client(timeout=own, trust_env=False)
    client = face.open(server, http_client=http_client, max_retry_count=0, **settings)
    if expected == "timeout":
        server.reply(fault="stall")
        with pytest.raises(RequestTimeout):
            client.get_dataset(1, 2)
    else:
        server.reply(body=b"{}", pause=0.1)
        assert client.get_dataset(1, 2) == {}


@pytest.mark.parametrize("wrong", [object(), "http://h", httpx, httpx.Client])
def test_an_http_client_of_another_type_is_a_type_error(face: "Face", wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^http_client: an httpx.(Async)?Client is needed, not "):
        face.make(TOKEN, http_client=wrong)


def test_the_other_faces_http_client_is_a_type_error() -> None:
    other: Any = httpx.AsyncClient()
    with pytest.raises(TypeError, match=r"an httpx.Client is needed, not AsyncClient"):
        APIClient(TOKEN, http_client=other)
    with httpx.Client() as client:
        other = client
        with pytest.raises(TypeError, match=r"an httpx.AsyncClient is needed, not Client"):
            AsyncAPIClient(TOKEN, http_client=other)


def test_making_a_client_reads_nothing_but_its_own_variables(face: "Face", monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        monkeypatch.delenv(variable)
    assert repr(face.make(TOKEN))
