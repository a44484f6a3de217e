"""What reaches a terminal: no control characters of others, and one line where nothing can be written."""

import json
import os
import pty
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner
from tests.cli.data.conftest import ORGANIZATION, World
from tests.sampling import every

from abeja_datasets_cli.main import main
from abeja_datasets_cli.terminal import safe, safe_json

NASTY = "\x1b[31m\x9b2J\u202e\x07"
ESCAPED = "\\x1b[31m\\x9b2J\\u202e\\x07"
PROGRAM = (sys.executable, "-m", "abeja_datasets_cli")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (NASTY, ESCAPED),
        ("a\tb\rc\nd", "a\\tb\\rc\nd"),
        ("\ud800", "\\ud800"),
        ("全角\u3000空白 \N{NO-BREAK SPACE}", "全角\u3000空白 \N{NO-BREAK SPACE}"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("\u2028\u2066", "\\u2028\\u2066"),
    ],
)
def test_a_text_is_made_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_json_stays_the_same_value() -> None:
    text = json.dumps({"é": NASTY}, ensure_ascii=False)
    assert json.loads(safe_json(text)) == {"é": NASTY}
    assert safe_json(text).isprintable()


def test_what_files_and_names_hold_draws_nothing(world: World) -> None:
    name = f"{NASTY}.jsonl"
    entry = {"category_id": 1, "label_id": 1, "label": NASTY}
    item = {"source_data": [{"data_uri": "a"}], "attributes": {"classification": [entry], NASTY: [1]}}
    world.write("a.jsonl", [item])
    assert f"attributes.{ESCAPED} has no place" in world.run("convert", "a.jsonl", "b", "--to", "voc", code=1).stderr
    assert f"1  {ESCAPED}\n" in world.run("import", "a.jsonl", "--dataset", world.dataset(), "--dry-run").stdout
    assert f"{ESCAPED}.jsonl: " in world.run("convert", name, "b.csv", code=2).stderr


@pytest.mark.parametrize("form", every(3, ["table", "jsonl", "csv"]))
def test_on_a_terminal_data_draw_nothing_either(world: World, form: str) -> None:
    world.client.create_dataset(ORGANIZATION, NASTY, "custom", {})
    here, there = pty.openpty()
    command = [*PROGRAM, "datasets", "list", "--format", form]
    with subprocess.Popen(command, stdout=there, stderr=there) as process:
        os.close(there)
        output = _all(here)
    assert process.returncode == 0
    assert b"\x1b[31m" not in output
    assert "\x9b".encode() not in output
    assert "\u202e".encode() not in output


def _all(terminal: int) -> bytes:
    output = b""
    try:
        while piece := os.read(terminal, 4096):
            output += piece
    except OSError:  # how Linux ends it
        pass
    os.close(terminal)
    return output


_FULL = """
import errno, os, sys
class Full:
    encoding = "utf-8"
    def write(self, text): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    def flush(self): pass
    def isatty(self): return False
    def fileno(self): return 1
sys.stdout = Full()
from abeja_datasets_cli.__main__ import main
main()
"""


@pytest.mark.parametrize("arguments", every(2, [(["datasets", "list", "--format", "table"],), (["--help"],)]))
def test_a_full_output_is_named(world: World, arguments: list[str]) -> None:
    world.dataset()
    done = subprocess.run([sys.executable, "-c", _FULL, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "Error: standard output: No space left on device\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    every(
        2,
        [
            ("convert - b.csv --from jsonl <&- >&-", 2, "Error: standard input: is empty (0 bytes)\n"),
            ("items count DATASET >&-", 0, ""),
        ],
    ),
)
def test_closed_streams_are_no_error(world: World, words: str, code: int, said: str) -> None:
    command = f"exec {shlex.quote(sys.executable)} -m abeja_datasets_cli {words.replace('DATASET', world.dataset())}"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.parametrize("form", ["table", "jsonl"])
def test_an_output_in_ascii_has_escapes(world: World, form: str) -> None:
    world.dataset("猫" * 70)
    done = CliRunner(charset="ascii").invoke(main, ["datasets", "list", "--format", form])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "\\u732b" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["items", "list", "1", "--limit", "9" * 30], "is not in the range 1<=x<="),
        (["datasets", "create", "n", "--props-from", "a.jsonl"], "--props-from a.jsonl: names no labels"),
        (
            ["datasets", "create", "n", "--props", "{}", "--props-from", "a.jsonl"],
            "Pass either --props or --props-from",
        ),
        (["import", "a.jsonl", "--dataset", "1", "--journal", "."], "the journal .: is a folder"),
        (["import", "a.jsonl", "--dataset", "1", "--rate", "nan"], "nan is not a finite number"),
        (["import", "folder.jsonl", "--dataset", "DATASET"], "folder.jsonl: is a folder that has no folders"),
    ],
)
def test_wrong_use_is_named(world: World, arguments: list[str], problem: str) -> None:
    world.write("a.jsonl", [{"source_data": [{"data_uri": "a"}]}])
    (world.folder / "folder.jsonl").mkdir()
    dataset = world.dataset()
    given = [dataset if each == "DATASET" else each for each in arguments]
    assert problem in world.run(*given, code=2).stderr
    assert len(world.datasets()) == 1
