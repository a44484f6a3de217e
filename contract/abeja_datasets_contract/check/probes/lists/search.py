"""The query language of `q`: what each part of it finds, and that all else is refused."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.labels import label
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    Dataset,
    by_id,
    filled,
    new_dataset,
    new_item,
    shared,
    subject,
    walk_items,
)

from .broken_queries import BROKEN
from .paging import ITEMS, alike
from .queries import And, Not, Or, Query, Term, holds, made_up, text

STAGE = Stage("search")
_LIST = "list_dataset_items"
_Q = Source.parameter("list_dataset_items", "q")
_REFUSED = (400,)
_FEWEST, _MOST = 4, 12
"""Combined queries that are sent."""
_LONGEST_SHOWN = 80
"""Characters of a query that is shown whole."""
ATTRIBUTES: tuple[Any, ...] = (
    {},
    {"tag": "A", "n": 1, "classification": [label(1, 1, label="dog")]},
    {"tag": "B", "n": "1", "classification": [label(1, 2, label="cat")]},
    {"tag": "A", "n": 10, "deep": {"deeper": [{"deepest": {"tag": "C", "hidden": "x"}}]}},
    {"tag": "a", "n": -1, "flag": True, "nothing": None},
    {"tag": "AB", "n": 1.5, "flag": False, "nothing": "null"},
    {"tag": ["A", "B"], "n": [1], "flag": "true", "other": {"tag": {"x": "A"}}},
    {"text": "two words", "uri": "datalake://1/a:b", "path": "a/b", "minus": "-x", "time": "12:30"},
    {"text": "two", "other text": 1, "empty": "", "big": 9007199254740993, "ntag": "A", "tagn": "A"},
    {"text": "データ 🐈", "タグ": "猫", "unicode": "é", "quoted_key": 'tag":"A', "n": 0, "zero": 0},
    {"text": "words two", "detection": [label(0, 7), label(3, 4)], "unicode": "e\u0301", "n": 11},
    {"A": "tag", "operator": "AND", "x": "tag:A", "text": "{tag:A}", "y": ',"tag":"A",'},
    {"fruit": "ORANGE", "NOTE": "ANDROID", "ORDER": "NOTHING", "text": "salt AND pepper", "date": "2018-05-20"},
    {"text": "(n:1 OR tag:A)", "word": "a_b-c.d", "ratio": 2.0, "star": "A*", "big": 9007199254740992, "a.b": "x"},
    {"boxes": [{"kind": "x", "at": 1}, {"kind": "y", "at": 2}], "text": "NOT n:1", "n": 100, "tag": "b"},
)
"""What the searched items hold; each is there to be found by one query and left by its neighbour."""


def _searched(p: Probe) -> Dataset:
    dataset = shared(p, "search")
    for attributes in ATTRIBUTES[len(dataset.items) :]:
        new_item(p, dataset, attributes)
    return dataset


def _t(field: str, value: str, *, quoted: bool = False) -> Term:
    return Term(field, value, quoted)


_A, _B, _ONE, _TEN = _t("tag", "A"), _t("tag", "B"), _t("n", "1"), _t("n", "10")
_FOUND: dict[str, tuple[str, tuple[Query, ...]]] = {
    "term": (
        "field:word finds the items with that value.",
        (_A, _B, _t("text", "two"), _t("operator", "AND", quoted=True)),
    ),
    "phrase": (
        'field:"phrase" finds the items with that value.',
        (
            _t("tag", "A", quoted=True),
            _t("text", "two words"),
            _t("text", "words two"),
            _t("uri", "datalake://1/a:b"),
            _t("path", "a/b"),
            _t("minus", "-x"),
            _t("time", "12:30"),
            _t("x", "tag:A"),
            _t("text", "{tag:A}"),
        ),
    ),
    "whole": (
        "A value is compared as a whole.",
        (_t("tag", "AB"), _t("text", "words"), _t("n", "1"), _t("uri", "datalake")),
    ),
    "exact": (
        "A value is compared exactly.",
        (_t("tag", "a"), _t("label", "Dog"), _t("label", "dog"), _t("tag", " A")),
    ),
    "key": (
        "A key is compared exactly, and is not a value.",
        (_t("ta", "A"), _t("Tag", "A"), _t("ntag", "A"), _t("A", "tag"), _t("a.b", "x"), _t("deep.tag", "A")),
    ),
    "none": ("What nothing matches finds nothing.", (_t("tag", "nowhere"), _t("nowhere", "A"), And(_A, _B))),
    "numbers": (
        "A number is compared as JSON writes it.",
        (
            _ONE,
            _TEN,
            _t("n", "1.5"),
            _t("n", "0"),
            _t("zero", "0"),
            _t("n", "-1"),
            _t("big", "9007199254740993"),
            _t("n", "1.0"),
            _t("n", "01"),
            _t("ratio", "2.0"),
            _t("n", "100"),
        ),
    ),
    "quoted-numbers": ("A number is found by its text in quotes too.", (_t("n", "1", quoted=True), _t("n", "-1"))),
    "constants": (
        "true, false and null are compared as JSON writes them.",
        (
            _t("flag", "true"),
            _t("flag", "false"),
            _t("nothing", "null"),
            _t("flag", "True"),
            _t("flag", "1"),
            _t("nothing", "None"),
        ),
    ),
    "anywhere": (
        "A key is found at any depth.",
        (
            _t("tag", "C"),
            _t("hidden", "x"),
            _t("label_id", "7"),
            _t("category_id", "3"),
            _t("label_id", "4"),
            _t("deeper", "C"),
        ),
    ),
    "scalars": (
        "A key whose value is a list or an object is not found.",
        (_t("tag", "B"), _t("n", "1"), _t("deepest", "C")),
    ),
    "unicode": (
        "Text of any script is found, and is not normalized.",
        (_t("タグ", "猫"), _t("text", "データ 🐈"), _t("unicode", "é"), _t("unicode", "e\u0301")),
    ),
    "and": (
        "AND finds what both find.",
        (
            And(_A, _ONE),
            And(_A, _TEN),
            And(_B, _TEN),
            And(_A, And(_ONE, _t("label", "dog"))),
            # Of different objects, and of one key twice: what holds is asked of the item.
            And(_t("kind", "x"), _t("at", "2")),
            And(_A, _t("tag", "C")),
        ),
    ),
    "or": (
        "OR finds what either finds.",
        (Or(_A, _B), Or(_A, _ONE), Or(_t("tag", "x"), _B), Or(Or(_A, _B), _t("zero", "0"))),
    ),
    "not": (
        "NOT finds all else.",
        (Not(_A), Not(_t("tag", "C")), Not(_t("nowhere", "x")), And(_A, Not(_ONE)), Or(_B, Not(_A))),
    ),
    "precedence": (
        "NOT binds tighter than AND, and AND tighter than OR.",
        (
            Or(And(_A, _ONE), _B),
            Or(_B, And(_A, _TEN)),
            Or(_A, And(_B, _t("n", "99"))),
            And(Not(_B), _ONE),
            Or(Not(_A), _TEN),
            Or(And(_t("label_id", "1"), _t("label", "dog")), _A),
            Or(Or(_B, And(_A, _ONE)), _t("zero", "0")),
            Or(And(_t("n", "99"), _A), And(_B, _ONE)),
        ),
    ),
    "parentheses": (
        "Parentheses bind tightest.",
        (
            And(Or(_A, _B), _ONE),
            And(_ONE, Or(_A, _TEN)),
            Not(Or(_A, _B)),
            Not(And(_A, _ONE)),
            And(Or(_A, _B), Or(_ONE, _TEN)),
        ),
    ),
    "words": (
        "A word that begins like an operator, or has a minus inside, needs no quotes.",
        (
            _t("fruit", "ORANGE"),
            _t("NOTE", "ANDROID"),
            And(_t("ORDER", "NOTHING"), _t("NOTE", "ANDROID")),
            Or(Not(_t("ORDER", "NOTHING")), _t("fruit", "ORANGE")),
            _t("date", "2018-05-20"),
            _t("word", "a_b-c.d"),
        ),
    ),
    "phrase-operators": (
        "Within quotes nothing is an operator.",
        (_t("text", "salt AND pepper"), _t("text", "(n:1 OR tag:A)"), _t("text", "NOT n:1")),
    ),
}


def _expect(p: Probe, query: Query, dataset: Dataset, written: str = "") -> None:
    q = written or text(query)
    wanted = [item.id for item in dataset.items if holds(query, item.attributes)]
    response = p.call(_LIST, dataset.id, query={"q": q}, promised=f"what {q} finds")
    _compare(p, q, wanted, dataset, response)


def _compare(p: Probe, q: str, wanted: Sequence[Any], dataset: Dataset, response: Response) -> None:
    found, token = ITEMS.ids(response), ITEMS.next(response)
    if token:
        found += [record.id("dataset_item_id") for record in walk_items(p, dataset.id, q=q, next_page_token=token)]
    named = q if len(q) <= _LONGEST_SHOWN else f"{q[:20]}…"
    p.equal(sorted(wanted, key=str), sorted(found, key=str), f"what {named} finds", response)
    p.equal(len(wanted), response.number("total_count"), f"total_count of {named}", response)


def _finding(queries: Sequence[Query]) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        for query in queries:
            with p.case():
                _expect(p, query, _searched(p))

    return check


for _kind, (_promise, _queries) in _FOUND.items():
    STAGE.add(f"search.{_kind}", _promise, _Q, _finding(_queries))


@STAGE.clause(
    "search.spelling", "Spaces around a query and its parts, and parentheses around any of it, mean nothing.", _Q
)
def spelling(p: Probe) -> None:
    """Write some with more of them."""
    both = And(_A, _ONE)
    for q in ("(tag:A AND n:1)", "((tag:A)) AND (n:1)", "tag:A  AND  n:1", " tag:A AND n:1 ", "( tag:A ) AND n:1"):
        with p.case():
            _expect(p, both, _searched(p), q)


@STAGE.clause("search.entries", "What is found is returned as the items are.", _Q)
def entries(p: Probe) -> None:
    """Find all, and compare each with what the list has without a query."""
    dataset = _searched(p)
    plain = p.call(_LIST, dataset.id)
    listed = by_id(plain.parts("items"))
    response = p.call(_LIST, dataset.id, query={"q": "NOT nowhere:x"})
    for record in response.parts("items"):
        same = listed.get(record.id("dataset_item_id"), record)
        p.equal(same.at(), record.at(), "the item as without q", plain, response)


@STAGE.clause("search.phrase-wildcards", "Within quotes nothing is a wildcard.", _Q)
def phrase_wildcards(p: Probe) -> None:
    """Quote some; what they hold may be refused there too."""
    for value in ("A*", "?", "*", "[0 TO 9]", "A~", "/A/", "A^2"):
        with p.case():
            query, dataset = _t("star", value), _searched(p)
            response = p.call(_LIST, dataset.id, query={"q": text(query)}, expect=(200, 400))
            if not p.is_one_of(response, _REFUSED):
                wanted = [item.id for item in dataset.items if holds(query, item.attributes)]
                _compare(p, text(query), wanted, dataset, response)


@STAGE.clause(
    "search.documented",
    "The documented query is accepted.",
    Source.parameter(_LIST, "q", "examples", "documented", "value"),
)
def documented(p: Probe) -> None:
    """Send it."""
    query = Or(And(_t("label_id", "1"), _t("label", "dog")), _A)
    _expect(p, query, _searched(p), "label_id:1 AND label:dog OR tag:A")


@STAGE.clause("search.combinations", "Parts of the language work together.", _Q)
def combinations(p: Probe) -> None:
    """Build queries, by the seed."""
    terms = (_A, _B, _ONE, _TEN, _t("flag", "true"), _t("label", "dog"), _t("text", "two words"), _t("nowhere", "x"))
    # Where pages are small, a query takes a request for each page of what it finds.
    for _ in range(max(_FEWEST, ITEMS.within(p, _MOST))):
        with p.case():
            _expect(p, made_up(p.random, terms, 4), _searched(p))


@STAGE.clause("search.current", "A search finds what is there now.", _Q)
def current(p: Probe) -> None:
    """Search after each kind of change."""
    dataset = new_dataset(p)

    def expect(*items: Any) -> None:
        response = p.call(_LIST, dataset.id, query={"q": "tag:now"})
        _compare(p, "tag:now", [item.id for item in items], dataset, response)

    expect()
    first, second = new_item(p, dataset, {"tag": "now"}), new_item(p, dataset, {"tag": "then"})
    expect(first)
    p.call("update_dataset_item", dataset.id, second.id, json={"attributes": {"deep": [{"tag": "now"}]}})
    expect(first, second)
    p.call("bulk_update_dataset_item", dataset.id, json=[{"dataset_item_id": first.id, "attributes": {"tag": "then"}}])
    expect(second)
    p.call("delete_dataset_item", dataset.id, second.id)
    expect()


@STAGE.clause("search.attributes-alone", "A search looks only at the attributes.", _Q)
def attributes_alone(p: Probe) -> None:
    """Search for values that are elsewhere in an item."""
    dataset = filled(p, 2)
    for query in (
        _t("data_type", "image/jpeg"),
        _t("height", "500"),
        _t("dataset_id", dataset.id),
        _t("dataset_item_id", "0"),
    ):
        with p.case():
            _expect(p, query, dataset)


def _refusing(queries: Sequence[str]) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = _searched(p) if p.may_write else subject(p)
        for q in queries:
            with p.case():
                p.call(
                    _LIST, dataset.id, query={"q": q}, expect=_REFUSED, promised=f"the query {json.dumps(q)} is refused"
                )

    return check


@STAGE.clause("search.refuses.not-utf-8", "A query that is not UTF-8 is 400.", _Q, reads=True)
def not_utf_8(p: Probe) -> None:
    """Send some, as a word and in quotes."""
    dataset = subject(p)
    for raw in ("tag:%FF", "tag:%22caf%E9%22", "tag:%ED%A0%80"):
        with p.case():
            call = p.request(_LIST, dataset.id)
            response = p.send(replace(call, target=f"{call.target}?q={raw}"))
            p.expect(response, _REFUSED, f"the query {json.dumps(raw)} is refused")


for _kind, _texts in BROKEN.items():
    STAGE.add(f"search.refuses.{_kind}", f"A query with such text ({_kind}) is 400.", _Q, _refusing(_texts), reads=True)


@STAGE.clause(
    "search.finds-what-is-there",
    "A query finds the items that it matches.",
    Source.schema("DatasetItemPage", "properties", "total_count"),
    reads=True,
)
def finds_what_is_there(p: Probe) -> None:
    """Request what cannot be there, and for all else."""
    dataset = subject(p)
    nowhere = _t("contract_check_nowhere", "x")
    none = p.call(_LIST, dataset.id, query={"q": text(nowhere), "limit": 3})
    p.equal([], none.at("items"), "no items", none)
    p.equal(0, none.number("total_count"), "total_count 0", none)
    alike(
        p,
        lambda: ITEMS.page(p, dataset.id, limit=3),
        lambda: ITEMS.page(p, dataset.id, limit=3, q=text(Not(nowhere))),
        lambda response: [ITEMS.ids(response), response.number("total_count")],
        "all items",
    )


@STAGE.clause("search.deep", "A query that is nested deeply or long is carried out or refused.", _Q)
def deep(p: Probe) -> None:
    """Send many parentheses around a term, many NOTs before it, and many terms side by side."""
    dataset = _searched(p)
    for q in ("(" * 1000 + "tag:A" + ")" * 1000, "NOT " * 500 + "tag:A", " OR ".join(["tag:A"] * 200)):
        with p.case():
            response = p.call(_LIST, dataset.id, query={"q": q}, expect=(200, 400))
            if not p.is_one_of(response, _REFUSED):
                wanted = [item.id for item in dataset.items if holds(_A, item.attributes)]
                _compare(p, q, wanted, dataset, response)
