"""The package is replaced as a whole: it is never absent, whatever ends a run, and two runs follow each other."""

import fcntl
import os
import threading
from pathlib import Path

import pytest

from upkeep import swapping
from upkeep.swapping import replace, workplace, write


def folder(place: Path, text: str) -> Path:
    place.mkdir(parents=True)
    (place / "module.py").write_text(text, encoding="utf-8")
    return place


def content(place: Path) -> str:
    return (place / "module.py").read_text(encoding="utf-8")


def test_the_package_is_there_at_every_moment(tmp_path: Path) -> None:
    if not swapping.exchanged(folder(tmp_path / "a", ""), folder(tmp_path / "b", "")):
        pytest.skip("this file system can't exchange two folders")
    place = folder(tmp_path / "around" / "package", "0")
    absent, done = [], threading.Event()

    def look() -> None:
        while not done.is_set():
            if not (place / "module.py").exists():
                absent.append(1)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(1, 60):
        with workplace(place) as work:
            replace(place, folder(work / "package", str(number)))
    done.set()
    reader.join()
    assert content(place) == "59"
    assert not absent
    assert [path.name for path in place.parent.iterdir()] == ["package"]


def test_the_first_package_is_only_moved(tmp_path: Path) -> None:
    place = tmp_path / "around" / "package"
    with workplace(place) as work:
        replace(place, folder(work / "package", "new"))
    assert content(place) == "new"


def test_what_a_killed_run_has_left_is_removed_and_what_it_moved_comes_back(tmp_path: Path) -> None:
    place = tmp_path / "package"
    folder(tmp_path / ".generating-killed" / "old", "old")
    folder(tmp_path / ".generating-earlier" / "package", "half")
    with workplace(place):
        assert content(place) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


def test_an_interrupt_between_two_moves_leaves_the_old_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(tmp_path / "package", "old")
    monkeypatch.setattr(swapping, "exchanged", lambda _one, _other: False)
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if self.name == "fresh":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), workplace(place) as work:
        replace(place, folder(work / "fresh", "new"))
    assert content(place) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


def test_where_folders_can_not_be_exchanged_they_are_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(tmp_path / "package", "old")
    monkeypatch.setattr(swapping, "exchanged", lambda _one, _other: False)
    with workplace(place) as work:
        replace(place, folder(work / "fresh", "new"))
    assert content(place) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


def test_another_run_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    entered = threading.Event()

    def second() -> None:
        with workplace(tmp_path / "package"):
            entered.set()

    run = threading.Thread(target=second)
    run.start()
    try:
        assert not entered.wait(0.1)
    finally:
        os.close(lock)
        run.join()
    assert entered.is_set()
    assert capsys.readouterr().err == (
        f"scripts/generate: another run is at work in {tmp_path.name}/; waiting for it\n"
    )


def test_a_file_is_written_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    write(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write(file, "new\ud800")
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]
