"""Two runs that open one journal at the same moment: exactly one of them has it."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from abeja_datasets_loading import JournalError
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Target

TARGET = Target("create", "http://127.0.0.1", "1", "2")
PROGRAM = """
import sys
from abeja_datasets_loading import JournalError
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Target

print("ready", flush=True)
for line in sys.stdin:
    try:
        journal = Journal.open(line.strip(), Target("create", "http://127.0.0.1", "1", "2"))
    except JournalError as error:
        print(error.kind, flush=True)
        sys.stdin.readline()
    else:
        print("opened", flush=True)
        sys.stdin.readline()
        journal.close()
    print("closed", flush=True)
"""


def paths(folder: Path, count: int, *, are_new: bool) -> list[Path]:
    found = [folder / f"{number}.journal" for number in range(count)]
    for path in () if are_new else found:
        Journal.open(path, TARGET).close()
    return found


@pytest.mark.parametrize("are_new", [True, False])
def test_threads(tmp_path: Path, are_new: bool) -> None:
    count = 4
    start = threading.Barrier(count)
    found: list[Any] = []

    def run(path: Path) -> None:
        start.wait()
        try:
            found.append(Journal.open(path, TARGET))
        except JournalError as error:
            found.append(error.kind)

    for path in paths(tmp_path, 6, are_new=are_new):
        found.clear()
        threads = [threading.Thread(target=run, args=(path,)) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (journal,) = (one for one in found if isinstance(one, Journal))
        assert found.count("locked") == count - 1, found
        journal.close()


@pytest.mark.parametrize("are_new", [True, False])
def test_processes(tmp_path: Path, are_new: bool) -> None:
    command = [sys.executable, "-c", PROGRAM]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) for _ in range(2)]

    def ask(text: str) -> list[str]:
        for process in processes:
            assert process.stdin
            process.stdin.write(f"{text}\n")
        return read()

    def read() -> list[str]:
        return sorted(process.stdout.readline().strip() for process in processes if process.stdout)

    assert read() == ["ready", "ready"]
    try:
        for path in paths(tmp_path, 6, are_new=are_new):
            assert ask(str(path)) == ["locked", "opened"]
            assert ask("close") == ["closed", "closed"]
    finally:
        for process in processes:
            process.communicate()
