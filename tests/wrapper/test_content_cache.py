"""The cache of content: where it is, that a file is whole, and that no fault of it keeps content from being read."""

import concurrent.futures
import hashlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from tests.wrapper.scripted import Reply, ScriptedServer

from abeja_datasets import APIClient
from abeja_datasets.content import ContentReader
from abeja_datasets.content.cache import Cache, folder_below

IMAGE = b"\x89PNG" + bytes(range(256))
Make = Callable[..., ContentReader]


@pytest.fixture
def make(server: ScriptedServer) -> Make:
    server.always = lambda request: Reply(body=IMAGE if "none" not in request.path else b"")

    def make(**options: Any) -> ContentReader:
        return ContentReader(APIClient({"auth_token": "t"}, base_url=server.url, max_retry_count=0), **options)

    return make


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without any settings."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_a_file_is_named_by_the_hash_of_the_whole_uri(make: Make, server: ScriptedServer, tmp_path: Path) -> None:
    uris = [
        f"{server.url}/{name}" for name in ("a", "a?b=secret", "a#c", "A", "../../etc/passwd", "%2e%2e/x", "a" * 5000)
    ]
    reader = make(cache_dir=tmp_path / "c")
    for uri in [*uris, *uris]:
        assert reader.read(uri) == IMAGE
    assert len(server.requests) == len(uris)
    assert files(tmp_path / "c") == sorted(f"abeja-datasets/{hashlib.sha256(uri.encode()).hexdigest()}" for uri in uris)
    assert all((tmp_path / "c" / name).read_bytes() == IMAGE for name in files(tmp_path / "c"))


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({}, "HOME/.cache/abeja-datasets"),
        ({"XDG_CACHE_HOME": "TMP/xdg"}, "TMP/xdg/abeja-datasets"),
        ({"XDG_CACHE_HOME": "relative"}, "HOME/.cache/abeja-datasets"),
        ({"XDG_CACHE_HOME": "TMP/xdg", "ABEJA_STORAGE_DIR_PATH": "TMP/s"}, "TMP/s/abeja-datasets"),
        ({"ABEJA_STORAGE_DIR_PATH": "relative/s"}, "CWD/relative/s/abeja-datasets"),
        ({"ABEJA_STORAGE_DIR_PATH": "~/s"}, "HOME/s/abeja-datasets"),
        ({"ABEJA_STORAGE_DIR_PATH": ""}, "HOME/.cache/abeja-datasets"),
    ],
)
def test_where_it_is(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], place: str
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    for name, value in environ.items():
        monkeypatch.setenv(name, value.replace("TMP", str(tmp_path)))
    reader = make()
    monkeypatch.chdir("/")
    reader.read(f"{reader._api.base_url}/a")
    (name,) = files(tmp_path)
    for short, folder in (("HOME", tmp_path / "home"), ("TMP", tmp_path), ("CWD", tmp_path / "cwd")):
        place = place.replace(short, str(folder))
    assert (tmp_path / name).parent == Path(place)
    assert (tmp_path / name).parent.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_it_is_neither_read_nor_written_unless_it_is_wanted(make: Make, server: ScriptedServer, tmp_path: Path) -> None:
    reader = make(cache_dir=tmp_path / "c")
    assert reader.read(server.url, cache=False) == IMAGE
    assert files(tmp_path) == []
    assert reader.read(server.url) == IMAGE
    (name,) = files(tmp_path)
    (tmp_path / name).write_bytes(b"kept")
    assert reader.read(server.url) == b"kept"
    assert reader.read(server.url, cache=False) == IMAGE
    assert len(server.requests) == 3


def test_what_is_empty_or_too_large_is_not_kept(make: Make, server: ScriptedServer, tmp_path: Path) -> None:
    reader = make(cache_dir=tmp_path / "c", max_cached_bytes=len(IMAGE) - 1)
    for _ in range(2):
        assert reader.read(server.url) == IMAGE
    reader = make(cache_dir=tmp_path / "c", max_cached_bytes=len(IMAGE))
    for _ in range(2):
        assert reader.read(f"{server.url}/none") == b""
    assert files(tmp_path) == []
    reader.read(server.url)
    # A power failure may leave it so.
    (name,) = files(tmp_path)
    (tmp_path / name).write_bytes(b"")
    assert reader.read(server.url) == IMAGE
    assert (tmp_path / name).read_bytes() == IMAGE


def a_link(place: Path) -> None:
    (place.parent / "elsewhere").mkdir()
    place.symlink_to("elsewhere")


def a_broken_link(place: Path) -> None:
    place.symlink_to("nothing")


def a_file(place: Path) -> None:
    place.write_text("mine")


def below_a_file(place: Path) -> None:
    place.parent.rmdir()
    place.parent.write_text("mine")


@pytest.mark.parametrize("spoil", [a_link, a_broken_link, a_file, below_a_file])
def test_a_folder_that_can_not_be_used_is_left_alone(
    make: Make, server: ScriptedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None]
) -> None:
    base = tmp_path / "c"
    base.mkdir()
    spoil(base / "abeja-datasets")
    before = files(tmp_path)
    reader = make(cache_dir=base)
    for name in ("a?secret", "b", "a?secret"):
        assert reader.read(f"{server.url}/{name}") == IMAGE
    assert files(tmp_path) == before
    assert (tmp_path / "nothing").exists() is False
    (record,) = (record for record in caplog.records if record.levelno >= logging.WARNING)
    assert str(base / "abeja-datasets") in record.getMessage()
    assert "secret" not in record.getMessage()


@pytest.mark.parametrize("error", [28, 30, 13, 122, 5, 24])
def test_a_disk_that_takes_nothing(
    make: Make, server: ScriptedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, error: int
) -> None:
    opened: list[Any] = []

    class Full:
        """A file that takes a few bytes and then none."""

        def __init__(self, descriptor: int, *_mode: Any, **_options: Any) -> None:
            self._descriptor = descriptor
            self._left = 10
            opened.append(self)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_error: object) -> None:
            os.close(self._descriptor)

        def write(self, content: memoryview) -> int:
            if not self._left:
                raise OSError(error, os.strerror(error))
            written, self._left = os.write(self._descriptor, content[: self._left]), 0
            return written

    reader = make(cache_dir=tmp_path / "c")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fdopen", Full)
        for _ in range(2):
            assert reader.read(server.url) == IMAGE
    assert len(opened) == 2
    assert files(tmp_path) == []
    (record,) = (record for record in caplog.records if record.levelno >= logging.WARNING)
    assert os.strerror(error) in record.getMessage()
    assert reader.read(server.url) == IMAGE
    assert len(files(tmp_path)) == 1


def test_an_interrupt_leaves_no_part_of_a_file(make: Make, server: ScriptedServer, tmp_path: Path) -> None:
    reader = make(cache_dir=tmp_path / "c")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            reader.read(server.url)
    assert files(tmp_path) == []


def _interrupt(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_a_link_in_place_of_a_file_is_neither_read_nor_written_through(
    make: Make, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "c" / "abeja-datasets"
    folder.mkdir(parents=True)
    place = folder / hashlib.sha256(server.url.encode()).hexdigest()
    place.symlink_to(tmp_path / "secret")
    reader = make(cache_dir=tmp_path / "c")
    assert reader.read(server.url) == IMAGE
    assert (tmp_path / "secret").read_text() == "secret"
    assert (place.is_symlink(), place.read_bytes()) == (False, IMAGE)


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_something_else_in_place_of_a_file(make: Make, server: ScriptedServer, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "c" / "abeja-datasets"
    folder.mkdir(parents=True)
    place = folder / hashlib.sha256(server.url.encode()).hexdigest()
    place.mkdir() if kind == "folder" else os.mkfifo(place)
    assert make(cache_dir=tmp_path / "c").read(server.url) == IMAGE


def test_a_user_without_a_home(make: Make, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    reader = make()
    assert [reader.read(server.url) for _ in range(2)] == [IMAGE, IMAGE]
    assert folder_below(None, {}) is None


@pytest.mark.parametrize("value", ["", "a\0b", 1, b"", []])
def test_folders_that_can_not_be(make: Make, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^cache_dir: the path of a folder is needed"):
        make(cache_dir=value)


def test_threads_share_it(make: Make, server: ScriptedServer, tmp_path: Path) -> None:
    reader = make(cache_dir=tmp_path / "c")
    uris = [f"{server.url}/{number % 5}" for number in range(100)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(reader.read, uris)) == {IMAGE}
    assert len(files(tmp_path)) == 5


def test_processes_never_see_a_part_of_a_file(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from abeja_datasets.content.cache import Cache
pieces = [bytes([number]) * 300_000 for number in range(4)]
kept = Cache(Path({str(tmp_path / "c")!r}), 1_000_000)
for turn in range(30):
    kept.write("key", pieces[turn % 4])
    assert kept.read("key", 1_000_000) in pieces
"""
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]
    assert len(files(tmp_path)) == 1


def test_a_killed_process_leaves_no_part_under_the_name(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from abeja_datasets.content.cache import Cache
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Cache(Path({str(tmp_path / "c")!r}), 100).write("key", b"content")
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == -9
    kept = Cache(tmp_path / "c", 100)
    assert kept.read("key", 100) is None
    (leftover,) = files(tmp_path / "c")
    assert kept.size() == (0, 0)
    kept.clear()
    assert files(tmp_path / "c") == [leftover]  # another process may be writing it
    os.utime(tmp_path / "c" / leftover, (1, 1))
    kept.clear()
    assert files(tmp_path / "c") == []


def test_clearing_while_others_read_and_write(tmp_path: Path) -> None:
    kept = Cache(tmp_path / "c", 1_000_000)
    stop = threading.Event()

    def clear() -> None:
        while not stop.is_set():
            kept.clear()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        clearing = pool.submit(clear)
        for turn in range(200):
            kept.write(str(turn % 3), b"content")
            assert kept.read(str(turn % 3), 100) in (None, b"content")
        stop.set()
        clearing.result()
