"""Tools that hook into httpx, over the default transport: respx, pytest-httpx, vcrpy and OpenTelemetry.

None of them sees the client layer of httpx, which is not used; all of them see the transport layer.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import respx
import vcr
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from abeja_datasets.exceptions import ConnectionFailed, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpx import HTTPXMock
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

URL = "http://api.invalid/organizations/1/datasets/2"


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest) -> "Iterator[Face]":
    """Both clients over httpx; these tools know no other library."""
    import contextlib

    from tests.wrapper.faces import Face

    with contextlib.ExitStack() as stack:
        yield Face(request.param, stack)


def test_respx_answers_for_the_server(face: "Face") -> None:
    with respx.mock() as mocked:
        route = mocked.get(URL).respond(200, json={"mocked": 1})
        mocked.post("http://api.invalid/organizations/1/datasets/").respond(404, json={"error": "x"})
        client = face.open("http://api.invalid")
        assert client.get_dataset(1, 2) == {"mocked": 1}
        with pytest.raises(NotFound):
            client.create_dataset(1, "a", "b", {})
        client.close()
    assert route.calls.last.request.headers["authorization"] == "Bearer token-of-these-tests"


def test_respx_answers_for_content(tmp_path: Path) -> None:
    from abeja_datasets import APIClient
    from abeja_datasets.content import ContentReader

    api = APIClient({"auth_token": "token-of-these-tests"}, base_url="http://api.invalid")
    reader = ContentReader(api, cache_dir=tmp_path)
    with respx.mock() as mocked:
        asked = mocked.get("http://api.invalid/channels/1/2").respond(
            200, json={"download_uri": "http://far.invalid/a"}
        )
        fetched = mocked.get("http://far.invalid/a").respond(200, content=b"image")
        assert reader.read("datalake://1/2") == b"image"
    assert ["authorization" in route.calls.last.request.headers for route in (asked, fetched)] == [True, False]
    reader.close()
    api.close()


def test_respx_fails_for_the_server(face: "Face") -> None:
    import httpx

    with respx.mock() as mocked:
        mocked.get(URL).mock(side_effect=httpx.ConnectError("refused"))
        client = face.open("http://api.invalid", max_retry_count=1)
        with pytest.raises(ConnectionFailed) as caught:
            client.get_dataset(1, 2)
        client.close()
    assert caught.value.outcome == "not_sent"
    assert len(caught.value.attempts) == 2


def test_pytest_httpx_answers_for_the_server(face: "Face", httpx_mock: "HTTPXMock") -> None:
    httpx_mock.add_response(url=URL, status_code=503)
    httpx_mock.add_response(url=URL, json={"mocked": 2}, headers={"X-Request-Id": "a"})
    client = face.open("http://api.invalid")
    response: Any = client.with_raw_response.get_dataset(1, 2)
    assert (response.data, response.request_id, len(response.attempts)) == ({"mocked": 2}, "a", 2)
    assert [request.method for request in httpx_mock.get_requests()] == ["GET", "GET"]


def test_vcrpy_records_and_plays(face: "Face", server: "ScriptedServer", tmp_path: Path) -> None:
    cassette = tmp_path / "cassette.yaml"
    server.answer({"recorded": "here"})
    with vcr.use_cassette(str(cassette), record_mode="once", filter_headers=["authorization"]):
        assert face.open(server).get_dataset(1, 2) == {"recorded": "here"}
    assert "token-of-these-tests" not in cassette.read_text(encoding="utf-8")
    with vcr.use_cassette(str(cassette), record_mode="none") as played:
        assert face.open(server).get_dataset(1, 2) == {"recorded": "here"}
    assert played.play_count == 1
    assert len(server.requests) == 1


@pytest.fixture
def spans() -> "Iterator[InMemorySpanExporter]":
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()
    provider.shutdown()


def test_opentelemetry_makes_a_span_of_each_request(
    face: "Face", server: "ScriptedServer", spans: InMemorySpanExporter
) -> None:
    server.reply(503)
    server.answer({})
    face.open(server).get_dataset(1, 2)
    found = spans.get_finished_spans()
    assert [span.name for span in found] == ["GET", "GET"]
    assert [(span.attributes or {})["http.status_code"] for span in found] == [503, 200]
    # The context goes over the wire, for the server to go on with.
    assert all("traceparent" in request.headers for request in server.requests)


def test_the_documented_hook_makes_a_span_of_each_attempt(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    page = (Path(__file__).parents[2] / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
    (program,) = (block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "opentelemetry" in block)
    assert len(program.splitlines()) <= 10
    scope: dict[str, Any] = {}
    exec(program, scope)

    server.reply(503)
    server.reply(fault="silent")
    server.answer({})
    face.open(server, on_attempt=scope["span"]).get_dataset(1, 2)
    found = exporter.get_finished_spans()
    assert [one.name for one in found] == ["get_dataset"] * 3
    error, unset = trace.StatusCode.ERROR, trace.StatusCode.UNSET
    assert [one.status.status_code for one in found] == [error, error, unset]
    assert all((one.end_time or 0) > (one.start_time or 0) for one in found)
    provider.shutdown()
