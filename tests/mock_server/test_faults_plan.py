"""Plans: what they may say, what they may not, and which requests they strike."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from abeja_datasets_mock.faults import Applied, Faults, Hit, Plan, PlanError, load_plan
from abeja_datasets_mock.faults.live import identify

GET = Hit("GET", "/organizations/1/datasets/", "list_datasets")
POST = Hit("POST", "/organizations/1/datasets/", "create_dataset")

EVERYTHING: list[dict[str, Any]] = [
    {"status": 503, "retry_after": 1.5, "body": {"error": "busy"}, "when": "after", "latency": 0.1},
    {"status": 429, "retry_after": "Wed, 21 Oct 2026 07:28:00 GMT", "operations": "get_dataset", "methods": "GET"},
    {"added_field": True, "added_enum_value": True, "null_optional": True, "status_200": True, "latency": 1},
    {"added_field": {"a": 1}, "added_enum_value": "odd", "after": 2, "count": 3, "probability": 0.5},
    {"refuse": True, "after": 1},
    {"refuse": 0.5, "count": 1},
    {"reset_before": True, "operations": ["create_dataset", "delete_dataset"], "methods": ["POST"]},
    {"reset_after": True},
    {"half_answer": True},
    {"half_answer": 0},
    {"byte_by_byte": True},
    {"byte_by_byte": 0.001},
    {"stall": 3},
    {"garbage": True},
    {"garbage": "SSH-2.0-OpenSSH\r\n"},
    {"twice": True},
    {"close_idle": True},
]


def test_a_plan_comes_back_as_it_was_given() -> None:
    plan = load_plan({"seed": 7, "faults": EVERYTHING})
    assert plan.as_json() == {"seed": 7, "faults": EVERYTHING}
    assert load_plan(json.loads(json.dumps(plan.as_json()))) == plan
    assert load_plan(plan) is plan
    assert load_plan(EVERYTHING).faults == plan.faults


def test_effects_are_named_as_a_log_shows_them() -> None:
    assert [str(fault.effect) for fault in load_plan(EVERYTHING).faults] == [
        "status 503 after, latency 0.1",
        "status 429",
        "latency 1, added_field, added_enum_value, null_optional, status_200",
        "added_field, added_enum_value",
        "refuse",
        "refuse 0.5",
        "reset_before",
        "reset_after",
        "half_answer",
        "half_answer 0",
        "byte_by_byte",
        "byte_by_byte 0.001",
        "stall 3",
        "garbage",
        "garbage",
        "twice",
        "close_idle",
    ]


def test_a_plan_is_read_from_yaml(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("seed: 3\nfaults:\n  - {status: 503, count: 1}\n  - stall: 1\n", encoding="utf-8")
    plan = load_plan(str(file))
    assert plan.seed == 3
    assert [fault.level for fault in plan.faults] == ["server", "wire"]
    file.write_text("", encoding="utf-8")
    assert load_plan(file) == Plan()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"faults: [", ":1: not YAML: "),
        (b"faults: [{status: 42}]", ": faults[0].status: a whole number from 200 to 599 is needed, not 42"),
        (b"\xff", ": not UTF-8"),
        (b"a: \x01", ": not YAML: characters"),
    ],
)
def test_a_file_that_is_no_plan_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "plan.yaml"
    file.write_bytes(content)
    with pytest.raises(PlanError) as caught:
        load_plan(file)
    assert str(caught.value).startswith(f"{file}{message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("faults.yaml is not a file", None),
        ({"fault": []}, "'fault': a plan has no such part; it has seed and faults"),
        ({"seed": "x"}, "seed: a whole number is needed, not 'x'"),
        ({"faults": 3}, "faults: a list is needed, not 3"),
        ({"faults": "status"}, "faults: a list is needed, not 'status'"),
        ({"faults": {"status": 503}}, "faults: a list is needed, not {'status': 503}"),
        ([1], "faults[0]: an object is needed, not 1"),
        ([{"status": 503}, {"stauts": 1}], "faults[1].stauts: a fault has no such field; it has operations, methods"),
        ([{}], "faults[0]: it does nothing; name an effect, such as status or reset_after"),
        ([{"count": 1}], "faults[0]: it does nothing"),
        ([{"status": True}], "faults[0].status: a whole number from 200 to 599 is needed, not True"),
        ([{"status": "x" * 99}], f"faults[0].status: a whole number from 200 to 599 is needed, not '{'x' * 59}…"),
        ([{"status": 700}], "faults[0].status: "),
        ([{"retry_after": 1}], "faults[0].retry_after: needs a status"),
        ([{"latency": 1, "body": {}}], "faults[0].body: needs a status"),
        ([{"status": 503, "retry_after": "1\r\nX: y"}], "faults[0].retry_after: seconds or an HTTP date is needed"),
        ([{"status": 503, "retry_after": -1}], "faults[0].retry_after: a number from 0 to 86400 is needed, not -1"),
        ([{"status": 503, "when": "later"}], "faults[0].when: before or after is needed, not 'later'"),
        ([{"latency": float("nan")}], "faults[0].latency: a number from 0 to 86400 is needed, not nan"),
        (
            [{"status": 503, "added_field": True}],
            "faults[0].added_field: there is no response to change",
        ),
        ([{"added_field": {}}], "faults[0].added_field: true or an object with the fields is needed, not {}"),
        ([{"added_enum_value": 3}], "faults[0].added_enum_value: text is needed, not 3"),
        ([{"null_optional": False}], "faults[0].null_optional: true is needed, not False; leave it out"),
        ([{"status": 503, "stall": 1}], "faults[0].stall: done on the wire, and can't be in one fault with status"),
        ([{"twice": True, "stall": 1}], "faults[0].twice: a fault does one thing on the wire, and there is stall"),
        ([{"twice": 2}], "faults[0].twice: true is needed, not 2"),
        ([{"stall": True}], "faults[0].stall: a number from 0"),
        ([{"half_answer": -1}], "faults[0].half_answer: a whole number from 0 is needed, not -1"),
        ([{"garbage": ""}], "faults[0].garbage: text is needed, not ''"),
        ([{"refuse": "x"}], "faults[0].refuse: a number from 0"),
        ([{"refuse": True, "operations": "get_dataset"}], "faults[0].operations: refuse does not depend on a request"),
        ([{"status": 503, "operations": "get_datasets"}], "faults[0].operations: there is no 'get_datasets'; there"),
        ([{"status": 503, "operations": []}], "faults[0].operations: a name or a list of names is needed, not []"),
        ([{"status": 503, "operations": [["x"]]}], "faults[0].operations: there is no ['x']"),
        ([{"status": 503, "methods": "FETCH"}], "faults[0].methods: there is no 'FETCH'; there are DELETE, GET"),
        ([{"status": 503, "after": -1}], "faults[0].after: a whole number from 0 is needed, not -1"),
        ([{"status": 503, "count": 0}], "faults[0].count: a whole number from 1 is needed, not 0"),
        ([{"status": 503, "probability": 2}], "faults[0].probability: a number from 0 to 1 is needed, not 2"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_in_a_line(content: Any, message: str | None) -> None:
    if message is None:
        with pytest.raises(FileNotFoundError):
            load_plan(content)
        return
    with pytest.raises(PlanError) as caught:
        load_plan(content)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_fault_of_another_level_is_refused() -> None:
    with pytest.raises(PlanError, match=r"faults\[0\]: reset_after needs the fault proxy"):
        Faults([{"reset_after": True}], levels=("server",))
    with pytest.raises(PlanError, match=r"faults\[1\]: status 503 needs the server's own faults"):
        Faults([{"stall": 1}, {"status": 503}], levels=("wire",))


def test_a_fault_of_another_level_is_named_with_its_file_and_the_fix(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("- {status: 503}\n- {reset_after: true}\n", encoding="utf-8")
    for source in (plan, str(plan)):
        with pytest.raises(PlanError) as caught:
            Faults(source, levels=("server",))
        assert str(caught.value) == (
            f"{plan}: faults[1]: reset_after needs the fault proxy: `abeja-datasets mock --fault-proxy`, or "
            "`abeja_datasets_mock.faults.Proxy` in Python"
        )


def struck(faults: Faults, hits: list[Hit], level: Any = "server") -> list[int]:
    """Return which of the requests are struck."""
    return [index for index, hit in enumerate(hits) if faults.strike(level, hit)]


def test_after_and_count() -> None:
    assert struck(Faults([{"status": 503, "after": 2, "count": 3}]), [GET] * 9) == [2, 3, 4]
    assert struck(Faults([{"status": 503}]), [GET] * 3) == [0, 1, 2]


def test_where_a_fault_strikes() -> None:
    other = Hit("GET", "/elsewhere", None)
    hits = [GET, POST, other]
    assert struck(Faults([{"status": 503, "operations": "list_datasets"}]), hits) == [0]
    assert struck(Faults([{"status": 503, "methods": ["POST", "PUT"]}]), hits) == [1]
    assert struck(Faults([{"status": 503, "methods": "GET"}]), hits) == [0, 2]
    assert struck(Faults([{"status": 503}]), hits) == [0, 1, 2]
    assert struck(Faults([{"stall": 1}]), hits) == []
    assert struck(Faults([{"stall": 1}]), hits, "wire") == [0, 1, 2]


def test_the_first_that_strikes_has_the_request_to_itself() -> None:
    faults = Faults([{"status": 503, "count": 1}, {"status": 429, "count": 1}])
    assert struck(faults, [GET] * 4) == [0, 1]
    assert [record.effect for record in faults.applied] == ["status 503", "status 429"]


def test_chance_is_repeated_by_the_seed() -> None:
    def drawn(seed: int) -> list[int]:
        plan = {"seed": seed, "faults": [{"status": 503, "probability": 0.3}]}
        return struck(Faults(plan), [GET] * 300)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 60 < len(drawn(1)) < 120


def test_a_fault_draws_apart_from_the_others() -> None:
    chance: dict[str, Any] = {"status": 503, "probability": 0.3, "methods": "GET"}
    alone = struck(Faults([{"status": 500, "methods": "POST", "probability": 0.001}, chance]), [GET] * 100)
    mixed = Faults([{"status": 500, "methods": "POST", "probability": 0.5}, chance])
    assert [index // 2 for index in struck(mixed, [GET, POST] * 100) if index % 2 == 0] == alone


def test_adding_leaves_the_others_as_they_were() -> None:
    faults = Faults([{"status": 503, "count": 2}])
    assert struck(faults, [GET]) == [0]
    faults.add(status=429, count=1)
    assert struck(faults, [GET] * 3) == [0, 1]
    assert [record.fault for record in faults.applied] == [0, 0, 1]
    assert faults.plan.as_json()["faults"] == [{"status": 503, "count": 2}, {"status": 429, "count": 1}]
    with pytest.raises(PlanError, match=r"faults\[2\]\.status"):
        faults.add(status=1)


def test_clearing_keeps_the_record_and_a_new_plan_begins_one() -> None:
    faults = Faults([{"status": 503}])
    faults.strike("server", GET)
    faults.clear()
    assert faults.plan == Plan()
    assert faults.strike("server", GET) is None
    assert len(faults.applied) == 1
    faults.plan = [{"status": 503}]
    assert faults.applied == []


def test_records_tell_all_and_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Applied] = []
    faults = Faults([{"status": 503, "when": "after"}])
    faults.on_applied(heard.append)
    with caplog.at_level("INFO", "abeja_datasets_mock.faults"):
        faults.strike("server", POST)
    (record,) = faults.applied
    assert heard == [record]
    assert record.as_json() == {
        "fault": 0,
        "level": "server",
        "effect": "status 503 after",
        "method": "POST",
        "path": "/organizations/1/datasets/",
        "operation": "create_dataset",
        "time": 1,
    }
    assert caplog.messages == ["faults[0] status 503 after: POST /organizations/1/datasets/ (create_dataset), time 1"]


def test_a_request_is_named_by_either_spelling_of_its_path() -> None:
    for path in (b"/organizations/1/datasets/2/items", b"/organizations/1/datasets/2/items/"):
        assert identify("PUT", path).operation == "bulk_update_dataset_item"
        assert identify("POST", path).operation == "create_dataset_item"
    assert identify("GET", b"/organizations/a%2Fb/datasets/2/items/0").operation == "get_dataset_item"
    assert identify("PATCH", b"/organizations/1/datasets").operation is None
    assert identify("GET", b"/elsewhere\n\xff").path == "/elsewhere%0A%FF"


def test_threads_share_faults() -> None:
    faults = Faults([{"status": 503, "count": 500}])
    hits = [threading.Thread(target=struck, args=(faults, [GET] * 200)) for _ in range(5)]
    for thread in hits:
        thread.start()
    for thread in hits:
        thread.join()
    assert sorted(record.time for record in faults.applied) == list(range(1, 501))
