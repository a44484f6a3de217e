"""The check of the English: it names each private word with its line, and leaves code alone."""

import subprocess
from pathlib import Path

import pytest

from upkeep import english
from upkeep.english import LONGEST, files, problems

MODULE = Path("wrapper/abeja_datasets/module.py")
TEST = Path("tests/wrapper/test_module.py")
PAGE = Path("docs/page.md")


def found(path: Path, text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in problems(path, text)]


@pytest.mark.parametrize("verb", ["Give", "Gives", "Tell", "Hand", "Let", "Have", "Say"])
@pytest.mark.parametrize("path", [MODULE, TEST])
def test_a_docstring_begins_with_the_verb_of_the_field(path: Path, verb: str) -> None:
    text = f'"""Parses."""\n\n\ndef f():\n    """{verb} the number."""\n\n\ndef g():\n    """Return the number."""\n'
    assert [line for line, message in found(path, text) if f"begins with {verb!r}" in message] == [4]
    assert not found(path, text.replace(verb, "Build"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the server answered with an error", "answered"),
        ("It tells whether a server is there.", "tells"),
        ("clients that were told the same", "told"),
        ("A page that is none.", "that is none"),
        ("It is Spoilt by that.", "Spoilt"),
        ("what came of it", "what came of"),
        ("whatever became of earlier runs", "whatever became of"),
        ("the id is no number", "is no number"),
        ("a key stands twice in an object", "stands twice"),
        ("nested too deeply; 64 levels are the most", "levels are the most"),
        ("it waits for so many seconds", "so many seconds"),
        ("it lets it go", "lets it go"),
        ("a value is handed on", "handed on"),
    ],
)
def test_a_private_word_is_refused_in_messages_and_pages(text: str, word: str) -> None:
    for path, content, line in ((MODULE, f'\n\nraise ValueError(f"{text}")\n', 3), (PAGE, f"# Page\n\n{text}\n", 3)):
        ((place, message),) = found(path, content)
        assert place == line
        assert message.startswith(f"{word!r} is a private word; write: ")
    assert not found(TEST, f'"""It {text}."""\n'), "of a test, only how its docstrings begin"


def test_the_descriptions_of_a_document_are_checked() -> None:
    text = "info:\n  description: |\n    Objects.\n    The answer has a token.\n  summary: The answer\n  x: 1\n"
    assert [line for line, _ in found(Path("openapi.yaml"), text)] == [4, 5]


def test_the_names_of_schemas_are_checked() -> None:
    text = "components:\n  schemas:\n    AnsweredAttributes:\n      type: object\n    ResponseAttributes:\n"
    assert found(Path("openapi.yaml"), text) == [(3, "'Answered' is a private word; write: respond, response")]


@pytest.mark.parametrize("text", ["There is no text.", "The id is no longer a number.", "An item has no key."])
def test_a_standard_phrase_is_accepted(text: str) -> None:
    assert not found(PAGE, f"# Page\n\n{text}\n")


def test_code_is_left_alone() -> None:
    assert not found(PAGE, "# Page\n\nThe fault `half_answer`.\n\n```text\nThe answer.\n```\n\n<!-- The answer. -->\n")
    assert not found(MODULE, '"""The fault `half_answer`, and ``the answer``."""\nkind = "answer"\n')
    assert not found(MODULE, '"""A value that is None."""\n')


def test_a_sentence_of_a_page_is_short() -> None:
    short, long = " ".join(["word"] * LONGEST), " ".join(["word"] * (LONGEST + 1))
    assert not found(PAGE, f"{short}. {short}.\n\n- {short}\n- {short}\n\n| {short} | {short} |\n")
    ((line, message),) = found(PAGE, f"# Page\n\n{short}.\n\n{long}.\n")
    assert line == 5
    assert message.startswith(f"a sentence of {LONGEST + 1} words")


def test_it_looks_at_pages_modules_scripts_and_the_document() -> None:
    looked_at = {path.as_posix() for path in files()}
    for name in ("README.md", "openapi.yaml", "scripts/demo", "scripts/upkeep/english.py", "docs/index.md"):
        assert name in looked_at
    assert "wrapper/abeja_datasets/api_client.py" in looked_at
    assert not {name for name in looked_at if name.startswith("generated/")}


def test_it_prints_each_text_to_rewrite_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    monkeypatch.setattr(english, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nThe server responds.\n", encoding="utf-8")
    (tmp_path / "data.txt").write_text("The server answered.\n", encoding="utf-8")
    assert (english.main(), capsys.readouterr().err) == (0, "")
    page.write_text("# Page\n\nThe server answered.\n", encoding="utf-8")
    assert english.main() == 1
    first, last = capsys.readouterr().err.splitlines()
    assert first == "page.md:3: 'answered' is a private word; write: respond, response"
    assert last.startswith("scripts/lint: 1 texts to rewrite")
