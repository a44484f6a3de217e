"""Content that is not on web servers: in the Data Lake, in files, in object stores, and where a function reads it."""

import errno
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from tests.wrapper.scripted import ScriptedServer

from abeja_datasets import APIClient
from abeja_datasets.content import ContentReader
from abeja_datasets.exceptions import ConnectionFailed, Forbidden, InvalidResponse, NotFound, UnsupportedURI

IMAGE = b"\x89PNG" + bytes(range(256))
TOKEN = "hush-hush-token"
Make = Callable[..., ContentReader]


@pytest.fixture
def make(server: ScriptedServer, tmp_path: Path) -> Make:
    def make(**options: Any) -> ContentReader:
        api = APIClient({"auth_token": TOKEN}, base_url=f"{server.url}/base", max_retry_count=0)
        return ContentReader(api, **{"cache_dir": tmp_path / "cache", **options})

    return make


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


# The Data Lake


def test_the_api_is_asked_with_the_credential_and_the_link_without(
    make: Make, server: ScriptedServer, other_server: ScriptedServer
) -> None:
    server.answer({"download_uri": f"{other_server.url}/a?sig=1", "file_id": "a"})
    other_server.reply(body=IMAGE)
    reader = make()
    assert reader.read("datalake://12/20180510T11-a.b_c") == IMAGE
    assert reader.read("datalake://12/20180510T11-a.b_c") == IMAGE
    assert (server.only.method, server.only.target) == ("GET", "/base/channels/12/20180510T11-a.b_c")
    assert server.only.headers["authorization"] == f"Bearer {TOKEN}"
    assert other_server.only.target == "/a?sig=1"
    assert "authorization" not in other_server.only.headers


def test_the_link_gets_no_credential_on_the_server_of_the_api_either(make: Make, server: ScriptedServer) -> None:
    server.answer({"download_uri": f"{server.url}/base/a"})
    server.reply(body=IMAGE)
    assert make().read("datalake://1/2") == IMAGE
    assert ["authorization" in request.headers for request in server.requests] == [True, False]


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("datalake://1/a b", "/base/channels/1/a%20b"),
        ("datalake://1/ü%2F", "/base/channels/1/%C3%BC%252F"),
        ("datalake://1/%2e%2e", "/base/channels/1/%252e%252e"),
        ("DataLake://1/a?b#c", "/base/channels/1/a%3Fb%23c"),
        ("datalake://1:80/@a", "/base/channels/1%3A80/%40a"),
    ],
)
def test_ids_are_quoted(make: Make, server: ScriptedServer, uri: str, target: str) -> None:
    server.answer({"error": "not_found"}, 404)
    with pytest.raises(NotFound):
        make().read(uri)
    assert server.only.target == target


@pytest.mark.parametrize(
    "uri",
    ["datalake:", "datalake://", "datalake:///", "datalake://1", "datalake://1/", "datalake:///2", "datalake://../2",
     "datalake://1/..", "datalake://1/.", "datalake://./2", "datalake://1/2/3", "datalake://1/2/", "datalake:1/2",
     "datalake:/1/2", "datalake://1/../../organizations", "datalake://1/\r\nX: y", "datalake://1/\ud800"],
)  # fmt: skip
def test_what_is_no_channel_and_file_is_refused_and_nothing_sent(make: Make, uri: str) -> None:
    with pytest.raises(UnsupportedURI, match=r"data_uri: no content can be read from 'datalake:"):
        make().read(uri)


NO_URLS: list[Any] = [
    None, "", 1, [], ["http://x/"], {}, "x", "/a", "//x/a", "http://", "://", "file:///etc/passwd", "ftp://x/a",
    "data:,x", "http://u:p@x/", "s3://a/b", "datalake://1/2", "http://[::1", "http:/x", "\x00http://x/",
]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "http://x/",
        *({"download_uri": value} for value in NO_URLS),
    ],
)
def test_a_link_that_is_no_url_is_an_error(make: Make, server: ScriptedServer, tmp_path: Path, body: Any) -> None:
    server.answer(body)
    with pytest.raises(
        InvalidResponse, match=r"GET /base/channels/1/2 responded with 200 but its download_uri is "
    ) as caught:
        make(content_root="/").read("datalake://1/2")
    assert "u:p" not in str(caught.value)
    assert kept(tmp_path) == []


def test_a_redirect_of_the_api_does_not_take_the_credential_away(
    make: Make, server: ScriptedServer, other_server: ScriptedServer
) -> None:
    server.reply(302, headers={"Location": other_server.url})
    with pytest.raises(Exception, match="302"):
        make().read("datalake://1/2")
    assert other_server.requests == []


def test_content_of_another_platform_is_another_one(
    make: Make, server: ScriptedServer, other_server: ScriptedServer, tmp_path: Path
) -> None:
    server.answer({"download_uri": f"{server.url}/a"})
    server.reply(body=b"one")
    other_server.answer({"download_uri": f"{other_server.url}/a"})
    other_server.reply(body=b"two")
    other = APIClient({"auth_token": TOKEN}, base_url=other_server.url)
    assert make().read("datalake://1/2") == b"one"
    assert ContentReader(other, cache_dir=tmp_path / "cache").read("datalake://1/2") == b"two"


# Files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "served"
    (root / "sub").mkdir(parents=True)
    (root / "a b.png").write_bytes(IMAGE)
    (root / "sub" / "é?#.png").write_bytes(IMAGE)
    (tmp_path / "secret").write_text("secret")
    (root / "inside").symlink_to("sub/é?#.png")
    (root / "outside").symlink_to("../secret")
    (root / "up").symlink_to("..")
    (root / "circle").symlink_to("circle")
    os.mkfifo(root / "fifo")
    return root


@pytest.mark.parametrize(
    "uri",
    ["file://ROOT/a b.png", "file://ROOT/a%20b.png", "file:ROOT/a b.png", "FILE://localhostROOT/a b.png",
     "file://ROOT/sub/%C3%A9%3F%23.png", "file://ROOT/inside", "file://ROOT/./a b.png", "file://ROOT//a b.png"],
)  # fmt: skip
def test_a_file_below_the_folder_is_read_and_not_kept(make: Make, root: Path, tmp_path: Path, uri: str) -> None:
    assert make(content_root=root).read(uri.replace("ROOT", str(root))) == IMAGE
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "ROOT/../secret", "ROOT/%2e%2e/secret", "ROOT/.%2E/secret", "ROOT/sub/../a b.png", "ROOT/outside",
     "ROOT/up/secret", "ROOT/up/served/../secret", "ROOTX", "ROOT-other/a", "//etc/passwd", "ROOT/a%00b",
     "ROOT/..%2fsecret", "ROOT/..%5csecret", "ROOT/../served/a b.png", "ROOT/a?b", "ROOT/a#b", "host/etc/passwd",
     "/proc/self/environ", "", "/"],
)  # fmt: skip
def test_a_file_elsewhere_is_not(make: Make, root: Path, path: str) -> None:
    with pytest.raises(UnsupportedURI, match=r"data_uri: no content can be read from 'file:"):
        make(content_root=root).read(f"file://{path.replace('ROOT', str(root))}")


@pytest.mark.parametrize("name", ["nothing", "a b.png/x", "sub/nothing"])
def test_a_file_that_is_missing(make: Make, root: Path, name: str) -> None:
    with pytest.raises(NotFound, match="there is no such file"):
        make(content_root=root).read(f"file://{root}/{name}")


@pytest.mark.parametrize("name", ["sub", "fifo", "circle", "", "n" * 300])
def test_what_is_no_file_is_not_read(make: Make, root: Path, name: str) -> None:
    with pytest.raises((UnsupportedURI, Forbidden)):
        make(content_root=root).read(f"file://{root}/{name}")


def test_no_file_without_a_folder(make: Make, root: Path) -> None:
    with pytest.raises(UnsupportedURI, match="content_root"):
        make().read(f"file://{root}/a b.png")


def test_the_folder_may_be_relative_and_a_link(
    make: Make, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(root)
    monkeypatch.chdir(tmp_path)
    reader = make(content_root="link")
    monkeypatch.chdir("/")
    assert reader.read(f"file://{tmp_path}/link/a b.png") == IMAGE
    assert reader.read(f"file://{root}/a b.png") == IMAGE


def test_a_file_over_the_limit(make: Make, root: Path) -> None:
    with pytest.raises(InvalidResponse, match="larger than max_content_bytes, 100 bytes"):
        make(content_root=root, max_content_bytes=100).read(f"file://{root}/inside")


@pytest.mark.parametrize("value", ["", "a\0b", b""])
def test_a_folder_without_a_name(make: Make, value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="content_root: "):
        make(content_root=value)


# Other schemes


@pytest.mark.parametrize(
    "uri",
    [None, [], ["http://x/"], {}, 1, True, b"http://x/", "", "x", "/etc/passwd", "../a", "C:\\a", "://x", "http",
     "//x/y", "ftp://x/y", "data:image/png;base64,AA==", "gopher://x", "\x00http://x", "http://x/\n", "http://x/\ud800",
     " http://x/"],
)  # fmt: skip
def test_any_other_uri_is_an_error_when_it_is_read(make: Make, uri: Any) -> None:
    with pytest.raises(UnsupportedURI, match=r"data_uri: no content can be read from "):
        make().read(uri)


def test_a_function_reads_a_scheme(make: Make, tmp_path: Path) -> None:
    read: list[str] = []

    def fetch(uri: str) -> bytes:
        read.append(uri)
        return IMAGE

    reader = make(content_handlers={"FTP": fetch, "http": fetch})
    for uri in ("ftp://x/y?z", "Ftp://x/y?w", "http://x/", "ftp://x/y?z"):
        assert reader.read(uri) == IMAGE
    assert read == ["ftp://x/y?z", "Ftp://x/y?w", "http://x/"]
    assert len(kept(tmp_path)) == 3
    assert reader.read("ftp://x/y?z", cache=False) == IMAGE
    assert len(read) == 4


def test_what_a_function_returns(make: Make, tmp_path: Path) -> None:
    returned: dict[str, Any] = {
        "x:bytes": IMAGE, "x:array": bytearray(IMAGE), "x:view": memoryview(IMAGE),
        "x:text": "text", "x:none": None, "x:number": 1, "x:large": IMAGE * 2,
    }  # fmt: skip
    reader = make(content_handlers={"x": returned.__getitem__}, max_content_bytes=len(IMAGE))
    for uri in ("x:bytes", "x:array", "x:view"):
        content = reader.read(uri)
        assert (content, type(content)) == (IMAGE, bytes)
    for uri in ("x:text", "x:none", "x:number"):
        with pytest.raises(TypeError, match=r"content_handlers\['x'\]: the function must return bytes"):
            reader.read(uri)
    with pytest.raises(InvalidResponse, match="max_content_bytes"):
        reader.read("x:large")
    # What the function raises is its caller's.
    with pytest.raises(KeyError, match="x:missing"):
        reader.read("x:missing")
    assert len(kept(tmp_path)) == 3


@pytest.mark.parametrize(
    "given", [[], "ftp", {"ftp": None}, {"ftp": "f"}, {1: len}, {"": len}, {"a b": len}, {"1": len}, {"ftp:": len}]
)
def test_functions_that_can_not_be(make: Make, given: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^content_handlers"):
        make(content_handlers=given)


@pytest.mark.parametrize("name", ["max_content_bytes", "max_cached_bytes"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "1", True, float("nan")])
def test_limits_that_can_not_be(make: Make, name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: "):
        make(**{name: value})


def test_a_function_pickles_with_the_reader_or_says_that_it_does_not(make: Make) -> None:
    assert pickle.loads(pickle.dumps(make(content_handlers={"x": str.encode})))
    with pytest.raises(TypeError, match=r"content_handlers\['x'\]: "):
        pickle.dumps(make(content_handlers={"x": lambda _uri: b""}))


# Object stores


class Store(MemoryFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """A store in memory, in which some names can't be read."""

    protocol = ("s3", "gs")
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix("s3://").removeprefix("gs://").lstrip("/")

    def open(self, path: str, *arguments: Any, **options: Any) -> Any:
        failures = {
            "/denied": PermissionError("denied"),
            "/broken": RuntimeError("broken"),
            "/net": OSError(errno.EIO, "x"),
        }
        for name, error in failures.items():
            if path.endswith(name):
                raise error
        return super().open(path, *arguments, **options)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    for scheme in ("s3", "gs"):
        monkeypatch.setitem(sys.modules["fsspec.registry"].__dict__["_registry"], scheme, Store)
    monkeypatch.setattr(Store, "store", {})
    store = Store()
    store.pipe("/bucket/a b.png", IMAGE)
    return store


@pytest.mark.parametrize("scheme", ["s3", "gs", "S3"])
@pytest.mark.usefixtures("store")
def test_an_object_is_read_through_fsspec(make: Make, tmp_path: Path, scheme: str) -> None:
    assert make().read(f"{scheme}://bucket/a b.png") == IMAGE
    assert len(kept(tmp_path)) == 1
    with pytest.raises(InvalidResponse, match="max_content_bytes, 100 bytes"):
        make(max_content_bytes=100).read(f"{scheme}://bucket/a b.png", cache=False)


@pytest.mark.parametrize(
    ("name", "error"),
    [("nothing", NotFound), ("denied", Forbidden), ("broken", ConnectionFailed), ("net", ConnectionFailed)],
)
@pytest.mark.usefixtures("store")
def test_an_object_that_can_not_be_read(make: Make, tmp_path: Path, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="data_uri: 's3://bucket"):
        make().read(f"s3://bucket/{name}")
    assert kept(tmp_path) == []


@pytest.mark.usefixtures("store")
def test_a_chain_of_urls_reaches_no_other_file_system(make: Make, root: Path) -> None:
    with pytest.raises((NotFound, ConnectionFailed)):
        make().read(f"s3://bucket::file://{root}/a b.png")


def test_without_fsspec_or_its_package_the_error_says_what_to_install(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnsupportedURI, match=r"s3fs is not installed; pip install 'abeja-datasets\[content\]' s3fs"):
        make().read("s3://bucket/a")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UnsupportedURI, match=r"fsspec is not installed; pip install 'abeja-datasets\[content\]' gcsfs"):
        make().read("gs://bucket/a")
