"""What a call can hold beside ids, a query and JSON: header parameters, and successes that are text or empty."""

from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets.calls import values
from abeja_datasets.exceptions import InternalServerError, InvalidResponse, NotFound
from abeja_datasets.operations import _call

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer


class Tried:
    """Sends any call through a documented method."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def __call__(self, client: Any, method: str = "GET", **more: Any) -> Any:
        call = _call("tried", {"method": method, "url": "/tried"})._replace(**more)
        self._patch.setattr("abeja_datasets.operations.get_dataset", lambda _organization, _dataset: call)
        return client.get_dataset(1, 2)


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Tried:
    return Tried(monkeypatch)


def test_header_parameters_go_before_those_of_a_view(face: "Face", send: Tried, server: "ScriptedServer") -> None:
    view = face.open(server).with_options(headers={"x-trace": "view", "X-Other": "view"})
    server.answer([1])
    given = values.headers({"X-Trace": "mine", "X-Count": 3, "X-Flag": True, "X-None": None})
    assert send(view, headers=given) == [1]
    sent = server.only.headers
    assert (sent["x-trace"], sent["x-count"], sent["x-flag"], sent["x-other"]) == ("mine", "3", "true", "view")
    assert "x-none" not in sent


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "日本", "\x00"])
def test_what_no_header_can_carry_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="the value of X-Trace holds what no header can carry"):
        values.headers({"X-Trace": value})
    with pytest.raises(TypeError, match="X-Trace: "):
        values.headers({"X-Trace": object()})


def test_a_success_without_content_is_none(face: "Face", send: Tried, server: "ScriptedServer") -> None:
    client = face.open(server)
    server.reply(201, b"")
    server.reply(200, b"OK")
    assert send(client, "POST", accept="") is None
    assert send(client, accept="") is None
    assert server.requests[0].headers["accept"] == "application/json"


def test_a_success_that_is_text_is_text(face: "Face", send: Tried, server: "ScriptedServer") -> None:
    client = face.open(server)
    text = "名前,1\n"
    texts = {"text/csv": text.encode(), 'text/csv; charset="Shift_JIS"; header=present': text.encode("shift_jis")}
    for kind, body in texts.items():
        server.reply(200, body, {"Content-Type": kind})
        assert send(client, accept="text/csv") == text
    assert server.requests[0].headers["accept"] == "text/csv, application/json"


@pytest.mark.parametrize(
    ("kind", "why"),
    [("text/csv", "decode byte 0xff"), ("text/csv; charset=no-such", "charset no-such is not")],
)
def test_a_text_that_can_not_be_read_is_told(
    client: "Face", send: Tried, server: "ScriptedServer", kind: str, why: str
) -> None:
    server.reply(200, b"\xff", {"Content-Type": kind})
    with pytest.raises(InvalidResponse, match=f"answered 200 but the body is not text: .*{why}"):
        send(client, accept="text/csv")


def test_errors_of_such_calls_are_json_as_ever(client: "Face", send: Tried, server: "ScriptedServer") -> None:
    for accept in ("", "text/csv"):
        server.answer({"error": "not_found", "error_description": "gone"}, 404)
        with pytest.raises(NotFound, match="gone"):
            send(client, accept=accept)


def test_a_patch_is_repeated_no_more_than_a_post(face: "Face", send: Tried, server: "ScriptedServer") -> None:
    client = face.open(server, max_retry_count=3)
    for method in ("PATCH", "POST"):
        server.reply(500)
        with pytest.raises(InternalServerError):
            send(client, method)
        server.reply(429)
        server.answer({})
        assert send(client, method) == {}
    assert [request.method for request in server.requests] == ["PATCH"] * 3 + ["POST"] * 3
