"""Which redirects are followed, and that none takes the credential elsewhere."""

from typing import TYPE_CHECKING

import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import ConnectionFailed, HttpError, InternalServerError

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.operations import Operation
    from tests.wrapper.scripted import ScriptedServer

NO_PLACES = [
    None,
    "http://[",
    "http://a:b/",
    "http://127.0.0.1:99999999/",
    "http://xn--a/",
    "mailto:someone",
    "//",
    "http://\xe9..",
    "x" * 70_000,
    "javascript:alert(1)",
]


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("relative", [True, False])
def test_a_redirect_that_keeps_the_method_is_followed_with_all_that_was_sent(
    client: APIClient, server: "ScriptedServer", operation: "Operation", status: int, relative: bool
) -> None:
    place = "/elsewhere/a%2Fb?x=1#part"
    server.reply(status, headers={"Location": place if relative else server.url + place})
    server.answer({"there": True})
    assert operation.call(client) == {"there": True}
    first, second = server.requests
    assert second.target == "/elsewhere/a%2Fb?x=1"
    assert (second.method, second.body) == (first.method, first.body)
    assert second.headers.get("content-type") == first.headers.get("content-type")
    assert second.headers["authorization"] == first.headers["authorization"]


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_may_change_the_method_is_followed_for_get_alone(
    client: APIClient, server: "ScriptedServer", operation: "Operation", status: int
) -> None:
    server.reply(status, headers={"Location": "/elsewhere"})
    if operation.method == "GET":
        server.answer([])
        assert operation.call(client) == []
        assert server.requests[1].target == "/elsewhere"
    else:
        with pytest.raises(HttpError) as caught:
            operation.call(client)
        assert caught.value.status_code == status
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", ["get_dataset", "create_dataset", "update_dataset_item", "delete_dataset"])
def test_another_origin_is_never_asked(
    *,
    client: APIClient,
    server: "ScriptedServer",
    other_server: "ScriptedServer",
    operations: "dict[str, Operation]",
    name: str,
    status: int,
) -> None:
    places = [
        f"{other_server.url}/organizations/1",
        other_server.url.replace("127.0.0.1", "localhost"),
        server.url.replace("127.0.0.1", "localhost"),
        server.url.replace("http", "https"),
        f"{server.url}@localhost:{other_server.url.rpartition(':')[2]}/",
        other_server.url.removeprefix("http:"),
    ]
    for place in places:
        server.reply(status, headers={"Location": place})
        with pytest.raises(HttpError) as caught:
            operations[name].call(client)
        assert type(caught.value) is HttpError
        assert caught.value.status_code == status
    assert len(server.requests) == len(places)
    assert other_server.received == 0


@pytest.mark.parametrize("place", NO_PLACES, ids=lambda place: str(place)[:20])
def test_a_redirect_to_nowhere_is_an_http_error(client: APIClient, server: "ScriptedServer", place: str | None) -> None:
    server.reply(307, b"over there", {"Location": place} if place is not None else {})
    if place == "//":  # the same place again, after RFC 3986
        server.answer({})
        assert client.get_dataset(1, 2) == {}
        return
    with pytest.raises(HttpError) as caught:
        client.get_dataset(1, 2)
    assert caught.value.status_code == 307
    assert caught.value.error_description == "over there"
    assert len(server.requests) == 1


def test_a_user_in_the_new_place_is_not_taken_on(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(307, headers={"Location": server.url.replace("http://", "http://mallory:secret@") + "/there"})
    server.answer({})
    client.get_dataset(1, 2)
    assert server.requests[1].target == "/there"
    assert server.requests[1].headers["authorization"] == server.requests[0].headers["authorization"]


@pytest.mark.parametrize("name", ["get_dataset", "create_dataset"])
def test_no_more_than_five_are_followed(
    client: APIClient, server: "ScriptedServer", operations: "dict[str, Operation]", name: str
) -> None:
    for number in range(5):
        server.reply(307, headers={"Location": f"/{number}"})
    server.answer({})
    operations[name].call(client)
    assert len(server.requests) == 6

    for number in range(6):
        server.reply(307, headers={"Location": f"/{number}"})
    with pytest.raises(HttpError) as caught:
        operations[name].call(client)
    assert caught.value.status_code == 307
    assert [r.target for r in server.requests[7:]] == ["/0", "/1", "/2", "/3", "/4"]


def test_what_fails_in_the_new_place_is_repeated_there_and_named(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server, max_retry_count=1)
    server.reply(308, headers={"Location": "/there?token=t"})
    server.reply(503)
    server.reply(500)
    with pytest.raises(InternalServerError) as caught:
        client.get_dataset(1, 2)
    assert [r.target for r in server.requests[1:]] == ["/there?token=t"] * 2
    assert [a.status for a in caught.value.attempts] == [503, 500]
    assert caught.value.url == f"{server.url}/there?token=t"
    assert f"[{server.url}/there]" in str(caught.value)


def test_the_query_of_a_search_is_not_added_to_the_new_place(client: APIClient, server: "ScriptedServer") -> None:
    server.reply(302, headers={"Location": "/there?page=2"})
    server.answer({"items": []})
    client.list_dataset_items(1, 2, {"q": "a:b"})
    assert server.requests[1].target == "/there?page=2"


def test_a_given_http_clients_own_following_is_not_used(
    face: "Face", server: "ScriptedServer", other_server: "ScriptedServer"
) -> None:
    client = face.open(server, http_client=face.http_client(follow_redirects=True, trust_env=False))
    server.reply(302, headers={"Location": other_server.url})
    with pytest.raises(HttpError):
        client.get_dataset(1, 2)
    assert other_server.received == 0


@pytest.mark.parametrize("place", ["http://a:b/", "mailto:someone"])
def test_a_redirect_to_nowhere_through_a_given_http_client_is_an_error_of_ours_too(
    face: "Face", server: "ScriptedServer", place: str
) -> None:
    # httpx itself stumbles over it before the answer can be looked at.
    client = face.open(server, http_client=face.http_client(trust_env=False))
    server.reply(307, headers={"Location": place})
    with pytest.raises(ConnectionFailed) as caught:
        client.create_dataset(1, "a", "b", {})
    assert caught.value.outcome == "unknown"
    assert len(server.requests) == 1
