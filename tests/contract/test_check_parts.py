"""Parts of the check that a faultless server never brings to light."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, SECRET, URL, Ask, Asked, Told, spoilt

from abeja_datasets_contract.check import Mode, Options, Status, check
from abeja_datasets_contract.check.document import installed
from abeja_datasets_contract.check.judging.compare import difference, order_of_keys, record_difference, shown
from abeja_datasets_contract.check.judging.reading import NotJson, parse_json
from abeja_datasets_contract.check.judging.timestamps import parse
from abeja_datasets_contract.check.probes.bodies.mutations import mutants
from abeja_datasets_contract.check.probes.lists.queries import And, Not, Or, Term, holds, text
from abeja_datasets_contract.check.redaction import Redaction
from abeja_datasets_contract.check.results import Exchange, Received, Sent
from abeja_datasets_contract.check.safety.guard import Guard, NotOurs
from abeja_datasets_contract.check.safety.ledger import Ledger
from abeja_datasets_contract.check.safety.ownership import Ownership
from abeja_datasets_contract.check.sending.retry_after import LONGEST, pause_of
from abeja_datasets_contract.check.sending.wire import Call


@pytest.mark.parametrize(
    ("expected", "got", "told"),
    [
        (1, 1, None),
        (1, True, "the value is true, not 1"),
        (1, 1.0, "the value is 1.0, not 1"),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": 0}]}, "a[1].b is 0, not null"),
        ({"a": 1}, {}, "a is missing"),
        ({}, {"a": 1}, 'the object has a key "a" that was never given'),
        ([1, 2], [1], "the list has 1 elements, not 2"),
        ([], {}, "the value is {}, not []"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, None),
    ],
)
def test_differences_are_told(expected: Any, got: Any, told: str | None) -> None:
    assert difference(expected, got) == told


def test_records_may_have_more_and_one_label_alone() -> None:
    def may_lack(name: str) -> bool:
        return name != "attributes"

    label = {"category_id": 1, "label_id": 1}
    given = {"attributes": {"classification": [label]}}
    assert record_difference(given, {"attributes": {"classification": label}, "more": 1}, may_lack) is None
    assert record_difference(given, {"attributes": {"classification": {}}}, may_lack) == (
        "attributes.classification[0].category_id is missing"
    )
    assert record_difference(given, [], may_lack) == "the response is [], not an object"
    assert record_difference(given, {}, may_lack) == "attributes is missing"
    assert len(shown("x" * 1000)) < 200
    assert order_of_keys({"b": [{"a": 1}], "c": 2}) == ["b", "a", "c"]


@pytest.mark.parametrize("wrong", [None, 1, "", "yesterday", "2018-02-30T00:00:00"])
def test_timestamps_that_are_none(wrong: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - Python's own words
        parse(wrong)


@pytest.mark.parametrize("wrong", [b"", b"{", b"NaN", b"1e999", b'"\xff"', b"[" * 100_000])
def test_bodies_that_are_not_json(wrong: bytes) -> None:
    with pytest.raises(NotJson):
        parse_json(wrong)


def test_queries_are_written_with_the_parentheses_they_need() -> None:
    a, b, c = Term("a", "1"), Term("b", "x y"), Term("c", "z", quoted=True)
    assert text(Or(And(a, b), Not(c))) == 'a:1 AND b:"x y" OR NOT c:"z"'
    assert text(And(a, Or(b, Not(And(a, c))))) == 'a:1 AND (b:"x y" OR NOT (a:1 AND c:"z"))'
    assert holds(a, {"deep": [{"a": 1}]})
    assert not holds(a, {"a": [1]})


def test_secrets_are_hidden_in_each_form() -> None:
    token = AUTHORIZATION.split()[1]
    redaction = Redaction(AUTHORIZATION, "Bearer another-token")
    headers = (("Authorization", AUTHORIZATION), ("X", f"Bearer {token}"), ("Y", "Bearer another-token"), ("Z", "open"))
    sent = redaction.sent(Sent("GET", "x", headers, None))
    assert [value for _, value in sent.headers] == [
        "$AUTHORIZATION", "Bearer ${AUTHORIZATION#* }", "$OTHER_AUTHORIZATION", "open",
    ]  # fmt: skip
    received = redaction.received(Received(404, "", (("X", token),), f"no {SECRET}".encode()))
    assert SECRET.encode() not in received.body
    unknown = Sent("GET", "x", (("Authorization", "Bearer not-the-token"),), None)
    assert redaction.echoed(received, unknown)
    assert redaction.echoed(Received(401, "", (), b"who is not-the-token?"), unknown)
    assert not redaction.echoed(Received(401, "", (), b"who is it?"), unknown)
    assert redaction.text(f"a {SECRET}") == "a $AUTHORIZATION"
    # What is short stands in a text by chance.
    short = Redaction("Basic !!").received(Received(200, "", (), b"!!"))
    assert short.body == b"!!"


@pytest.mark.parametrize(
    ("mode", "method", "target"),
    [
        (Mode.READ_ONLY, "DELETE", "/organizations/1/datasets/run-1"),
        (Mode.READ_ONLY, "HEAD", "/organizations/1/datasets/"),
        (Mode.WRITES, "DELETE", "/organizations/1/datasets/theirs"),
        (Mode.WRITES, "PUT", "/organizations/1/datasets/theirs/items/0"),
        (Mode.WRITES, "POST", "/organizations/1/datasets/theirs/items/"),
        (Mode.WRITES, "DELETE", "/organizations/1/datasets/"),
        (Mode.DISPOSABLE, "DELETE", "/organizations/1/datasets/theirs"),
        (Mode.DISPOSABLE, "DELETE", "/elsewhere"),
    ],
)
def test_the_guard_lets_nothing_unsafe_pass(mode: Mode, method: str, target: str) -> None:
    def no_reads(call: Call) -> Exchange:
        raise RuntimeError(f"{call.method} {call.target} reads")

    ledger = Ledger(None)
    ownership = Ownership(ledger, "run-", no_reads, {}, installed())
    guard = Guard(ledger, "run-", mode, ownership)
    with pytest.raises(RuntimeError, match=method):
        guard.before(Call(method=method, target=target))


@pytest.mark.parametrize(
    "body",
    [
        b'[{"dataset_item_id": 7, "attributes": {}}]',
        b'[{"dataset_item_id": "7"}]',
        b'[{"dataset_item_id": 7, "attributes": NaN',
        b'{"dataset_item_id": 7}',
        "[{'dataset_item_id': 7}]".encode("utf-16"),
    ],
)
def test_the_guard_finds_items_of_others_in_any_body(body: bytes) -> None:
    class OursButForItems(Ownership):
        def why_not(self, _key: tuple[str, str]) -> str | None:
            return None

        def has_item(self, _place: tuple[str, str], _item: str) -> bool:
            return False

    def no_reads(call: Call) -> Exchange:
        raise RuntimeError(f"{call.method} {call.target} reads")

    ledger = Ledger(None)
    guard = Guard(ledger, "run-", Mode.WRITES, OursButForItems(ledger, "run-", no_reads, {}, installed()))
    ledger.note(item="7", of="5", organization_id="1")
    with pytest.raises(NotOurs, match="'7'"):
        guard.before(Call(method="PUT", target="/organizations/1/datasets/5/items", body=body))


def test_mutants_break_the_schema_in_each_place() -> None:
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string", "minLength": 1, "maxLength": 2}, "b": {"type": "array", "minItems": 1}},
    }
    found = [(mutant.place, json.dumps(mutant.value)) for mutant in mutants(installed(), schema, {"a": "x"})]
    assert ("a", '{"a": ""}') in found
    assert ("a", '{"a": "xxx"}') in found
    assert ("a", "{}") in found
    assert ("", "[]") in found


def test_an_response_that_cannot_be_read_breaks_the_clause(tmp_path: Path) -> None:
    async def without_token(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        if asked.operation == "list_dataset_items" and told.status == 200:
            return told.but(json={key: value for key, value in told.json.items() if key != "next_page_token"})
        return told

    with spoilt(without_token) as server:
        options = Options(
            mode=Mode.WRITES, transport=server, select=("paging.items.default-limit",), ledger=tmp_path / "ledger"
        )
        report = check(URL, ORGANIZATION, AUTHORIZATION, options)
    assert [failure.clause.name for failure in report.failures] == ["paging.items.default-limit"]
    assert report.failures[0].exchange is not None


def test_an_response_out_of_shape_leaves_other_clauses_unchecked(tmp_path: Path) -> None:
    async def no_json(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        return told.but(body=b"OK") if asked.operation == "get_dataset_item" and told.status == 200 else told

    with spoilt(no_json) as server:
        given = Options(
            mode=Mode.WRITES, transport=server, select=("items.create.*", "responses.*"), ledger=tmp_path / "ledger"
        )
        report = check(URL, ORGANIZATION, AUTHORIZATION, given)
    ended = {verdict.clause.name: verdict for verdict in report.verdicts}
    assert ended["responses.json"].status is Status.FAIL
    assert ended["items.create.response"].status is Status.PASS
    assert ended["items.create.kept"].status is Status.NOT_CHECKED
    assert ended["items.create.kept"].follows == "responses.json"


def test_what_can_not_be_made_leaves_clauses_unchecked(tmp_path: Path) -> None:
    async def refuses(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        return told.but(status=400, json={"error": "x", "error_description": "x"}) if told.status == 201 else told

    with spoilt(refuses) as server:
        given = Options(mode=Mode.WRITES, transport=server, ledger=tmp_path / "ledger")
        report = check(URL, ORGANIZATION, AUTHORIZATION, given)
    assert report.failures[0].clause.name == "operations.create_dataset.succeeds"
    assert any(verdict.follows == "operations.create_dataset.succeeds" for verdict in report.verdicts)
    assert report.left_behind == ()


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("0", 0),
        (" 7 ", 7),
        ("007", 7),
        ("9" * 5000, LONGEST),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("Sun Nov  6 08:49:37 1994", 0),
        ("Sun, 06 Nov 1994 08:49:37 -0000", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("Fri, 31 Dec 99999 23:59:59 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST),
        ("Sat, 01 Jan 0001 00:00:00 +2359", 0),
        ("Fri, 31 Dec 2024 99:99:99 +99999999999", 1),
        ("-5", 1),
        ("1.5", 1),
        ("\u0663", 1),
        ("", 1),
        ("soon", 1),
        ("1, 2", 1),
        ("\ud800", 1),
    ],
)
def test_a_pause_is_read_whatever_the_header_says(text: str, pause: float) -> None:
    assert pause_of(Received(429, "", (("retry-AFTER", text),), b"")) == pause


def test_a_pause_is_for_429_and_503_alone() -> None:
    header = (("Retry-After", "2"),)
    assert [pause_of(Received(status, "", header, b"")) for status in (200, 429, 500, 503)] == [None, 2, None, 2]
    assert [pause_of(Received(status, "", (), b"")) for status in (429, 503)] == [1, None]
    assert pause_of(None) is None
