"""`abeja-datasets cache`."""

import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from abeja_datasets.content.cache import Cache
from abeja_datasets_cli.cache import cache

pytestmark = pytest.mark.usefixtures("nothing_set")


@pytest.fixture
def kept(nothing_set: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:  # noqa: ARG001 - it goes before
    """A cache with two files, of which one is three days old, beside files of others."""
    monkeypatch.setenv("ABEJA_STORAGE_DIR_PATH", str(tmp_path))
    kept = Cache(tmp_path / "abeja-datasets", 100)
    kept.write("old", bytes(60))
    (old,) = (tmp_path / "abeja-datasets").iterdir()
    then = time.time() - 3 * 24 * 60 * 60
    os.utime(old, (then, then))
    kept.write("new", bytes(40))
    (tmp_path / "abeja-datasets" / "README").write_text("mine")
    (tmp_path / "abeja-datasets" / ("f" * 64)).symlink_to("README")
    (tmp_path / "1230").mkdir()
    (tmp_path / "1230" / ("e" * 64)).write_text("abeja-sdk's")
    return kept


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cache, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_info(kept: Cache) -> None:
    assert run("info") == (0, f"folder: {kept.folder}\n2 files, 100 bytes\n")


def test_clear_removes_what_is_ours_and_nothing_else(kept: Cache, tmp_path: Path) -> None:
    assert run("clear") == (0, "removed 2 files, 100 bytes\n")
    assert run("info")[1].endswith("\n0 files, 0 bytes\n")
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if not path.is_dir()}
    assert left == {"abeja-datasets/README", f"abeja-datasets/{'f' * 64}", f"1230/{'e' * 64}"}
    assert kept.read("new", 100) is None


@pytest.mark.parametrize(
    ("days", "removed"), [("4", "0 files, 0 bytes"), ("2.5", "1 file, 60 bytes"), ("0", "2 files, 100 bytes")]
)
@pytest.mark.usefixtures("kept")
def test_clear_what_is_old(days: str, removed: str) -> None:
    assert run("clear", "--older-than", days) == (0, f"removed {removed}\n")


@pytest.mark.parametrize("days", ["-1", "nan", "inf", "x"])
def test_days_that_can_not_be(kept: Cache, days: str) -> None:
    code, output = run("clear", "--older-than", days)
    assert code == 2
    assert "--older-than" in output
    assert kept.size() == (2, 100)


def test_where_nothing_is_kept_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEJA_STORAGE_DIR_PATH", str(tmp_path / "none"))
    assert run("info") == (0, f"folder: {tmp_path}/none/abeja-datasets\n0 files, 0 bytes\n")
    assert run("clear") == (0, "removed 0 files, 0 bytes\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_folder_that_is_none_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("ABEJA_STORAGE_DIR_PATH", str(tmp_path / "s"))
    (tmp_path / "s").mkdir()
    other = tmp_path / "other"
    other.mkdir()
    (other / ("a" * 64)).write_text("theirs")
    place = tmp_path / "s" / "abeja-datasets"
    place.symlink_to(other) if kind == "link" else place.write_text("mine")
    for command in ("info", "clear"):
        code, output = run(command)
        assert (code, output.count("\n")) == (1, 1)
        assert output.startswith(f"Error: {place}: ")
    assert (other / ("a" * 64)).exists()


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert run("info") == (
        1,
        "Error: the user has no home folder; set ABEJA_STORAGE_DIR_PATH to the folder that clients use\n",
    )


def test_help() -> None:
    code, output = run("clear", "--help")
    assert code == 0
    assert "--older-than DAYS" in output
