"""A given `http_client`: what it is set to holds where ours is not given, and it keeps nothing of our responses."""

import logging
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from abeja_datasets.exceptions import CredentialNotFound, Unauthorized

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer


class OwnAuth(httpx.Auth):
    """An authentication of the caller's own."""

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = "Own 1"
        yield request


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({"auth": ("user", "pass")}, "Basic dXNlcjpwYXNz"),
        ({"auth": OwnAuth()}, "Own 1"),
        ({"headers": {"Authorization": "Bearer theirs"}}, "Bearer theirs"),
        ({"headers": {"Authorization": "Bearer theirs"}, "auth": OwnAuth()}, "Own 1"),
    ],
)
def test_its_authentication_is_used_without_a_credential(
    face: "Face", server: "ScriptedServer", options: dict[str, Any], header: str
) -> None:
    http_client = face.http_client(**options)
    client = face.make(base_url=server.url, http_client=http_client)
    server.answer({})
    server.answer({"error": "unauthorized", "error_description": "no theirs here"}, 401)
    assert client.get_dataset(1, 2) == {}
    with pytest.raises(Unauthorized) as caught:
        client.create_dataset(1, "a", "b", {})
    assert [request.headers["authorization"] for request in server.requests] == [header] * 2
    assert ("theirs" in str(caught.value)) == ("headers" not in options)
    assert "credential=<Credential of http_client>" in repr(client)


def test_without_any_authentication_there_is_no_credential(face: "Face", server: "ScriptedServer") -> None:
    with pytest.raises(CredentialNotFound):
        face.make(base_url=server.url, http_client=face.http_client()).get_dataset(1, 2)


@pytest.mark.parametrize("source", ["argument", "environment"])
def test_a_credential_of_ours_goes_first_and_a_warning_says_so(
    *,
    face: "Face",
    server: "ScriptedServer",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    source: str,
) -> None:
    if source == "environment":
        monkeypatch.setenv("PLATFORM_AUTH_TOKEN", "ours-of-this-test")
    credential = {"auth_token": "ours-of-this-test"} if source == "argument" else None
    client = face.make(credential, base_url=server.url, http_client=face.http_client(auth=("user", "pass")))
    server.answer({})
    client.get_dataset(1, 2)
    assert server.only.headers["authorization"] == "Bearer ours-of-this-test"
    (record,) = [record for record in caplog.records if record.name == "abeja.datasets"]
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("http_client: its auth is not used, since the client has a credential")


def test_its_base_url_is_used_where_there_is_none_of_ours(
    face: "Face", server: "ScriptedServer", caplog: pytest.LogCaptureFixture
) -> None:
    http_client = face.http_client(base_url=f"{server.url}/v1/")
    client = face.make({"auth_token": "t"}, http_client=http_client)
    server.answer({})
    client.get_dataset(1, 2)
    assert server.only.target == "/v1/organizations/1/datasets/2"
    assert f"base_url='{server.url}/v1'" in repr(client)
    assert not [record for record in caplog.records if record.name == "abeja.datasets"]


@pytest.mark.parametrize("source", ["argument", "environment"])
def test_a_base_url_of_ours_goes_first_and_a_warning_says_so(
    *,
    face: "Face",
    server: "ScriptedServer",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    source: str,
) -> None:
    monkeypatch.setenv("ABEJA_API_URL", server.url if source == "environment" else "")
    ours = {"base_url": server.url} if source == "argument" else {}
    client = face.make({"auth_token": "t"}, http_client=face.http_client(base_url="http://other.invalid"), **ours)
    server.answer({})
    client.get_dataset(1, 2)
    assert server.only.target == "/organizations/1/datasets/2"
    assert "http_client: its base_url is not used, since the client has the base_url" in caplog.text


@pytest.mark.parametrize("url", ["ftp://host", "http://user:secret@host", "/relative", "http://host/?q=1"])
def test_a_base_url_that_can_not_be_used_is_an_error_that_names_it(face: "Face", url: str) -> None:
    with pytest.raises(ValueError, match=r"^http_client: its base_url: a URL such as .* is needed") as caught:
        face.make({"auth_token": "t"}, http_client=face.http_client(base_url=url))
    assert "secret" not in str(caught.value)


def test_its_parameters_are_sent_beside_those_of_the_call(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server, http_client=face.http_client(params={"tenant": "x y", "q": "theirs"}))
    server.answer({"items": []})
    server.answer({})
    client.list_dataset_items(1, 2, {"q": "a b:é", "id": [1, 2]})
    client.get_dataset(1, 2)
    assert sorted(server.requests[0].query) == [("id", "1"), ("id", "2"), ("q", "a b:é"), ("tenant", "x y")]
    assert server.requests[1].query == [("tenant", "x y"), ("q", "theirs")]


def test_its_cookies_are_sent_and_none_is_kept(face: "Face", server: "ScriptedServer") -> None:
    http_client = face.http_client(cookies={"own": "1"})
    client = face.open(server, http_client=http_client)
    for cookie in ("new=2; Path=/", "odd=é", "own=; Max-Age=0"):
        server.answer({}, headers={"Set-Cookie": cookie})
        client.get_dataset(1, 2)
    assert [request.headers["cookie"] for request in server.requests] == ["own=1"] * 3
    assert dict(http_client.cookies) == {"own": "1"}
    # Its other requests are the caller's own.
    server.answer({}, headers={"Set-Cookie": "theirs=3"})
    face.run(lambda: http_client.get(server.url))
    assert dict(http_client.cookies) == {"own": "1", "theirs": "3"}


def test_a_cookie_that_can_not_be_sent_is_an_error_that_says_so(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server, http_client=face.http_client(cookies={"a": "é"}))
    with pytest.raises(ValueError, match=r"^http_client: it has a cookie or a header that is not ASCII"):
        client.get_dataset(1, 2)
    assert not server.requests


def test_redirects_are_followed_as_without_it(
    face: "Face", server: "ScriptedServer", other_server: "ScriptedServer"
) -> None:
    client = face.open(server, http_client=face.http_client(follow_redirects=True), max_retry_count=0)
    server.reply(307, headers={"Location": "/there"})
    server.answer({"there": 1})
    assert client.get_dataset(1, 2) == {"there": 1}
    server.reply(307, headers={"Location": f"{other_server.url}/there"})
    with pytest.raises(Exception, match="307"):
        client.get_dataset(1, 2)
    assert not other_server.requests
