"""Check the English of docstrings, messages and pages: `scripts/lint` runs it.

A reader in Tokyo takes in a standard term at once, and a private word never. So the worst private words are refused,
each with the word to use. Code between backticks and in blocks is not looked at.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("wrapper", "loading", "mock_server", "contract", "cli", "scripts", "bench")
"""Folders whose texts are all checked. Of other programs, only how their docstrings begin."""

LONGEST: Final = 30
"""Words of a sentence of a page. 25 are the aim; a list of values may take more."""

_INSTEAD: Final = {
    r"answer(s|ed|ing)?": "respond, response",
    r"tells?|told": "report, show, say",
    r"hand(s|ed|ing)?\s(on|out|over|through|back)": "pass, return",
    r"spoil(s|t|ed)?": "damage, break",
    r"grumbles?|grumbled": "warn, complain",
    r"mend(s|ed|ing)?": "correct, fix",
    r"anew": "again",
    r"whoever": "the one who, who",
    r"goes\sby": "uses",
    r"(what|whatever)\s(came|comes|became|becomes)\sof": "the outcome of",
    r"all\sthe\ssame": "nevertheless",
    r"(that|which)\s(is|are)\s(?-i:none)|(page|URI|response|id)\sis\s(?-i:none)": "a malformed page, an invalid id",
    r"lets?\s(it|them|its\sconnection)\sgo": "release",
    r"shall": "must, should",
    r"(?<!here\s)is\sno\s(text|number|integer|JSON|XML|YAML|list|object|array|mapping|URL|URI|path|id|key)": "is not a",
    r"(stands?|stood)\s(there\s)?twice": "appears twice",
    r"(levels|bytes|items|rows)\sare\sthe\smost": "at most",
    r"so\smany\s(seconds|bytes|characters|items|levels|times|entries|days|rows|requests)": "this many",
    r"never\sa\swipe": "and changes nothing",
}
_WORDS: Final = re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in _INSTEAD), re.IGNORECASE)
_VERB: Final = re.compile(r"(Give|Tell|Hand|Let|Have|Say)s?\b")
_CODE: Final = re.compile(r"``[^`]+``|`[^`]*`")
_FENCE: Final = re.compile(r"^```.*?^```$|<!--.*?-->", re.MULTILINE | re.DOTALL)
_PARAGRAPH: Final = re.compile(r"\n\s*\n|\n(?=\s*[-|#0-9*])")
_SENTENCE: Final = re.compile(r"(?<=[.!?:;])\s+")
_WORD: Final = re.compile(r"\w[\w'/-]*")
_NAMED: Final = re.compile(r"^\s+([A-Z][a-z]\w+):$", re.MULTILINE)
_WITHIN_A_NAME: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DESCRIBED: Final = re.compile(r"^\s*-?\s*(?:description|summary|name): (.*)$|^\s+([^\s#:-][^:]*)$", re.MULTILINE)
_RECORDS: Final = ("CHANGELOG.md",)
"""What was written once and stays."""


class Problem(NamedTuple):
    """A text to rewrite."""

    line: int
    message: str


def problems(path: Path, text: str) -> Iterator[Problem]:
    """Return what to rewrite in a file.

    Args:
        path: its path in the project.
        text: its text.
    """
    if path.suffix == ".md":
        yield from _page(path, text)
    elif path.suffix == ".yaml":
        for found in _DESCRIBED.finditer(text):
            yield from _private(next(filter(None, found.groups()), ""), text.count("\n", 0, found.start()) + 1)
        for found in _NAMED.finditer(text):
            yield from _private(_WITHIN_A_NAME.sub(" ", found[1]), text.count("\n", 0, found.start()) + 1)
    else:
        yield from _program(path, text)


def _page(path: Path, text: str) -> Iterator[Problem]:
    # What is left out keeps its lines, so that the numbers of the others are right.
    text = _FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)
    if path.name in _RECORDS:
        return
    place = 0
    for paragraph in _PARAGRAPH.split(text):
        place = text.index(paragraph, place)
        line = text.count("\n", 0, place + len(paragraph) - len(paragraph.lstrip())) + 1
        yield from _private(paragraph.lstrip(), line)
        for cell in paragraph.split("|"):
            for sentence in _SENTENCE.split(" ".join(_plain(cell).split())):
                if (words := len(_WORD.findall(sentence))) > LONGEST:
                    yield Problem(line, f"a sentence of {words} words; write at most {LONGEST}: {sentence[:60]}…")


def _program(path: Path, text: str) -> Iterator[Problem]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            docstring = ast.get_docstring(node) or ""
            if found := _VERB.match(docstring):
                line = getattr(node, "lineno", 1)
                yield Problem(line, f"the docstring begins with {found[0]!r}; begin with Return, Build, Check, …")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and path.parts[0] in PACKAGES:
            # A word alone is a key or a name.
            yield from _private(node.value if " " in node.value else "", node.lineno)


def _private(text: str, line: int) -> Iterator[Problem]:
    text = _CODE.sub(lambda found: "\n" * found[0].count("\n"), text)
    for found in _WORDS.finditer(text):
        better = next(better for pattern, better in _INSTEAD.items() if re.fullmatch(pattern, found[0], re.IGNORECASE))
        yield Problem(line + text.count("\n", 0, found.start()), f"{found[0]!r} is a private word; write: {better}")


def _plain(text: str) -> str:
    """Return the words of a page, where a piece of code counts as one."""
    return re.sub(r"\]\([^)]*\)", "]", _CODE.sub("x", text))


def files() -> Iterator[Path]:
    """Return the files of the project that a person writes."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is found by its name
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for path in map(Path, listed.stdout.splitlines()):
        if path.parts[0] != "generated" and (ROOT / path).is_file() and _is_ours(path):
            yield path


def _is_ours(path: Path) -> bool:
    if path.suffix in (".py", ".md"):
        return "data" not in path.parts
    if path.suffix == ".yaml":
        return path.name == "openapi.yaml" or path.parts[0] == "mock_server"
    return path.parts[0] == "scripts" and "python" in (ROOT / path).read_text(encoding="utf-8").partition("\n")[0]


def main() -> int:
    """Print each text to rewrite; the exit code is 1 where there is one."""
    found = [
        f"{path}:{problem.line}: {problem.message}"
        for path in files()
        for problem in problems(path, (ROOT / path).read_text(encoding="utf-8"))
    ]
    for line in found:
        sys.stderr.write(f"{line}\n")
    if found:
        sys.stderr.write(f"scripts/lint: {len(found)} texts to rewrite; CONTRIBUTING.md has the rules\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
