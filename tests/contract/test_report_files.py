"""The files of a report: each is valid in its format, says the same, and keeps hostile text harmless."""

import base64
import datetime as dt
import json
import runpy
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from abeja_datasets_contract.check.document import installed
from abeja_datasets_contract.check.report import write
from abeja_datasets_contract.check.report.as_json import SCHEMA, as_json, dumps
from abeja_datasets_contract.check.report.figures import command, outcome, stages, unchecked, utc
from abeja_datasets_contract.check.report.html.markup import element
from abeja_datasets_contract.check.report.html.page import page
from abeja_datasets_contract.check.report.junit import junit
from abeja_datasets_contract.check.report.printable import body_text, one_line, printable, seconds
from abeja_datasets_contract.check.results import Mode, Report, Status, Verdict

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "browser" / "sample.py"))
LIST = "#/paths/~1organizations~1{organization_id}~1datasets~1"
STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
PAIRS = {
    "type": "array",
    "items": {"type": "object", "required": ["name", "value"], "properties": {"name": STRING, "value": STRING}},
}


def needs(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


# http://www.softwareishard.com/blog/har-12-spec/, what it requires.
HAR = needs(
    log=needs(
        version={"const": "1.2"},
        creator=needs(name=STRING, version=STRING),
        entries={
            "type": "array",
            "items": needs(
                startedDateTime={"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$"},
                time={"type": "number", "minimum": 0},
                request=needs(
                    method=STRING, url=STRING, httpVersion=STRING, cookies=PAIRS, headers=PAIRS, queryString=PAIRS,
                    headersSize=INTEGER, bodySize=INTEGER,
                ),
                response=needs(
                    status=INTEGER, statusText=STRING, httpVersion=STRING, cookies=PAIRS, headers=PAIRS,
                    content=needs(size=INTEGER, mimeType=STRING), redirectURL=STRING, headersSize=INTEGER,
                    bodySize=INTEGER,
                ),
                cache={"type": "object"},
                timings=needs(send=NUMBER, wait=NUMBER, receive=NUMBER),
            ),
        },
    )
)  # fmt: skip


@pytest.fixture
def report() -> Report:
    made: Report = SAMPLE["report"]()
    return made


@pytest.fixture
def folder(report: Report, tmp_path: Path) -> Path:
    names = [path.name for path in write(report, tmp_path / "new" / "reports")]
    assert names == ["report.html", "junit.xml", "report.json", "traffic.har"]
    return tmp_path / "new" / "reports"


class Page(HTMLParser):
    """Checks that elements close in order, and collects what there is."""

    VOID = frozenset({"meta", "link", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, attribute: str) -> Iterator[str]:
        yield from (
            value or "" for _, attributes in self.tags for name, value in attributes.items() if name == attribute
        )


def test_json_fits_its_schema(folder: Path, report: Report) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    found = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(found)
    assert found["summary"] == {"pass": 93, "fail": 4, "not_checked": 12}
    assert found["exit_code"] == 1
    first = found["clauses"][15]
    assert (first["name"], first["line"], first["failures"][0]["context"]) == (
        "items.update.replaces",
        installed().document.line(first["source"]),
        [1, 2],
    )
    item = f"{report.url}/organizations/1102940376065/datasets/1377232365920/items/7"
    assert first["failures"][0]["curl"] == [f'curl -i -H "Authorization: $AUTHORIZATION" {item}']
    binary = next(e for e in found["exchanges"] if "body_base64" in e["request"])
    assert base64.b64decode(binary["request"]["body_base64"]) == bytes(range(256))


CONDITIONS = ("if", "then", "else", "allOf", "oneOf")
"""Keywords whose schemas are about the same object as the one that holds them."""


def closed(schema: Any) -> Any:
    """Return a schema whose objects have only the properties that it names."""
    if not isinstance(schema, dict):
        return schema
    parts = {key: value if key in CONDITIONS else closed(value) for key, value in schema.items()}
    return {"unevaluatedProperties": False, **parts} if isinstance(schema.get("properties"), dict) else parts


def test_the_schema_describes_each_field(folder: Path) -> None:
    schema = closed(json.loads(SCHEMA.read_text(encoding="utf-8")))
    del schema["$defs"]["message"]["unevaluatedProperties"]  # requests and responses add fields to it
    validator = jsonschema_rs.Draft202012Validator(schema)
    found = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    validator.validate(found)
    assert not validator.is_valid({**found, "undescribed": 1})
    assert not validator.is_valid({**found, "clauses": [{**found["clauses"][0], "undescribed": 1}]})


@pytest.mark.parametrize("change", [{"seconds": -1}, {"exit_code": 2}, {"clauses": [{}]}, {"format": 2}])
def test_the_schema_refuses_what_is_wrong(report: Report, change: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert not jsonschema_rs.Draft202012Validator(schema).is_valid(as_json(report) | change)


def test_json_has_no_lone_surrogates() -> None:
    written = dumps({"a": "\ud800 😀 \\ud800"})
    assert json.loads(written.encode()) == {"a": "\\ud800 😀 \\ud800"}


def test_junit_has_a_test_for_each_clause(folder: Path) -> None:
    root = ET.parse(folder / "junit.xml").getroot()
    cases = root.findall("testsuite/testcase")
    assert (root.get("tests"), root.get("failures"), len(cases)) == ("109", "4", 109)
    assert len(root.findall(".//skipped")) == 12
    [failure] = [case[0] for case in cases if case.get("name") == "bulk.all-or-nothing"]
    assert failure.get("message") == "item 1 has changed"
    assert "promised  no item changed" in (failure.text or "")
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert dt.datetime.fromisoformat(suite.get("timestamp", "")) == dt.datetime(2026, 3, 14, 9, 26, 53)  # noqa: DTZ001 - the format has no offset
    assert "and 3 failures more" in "".join(root.itertext())


def test_junit_of_a_verdict_without_failures_says_what_was_promised(report: Report) -> None:
    failed = next(verdict for verdict in report.verdicts if verdict.failures)
    changed = replace(report, verdicts=(replace(failed, failures=()),), stopped=None)
    root = ET.fromstring(junit(changed))
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == failed.clause.promise


def test_har_is_valid_and_shows_no_secret(folder: Path, report: Report) -> None:
    text = (folder / "traffic.har").read_text(encoding="utf-8")
    found = json.loads(text)
    jsonschema_rs.validate(HAR, found)
    entries = found["log"]["entries"]
    numbers = [int(entry["comment"].split()[0].removeprefix("#")) for entry in entries]
    assert numbers == [exchange.number for exchange in report.exchanges]
    assert "s3cr3t" not in text
    odd = next(e for e in entries if "base64" in e["request"].get("postData", {}).get("comment", ""))
    assert base64.b64decode(odd["request"]["postData"]["text"]) == bytes(range(256))
    assert odd["response"]["content"]["encoding"] == "base64"
    assert base64.b64decode(odd["response"]["content"]["text"]) == b"\x89PNG\x00\xff"
    unanswered = next(e for e in entries if "comment" in e["response"])
    assert unanswered["response"]["status"] == 0
    asked = next(e for e in entries if "max_results=3" in e["request"]["url"])
    assert {"name": "max_results", "value": "3"} in asked["request"]["queryString"]


def test_the_page_is_whole_and_harmless(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    read = Page(text)
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"script", "img", "iframe", "object", "base"}
    assert not any(attribute.startswith("on") for _, attributes in read.tags for attribute in attributes)
    assert all(href.startswith(("#", "data:")) for href in read.having("href"))
    assert not list(read.having("src"))
    ids = list(read.having("id"))
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in read.having("href") if href.startswith("#")} <= set(ids)
    assert "<script>document.title" in read.text
    assert not {"\x1b", "\u202e", "\x00", "\x85"} & set(text)


def test_the_page_tells_all(report: Report) -> None:
    text = Page(page(report)).text
    for verdict in report.verdicts:
        assert verdict.clause.name in text
        assert verdict.reason in text
    assert "Breaks 4 of the 97 promises that were checked." in text
    assert "12 promises were not checked, and may be kept or broken." in text
    assert "The check ended early: the server responded to 10 requests in a row with 5xx" in text
    assert "the server responded to its deletion with 500" in text
    assert f"openapi.yaml:{installed().document.line(f'{LIST}/post')}" in text


def test_the_page_and_junit_say_which_failures_are_known(report: Report) -> None:
    failing = next(verdict for verdict in report.verdicts if verdict.failures)
    known = replace(report, verdicts=(replace(failing, known="since 2019"),))
    written = page(known)
    assert '<span class="verdict known">known</span>' in written
    assert '<li class="fail"><b>0</b>' in written
    assert '<li class="known"><b>1</b>' in written
    assert 'id="show-known"' in written
    assert 'id="show-fail"' not in written
    [case] = ET.fromstring(junit(known)).iter("testcase")
    assert [(part.tag, part.get("message")) for part in case] == [("skipped", "known failure: since 2019")]


def test_a_page_of_a_check_that_found_nothing_wrong(report: Report) -> None:
    kept = tuple(verdict for verdict in report.verdicts if verdict.status is Status.PASS)
    text = page(replace(report, verdicts=kept, stopped=None, left_behind=(), exchanges=()))
    read = Page(text)
    assert "Keeps all 93 promises that were checked." in read.text
    assert "Broken promises" not in read.text
    assert "Not checked0" not in read.text


def test_a_page_of_nothing(report: Report) -> None:
    text = Page(page(replace(report, verdicts=(), exchanges=()))).text
    assert "Nothing could be checked." in text


def test_many_failures_are_cut(report: Report) -> None:
    failed = next(verdict for verdict in report.verdicts if verdict.failures)
    many = replace(failed, failures=failed.failures * 20, checks=0)
    assert "… and 70 like these." in Page(page(replace(report, verdicts=(many,)))).text


def test_long_context_is_cut(report: Report) -> None:
    failed = next(verdict for verdict in report.verdicts if verdict.clause.name == "bulk.all-or-nothing")
    [failure] = failed.failures
    long = replace(failure, context=failure.context * 5)
    nothing = replace(failure, context=())
    text = Page(page(replace(report, verdicts=(replace(failed, failures=(long, nothing)),)))).text
    assert "10 requests that led up to it" in text
    assert "The last 6:" in text


def test_outcomes(report: Report) -> None:
    def having(*statuses: Status) -> Report:
        verdicts = tuple(Verdict(report.verdicts[0].clause, status, "") for status in statuses)
        return replace(report, verdicts=verdicts)

    assert outcome(having(Status.PASS)) == "Keeps the one promise that was checked."
    assert outcome(having(Status.PASS, Status.FAIL)) == "Breaks 1 of the 2 promises that were checked."
    assert outcome(having(Status.NOT_CHECKED)) == "Nothing could be checked."
    assert unchecked(having(Status.NOT_CHECKED)) == "1 promise was not checked, and may be kept or broken."
    assert unchecked(having(Status.PASS)) == ""


def test_stages_of_clauses_and_of_traffic(report: Report) -> None:
    found = {stage.name: stage for stage in stages(report)}
    assert found["auth"].clauses == 15
    assert sum(stage.requests for stage in found.values()) == len(report.exchanges)
    assert next(stage.seconds for stage in stages(replace(report, exchanges=()))) == 0


def test_the_command_is_quoted(report: Report) -> None:
    odd = replace(report, organization_id="a b", mode=Mode.DISPOSABLE)
    assert command(odd).endswith("--organization-id 'a b' --allow-writes --disposable --seed 20")


def test_moments_without_an_offset_are_utc() -> None:
    naive = dt.datetime(2026, 1, 2)  # noqa: DTZ001 - that is the point
    assert utc(naive).isoformat() == "2026-01-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u2028", "\\u2028"),
        ("\U000e0001", "\\U000e0001"),
        ("😀\u200d", "😀\u200d"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_steers_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_text_on_one_line() -> None:
    assert one_line("a\n\tb\r") == "a\\n\\tb\\x0d"


def test_long_bodies_are_cut_in_the_middle() -> None:
    shown = body_text(b"a" * 10_000_000 + b"z", 100)
    assert shown == "a" * 75 + " […] " + "a" * 24 + "z"
    assert body_text(b"\xff\x00", 100) == "\\xff\\x00"
    assert body_text("é".encode() * 100, 100) == "é" * 100
    assert body_text("é".encode() * 101, 100) == "é" * 75 + " […] " + "é" * 25


def test_times_read_well() -> None:
    assert [seconds(value) for value in (0.0042, 1.44, 125)] == ["4 ms", "1.4 s", "2 min 5 s"]


def test_elements_escape() -> None:
    assert element("a", "<b>", None, href='"', hidden=True, open=False) == '<a href="&quot;" hidden>&lt;b&gt;</a>'
