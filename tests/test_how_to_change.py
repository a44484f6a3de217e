"""docs/how-to-change.md names files, commands and tests that exist, and can be found."""

import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "how-to-change.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
CHANGES = [
    "A query parameter", "An operation", "The retry rule", "A fault", "A clause", "A schema keyword of the diff",
    "The report of the check", "A CLI command", "The generator's version", "An error class",
]  # fmt: skip
QUOTED = [" ".join(text.split()) for text in re.findall(r"`([^`]+)`", PAGE)]
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("."))
IS_PATH = re.compile(rf"({'|'.join(FOLDERS)})/\S*|\w+\.(md|yaml|toml)")
PATHS = sorted({word for text in QUOTED for word in text.split() if IS_PATH.fullmatch(word)})
COMMANDS = sorted({text for text in QUOTED if re.match(r"scripts/[\w-]+( |$)|\.venv/", text)})


def test_it_has_the_ten_changes_in_their_order() -> None:
    assert list(SECTIONS) == CHANGES


@pytest.mark.parametrize("title", CHANGES)
def test_a_change_has_files_commands_and_what_reports_a_missing_part(title: str) -> None:
    steps, _, report = SECTIONS[title].partition("**What reports a missing part**")
    assert "\n1. " in steps
    assert [path for path in PATHS if f"`{path}`" in steps]
    assert re.search(r"`(tests|scripts)/", report)


@pytest.mark.parametrize("path", PATHS)
def test_each_path_exists(path: str) -> None:
    assert (ROOT / path).exists()
    assert (ROOT / path).is_dir() == path.endswith("/")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_exists_with_its_options(command: str) -> None:
    program, *arguments = command.removeprefix(".venv/bin/python ").split()
    assert command.startswith(".venv/") or os.access(ROOT / program, os.X_OK)
    # Another Python has its tests in .venv-VERSION.
    place = Path(sys.prefix, program.removeprefix(".venv/")) if program.startswith(".venv/") else ROOT / program
    text = place.read_text(encoding="utf-8")
    for argument in arguments:
        assert argument in text if argument.startswith("--") else (ROOT / argument).exists()


def test_each_test_that_is_named_is_in_a_file_that_is_named() -> None:
    named = {text for text in QUOTED if re.fullmatch(r"test_\w+", text)}
    defined = {
        name
        for path in PATHS
        if path.endswith(".py")
        for name in re.findall(r"^def (test_\w+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named
    assert named <= defined


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_it_is_linked(name: str) -> None:
    assert "(docs/how-to-change.md)" in (ROOT / name).read_text(encoding="utf-8")
