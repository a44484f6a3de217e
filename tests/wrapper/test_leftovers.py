"""What comes behind an answer never becomes the answer to the next call."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import NotFound

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import Request, ScriptedServer

SECOND = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"old": 1}'
FRAMED = [
    ({"Content-Length": "2"}, b"{}" + SECOND),
    ({"Content-Length": "2"}, b"{}\r\n"),
    ({"Transfer-Encoding": "chunked"}, b"2\r\n{}\r\n0\r\n\r\n" + SECOND),
]


@pytest.mark.parametrize(("headers", "body"), FRAMED)
@pytest.mark.parametrize("is_given", [False, True])
def test_what_is_left_over_ends_the_connection(
    face: "Face", server: "ScriptedServer", headers: dict[str, str], body: bytes, is_given: bool
) -> None:
    client = face.open(server, **({"http_client": face.http_client()} if is_given else {}))
    server.reply(headers=headers, body=body)
    server.answer({"new": 2})
    assert client.get_dataset("1", "2") == {}
    assert client.get_dataset("1", "3") == {"new": 2}
    # An empty line before the next response is not a response; the parser of aiohttp passes over it.
    is_harmless = face.name == "aiohttp" and not is_given and body == b"{}\r\n"
    assert [request.connection for request in server.requests] == ([1, 1] if is_harmless else [1, 2])


def test_it_does_so_behind_an_error_and_a_redirect(client: APIClient, server: "ScriptedServer") -> None:
    error = {"Content-Length": "2"}
    server.reply(404, headers=error, body=b"{}" + SECOND)
    server.reply(307, headers={**error, "Location": "/elsewhere"}, body=b"{}" + SECOND)
    server.answer({"new": 2})
    with pytest.raises(NotFound):
        client.get_dataset("1", "2")
    assert client.get_dataset("1", "3") == {"new": 2}
    assert [request.connection for request in server.requests] == [1, 2, 3]


def test_a_transport_without_connections_is_left_alone(face: "Face") -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json={"mocked": True}))
    client = face.open("http://127.0.0.1:1", http_client=face.http_client(transport=transport))
    assert client.get_dataset("1", "2") == {"mocked": True}


def test_no_thread_gets_the_connection_meanwhile(server: "ScriptedServer") -> None:
    server.reply()
    template = type(server.script.pop())

    def answer(request: "Request") -> Any:
        body = b'{"asked": "%b"}' % request.path.rpartition("/")[2].encode()
        return template(headers={"Content-Length": str(len(body))}, body=body + SECOND)

    server.always = answer
    with APIClient({"auth_token": "t"}, base_url=server.url) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: client.get_dataset("1", str(number))["asked"], range(80)))
    assert answers == [str(number) for number in range(80)]
