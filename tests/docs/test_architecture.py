"""ARCHITECTURE.md names what exists, and its picture is that of the code."""

import re
import subprocess
from pathlib import PurePosixPath

import pytest
from docs.make_pictures import PICTURE, drawn
from docs.run_pages import ROOT, blocks

PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT, capture_output=True, text=True, check=True,
).stdout.splitlines()  # fmt: skip
FILES = [PurePosixPath("/", name) for name in LISTED]
SOURCES = (".py", ".pyi", ".yaml", ".toml")
WORDS = {
    word
    for name in LISTED
    if name.endswith(SOURCES) or "." not in PurePosixPath(name).name
    if not name.startswith(("bench/", "tests/docs/"))
    for word in re.findall(r"\w+", (ROOT / name).read_text(encoding="utf-8"))
}
SPANS = sorted(
    {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))}
)
TREES = [block.text for block in blocks(PAGE)]
PATH = re.compile(r"[\w-]+(?:/[\w-]+)*(?:\.(?:py|md|yaml|toml|pyi)|/)(?![\w(])")


def exists(path: str) -> bool:
    """Return whether a file, or a folder, has this path or a path that ends so."""
    parts = PurePosixPath(path.rstrip("/")).parts
    return any(
        place.parts[-len(parts) :] == parts
        for file in FILES
        for place in ([*file.parents] if path.endswith("/") else [file])
    )


@pytest.mark.parametrize("span", SPANS)
def test_each_name_in_backticks_exists(span: str) -> None:
    for path in PATH.findall(span):
        assert exists(path), f"there is no {path}"
    for word in re.findall(r"[A-Za-z_]\w+", PATH.sub("", span)):
        assert word in WORDS, f"nothing is called {word}"


@pytest.mark.parametrize("tree", TREES, ids=[tree.split()[0] for tree in TREES])
def test_each_file_of_a_tree_exists(tree: str) -> None:
    found = PATH.findall(tree)
    assert found
    for path in found:
        assert exists(path), f"there is no {path}"
    for name in re.findall(r"\b([A-Z]\w+)\.(\w+)", tree):
        assert set(name) <= WORDS, f"nothing is called {'.'.join(name)}"


def test_a_name_that_does_not_exist_is_noticed() -> None:
    assert exists("wrapper/abeja_datasets/session.py")
    assert exists("session.py")
    assert exists("mock_server/")
    assert not exists("sessions.py")
    assert not exists("mock/")
    assert "SendingLoopOfTheWrapper" not in WORDS


def test_the_picture_is_that_of_the_code() -> None:
    picture = drawn()
    assert PICTURE.read_text(encoding="utf-8") == picture, "run .venv/bin/python docs/make_pictures.py"
    for name in ("Session.send", "operations.py", "openapi.yaml", "abeja_datasets_mock"):
        assert name in picture
