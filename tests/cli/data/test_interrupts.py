"""Ctrl-C before a command runs and at a question, and a full disk."""

import errno
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from abeja_datasets_cli import main as program
from abeja_datasets_cli.data.shared.api import failures

_INTERRUPT = """
import builtins, sys
ours = builtins.__import__
def load(name, *others, **more):
    if name == {name!r}:
        raise KeyboardInterrupt
    return ours(name, *others, **more)
builtins.__import__ = load
sys.argv = ["abeja-datasets", "import", "a b.jsonl"]
from abeja_datasets_cli.__main__ import main
main()
"""


@pytest.mark.parametrize("name", ["abeja_datasets_cli.commands", "click"])
def test_ctrl_c_while_the_program_loads(name: str) -> None:
    code = _INTERRUPT.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr == "Error: interrupted; to go on, run again: abeja-datasets import 'a b.jsonl'\n"


def test_ctrl_c_while_a_command_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", load)
    done = CliRunner().invoke(program.main, ["import", "a.jsonl"])
    assert done.exit_code == 130
    assert "run again" in done.stderr


def test_ctrl_c_while_the_help_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program.main, "format_help", write)
    done = CliRunner().invoke(program.main, ["--help"])
    assert done.exit_code == 130
    assert "run again" in done.stderr


@pytest.mark.parametrize("words", ["--help", "--version", "mok"])
def test_a_closed_pipe_ends_the_help_and_errors_quietly(words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "abeja_datasets_cli", words]
    stderr = writer if words == "mok" else subprocess.PIPE
    done = subprocess.run(command, stdout=writer, stderr=stderr, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr or b"") == (141, b"")


_LINE = b'{"source_data": [{"data_uri": "s3://b/a.jpg"}], "attributes": {}}\n'
_ASK = """
from abeja_datasets_cli.data.shared.api import confirm
confirm('Delete 3 items?', is_agreed=False)
print('deleted')
"""


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ("y\n", 0, "deleted"),
        ("YES\n", 0, "deleted"),
        ("n\n", 1, "Failure: nothing was deleted"),
        ("\n", 1, "Failure: nothing was deleted"),
        ("\x04", 130, "Failure: interrupted; nothing was deleted"),
        (signal.SIGINT, 130, "Failure: interrupted; nothing was deleted"),
    ],
)
def test_a_question_on_a_terminal(keys: str | signal.Signals, code: int, said: str) -> None:
    here, there = pty.openpty()
    command = [sys.executable, "-c", _ASK]
    with subprocess.Popen(command, stdin=there, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.close(there)
        assert process.stdout is not None
        assert process.stderr is not None
        question = process.stderr.read(len("Delete 3 items? [y/N]: "))
        if isinstance(keys, str):
            os.write(here, keys.encode())
        else:
            process.send_signal(keys)
        output = (process.stderr.read() + process.stdout.read()).decode()
    os.close(here)
    assert question == b"Delete 3 items? [y/N]: "
    assert said in output
    assert (process.returncode == 0) is (code == 0)


@pytest.mark.parametrize(("target", "form"), [("b.csv", "csv"), ("voc", "voc")])
def test_kill_leaves_a_part_that_the_next_run_removes(tmp_path: Path, target: str, form: str) -> None:
    words = [sys.executable, "-m", "abeja_datasets_cli", "convert", "-", target, "--from", "jsonl", "--to", form]
    with subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(_LINE * 4_200)  # more than is read at once
        process.stdin.flush()
        while not (parts := [*tmp_path.glob(".*")]):
            time.sleep(0.01)
            assert process.poll() is None
        process.kill()
    assert [*tmp_path.iterdir()] == parts
    subprocess.run(words, cwd=tmp_path, input=_LINE, stderr=subprocess.DEVNULL, check=True)
    assert [path.name for path in tmp_path.iterdir()] == [target]


def test_a_full_disk_of_temporary_files_is_named() -> None:
    with pytest.raises(click.ClickException, match="No space left") as raised, failures():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert tempfile.gettempdir() in raised.value.message
    assert "TMPDIR" in raised.value.message
    assert raised.value.exit_code == 2
