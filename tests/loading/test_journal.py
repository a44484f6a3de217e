"""The journal: what it keeps, whom it refuses, and how it fails."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from abeja_datasets_loading.errors import InputChanged, JournalError
from abeja_datasets_loading.journal.fingerprints import NO_FINGERPRINT
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, State, Target

TARGET = Target("create", "http://localhost", "1", "2")


def marks(first: int, count: int) -> list[bytes]:
    return [number.to_bytes(16, "big") for number in range(first + 1, first + count + 1)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "items.journal"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal.open(path, TARGET)
    yield journal
    journal.close()


def test_states_survive(journal: Journal, path: Path) -> None:
    assert journal.take_block(0, marks(0, 5)) == {}
    journal.mark_sent([0, 1, 2, 3])
    journal.record(
        [
            Change(0, State.DONE, 17, 1),
            Change(1, State.DONE, "a", 2),
            Change(2, State.REJECTED, None, 1, "no", '{"a":1}'),
            Change(3, State.UNKNOWN, None, 1, "lost", '{"b":1}'),
        ]
    )
    assert journal.counts() == (5, 2, 0, 1, 1, 1)
    run_id = journal.run_id
    journal.close()
    again = Journal.open(path, TARGET)
    assert again.run_id == run_id
    assert again.counts() == (5, 0, 2, 1, 1, 1)
    known = again.take_block(0, marks(0, 5))
    again.close()
    assert {position: record.state for position, record in known.items()} == {
        0: State.DONE,
        1: State.DONE,
        2: State.REJECTED,
        3: State.UNKNOWN,
    }
    states = (State.DONE, State.REJECTED, State.UNKNOWN)
    assert [(r.position, r.state, r.item_id, r.attempts) for r in again.records(*states)] == [
        (0, State.DONE, 17, 1),
        (1, State.DONE, "a", 2),
        (2, State.REJECTED, None, 1),
        (3, State.UNKNOWN, None, 1),
    ]
    assert known[3].item == '{"b":1}'
    assert [r.position for r in again.records(State.DONE, State.UNKNOWN)] == [0, 1, 3]


@pytest.mark.parametrize("item_id", [0, 2**70, -1, "あ", "", None])
def test_an_id_comes_back_as_it_was(journal: Journal, item_id: int | str | None) -> None:
    journal.take_block(0, marks(0, 1))
    journal.record([Change(0, State.DONE, item_id, 1)])
    assert [record.item_id for record in journal.records(State.DONE)] == [item_id]


def test_attempts_add_up(journal: Journal) -> None:
    journal.take_block(0, marks(0, 1))
    for _ in range(2):
        journal.mark_sent([0])
        journal.record([Change(0, State.PLANNED, attempts=2)])
    journal.record([Change(0, State.DONE, 1, 1)])
    assert next(journal.records(State.DONE)).attempts == 5


def test_many_records_come_in_pages(journal: Journal) -> None:
    journal.take_block(0, marks(0, 2500))
    journal.mark_sent(range(2500))
    records = list(journal.records(State.SENT))
    assert [record.position for record in records] == list(range(2500))
    assert [record.fingerprint for record in records] == marks(0, 2500)
    assert next(journal.records(State.SENT, after=2400)).position == 2401


def test_a_longer_input_goes_on(journal: Journal, path: Path) -> None:
    for first in range(0, 3000, 700):
        journal.take_block(first, marks(first, 700))
    journal.complete(3500)
    journal.close()
    again = Journal.open(path, TARGET)
    assert again.is_input_complete
    assert again.take_block(0, marks(0, 3600)) == {}
    assert again.read == 3600
    again.close()


def test_a_shorter_input_is_refused(journal: Journal) -> None:
    journal.take_block(0, marks(0, 10))
    with pytest.raises(InputChanged, match=r"^item 9: is missing"):
        journal.complete(9)


@pytest.mark.parametrize("changed", [0, 5, 1023, 1024, 2999])
def test_a_changed_item_is_refused(journal: Journal, changed: int) -> None:
    journal.take_block(0, marks(0, 3000))
    other = marks(0, 3000)
    other[changed] = bytes(range(16))
    first = changed // 1000 * 1000
    for before in range(0, first, 1000):
        journal.take_block(before, other[before : before + 1000])
    with pytest.raises(InputChanged) as caught:
        journal.take_block(first, other[first : first + 1000])
    assert caught.value.index == changed


def test_what_was_never_sent_may_be_corrected(journal: Journal) -> None:
    journal.take_block(0, [marks(0, 1)[0], NO_FINGERPRINT, marks(2, 1)[0]])
    journal.record([Change(1, State.REJECTED, reason="bad"), Change(2, State.REJECTED, attempts=1, reason="refused")])
    known = journal.take_block(0, marks(0, 3))
    assert list(known) == [2]
    assert journal.take_block(0, marks(0, 3)) == known
    with pytest.raises(InputChanged, match=r"^item 2"):
        journal.take_block(0, [*marks(0, 2), bytes(16)])


def refused(path: Path, target: Target = TARGET) -> JournalError:
    with pytest.raises(JournalError) as caught:
        Journal.open(path, target)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize("field", ["action", "base_url", "organization_id", "dataset_id", "marker"])
def test_another_target_is_refused(journal: Journal, path: Path, field: str) -> None:
    journal.take_block(0, marks(0, 1))
    journal.close()
    error = refused(path, TARGET._replace(**{field: "other"}))
    assert error.kind == "other_target"
    assert f"its {field} is" in str(error)


def test_a_target_for_which_nothing_was_read_is_replaced(journal: Journal, path: Path) -> None:
    journal.baseline = [[0, 9]]
    journal.close()
    again = Journal.open(path, TARGET._replace(dataset_id="3"))
    assert again.baseline is None
    assert again.get("target")[3] == "3"
    again.close()


def test_a_target_of_which_the_cursor_of_an_export_is_kept_is_not(journal: Journal, path: Path) -> None:
    journal.set("export", {"items": 5})
    journal.close()
    assert refused(path, TARGET._replace(dataset_id="3")).kind == "other_target"


def test_another_version_is_refused(journal: Journal, path: Path) -> None:
    journal.close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 2")
    database.close()
    error = refused(path)
    assert error.kind == "other_version"
    assert "version 2" in str(error)


def test_a_file_that_is_no_journal_is_refused(path: Path) -> None:
    path.write_text("index,item\n" * 100)
    assert refused(path).kind == "not_a_journal"
    assert path.read_text().startswith("index")
    other = path.with_name("other.db")
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (a)")
    database.close()
    assert refused(other).kind == "not_a_journal"


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    Journal.open(path, TARGET).close()


@pytest.mark.parametrize("name", ["missing/items.journal", "."])
def test_a_place_that_holds_no_file_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name).kind == "read_only"


def test_a_folder_that_is_read_only_is_refused(journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere: the connection is opened as one that may not.
    journal.close()
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda place, **rest: real(place.replace("rwc", "ro"), **rest))
    assert refused(path).kind == "read_only"


def test_a_damaged_journal_is_refused(journal: Journal, path: Path) -> None:
    journal.take_block(0, marks(0, 3000))
    journal.mark_sent(range(3000))
    journal.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    assert refused(path).kind == "damaged"


HOLD = """
import sys
from pathlib import Path
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Target
journal = Journal.open(Path(sys.argv[1]), Target("create", "http://localhost", "1", "2"))
journal.take_block(0, [bytes(15) + b"a"])
print("open", flush=True)
sys.stdin.read()
"""


def test_two_processes_can_not_share_a_journal(path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        assert refused(path).kind == "locked"
        other.kill()
    journal = Journal.open(path, TARGET)  # the lock died with its process
    assert journal.read == 1
    assert refused(path).kind == "locked"  # within one process as well
    journal.close()


def test_a_full_disk_leaves_what_is_recorded(journal: Journal, path: Path) -> None:
    journal.take_block(0, marks(0, 3000))
    database = journal._database
    assert database is not None
    database.execute(f"PRAGMA max_page_count = {database.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(JournalError, match="disk is full") as caught:
        journal.mark_sent(range(3000))
    assert caught.value.kind == "disk_full"
    before = journal.counts()
    assert journal.read == 3000
    journal.close()
    again = Journal.open(path, TARGET)
    assert again.counts() == before
    again.mark_sent(range(3000))
    assert again.counts().unknown == 3000
    again.close()


def test_a_torn_end_loses_the_last_record_alone(journal: Journal, path: Path) -> None:
    journal.take_block(0, marks(0, 10))
    journal.mark_sent([0])
    journal.mark_sent([1])
    copy = path.with_name("torn.journal")
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{copy}{end}")
    wal = Path(f"{copy}-wal")
    wal.write_bytes(wal.read_bytes()[:-100])
    torn = Journal.open(copy, TARGET)
    assert [record.position for record in torn.records(State.SENT)] == [0]
    torn.close()


def test_a_temporary_journal_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    journal = Journal.open(None, TARGET)
    journal.take_block(0, marks(0, 10))
    journal.mark_sent([3])
    assert [record.position for record in journal.records(State.SENT)] == [3]
    journal.close()
    assert list(tmp_path.iterdir()) == []
