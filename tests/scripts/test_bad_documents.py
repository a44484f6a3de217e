"""What no client can be generated from is refused before anything is written: with line, cause and remedy."""

import os
import re
import sys
from pathlib import Path

import pytest
from tests.sampling import every
from tests.scripts import documents
from tests.scripts.documents import BY_THE_GENERATOR, REFUSED, TEXTS, Here, small_project
from tests.scripts.project import ROOT

from upkeep.generation.generating import InvalidDocument, generate, validate


def lines_with(root: Path, text: str) -> list[int]:
    """The lines on which a text begins, which may go over several."""
    whole = (root / "openapi.yaml").read_text(encoding="utf-8")
    return [whole.count("\n", 0, found.start()) + 1 for found in re.finditer(re.escape(text), whole)]


def check_message(message: str, root: Path, text: str, words: str) -> None:
    place = re.match(r"openapi.yaml:(\d+): #/", message)
    assert place, message
    assert int(place[1]) in lines_with(root, text), message
    assert words in message
    assert len(message.splitlines()) <= 10
    for forbidden in (" at 0x", "/tmp", str(root), "github", "Traceback", "<class"):
        assert forbidden not in message


@pytest.mark.parametrize("case", every(3, REFUSED))
def test_it_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    edit, text, words = REFUSED[case]
    root = small_project(tmp_path, edit)
    with pytest.raises(InvalidDocument) as refused:
        validate(root)
    check_message(str(refused.value), root, text, words)


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_that_is_no_such_document_is_one_line(tmp_path: Path, case: str) -> None:
    text, words = TEXTS[case]
    with pytest.raises(InvalidDocument) as refused:
        validate(small_project(tmp_path, text=text))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("case", every(4, BY_THE_GENERATOR))
def test_what_the_generator_refuses_has_our_line(tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upkeep.generation.generating.Program", Here)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    edit, text, words = BY_THE_GENERATOR[case]
    root = small_project(tmp_path, edit)
    (tmp_path / "work").mkdir()
    with pytest.raises(InvalidDocument) as refused:
        generate(root, validate(root), tmp_path / "work")
    check_message(str(refused.value), root, text, words)


def test_many_reasons_are_counted(tmp_path: Path) -> None:
    many = (documents.parameter(f"p{number}", content={"a/b": {}}) for number in range(30))
    root = small_project(tmp_path, documents.all_of(*many))
    with pytest.raises(InvalidDocument) as refused:
        validate(root)
    lines = str(refused.value).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "… and 21 more"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("a: [", "line 2: expected the node content"),
        ("litteral_enums: true", "litteral_enums: openapi-python-client has no such setting"),
        ("literal_enums: maybe", "literal_enums: Input should be a valid boolean"),
        ("post_hooks: ['no-such-program .']", "post_hooks: Skipping Integration: no-such-program is not in PATH"),
        ("- a", "it is not a mapping of settings"),
        (None, "No such file or directory"),
    ],
)
def test_faulty_settings_are_not_blamed_on_the_document(tmp_path: Path, settings: str | None, reason: str) -> None:
    from upkeep.generation.client_generator import FaultySettings
    from upkeep.generation.client_generator import generate as run
    from upkeep.generation.prepared import prepare

    root = small_project(tmp_path)
    file = root / "generator-config.yaml"
    file.unlink() if settings is None else file.write_text(f"{settings}\n", encoding="utf-8")
    (root / "plain.yaml").write_text(prepare(validate(root)).text, encoding="utf-8")
    with pytest.raises(FaultySettings, match=re.escape(reason)):
        run(document=root / "plain.yaml", settings=file, package=tmp_path / "package")


def test_another_version_of_a_generator_stops_it(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    for name in ("openapi-python-client", "datamodel-code-generator", "ruff"):
        other = re.sub(rf"^{name}==\S+", f"{name}==0.0.1", lock, flags=re.MULTILINE)
        (root / "requirements.lock").write_text(other, encoding="utf-8")
        with pytest.raises(InvalidDocument, match=rf"^{name} \S+ is installed, and requirements.lock has 0.0.1; run s"):
            generate(root, validate(root), tmp_path)


def test_legal_yaml_is_read_as_it_is_meant(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8").replace('"200":', "200:")
    merged = "    Day:\n      <<: *base\n      description: A day.\n      enum: [2018-05-20, 2018-05-21]\n"
    text = text.replace("paths:\n", "x-base: &base\n  description: A word.\n  type: string\npaths:\n", 1)
    text = text.replace("  schemas:\n", f"  schemas:\n{merged}", 1)
    root = small_project(tmp_path, text=text)
    document = validate(root)
    assert document.at("#/components/schemas/Day") == {
        "description": "A day.", "type": "string", "enum": ["2018-05-20", "2018-05-21"],
    }  # fmt: skip
