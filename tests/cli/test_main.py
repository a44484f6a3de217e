"""The command itself: what it lists, and that it loads only what is asked for."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from abeja_datasets import __version__
from abeja_datasets_cli.commands import COMMANDS
from abeja_datasets_cli.main import main


def test_it_lists_its_commands_and_tells_its_version() -> None:
    runner = CliRunner()
    listing = runner.invoke(main, ["--help"]).output
    assert "mock" in listing
    assert "fault-proxy" in listing
    assert runner.invoke(main, ["--version"]).output == f"abeja-datasets {__version__}\n"
    assert "--database" in runner.invoke(main, ["mock", "--help"]).output


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_and_is_in_readme(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith(f"Usage: main {name} ")
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"`abeja-datasets {name}" in readme


@pytest.mark.parametrize("group", [(), *((name,) for name in COMMANDS)])
def test_no_summary_of_a_command_is_cut_on_80_columns(group: tuple[str, ...]) -> None:
    _, *lines = CliRunner().invoke(main, [*group, "--help"], terminal_width=80).output.splitlines()
    assert [line for line in lines if line.endswith(("...", "…"))] == []


def test_the_help_loads_no_command() -> None:
    program = (
        "import sys; from abeja_datasets_cli.main import main; main(['--help'], standalone_mode=False);"
        "print([name for name in sys.modules if name.startswith('abeja')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = ["abeja_datasets_cli", *(f"abeja_datasets_cli.{name}" for name in ("commands", "interrupts", "main"))]
    assert sorted(ast.literal_eval(done.stdout.splitlines()[-1])) == loaded


def test_each_command_shows_an_example() -> None:
    def look(command: click.Command, words: tuple[str, ...]) -> None:
        shown = CliRunner().invoke(main, [*words, "--help"]).output
        assert re.search(rf"Examples?:\n  .*abeja-datasets {' '.join(words)}", shown), words
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), name)
                assert found
                look(found, (*words, name))

    for name in COMMANDS:
        found = main.get_command(click.Context(main), name)
        assert found
        look(found, (name,))


def test_an_unknown_command_is_wrong_use() -> None:
    result = CliRunner().invoke(main, ["mok"])
    assert result.exit_code == 2
    assert "No such command 'mok'" in result.stderr


def test_its_help_loads_no_server() -> None:
    program = (
        "import sys; from abeja_datasets_cli.main import main; main(['--version'], standalone_mode=False);"
        "print({'httpx', 'starlette', 'uvicorn', 'schemathesis'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
