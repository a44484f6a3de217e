"""`APIClient.to_async`: an asyncio client that sends as the sync one does, and what both say of their settings."""

import asyncio
import pickle
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.wrapper.faces import TOKEN

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import InvalidResponse, NotFound

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

CREDENTIAL = {"auth_token": TOKEN}


def run(client: AsyncAPIClient) -> Any:
    async def main() -> Any:
        async with client:
            return await client.get_dataset(1, 2)

    return asyncio.run(main())


@pytest.mark.parametrize("transport", [None, "httpx", "aiohttp"])
def test_it_sends_what_the_sync_client_sends(server: "ScriptedServer", transport: Any) -> None:
    reports: list[Any] = []
    with APIClient(
        CREDENTIAL, 2, 1, base_url=server.url, user_agent="mine/1", max_response_bytes=9, on_attempt=reports.append
    ) as client:
        view = client.with_options(headers={"X-Trace": "7"}, deadline=5)
        server.answer(1)
        view.get_dataset(1, 2)
        server.reply(503)
        server.answer(2)
        assert run(view.to_async(transport=transport)) == 2
        server.reply(body=b'"more than nine"')
        with pytest.raises(InvalidResponse, match="max_response_bytes, 9"):
            run(view.to_async(transport=transport))
        server.answer({"a": 3})
        assert client.get_dataset(1, 2) == {"a": 3}
    first, *others, last = server.requests
    assert all("mine/1" in request.headers["user-agent"] for request in server.requests)
    shown = {"authorization": f"Bearer {TOKEN}", "x-trace": "7"}
    assert all(request.headers.items() >= shown.items() for request in (first, *others))
    assert "x-trace" not in last.headers
    assert len({request.connection for request in (first, others[0], others[-1])}) == 3
    assert [report.status for report in reports] == [200, 503, 200, None, 200]


def test_it_takes_the_settings_of_the_environment_as_they_were(
    server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABEJA_API_URL", server.url)
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("ABEJA_SDK_MAX_RETRY_COUNT", "0")
    client = APIClient()
    for variable in ("ABEJA_API_URL", "PLATFORM_AUTH_TOKEN", "ABEJA_SDK_MAX_RETRY_COUNT"):
        monkeypatch.delenv(variable)
    made = client.to_async()
    assert type(made) is AsyncAPIClient
    assert repr(made) == repr(client).replace("APIClient", "AsyncAPIClient")
    server.reply(404)
    with pytest.raises(NotFound):
        run(made)


def test_it_pickles_as_any_client_does(server: "ScriptedServer") -> None:
    made = pickle.loads(pickle.dumps(APIClient(CREDENTIAL, base_url=server.url).to_async(transport="aiohttp")))
    server.answer(4)
    assert run(made) == 4


def test_a_function_that_returns_the_token_is_called_for_it_too(server: "ScriptedServer") -> None:
    tokens = iter(["first", "second"])
    client = APIClient({"auth_token": lambda: next(tokens)}, base_url=server.url)
    for number in (1, 2):
        server.answer(number)
    with client:
        client.get_dataset(1, 2)
        run(client.to_async())
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer first", "Bearer second"]


def test_a_client_with_an_http_client_has_none() -> None:
    with httpx.Client() as given:
        client = APIClient(CREDENTIAL, http_client=given)
        for one in (client, client.with_options(timeout=1)):
            with pytest.raises(ValueError, match=r"^http_client: .* make an AsyncAPIClient with an httpx\.AsyncClient"):
                one.to_async()


def test_a_transport_is_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client = APIClient(CREDENTIAL)
    with pytest.raises(ValueError, match=r"^transport: 'httpx' or 'aiohttp' is needed, not 'curl'"):
        client.to_async(transport="curl")  # type: ignore[arg-type]  # which is the point
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(ImportError, match=r"\[fast\]"):
        client.to_async(transport="aiohttp")


def test_a_client_shows_its_base_url_and_timeout(face: "Face") -> None:
    client = face.make(CREDENTIAL, base_url="http://somewhere/api/", timeout=7)
    assert (client.base_url, client.timeout) == ("http://somewhere/api", 7)
    assert client.with_options(timeout=0.5).timeout == 0.5
    default = face.make(CREDENTIAL)
    assert (default.base_url, default.timeout) == ("https://api.abeja.io", 30)
    given = face.make(CREDENTIAL, http_client=face.http_client(base_url="http://theirs/"))
    assert given.base_url == "http://theirs"
    for name in ("base_url", "timeout"):
        with pytest.raises(AttributeError):
            setattr(APIClient(CREDENTIAL), name, 1)
