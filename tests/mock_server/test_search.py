"""The query language of `q`."""

import random
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

ITEMS: list[dict[str, Any]] = [
    {"a": 1, "b": 2, "c": 3},
    {
        "a": "1",
        "text": "one two",
        "path": "image/jpeg",
        "time": "12:30",
        "minus": "-5",
        "quote": 'say "x"',
        "empty": "",
    },
    {"a": 1.0, "deep": {"list": [{"b": 2}, {"deeper": [[{"c": 3}]]}]}, "flag": True, "nothing": None},
    {"a": 10, "b": 22, "list": [1, 2], "object": {"x": 1}, "flag": "true", "minus": -5, "nothing": "null"},
    {"é": "日本", "a.b": "dotted", "wild*": "x*y", "back": "a\\b", "ctrl": "x\0\n", "a:b": "colon", "big": 2**70},
    {'tricky"a': 1, "more": '"a":1', "x": '{"a":1}', "y": ',"a":1,', 'z","a': 1, "expo": 1e-7, "A": 1, "TO": "TO"},
]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("a:1", {0, 1}),
        ('a:"1"', {0, 1}),
        ("a:1.0", {2}),
        ("a:10", {3}),
        ("A:1", {5}),
        ("b:2", {0, 2}),
        ("c:3", {0, 2}),
        ("b:22", {3}),
        ("list:1", set()),
        ("object:1", set()),
        ("x:1", {3}),
        ("flag:true", {2, 3}),
        ("nothing:null", {2, 3}),
        ("flag:True", set()),
        ('text:"one two"', {1}),
        ("text:one", set()),
        ('path:"image/jpeg"', {1}),
        ("path:image\\/jpeg", {1}),
        ('time:"12:30"', {1}),
        ("time:12\\:30", {1}),
        ('minus:"-5"', {1, 3}),
        ("minus:\\-5", {1, 3}),
        ('quote:"say \\"x\\""', {1}),
        ('empty:""', {1}),
        ("é:日本", {4}),
        ("a.b:dotted", {4}),
        ("wild\\*:x\\*y", {4}),
        ('wild\\*:"x*y"', {4}),
        ('back:"a\\\\b"', {4}),
        ('ctrl:"x\0\n"', {4}),
        ("a\\:b:colon", {4}),
        (f"big:{2**70}", {4}),
        ("expo:1e-07", {5}),
        ('tricky\\"a:1', {5}),
        ("TO:TO", None),
        ("x:TO", set()),
        ("a:1 AND b:2", {0}),
        ("a:1 OR b:2", {0, 1, 2}),
        ("NOT a:1", {2, 3, 4, 5}),
        ("NOT NOT a:1", {0, 1}),
        ("a:1 AND NOT b:2", {1}),
        ("NOT a:1 AND b:2", {2}),
        ("NOT (a:1 OR b:2)", {3, 4, 5}),
        ("b:22 OR a:1 AND b:2", {0, 3}),
        ("(b:22 OR a:1) AND b:2", {0}),
        ("a:1 AND b:2 OR b:22", {0, 3}),
        ("a:1 AND b:2 OR b:22 AND a:10", {0, 3}),
        ("b:22 OR a:1 OR c:3", {0, 1, 2, 3}),
        ("(((a:1)))", {0, 1}),
        ("a:1\tAND\nb:2", {0}),
        ("missing:x", set()),
        ("NOT missing:x", {0, 1, 2, 3, 4, 5}),
        ('a:"1,\\"b\\":2"', set()),
        ("a:1 OR " * 500 + "a:1", {0, 1}),
    ],
)
def test_finds(api: "Api", q: str, found: set[int] | None) -> None:
    dataset = api.create_dataset()
    items = [api.create_item(dataset, attributes) for attributes in ITEMS]
    if found is None:
        api.refused(400, "GET", api.items_path(dataset), params={"q": q})
        return
    answer = api.ok("GET", api.items_path(dataset), params={"q": q})
    assert [item["dataset_item_id"] for item in answer["items"]] == sorted(found)
    assert answer == {"items": [items[number] for number in sorted(found)], "total_count": len(found)}
    assert api.ok("GET", api.items_path(dataset), params={"q": q, "limit": 1})["total_count"] == len(found)


@pytest.mark.parametrize(
    "q",
    [
        "", " ", "word", '"phrase"', "a:", ":a", "a:1 b:2", "a:1 and b:2", "a:1 or b:2", "a:1 && b:2", "a:1 || b:2",
        "+a:1", "-a:1", "a:+1", "a:-1", "a:1 -b:2", "a:*", "a:x*", "a:?", "x*:1", "*:*", "a:[1 TO 2]", "a:{1 TO 2}",
        "a:>1", "a:<=1", "a:1~", "a:x~2", 'a:"x y"~2', "a:1^2", "(a:1)^2", "a:/x/", "/x/", "a:b/c", "a:(1 OR 2)",
        "a:(1)", "a:b:c", "a:12:30", "a:T12:30", "(a:1", "a:1)", "()", "NOT", "AND", "a:1 AND", "OR a:1", "a:NOT b:1",
        "a:1 AND AND b:2", "a:1 NOT b:2", "a:'1'", 'a:"open', "a:b\\", "!a:1", "a:!1", "a:x&&y", "a:x||y", 'a:x"y',
        "a:b,c:d", "a:[1 TO", "a:{", "a:]", "^2", "~", "a:^2", "a~:1", "a:1^1~1", "TO:TO", "a:[TO TO TO]", "a:b^-1",
        "a:1 OR " * 580 + "a:1)", "\u3000", "a:\u3000", "\uff08a:1\uff09 OR", '"' * 4000 + "'", "\\" * 4001,
        "a:b^.", "a:b~.", "a:b^1.1.1", "a:b~1.1.1", 'a:"b c"~.', "a:b^", "a:b^..~.", "(a:b)^.", "a:b AND c:d^.", "^.",
        "a:" + "*" * 4000, "x" * 4097, "(" * 2000 + "a:1" + ")" * 2000, "NOT " * 1000 + "a:1", "\0", "a:1;b:2 c",
    ],
)  # fmt: skip
def test_everything_else_is_refused(api: "Api", q: str) -> None:
    dataset = api.create_dataset()
    description = api.refused(400, "GET", api.items_path(dataset), params={"q": q})
    assert description.startswith("q: ")
    assert len(description) < 500
    assert not re.search("[A-Z][a-z]+[A-Z]|Decimal|Fuzzy|Boost|Regex|Plus|Prohibit|Traceback", description)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_asked_is_found_or_refused(api: "Api", seed: int) -> None:
    dataset = api.create_dataset()
    chance = random.Random(seed)
    pieces = [*'ab:^~.10"()[]{}\\/+-!*?&|<>= #\0\n²', " AND ", " OR ", " NOT ", " TO ", "a:b", 'a:"b c"', "~2.0"]
    statuses = set()
    for _ in range(300):
        q = "".join(chance.choices(pieces, k=chance.randint(1, 12)))
        response = api.request("GET", api.items_path(dataset), params={"q": q})
        assert response.status_code in (200, 400), q
        statuses.add(response.status_code)
    assert statuses == {200, 400}


def test_a_query_is_checked_before_the_dataset_is_looked_for(api: "Api") -> None:
    api.refused(400, "GET", f"{api.datasets_path}1/items/", params={"q": "word"})
    api.refused(404, "GET", f"{api.datasets_path}1/items/", params={"q": "a:1"})


def test_a_query_sees_what_is_there_now(api: "Api") -> None:
    dataset = api.create_dataset()
    item = api.create_item(dataset, {"tag": "A"})
    api.ok("PUT", api.item_path(item), json={"attributes": {"tag": "B"}})
    assert api.ok("GET", api.items_path(dataset), params={"q": "tag:A"})["total_count"] == 0
    assert api.ok("GET", api.items_path(dataset), params={"q": "tag:B"})["total_count"] == 1
    api.ok("DELETE", api.item_path(item))
    assert api.ok("GET", api.items_path(dataset), params={"q": "tag:B"}) == {"items": [], "total_count": 0}


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("NOT " * 200 + "a:1", 1),
        ("NOT " * 199 + "a:1", 0),
        ("(a:1 OR " * 100 + "a:2" + ")" * 100, 1),
        ("(" * 200 + "a:1" + ")" * 200, 1),
    ],
)
def test_deep_queries_are_answered(api: "Api", q: str, found: int) -> None:
    dataset = api.create_dataset()
    api.create_item(dataset, {"a": 1})
    assert api.ok("GET", api.items_path(dataset), params={"q": q})["total_count"] == found


@pytest.mark.parametrize(
    "q", ["NOT " * 201 + "a:1", "(a:1 AND " * 101 + "a:2" + ")" * 101, "(" * 2000 + "a:1" + ")" * 2000]
)
def test_deeper_ones_are_refused(api: "Api", q: str) -> None:
    dataset = api.create_dataset()
    assert api.refused(400, "GET", api.items_path(dataset), params={"q": q}) == (
        "q: nested too deeply; 200 levels of parentheses, NOT, AND and OR are the most"
    )


@pytest.mark.parametrize(
    ("q", "told"),
    [
        ("^2", "unexpected ^ at position 0"),
        ("a:~", "unexpected ~ at position 2"),
        ("a:1 AND )", "unexpected ) at position 8"),
        ("(a:1", "it ends too early: a value, a quote or a closing parenthesis is missing"),
        ("a:", "it ends too early: a value, a quote or a closing parenthesis is missing"),
        ("a:12:30", "a field behind a field (quote a value with a colon) is not supported"),
        ("!a:1", "!a: quote a value that holds one of"),
        ("x" * 4097, "longer than 4096 characters; send several shorter queries"),
    ],
)
def test_a_refusal_says_what_is_wrong(api: "Api", q: str, told: str) -> None:
    dataset = api.create_dataset()
    assert api.refused(400, "GET", api.items_path(dataset), params={"q": q}).startswith(f"q: {told}")


def test_a_comma_may_end_a_string_or_begin_a_key(api: "Api") -> None:
    dataset = api.create_dataset()
    api.create_item(dataset, {"a": ["foo,", ":1,"]})
    api.create_item(dataset, {",": 1})
    items = api.ok("GET", api.items_path(dataset), params={"q": r"\,:1"})["items"]
    assert [item["dataset_item_id"] for item in items] == [1]
