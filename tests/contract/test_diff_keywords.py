"""The table of keywords: each row counts, and a pair of schemas shows it."""

import json

import pytest
from tests.contract.test_diff_pairs import PAIRS, side, verdict

from abeja_datasets_contract.diff import compare
from abeja_datasets_contract.openapi.keywords import KEYWORDS, Compared, Inside, Sampled, holds


def verdicts(name: str) -> list[str]:
    sides = [[side(PAIRS[name], which, way) for which in ("old", "new")] for way in ("request", "response")]
    return [verdict(compare(*both)) for both in sides]


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_without_its_row_a_keyword_is_not_compared(keyword: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name, pair in PAIRS.items() if f'"{keyword}":' in json.dumps(pair)]
    monkeypatch.delitem(KEYWORDS, keyword)
    expected = {name: [PAIRS[name]["request"], PAIRS[name]["response"]] for name in names}
    assert any(verdicts(name) != expected[name] for name in names), f"no pair of {len(names)} needs `{keyword}`"


def test_each_row_is_whole() -> None:
    for name, row in KEYWORDS.items():
        assert row.compared == Compared.CODE or row.example[0], name
        assert row.inside == Inside.VALUE or holds(name), name
        assert row.sampled != Sampled.NAMED or holds(name) == "{schema}", name
        assert {*row.together, *([row.read_as] if row.read_as else [])} <= KEYWORDS.keys(), name
