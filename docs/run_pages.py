"""Run the programs of a page as a reader would, in an empty folder, and compare what they print with the page.

`.venv/bin/python docs/run_pages.py README.md docs/tutorial.md` runs pages; with `--write` it also writes into a page
what its programs print now. The tests run every page.

What is run, in the order of the page:

- a block `shell` or `python`; the Python blocks of a page share their names, and the shell blocks their variables;
- a block after a paragraph that ends with "as `NAME`:" is saved as that file;
- a block `text` after a paragraph that ends with "prints:" is what the block before it prints, and `…` stands for any
  text, on a line of its own for any lines;
- a paragraph with "exit code N" right before a block says how it ends; otherwise it must succeed.

A comment on the line above a block says what else holds for it: `<!-- background -->` for a server, whose `export`
lines hold for the blocks below, and `<!-- not run: REASON -->`.
"""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

ROOT: Final = Path(__file__).resolve().parent.parent
LANGUAGES: Final = ("console", "http", "json", "mermaid", "python", "shell", "text", "toml", "xml", "yaml")
"""What a block may be marked as, beside the directives of the site."""

_BLOCK: Final = re.compile(
    r"^(?P<lead>(?:[^\n]+\n)*)\n?(?:<!-- (?P<note>[^\n]*) -->\n)?```(?P<language>[\w{}:-]*)[^\n]*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_FILE: Final = re.compile(r"as\s+`([^`]+)`:$")
_EXIT: Final = re.compile(r"exit code\s+(\d+)")
_EXPORT: Final = re.compile(r"^export (\w+)=(.*)$", re.MULTILINE)
_SECONDS: Final = 60
_NOT_PASSED: Final = ("ABEJA_", "PLATFORM_AUTH_", "COVERAGE_")


class Block(NamedTuple):
    """A block of code of a page."""

    lead: str
    """The paragraph above it."""
    note: str
    """The comment above it."""
    language: str
    text: str
    start: int
    """Where its text is in the page."""
    line: int

    @property
    def is_run(self) -> bool:
        """Whether it is a program that is run."""
        return self.language in ("python", "shell") and not self.note.startswith("not run: ") and not self.file

    @property
    def file(self) -> str:
        """The name of the file that it is saved as; empty without one."""
        found = _FILE.search(self.lead.strip())
        return found[1] if found else ""

    @property
    def is_output(self) -> bool:
        """Whether it is what the block before it prints."""
        return self.language == "text" and self.lead.strip().endswith("prints:")

    @property
    def exit_code(self) -> int:
        """The exit code that it ends with."""
        found = _EXIT.search(self.lead)
        return int(found[1]) if found else 0


def blocks(page: str) -> list[Block]:
    """Return all blocks of code of a page, in their order."""
    return [
        Block(
            found["lead"], found["note"] or "", found["language"], found["text"], found.start("text"),
            page.count("\n", 0, found.start("text")) + 1,
        )
        for found in _BLOCK.finditer(page)
    ]  # fmt: skip


class Session:
    """A reader's terminals and Python prompt, in one folder.

    Args:
        folder: an empty folder.
        environment: variables that are set beside those of this process.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        # A reader's commands have no credential of ours, and measure no coverage.
        own = {key: value for key, value in os.environ.items() if not key.startswith(_NOT_PASSED)}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', '')}"
        self._environment = {**own, "PATH": programs, "COLUMNS": "100", **(environment or {})}
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._servers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for server in self._servers:
            server.send_signal(signal.SIGINT)
        for server in self._servers:
            server.wait(_SECONDS)
            if server.stdout:
                server.stdout.close()

    def run(self, block: Block) -> str:
        """Run a block, or save it as its file; return what it prints.

        Raises:
            AssertionError: it does not end as the page says.
        """
        if block.file:
            (self._folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / block.file).write_text(block.text, encoding="utf-8")
            return ""
        if block.note == "background":
            return self._start(block)
        return self._python(block) if block.language == "python" else self._shell(block)

    def _shell(self, block: Block) -> str:
        kept = self._folder / ".environment"
        script = f"set -eu\ntrap 'env -0 > {kept}' EXIT\n{block.text}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=self._folder, env=self._environment, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=_SECONDS,
        )  # fmt: skip
        if done.returncode != block.exit_code:
            raise AssertionError(f"line {block.line}: exit code {done.returncode}\n{done.stdout}")
        self._environment = dict(part.split("=", 1) for part in kept.read_text().split("\0") if "=" in part)
        kept.unlink()
        return done.stdout

    def _python(self, block: Block) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), _within(self._folder, self._environment):
            exec(compile(block.text, f"line {block.line}", "exec"), self._names)  # noqa: S102 - our own pages
        return printed.getvalue()

    def _start(self, block: Block) -> str:
        server = subprocess.Popen(
            ["bash", "-c", block.text], cwd=self._folder, env=self._environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._servers.append(server)
        printed = ""
        for line in server.stdout or ():
            printed += line
            self._environment |= {name: value.strip("'\"") for name, value in _EXPORT.findall(line)}
            # A server that knows the credential from the environment prints no more than its name.
            if line.startswith(("export ABEJA_PLATFORM_PERSONAL", "export PLATFORM_AUTH", "# It accepts")):
                return printed
        raise AssertionError(f"line {block.line}: the server did not start (exit code {server.wait()}): {printed}")


@contextlib.contextmanager
def _within(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def fits(printed: str, shown: str) -> bool:
    """Return whether a page shows what is printed; `…` stands for any text, and on its own line for any lines."""
    parts = [".*\n" if line == "…\n" else _line(line) for line in _lines(shown)]
    return bool(re.fullmatch("".join(parts), "".join(_lines(printed)), re.DOTALL))


def _lines(text: str) -> list[str]:
    return [f"{line.rstrip()}\n" for line in text.strip("\n").splitlines()]


def _line(text: str) -> str:
    return "[^\n]*".join(re.escape(part) for part in text.split("…"))


def run(page: str, session: Session, *, write: bool = False) -> str:
    """Run all blocks of a page; return the page, with what they print where it is to be written.

    Raises:
        AssertionError: a block does not end, or does not print, as the page says.
    """
    printed, moved, written = "", 0, page
    for block in blocks(page):
        if block.is_run or block.file:
            printed = session.run(block)
        elif block.is_output and not fits(printed, block.text):
            if not write:
                raise AssertionError(f"line {block.line} shows\n{block.text}\nbut this is printed:\n{printed}")
            start = block.start + moved
            new = "".join(_lines(printed))
            written = written[:start] + new + written[start + len(block.text) :]
            moved += len(new) - len(block.text)
    return written


def main(words: list[str]) -> int:
    """Run the pages that are named; return 0 when all of them hold."""
    writing, names = "--write" in words, [word for word in words if word != "--write"]
    for name in names:
        page = ROOT / name
        with tempfile.TemporaryDirectory() as folder, Session(Path(folder)) as session:
            text = page.read_text(encoding="utf-8")
            page.write_text(run(text, session, write=writing), encoding="utf-8")
        sys.stdout.write(f"{name}: all blocks run\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
