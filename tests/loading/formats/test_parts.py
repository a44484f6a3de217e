"""What is not whole yet: who removes it, and when."""

from pathlib import Path

import pytest

from abeja_datasets_loading.formats import parts
from abeja_datasets_loading.formats.parts import Part


def left(folder: Path) -> list[str]:
    """Return the names of what is hidden in a folder."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("is_folder", [False, True])
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path, is_folder: bool) -> None:
    target = tmp_path / "[a]*"
    killed = Part(target, is_folder=is_folder)
    (killed.path / "x" if is_folder else killed.path).write_text("x")
    others = [f".{target.name}-backup12", f".{target.name}-backup12.partial.txt", ".ab-backup12.partial"]
    for name in others:
        (tmp_path / name).write_text("mine")
    alive = Part(target, is_folder=is_folder)
    assert killed.path.exists(), "another process writes it"
    killed._unlock()
    Part(target, is_folder=is_folder).discard()
    assert sorted(left(tmp_path)) == sorted([*others, alive.path.name])
    alive.commit()
    assert target.stat().st_mode & 0o777 == (0o777 if is_folder else 0o666) & ~parts._umask()
    assert sorted(left(tmp_path)) == sorted(others)


@pytest.mark.parametrize("how", ["locked", "removed", "removed before"])
def test_a_part_that_another_process_took_for_stale_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    lock = parts._lock
    taken: list[Path] = []

    def locked(path: Path) -> int:
        if taken:
            return lock(path)
        taken.append(path)
        if how == "locked":
            raise BlockingIOError
        if how == "removed before":
            path.unlink()
        descriptor = lock(path)
        path.unlink()
        return descriptor

    monkeypatch.setattr(parts, "_lock", locked)
    part = Part(tmp_path / "a")
    assert part.path.exists()
    assert part.path not in taken
    part.discard()


def test_a_system_without_locks_removes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path) -> int:
        raise OSError

    killed = Part(tmp_path / "a")
    killed._unlock()
    with monkeypatch.context() as patch:
        patch.setattr(parts, "_lock", refused)
        Part(tmp_path / "a").commit()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([killed.path.name, "a"])
