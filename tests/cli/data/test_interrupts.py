"""Ctrl-C before a command runs."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from abeja_datasets_cli import main as program

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


def test_ctrl_c_while_the_program_loads() -> None:
    code = _INTERRUPT.format(name="click")
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
