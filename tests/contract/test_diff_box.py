"""A large document of others, in two states: not part of the project, so skipped where it is missing."""

import copy
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sampling import every

from abeja_datasets_contract.diff import Document, compare, load
from abeja_datasets_contract.openapi.operations import operations
from abeja_datasets_contract.openapi.pointers import join, split

FOLDER = Path(os.environ.get("ABEJA_SHARED_DOCUMENTS") or Path(__file__).parents[3] / "shared" / "documents")
pytestmark = pytest.mark.skipif(
    not (FOLDER / "box-old.json").is_file(),
    reason=f"needs box-old.json and box-new.json, which are no part of the project, in {FOLDER} "
    "(or where ABEJA_SHARED_DOCUMENTS says)",
)


@pytest.fixture(scope="module")
def old() -> Document:
    return load(str(FOLDER / "box-old.json"))


@pytest.fixture(scope="module")
def new() -> Document:
    return load(str(FOLDER / "box-new.json"))


@pytest.mark.slow
def test_each_against_itself_is_no_change(old: Document, new: Document) -> None:
    for document, count in ((old, 281), (new, 296)):
        same = compare(document, Document("copy", copy.deepcopy(document.data)))
        assert (same.verdict, same.findings, len(same.operations)) == ("no change", [], count)


def reachable(document: Document, start: str) -> Iterator[str]:
    """Return every place that the text below a pointer and its references lead to, by nothing but the text."""
    todo, seen = deque([start]), {start}
    while todo:
        here = document.at(todo.popleft())
        parts: deque[Any] = deque([here])
        while parts:
            part = parts.popleft()
            if isinstance(part, dict):
                target = part.get("$ref")
                if isinstance(target, str) and join(*split(target)) not in seen:
                    seen.add(join(*split(target)))
                    todo.append(join(*split(target)))
                parts.extend(part.values())
            elif isinstance(part, list):
                parts.extend(part)
    yield from seen


@pytest.mark.parametrize(
    ("component", "name"),
    every(
        6,
        [
            ("AiAgentBasicTextToolBase", "model"),
            ("AiDialogueHistory", "prompt"),
            ("AiAgentReference", "id"),
            ("IntegrationMappingSlackOptions", "is_access_management_disabled"),
            ("TrackingCode", "name"),
            ("KeywordSkillCard", "skill_card_title"),
        ],
    ),
)
def test_a_nested_field_newly_required_reaches_exactly_the_operations_that_refer_to_it(
    old: Document, component: str, name: str
) -> None:
    place = f"#/components/schemas/{component}"
    schema = old.mapping(place)
    assert name in schema["properties"]
    assert name not in schema.get("required", [])
    changed = copy.deepcopy(old.data)
    changed["components"]["schemas"][component].setdefault("required", []).append(name)
    report = compare(old, Document("new", changed))
    sends = {
        operation.name
        for operation in operations(old).values()
        if "requestBody" in operation.raw and place in reachable(old, f"{operation.pointer}/requestBody")
    }
    assert sends
    broken = [finding for finding in report.findings if finding.severity == "breaking"]
    assert {name for finding in broken for name in finding.operations} == sends
    assert not report.counts["undecided"]
    for example in [finding.counterexample for finding in broken if finding.counterexample]:
        assert example.operation in sends


def test_from_the_old_to_the_new_it_shows_breaks_that_hold(old: Document, new: Document) -> None:
    report = compare(old, new)
    assert (report.verdict, report.version_step) == ("breaking", "major")
    added = {name.name for name in operations(new).values()} - {name.name for name in operations(old).values()}
    assert {name for f in report.findings if f.sentence.endswith("was added") for name in f.operations} >= added
    said = [finding.sentence for finding in report.findings]
    # Old and new describe these alike, the one by alternatives, the other in one schema.
    assert not any("partner_item` in responses: property" in sentence for sentence in said)
    broken = [finding for finding in report.findings if finding.severity == "breaking"]
    assert len(broken) == sum(finding.counterexample is not None for finding in broken) == 5
