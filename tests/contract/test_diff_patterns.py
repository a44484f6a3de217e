"""The languages of patterns: which are equal, which are parts of others, and which can't be decided."""

import re

import pytest

from abeja_datasets_contract.diff.schemas.fixpoint import Verdict
from abeja_datasets_contract.diff.schemas.patterns.languages import contained

EQUAL = [
    (r"^\d$", "^[0-9]$"),
    (r"^\w$", "^[A-Za-z0-9_]$"),
    (r"^\D$", "^[^0-9]$"),
    (r"^[^\d]$", r"^\D$"),
    (r"^\u0041$", "^A$"),
    (r"^\x41$", "^A$"),
    (r"^\t$", r"^\u0009$"),
    (r"^\.$", "^[.]$"),
    ("^a{2}$", "^aa$"),
    ("^a{2,}$", "^aaa*$"),
    ("^a{0,2}$", "^(a(a)?)?$"),
    ("^a{0}$", "^$"),
    ("^a+?b$", "^a+b$"),
    ("^(?:ab|cd)$", "^(ab|cd)$"),
    ("^(?P<x>a)|(?<y>a)$", "^a|a$"),
    ("^(ab)+$", "^ab(ab)*$"),
    ("^[a-c]$", "^(a|b|c)$"),
    ("^[a-]$", "^(a|-)$"),
    (".*", ""),
    ("^a|b$", "b$|^a"),
]
PARTS = [("^a$", "^[ab]$"), ("^ab$", "a"), (r"^\d{3}$", r"^\d+$"), ("^(ab)*$", "^[ab]*$")]
UNREADABLE = [
    "(?=a)b", "(a", "a)", "[a", "*a", "a**", "a++", r"\q", r"\u00", "[b-a]", "[a-\\d]", r"[!-\d]", "a{1000000}", "^a$b",
    "\\", "(" * 500 + "a" + ")" * 500,
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_patterns_that_match_the_same_texts_are_equal(one: str, other: str) -> None:
    assert contained([one], other) == contained([other], one) == (Verdict.YES, "")


@pytest.mark.parametrize(("one", "other"), PARTS)
def test_a_part_is_contained_and_the_whole_has_a_text_that_shows_it(one: str, other: str) -> None:
    assert contained([one], other) == (Verdict.YES, "")
    verdict, text = contained([other], one)
    assert verdict == Verdict.NO
    assert re.search(other, text)
    assert not re.search(one, text)


@pytest.mark.parametrize("pattern", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_pattern_that_is_not_regular_or_broken_is_not_decided(pattern: str) -> None:
    assert contained([pattern], "a") == contained(["a"], pattern) == (Verdict.UNKNOWN, "")
