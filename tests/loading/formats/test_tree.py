"""Files below a folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from abeja_datasets_loading.formats.sources.tree import files_below


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder inside so many others that each function which calls itself for a folder fails."""
    folders = [tmp_path]
    for _ in range(1200):
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    (folders[-1] / "a.xml").touch()
    yield folders[-1]
    (folders[-1] / "a.xml").unlink()
    for folder in reversed(folders[1:]):  # shutil.rmtree, and so pytest, can't
        folder.rmdir()


def test_a_folder_may_be_deeper_than_calls_of_python(tmp_path: Path, deep: Path) -> None:
    assert [os.fspath(path) for path in files_below(tmp_path)] == [os.fspath(deep / "a.xml")]


def test_files_come_in_the_order_of_their_names_and_links_in_a_circle_end(tmp_path: Path) -> None:
    for name in ("b/2.xml", "b/1.xml", "a.xml", "b.xml", ".hidden/3.xml", "__MACOSX/4.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "c").symlink_to(tmp_path / "b")
    (tmp_path / "dead.xml").symlink_to(tmp_path / "nowhere")
    names = [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)]
    assert names == ["a.xml", "b/1.xml", "b/2.xml", "b.xml", "c/1.xml", "c/2.xml", "dead.xml"]
