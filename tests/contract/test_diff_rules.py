"""The rules of the diff: each has an id, is in the catalogue, and finds its own example; the page lists all of them."""

import re
import runpy
from pathlib import Path

import griffe
import pytest
from tests.contract.empty import EMPTY
from tests.contract.seeds import SEEDS, changed, seeded_document
from tests.sampling import every

from abeja_datasets_contract.diff import Document, compare
from abeja_datasets_contract.diff.catalogue import GROUPS, IDS, PYTHON
from abeja_datasets_contract.diff.catalogue.schemas import WITH_EXAMPLES
from abeja_datasets_contract.diff.rules.ids import OF_KINDS, kebab
from abeja_datasets_contract.diff.schemas.changes import Kind
from abeja_datasets_contract.openapi.families import UNIONS
from abeja_datasets_contract.openapi.keywords import KEYWORDS, Compared

DOCS = Path(__file__).parents[2] / "docs"
OF_SCHEMAS = ("Schemas in requests", "Schemas in responses")
HARD_TO_SHOW = {f"{direction}-schema-{how}" for direction in ("request", "response") for how in ("narrowed", "widened")}
"""Rules for what no other rule explains; an example of today would be explained tomorrow."""


def test_ids_are_unique_and_of_one_form() -> None:
    ids = [rule.id for rules in GROUPS.values() for rule in rules] + [rule.id for rule in PYTHON]
    assert len(ids) == len(set(ids)) == len(IDS)
    assert [each for each in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", each)] == []


@pytest.mark.parametrize("group", GROUPS)
def test_each_rule_finds_its_example(group: str) -> None:
    missed = []
    for rule in GROUPS[group]:
        findings = compare(*rule.documents()).findings
        assert [one for one in findings if EMPTY.search(one.sentence)] == []
        found = {finding.id for finding in findings}
        assert found <= IDS, rule
        if rule.id not in found | HARD_TO_SHOW:
            missed.append(rule.id)
    if group not in OF_SCHEMAS:
        assert missed == []
        return
    # Of a keyword, a change may be reported as one of another keyword; not each of its changes is.
    direction = group.removeprefix("Schemas in ").removesuffix("s")
    shown = {rule.id for rule in GROUPS[group]} - {*missed}
    for keyword in WITH_EXAMPLES:
        assert any(each.startswith(f"{direction}-{kebab(keyword)}-") for each in shown), keyword
    assert all(any(each.startswith(f"{direction}-{kebab(keyword)}-") for keyword in WITH_EXAMPLES) for each in missed)


@pytest.mark.parametrize("name", every(6, SEEDS))
def test_whatever_is_found_is_in_the_catalogue(name: str) -> None:
    data = seeded_document()
    old, new = Document("old", data), Document("new", changed(data, SEEDS[name].edit))
    for one, other in ((old, new), (new, old)):
        assert {finding.id for finding in compare(one, other).findings} <= IDS


def test_every_kind_and_keyword_that_is_compared_has_rules() -> None:
    assert {Kind.KEYWORD, Kind.LOOSER, Kind.ENUM, Kind.CONTENT} | OF_KINDS.keys() == {*Kind}
    rows = {name for name, row in KEYWORDS.items() if row.compared is not Compared.CODE}
    assert {*rows, *UNIONS} == {*WITH_EXAMPLES}
    kinds = {f"python-{kind.name.lower().replace('_', '-')}" for kind in griffe.BreakageKind}
    assert kinds <= {rule.id for rule in PYTHON}


def test_the_page_of_rules_is_current() -> None:
    maker = runpy.run_path(str(DOCS / "make_diff_rules.py"))
    page = (DOCS / "diff-rules.md").read_text(encoding="utf-8")
    assert maker["page"]() == page, "run .venv/bin/python docs/make_diff_rules.py"
    assert all(f"`{each}`" in page for each in IDS)
