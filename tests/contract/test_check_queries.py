"""What clauses send in a query, by documents that describe other parameters, and what a defect of a clause says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, URL, Spoilt, spoilt

from abeja_datasets_contract.check import Mode, Options, Report, Status, Verdict, check
from abeja_datasets_contract.check.document.sources import INFO
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.lists import paging_datasets
from abeja_datasets_contract.check.probes.lists.paging import DATASETS, walk
from abeja_datasets_contract.check.resources import walk_datasets
from abeja_datasets_contract.openapi.serialization import pairs
from abeja_datasets_mock.openapi import document

DOCUMENT = Path(__file__).parents[2] / "openapi.yaml"
PATH = "/organizations/{organization_id}/datasets/"
PREFIX = "paging.datasets.added-by-a-test-"
NUMBERS: dict[str, Any] = {"schema": {"type": "array", "items": {"type": "integer"}}}
SHAPE: dict[str, Any] = {
    "schema": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}}}
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "flag": {"schema": {"type": "boolean"}},
    "number": {"schema": {"type": "number"}},
    "count": {"schema": {"type": "integer"}},
    "text": {"schema": {"type": "string"}},
    "many": NUMBERS,
    "commas": {**NUMBERS, "explode": False},
    "pipes": {**NUMBERS, "style": "pipeDelimited", "explode": False},
    "json": {"content": {"application/json": SHAPE}},
}
SENT: list[tuple[str, Any, str]] = [
    ("flag", True, "flag=true"),
    ("flag", False, "flag=false"),
    ("flag", "true", "flag=true"),
    ("flag", None, ""),
    ("number", 1.5, "number=1.5"),
    ("count", "7", "count=7"),
    ("text", 7, "text=7"),
    ("text", True, "text=true"),
    ("many", [1, 2], "many=1&many=2"),
    ("many", 1, "many=1"),
    ("commas", [1, 2], "commas=1%2C2"),
    ("pipes", [1, 2], "pipes=1%7C2"),
    ("json", {"b": False}, "json=%7B%22b%22%3Afalse%7D"),
]
"""A parameter, the value that a clause gives, and the query that the server receives."""
REFUSED: list[tuple[str, Any, str]] = [("flag", "yes", "yes"), ("flag", 1, "1"), ("many", [True], "true")]
"""Values that the document does not allow, and how they are written."""


def _walks(p: Probe) -> None:
    walk(p, DATASETS, 2, flag=True)
    walk_datasets(p, max_results=3, flag=False)


def _required(p: Probe) -> None:
    p.send(p.request("list_dataset_items", "1"), lenient=True)


def _calls_wrongly(p: Probe) -> None:
    p.call("list_datasets", unknown=AUTHORIZATION)


def _fails(_: Probe) -> None:
    raise KeyError(AUTHORIZATION)


def _calls(name: str, value: Any) -> Callable[[Probe], object]:
    return lambda p: p.call("list_datasets", query={name: value})


CLAUSES: dict[str, Callable[[Probe], object]] = {
    **{f"sent-{n}": _calls(name, value) for n, (name, value, _) in enumerate(SENT)},
    **{f"refused-{n}": _calls(name, value) for n, (name, value, _) in enumerate(REFUSED)},
    "walks": _walks, "required": _required, "calls-wrongly": _calls_wrongly, "fails": _fails,
}  # fmt: skip


def altered() -> Any:
    """Return the document with `PARAMETERS` in one list, and booleans that the other one requires."""
    data = yaml.load(DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    data["paths"][PATH]["get"]["parameters"] += [
        {"name": name, "in": "query", **raw} for name, raw in PARAMETERS.items()
    ]
    required = {"required": True, "schema": {"type": "boolean", "default": False}}
    items = data["paths"][f"{PATH}{{dataset_id}}/items/"]["get"]["parameters"]
    items += [{"name": "in-query", "in": "query", **required}, {"name": "In-Head", "in": "header", **required}]
    return data


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Verdict], dict[str, list[Any]]]:
    """Check `CLAUSES` in one run; return the verdict of each, and what the server received for it."""
    path = tmp_path_factory.mktemp("queries") / "changed.yaml"
    path.write_text(yaml.dump(altered(), Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
    received: dict[str, list[Any]] = {name: [] for name in CLAUSES}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "locate", lambda: path)
        document.operations.cache_clear()
        patch.setattr(paging_datasets.STAGE, "_rows", [])
        with spoilt() as server:
            for name, work in CLAUSES.items():
                paging_datasets.STAGE.add(f"{PREFIX}{name}", "A promise.", INFO, _noted(work, server, received[name]))
            options = Options(
                mode=Mode.DISPOSABLE, transport=server, select=(f"{PREFIX}*",), document=path, ledger=path.parent / "l"
            )
            report: Report = check(URL, ORGANIZATION, AUTHORIZATION, options)
    document.operations.cache_clear()
    return {each.clause.name.removeprefix(PREFIX): each for each in report.verdicts}, received


def _noted(work: Callable[[Probe], object], server: Spoilt, received: list[Any]) -> Callable[[Probe], None]:
    def noting(p: Probe) -> None:
        before = len(server.asked)
        try:
            work(p)
        finally:
            received.extend(server.asked[before:])

    return noting


def queries(received: list[Any]) -> list[str]:
    return [asked.target.partition("?")[2] for asked in received]


@pytest.mark.parametrize("number", range(len(SENT)), ids=[f"{name} {value!r}" for name, value, _ in SENT])
def test_a_value_is_sent_as_the_document_serializes_it(checked: Any, number: int) -> None:
    verdicts, received = checked
    verdict = verdicts[f"sent-{number}"]
    assert (verdict.status, verdict.reason) == (Status.PASS, "")
    assert queries(received[f"sent-{number}"]) == [SENT[number][2]]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_a_value_that_the_document_does_not_allow_is_named_as_it_is_written(checked: Any, number: int) -> None:
    verdicts, received = checked
    name, _, written = REFUSED[number]
    verdict = verdicts[f"refused-{number}"]
    assert verdict.status is Status.NOT_CHECKED
    assert verdict.reason == f"the document does not allow {name}={written} in list_datasets"
    assert received[f"refused-{number}"] == []


def test_a_whole_walk_sends_a_boolean(checked: Any) -> None:
    verdicts, received = checked
    assert verdicts["walks"].status is Status.PASS
    sent = [query for query in queries(received["walks"]) if "flag" in query]
    assert sent == ["max_results=2&flag=true", "max_results=3&flag=false"]


def test_a_boolean_that_is_required_is_sent(checked: Any) -> None:
    (asked,) = checked[1]["required"]
    assert asked.target.endswith("?in-query=false")
    assert asked.headers["in-head"] == "false"


@pytest.mark.parametrize(
    ("raw", "value", "sent"),
    [
        ({"style": "deepObject"}, {"a": 1, "b": True}, [("x[a]", "1"), ("x[b]", "true")]),
        ({}, {"a": 1, "b": None}, [("a", "1")]),
        ({"explode": False}, {"a": 1, "b": False}, [("x", "a,1,b,false")]),
        ({"style": "spaceDelimited", "explode": False}, [1, "b"], [("x", "1 b")]),
        ({"in": "header"}, [True, 2], [("x", "true,2")]),
        ({"in": "header", "explode": True}, {"a": 1}, [("x", "a=1")]),
        ({"content": {"application/json": {}}}, None, [("x", "null")]),
        ({}, [], []),
        ({"explode": False}, [], []),
    ],
)
def test_each_style_of_openapi_is_written(raw: dict[str, Any], value: Any, sent: list[tuple[str, str]]) -> None:
    assert pairs(raw, "x", value) == sent


def test_a_defect_has_its_message_and_the_line_of_the_clause(checked: Any) -> None:
    reason = checked[0]["calls-wrongly"].reason
    assert reason.startswith("defect of the check (TypeError at probe.py:")
    assert f", called from {Path(__file__).name}:{_calls_wrongly.__code__.co_firstlineno + 1}: " in reason
    assert reason.endswith("got an unexpected keyword argument 'unknown')")


def test_a_defect_in_the_clause_itself_has_one_place_and_no_secret(checked: Any) -> None:
    line = _fails.__code__.co_firstlineno + 1
    reason = checked[0]["fails"].reason
    assert reason == f"defect of the check (KeyError at {Path(__file__).name}:{line}: 'Basic $AUTHORIZATION')"
