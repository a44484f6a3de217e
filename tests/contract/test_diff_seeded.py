"""Every kind of change, seeded into openapi.yaml one at a time: the verdict, whom it concerns, and which operations."""

from pathlib import Path
from typing import Any

import pytest
from tests.contract.described import Described
from tests.contract.seeds import BREAKING, COMPATIBLE, NO_CHANGE, SEEDS, changed, seeded_document
from tests.sampling import every

from abeja_datasets_contract.diff import Counterexample, Document, Report, compare, load

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def data() -> Any:
    return seeded_document()


def report_on(data: Any, name: str) -> Report:
    return compare(Document("old", data), Document("new", changed(data, SEEDS[name].edit)))


def test_there_are_enough_of_them() -> None:
    assert len(BREAKING) >= 25
    assert len(SEEDS) == len(BREAKING) + len(COMPATIBLE)
    assert len(SEEDS) >= 40


@pytest.mark.parametrize("name", every(2, SEEDS))
def test_a_seeded_change_gets_its_verdict(name: str, data: Any) -> None:
    seed = SEEDS[name]
    report = report_on(data, name)
    assert report.verdict == ("breaking" if seed.severity == "breaking" else "compatible"), report.findings
    assert not report.counts["undecided"]
    assert report.findings[0].severity == seed.severity
    worst = [f for f in report.findings if f.severity == seed.severity]
    assert any(seed.says in f.sentence and seed.audience in f.audiences for f in worst), worst
    assert {name for f in worst for name in f.operations} == seed.operations
    assert report.version_step == {"breaking": "major", "docs": "patch"}.get(seed.severity, "minor")
    assert report.exit_code() == (1 if seed.severity == "breaking" else 0)
    shown = [f.counterexample for f in worst if f.counterexample]
    assert bool(shown) == (seed.severity == "breaking" and seed.example), worst
    assert all(f.counterexample is None for f in report.findings if f.severity != "breaking")


@pytest.mark.parametrize("name", [name for name, seed in BREAKING.items() if seed.example and "32" not in name])
def test_a_counterexample_is_taken_by_one_side_and_refused_by_the_other(name: str, data: Any) -> None:
    # Independent of the diff: the documents as they are written, and plain validators over them (which know no int32).
    old, new = data, changed(data, BREAKING[name].edit)
    examples = [f.counterexample for f in report_on(data, name).findings if f.counterexample]
    assert examples
    for example in examples:
        accepted = {
            side: describes(Described(document), example, pointer)
            for side, document, pointer in (("old", old, example.old), ("new", new, example.new))
        }
        assert accepted == {"old": example.taken_by == "old", "new": example.taken_by == "new"}


def describes(document: Described, example: Counterexample, pointer: str) -> bool:
    if example.form == "request":
        return document.request(example.value)
    if example.form == "response":
        return document.response(document.at(pointer), example.value)
    return document.value(pointer, example.value)


@pytest.mark.parametrize("name", NO_CHANGE)
def test_what_changes_nothing_is_no_change(name: str, data: Any) -> None:
    report = compare(Document("old", data), Document("new", changed(data, NO_CHANGE[name])))
    assert (report.verdict, report.findings) == ("no change", [])


@pytest.mark.parametrize("name", every(3, SEEDS))
def test_the_way_back_is_found_too(name: str, data: Any) -> None:
    # Not judged here: that it ends, decides all, and sees that there is a change.
    report = compare(Document("new", changed(data, SEEDS[name].edit)), Document("old", data))
    assert report.verdict != "no change"
    assert not report.counts["undecided"], report.findings


def test_the_document_against_itself_is_no_change() -> None:
    document = load(str(ROOT / "openapi.yaml"))
    report = compare(document, document)
    assert (report.verdict, report.version_step, report.findings) == ("no change", "patch", [])


def test_each_place_is_where_the_text_has_it(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    (tmp_path / "new.yaml").write_text("# a line more\n" + text.replace("maxLength: 255", "maxLength: 100"))
    old, new = load(str(ROOT / "openapi.yaml")), load(str(tmp_path / "new.yaml"))
    lines = {"old": text.split("\n"), "new": (tmp_path / "new.yaml").read_text().split("\n")}
    (finding,) = [f for f in compare(old, new).findings if f.severity == "breaking"]
    for place, side, words in ((finding.old, "old", "maxLength: 255"), (finding.new, "new", "maxLength: 100")):
        assert place is not None
        assert place.line is not None
        assert lines[side][place.line - 1].strip() == words


def test_every_line_of_the_document_is_found() -> None:
    document = load(str(ROOT / "openapi.yaml"))
    lines = (ROOT / "openapi.yaml").read_text(encoding="utf-8").split("\n")
    for name in document.data["components"]["schemas"]:
        line = document.line(f"#/components/schemas/{name}")
        assert line
        assert lines[line - 1] == f"    {name}:"
