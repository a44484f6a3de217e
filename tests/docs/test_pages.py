"""Each program on each page runs as it stands there, and prints what the page shows."""

import re
from pathlib import Path

import pytest
from docs.make_samples import sampled
from docs.run_pages import LANGUAGES, ROOT, Block, Session, blocks, fits, run

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
OTHERS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
ELSEWHERE = {
    "docs/with-torch.md": "tests/test_docs.py runs it where torch is",
    "docs/with-pandas.md": "tests/test_docs.py runs it where pandas is",
    "docs/with-arrow.md": "tests/test_docs.py runs it with a dataset of its own",
    "docs/formats.md": "its program needs abeja-sdk and an account",
    "docs/cluster.md": "its programs need an engine",
}


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def programs(page: str) -> list[Block]:
    return [block for block in blocks(text(page)) if block.is_run]


SLOW = {"docs/guides/resume.md", "docs/guides/test-your-program.md"}  # several commands and servers each
RUN = [
    pytest.param(page, marks=pytest.mark.slow) if page in SLOW else page
    for page in (*PAGES, "README.md")
    if page not in ELSEWHERE and programs(page)
]


@pytest.mark.parametrize("page", RUN)
def test_its_programs_run(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    # README loads 100,000 items, and a test need not.
    shortened = text(page).replace("100_000", "100")
    environment = {"ABEJA_STORAGE_DIR_PATH": str(tmp_path / "cache"), "NO_PROXY": "*"}
    if not any(block.note == "background" for block in blocks(shortened)):
        environment |= request.getfixturevalue("dataset_api").environment
    with Session(tmp_path, environment) as session:
        assert run(shortened, session) == shortened


@pytest.mark.parametrize("page", [*PAGES, *OTHERS])
def test_each_block_says_its_language_and_why_it_is_not_run(page: str) -> None:
    for block in blocks(text(page)):
        place = f"{page}:{block.line}"
        known = block.language in LANGUAGES or block.language.startswith("{")
        # The trees of ARCHITECTURE.md and the list of CONTRIBUTING.md are in no language.
        known |= (block.language == "sh" and page in ELSEWHERE) or (block.language == "" and page in OTHERS[1:])
        assert known, f"{place}: {block.language!r}"
        assert block.note in ("", "background") or re.fullmatch(r"not run: .{10,}|sample: \S+ \d+.*", block.note), place
    # Python is not hidden from these tests in blocks of another language.
    for block in blocks(text(page)):
        assert block.language == "python" or not re.match(r"(from \w+ )?import ", block.text), f"{page}:{block.line}"


def test_the_samples_of_readme_are_those_of_the_pages_that_run() -> None:
    assert sampled(text("README.md")) == text("README.md"), "run .venv/bin/python docs/make_samples.py"
    assert text("README.md").count("<!-- sample: ") == 3


PAGE = """
Save this as `a.txt`:

```text
one
```

```shell
cat a.txt; echo two; export SEEN=yes
```

It prints:

```text
one
t…
```

It ends with exit code 3:

```shell
exit 3
```

```python
import os
print(os.environ["SEEN"])
```

It prints:

```text
yes
```

<!-- not run: for a good reason -->
```shell
exit 1
```
"""


def test_a_page_runs_in_its_order_and_shares_its_variables(tmp_path: Path) -> None:
    with Session(tmp_path) as session:
        assert run(PAGE, session) == PAGE


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("t…", "three", "line 15 shows"),
        ("code 3", "code 4", "line 22: exit code 3"),
        ("```text\nyes", "```text\nno", "line 33 shows"),
        ("echo two", "false", "line 9: exit code 1"),
    ],
)
def test_a_page_that_does_not_hold_is_an_error(tmp_path: Path, old: str, new: str, error: str) -> None:
    with Session(tmp_path) as session, pytest.raises(AssertionError, match=error):
        run(PAGE.replace(old, new), session)


def test_what_is_printed_can_be_written_into_the_page(tmp_path: Path) -> None:
    with Session(tmp_path) as session:
        assert run(PAGE.replace("t…", "?").replace("\nyes\n", "\nno\n"), session, write=True) == PAGE.replace(
            "t…", "two"
        )


@pytest.mark.parametrize(
    ("shown", "holds"),
    [("a\n…\nd", True), ("a b\n…", False), ("a\nb…\nd", True), ("…\nd", True), ("a\nb c\nd", True), ("a\nb", False)],
)
def test_an_ellipsis_stands_for_any_text_or_any_lines(shown: str, *, holds: bool) -> None:
    assert fits("a\nb c\nd\n", shown) is holds
