"""An entry of an item's source data: its keys, its content in each form, and how it travels."""

import copy
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.wrapper.scripted import Reply, ScriptedServer

from abeja_datasets import APIClient
from abeja_datasets.content import ContentReader
from abeja_datasets.exceptions import NotFound, UnsupportedURI
from abeja_datasets.source_data import SourceData

ENTRY = {
    "data_uri": "http://h/a?sig=hush",
    "data_type": "image/png",
    "height": 3,
    "get_content": 4,
    "a b": 5,
    "type": 6,
}


@pytest.fixture
def reader(server: ScriptedServer, tmp_path: Path) -> ContentReader:
    api = APIClient({"auth_token": "hush-token"}, base_url=server.url, max_retry_count=0)
    return ContentReader(api, cache_dir=tmp_path)


def test_each_key_is_an_attribute() -> None:
    source = SourceData(ENTRY)
    assert (source.uri, source.type, source.height, source.data_uri) == (
        "http://h/a?sig=hush",
        "image/png",
        3,
        ENTRY["data_uri"],
    )
    assert getattr(source, "a b") == 5
    assert (source.raw["get_content"], source.raw["type"]) == (4, 6)
    assert {"height", "a b", "get_content", "uri"} <= set(dir(source))
    assert not hasattr(source, "width")
    with pytest.raises(AttributeError, match="source_data: there is no 'width' here"):
        source.width  # noqa: B018 - getting it is what fails


@pytest.mark.parametrize("raw", [{}, [], None, "text", 1, {"data_uri": None}, {1: 2}])
def test_whatever_comes_spoils_nothing_until_its_content_is_asked_for(reader: ContentReader, raw: Any) -> None:
    source = SourceData(raw, reader)
    assert (source.uri, source.type) == (None, None)
    assert repr(source) == "<SourceData None None>"
    assert dir(source)
    assert not hasattr(source, "height")
    with pytest.raises(UnsupportedURI, match="the source data has none"):
        source.get_content()


def test_it_goes_back_to_the_api_as_it_came() -> None:
    source = SourceData(ENTRY)
    given = source.to_source_data()
    assert given == ENTRY
    assert list(given) == list(ENTRY)
    given["height"] = 0
    assert source.height == 3


def test_equal_entries_are_equal() -> None:
    assert SourceData(ENTRY) == SourceData(dict(ENTRY))
    assert SourceData(ENTRY) != SourceData({**ENTRY, "height": 4})
    assert SourceData(ENTRY) != ENTRY
    with pytest.raises(TypeError):
        hash(SourceData(ENTRY))


def test_its_repr_shows_no_secret() -> None:
    assert repr(SourceData(ENTRY)) == "<SourceData 'http://h/a' 'image/png'>"


def test_without_a_client_there_is_no_content() -> None:
    with pytest.raises(RuntimeError, match="without a client"):
        SourceData(ENTRY).get_content()


def test_content_in_each_form(reader: ContentReader, server: ScriptedServer) -> None:
    text = '{"名前": "猫"}'
    server.reply(body=text.encode())
    source = SourceData({"data_uri": server.url}, reader)
    assert source.get_content() == text.encode()
    assert list(source.get_iter_content(chunk_size=8)) == [
        text.encode()[i : i + 8] for i in range(0, len(text.encode()), 8)
    ]
    assert list(source.get_iter_content()) == [text.encode()]
    assert source.get_text() == text
    assert source.get_text(encoding="latin-1") == text.encode().decode("latin-1")
    assert source.get_json() == {"名前": "猫"}
    assert len(server.requests) == 1


def test_content_past_the_cache(reader: ContentReader, server: ScriptedServer) -> None:
    server.always = lambda _: Reply(body=b"1")
    source = SourceData({"data_uri": server.url}, reader)
    assert source.get_content(False) == source.get_content(cache=False) == b"1"
    assert source.get_text(cache=False) == "1"
    assert source.get_json(cache=False) == 1
    assert list(source.get_iter_content(False)) == [b"1"]
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("body", "get"),
    [(b"\xff\xfe\xfa", "get_text"), (b"{", "get_json"), (b"\xff\xff", "get_json"), (b"[" * 200_000, "get_json")],
)
def test_content_of_another_form_is_a_value_error(
    reader: ContentReader, server: ScriptedServer, body: bytes, get: str
) -> None:
    server.reply(body=body)
    source = SourceData({"data_uri": server.url}, reader)
    with pytest.raises(ValueError, match=r"decode|Expecting|nested") as caught:
        getattr(source, get)()
    assert repr(source) in "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


def test_a_byte_order_mark_is_no_part_of_the_text(reader: ContentReader, server: ScriptedServer) -> None:
    server.reply(body="\ufeffa".encode())
    source = SourceData({"data_uri": server.url}, reader)
    assert source.get_text() == "a"


@pytest.mark.parametrize("size", [0, -1, 1.5, "1", True])
def test_pieces_of_a_size_that_can_not_be(reader: ContentReader, size: Any) -> None:
    with pytest.raises(ValueError, match=r"^chunk_size: "):
        SourceData(ENTRY, reader).get_iter_content(chunk_size=size)


def test_no_piece_of_a_body_that_fails(reader: ContentReader, server: ScriptedServer) -> None:
    server.reply(body=bytes(10_000), fault="half")
    with pytest.raises(OSError, match=r"incomplete|without sending complete"):
        next(SourceData({"data_uri": server.url}, reader).get_iter_content(chunk_size=10))


def test_items_that_are_pickled_one_by_one_share_their_connections(
    reader: ContentReader, server: ScriptedServer
) -> None:
    server.always = lambda _: Reply(body=b"1")
    sources = [SourceData({"data_uri": f"{server.url}/{number}"}, reader) for number in range(5)]
    pickled = [pickle.dumps(source) for source in sources]
    assert [pickle.loads(one) for one in pickled] == sources
    assert [copy.copy(one) for one in sources] == [copy.deepcopy(one) for one in sources] == sources
    for one in pickled:
        assert pickle.loads(one).get_content(cache=False) == b"1"
    assert {request.connection for request in server.requests} == {1}


def test_a_process_that_is_spawned_opens_one_connection(
    reader: ContentReader, server: ScriptedServer, tmp_path: Path
) -> None:
    server.always = lambda _: Reply(body=b"1")
    for number in range(4):
        source = SourceData({"data_uri": f"{server.url}/{number}"}, reader)
        (tmp_path / f"{number}.pickle").write_bytes(pickle.dumps(source))
    code = f"""
import pathlib, pickle
for number in range(4):
    source = pickle.loads(pathlib.Path({str(tmp_path)!r}, f"{{number}}.pickle").read_bytes())
    assert source.get_content(cache=False) == b"1"
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=30)
    assert [request.target for request in server.requests] == ["/0", "/1", "/2", "/3"]
    assert {request.connection for request in server.requests} == {1}


def test_what_is_pickled_and_what_is_not_close_apart(reader: ContentReader, server: ScriptedServer) -> None:
    server.always = lambda _: Reply(body=b"1")
    source = SourceData({"data_uri": server.url}, reader)
    first, second = (pickle.loads(pickle.dumps(reader)) for _ in range(2))
    assert first is second
    for one in (reader, first):
        assert one.read(server.url, cache=False) == b"1"
    first.close()
    assert source.get_content(cache=False) == second.read(server.url, cache=False) == b"1"
    reader.close()
    assert pickle.loads(pickle.dumps(source)).get_content(cache=False) == b"1"
    with pytest.raises(RuntimeError, match="closed"):
        source.get_content(cache=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_has_connections_of_its_own(reader: ContentReader, server: ScriptedServer) -> None:
    server.always = lambda _: Reply(body=b"1")
    source = SourceData({"data_uri": server.url}, reader)
    assert source.get_content(cache=False) == b"1"
    child = os.fork()
    if not child:
        os._exit(0 if source.get_content(cache=False) == b"1" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert source.get_content(cache=False) == b"1"
    assert [request.connection for request in server.requests] == [1, 2, 1]


def test_threads_share_a_reader(reader: ContentReader, server: ScriptedServer) -> None:
    server.always = lambda request: Reply(body=request.target.encode())
    failed: list[int] = []

    def read(number: int) -> None:
        for turn in range(10):
            source = SourceData({"data_uri": f"{server.url}/{number}/{turn}"}, reader)
            if source.get_text(cache=False) != f"/{number}/{turn}":
                failed.append(number)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(server.requests) == 80


def test_a_reader_says_what_it_is_without_a_secret(reader: ContentReader) -> None:
    assert "hush" not in repr(reader)


def test_content_that_was_deleted_since(reader: ContentReader, server: ScriptedServer) -> None:
    server.answer({"error": "not_found", "error_description": "file is gone"}, 404)
    with pytest.raises(NotFound, match="file is gone"):
        SourceData({"data_uri": "datalake://1/2"}, reader).get_content()


def test_content_that_was_fetched_ahead_is_fetched_once(
    reader: ContentReader, server: ScriptedServer, tmp_path: Path
) -> None:
    server.always = lambda _: Reply(body=b"1")
    kept = SourceData({"data_uri": f"{server.url}/a"}, reader)
    # This cache can keep nothing.
    (tmp_path / "full").write_text("")
    lost = SourceData({"data_uri": f"{server.url}/b"}, ContentReader(reader._api, cache_dir=tmp_path / "full"))
    for source in (kept, lost):
        source.prefetch()
        assert source.get_content() == b"1"
    assert [request.target for request in server.requests] == ["/a", "/b"]
    lost.get_content()
    assert len(server.requests) == 3


def test_a_failure_ahead_is_raised_where_the_content_is_asked_for(
    reader: ContentReader, server: ScriptedServer
) -> None:
    server.reply(404)
    source = SourceData({"data_uri": server.url}, reader)
    source.prefetch()
    with pytest.raises(NotFound):
        source.get_content()
    server.reply(body=b"1")
    assert source.get_content() == b"1"
    SourceData({"data_uri": "odd://x"}, reader).prefetch()
