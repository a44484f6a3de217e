"""Units: run once, whatever is repeated, lost or killed; and what is left to verify."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.loading.plans.conftest import Plans, row
from tests.sampling import every

from abeja_datasets.exceptions import CredentialNotFound, NotFound, Unauthorized
from abeja_datasets_loading import PlanError, SourceChanged, plan_status, run_unit
from abeja_datasets_loading.plans.leases import Lease
from abeja_datasets_loading.plans.storage import Storage

CREATE = "create_dataset_item"


def _wait_for_a_create(plans: Plans, process: "subprocess.Popen[Any]") -> None:
    while not plans.sent()[CREATE]:
        assert process.poll() is None, "it ended before it sent anything"
        time.sleep(0.01)


def test_each_unit_creates_its_rows_and_no_list_is_asked_for(plans: Plans) -> None:
    rows = [row(number) for number in range(280)]
    plan = plans.create(plans.write(rows[:260]), plans.write(rows[260:], "rest.jsonl"))
    plans.api.requests.clear()
    results = plans.run(plan)
    assert [(result.state, result.created) for result in results] == [("done", 250), ("done", 10), ("done", 20)]
    assert plans.sent() == {CREATE: 280, "get_dataset": 3}
    assert plans.stored() == [*range(280)]


def test_a_unit_that_is_repeated_sends_nothing(plans: Plans) -> None:
    plan = plans.of(20)
    plans.run(plan)
    plans.api.requests.clear()
    (again,) = plans.run(plan)
    assert (again.state, again.created) == ("earlier", 20)
    assert plans.sent() == {}


@pytest.mark.parametrize(
    "lost", every(2, [["done"], ["intents"], ["done", "intents"], ["done", "leases"], ["intents", "leases"]])
)
def test_lost_objects_make_no_twin(plans: Plans, lost: list[str]) -> None:
    plan = plans.of(20, 10)
    plans.run(plan)
    for kind in lost:
        plans.lose(plan, kind, 0)
    plans.api.requests.clear()
    (again,) = plans.run(plan, 0)
    assert again.state == ("left" if "done" in lost else "earlier")
    assert plans.sent() == {}
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(30)]


@pytest.mark.parametrize("content", every(3, [b"", b"{", b"[]", b'{"ids": 3}', b'{"plan": "other"}']))
def test_a_damaged_outcome_is_as_good_as_lost(plans: Plans, content: bytes) -> None:
    plan = plans.of(30)
    plans.run(plan)
    (Path(plan.url) / "done" / plan.unit(0).name).write_bytes(content)
    (again,) = plans.run(plan)
    assert (again.state, again.unknown) == ("earlier", 30)
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(30)]


@pytest.mark.parametrize(
    "fault", every(2, [{"status": 500, "when": "after"}, {"reset_after": True}, {"half_answer": True}])
)
def test_a_lost_response_is_left_to_the_verification(plans: Plans, fault: dict[str, Any]) -> None:
    plan = plans.of(30)
    plans.api.faults.add(operations=CREATE, count=5, **fault)
    (result,) = plans.run(plan)
    assert (result.created, result.unknown) == (25, 5)
    assert plan_status(plan).unknown == 5
    plans.verify(plan).raise_for_errors()
    assert plan_status(plan).summary() == "30 of 30 rows created, 1 of 1 units done"
    assert plans.stored() == [*range(30)]


def test_a_row_that_did_not_arrive_is_created_by_the_verification(plans: Plans) -> None:
    plan = plans.of(30)
    plans.api.faults.add(operations=CREATE, count=5, status=500)
    plans.api.faults.add(operations=CREATE, count=5, reset_before=True)
    plans.run(plan)
    assert len(plans.stored()) < 30
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(30)]


def test_rows_that_can_not_be_sent_are_rejected_with_their_lines(plans: Plans) -> None:
    rows = [row(0), "not json", {"attributes": {}}, "[1]", "", row(1), row(2, text="x" * 400)]
    plan = plans.create(plans.write(rows), max_body_bytes=400)
    (result,) = plans.run(plan)
    assert (result.created, result.rejected) == (2, 4)
    report = plans.verify(plan).report
    reasons = [reason for _, _, reason in report.iter_rejected()]
    assert [index for index, _, _ in report.iter_rejected()] == [1, 2, 3, 5]
    assert "rows.jsonl:2: not JSON" in reasons[0]
    assert "source_data" in reasons[1]
    assert "rows.jsonl:4: is not a JSON object" in reasons[2]
    assert "400 are the most" in reasons[3]
    assert plans.stored() == [0, 1]


def test_a_byte_that_is_no_text_is_named_with_its_line_in_the_whole_source(plans: Plans) -> None:
    path = plans.write([row(number) for number in range(300)])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:280], b"\xff", *lines[280:]]))
    plan = plans.create(path)
    with pytest.raises(PlanError, match=r"rows\.jsonl:281: the byte 0xff is not valid UTF-8"):
        plans.run(plan, 1)
    assert plans.stored() == []


def test_a_bad_line_at_the_start_of_a_unit_is_no_bad_file(plans: Plans) -> None:
    plan = plans.create(plans.write([*(row(number) for number in range(250)), "[", row(250)]))
    first, second = plans.run(plan)
    assert (first.created, second.created, second.rejected) == (250, 1, 1)


def test_a_changed_source_is_refused_by_name(plans: Plans) -> None:
    plan = plans.of(30)
    path = plans.write([row(number) for number in range(1, 31)], "0.jsonl")
    with pytest.raises(
        SourceChanged, match=rf"^{path}: the source has changed since the plan was made: its "
    ) as failure:
        plans.run(plan)
    assert failure.value.kind == "source_changed"
    path.unlink()
    with pytest.raises(SourceChanged, match="the source is gone"):
        plans.run(plan)
    assert plans.stored() == []
    assert plan_status(plan).open == 0, "it may be run when the source is back"


def test_a_worker_without_a_credential_says_so_and_leaves_the_unit(
    plans: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plans.of(30)
    with monkeypatch.context() as patch:
        for name in ("PLATFORM_AUTH_TOKEN", "ABEJA_PLATFORM_USER_ID", "ABEJA_PLATFORM_DATASOURCE_ID"):
            patch.delenv(name, raising=False)
        with pytest.raises(CredentialNotFound, match="PLATFORM_AUTH_TOKEN"):
            run_unit(plan.url, 0)
        patch.setenv("PLATFORM_AUTH_TOKEN", "wrong")
        with pytest.raises(Unauthorized):
            run_unit(plan.url, 0)
    assert plans.run(plan)[0].created == 30


def test_a_dataset_that_is_gone_and_a_server_that_is_away(plans: Plans) -> None:
    plan = plans.of(30)
    plans.api.faults.add(refuse=True)
    with pytest.raises(PlanError, match="unit 0 was not begun: ") as failure:
        plans.run(plan, max_outage=0)
    assert failure.value.kind == "worker"
    plans.api.faults.clear()
    plans.plain.delete_dataset(plans.api.organization_id, plans.dataset_id)
    with pytest.raises(NotFound):
        plans.run(plan)
    assert plan_status(plan).open == 0


def test_what_a_stopped_unit_did_not_send_is_created_by_the_verification(plans: Plans) -> None:
    plan = plans.of(30)
    plans.api.faults.add(operations=CREATE, after=10, status=503, retry_after=3)
    (result,) = plans.run(plan, max_outage=0, concurrency=1)
    assert result.stopped
    assert result.not_tried > 0
    plans.api.faults.clear()
    plans.api.requests.clear()
    plans.verify(plan).raise_for_errors()
    assert plans.sent()[CREATE] == result.not_tried + result.unknown
    assert plans.stored() == [*range(30)]


def test_a_killed_worker_leaves_its_unit_to_the_verification(plans: Plans) -> None:
    # The server may still carry out what the worker had sent: it waits 0.1 s with each create.
    plan = plans.of(30, 10, settle_after=1)
    plans.api.faults.add(operations=CREATE, latency=0.1)
    program = "import sys; from abeja_datasets_loading import run_unit; run_unit(sys.argv[1], 0)"
    process = subprocess.Popen([sys.executable, "-c", program, plan.url], env={**os.environ, **plans.api.environment})
    _wait_for_a_create(plans, process)
    process.kill()
    process.wait()
    plans.api.faults.clear()
    assert plans.run(plan, 0)[0].state == "left"
    assert plans.run(plan, 1)[0].created == 10
    assert plan_status(plan).open == 1
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(40)]


@pytest.mark.slow  # seconds, so that a busy machine does not end the lease too early
def test_a_worker_that_stood_still_finds_its_lease_lost_and_sends_no_more(plans: Plans) -> None:
    plan = plans.of(30, lease_seconds=3)
    plans.api.faults.add(operations=CREATE, latency=0.1)
    program = (
        "import sys; from abeja_datasets_loading import run_unit; print(run_unit(sys.argv[1], 0, concurrency=1).state)"
    )
    command = [sys.executable, "-c", program, plan.url]
    process = subprocess.Popen(command, env={**os.environ, **plans.api.environment}, text=True, stdout=subprocess.PIPE)
    _wait_for_a_create(plans, process)
    process.send_signal(signal.SIGSTOP)
    time.sleep(3.1)  # the lease lives 3 s
    plans.api.faults.clear()
    plans.verify(plan).raise_for_errors()
    process.send_signal(signal.SIGCONT)
    assert process.communicate()[0] == "left\n"
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(30)]


def test_two_attempts_at_once_are_kept_apart(plans: Plans) -> None:
    plan = plans.of(30)
    lease = Lease(Storage(plan.url), f"leases/{plan.unit(0).name}", 5, "run")
    assert lease.acquire()
    plans.api.requests.clear()
    assert plans.run(plan)[0].state == "left"
    assert plans.sent() == {}
    lease.give_up(remove=True)
    assert plans.run(plan)[0].state == "done"


def test_a_wrong_clock_of_another_machine_does_no_harm(plans: Plans) -> None:
    plan = plans.of(30, 10)
    plans.run(plan)
    for folder in ("leases", "intents", "done"):
        for path, moment in zip(sorted((Path(plan.url) / folder).iterdir()), (0, 4e9), strict=True):
            os.utime(path, (moment, moment))
    for number in (0, 1):
        plans.lose(plan, "done", number)
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(40)]


def test_concurrency_and_rate_are_divided_among_workers(plans: Plans) -> None:
    plan = plans.of(30, concurrency=4, rate=200)
    begun = time.monotonic()
    plans.run(plan, workers=4)
    assert time.monotonic() - begun > 0.5, "30 rows at 50 a second"


@pytest.mark.parametrize("unit", [-1, 1, 10**9])
def test_a_unit_that_is_not_there(plans: Plans, unit: int) -> None:
    plan = plans.of(30)
    with pytest.raises((PlanError, ValueError), match=r"unit"):
        plans.run(plan, unit)
    with pytest.raises(TypeError, match="unit: an int is needed, not a str"):
        plans.run(plan, "1")  # type: ignore[arg-type] # what is tested


@pytest.mark.parametrize(("option", "value"), [("concurrency", 0), ("rate", 0), ("workers", 0), ("max_outage", -1)])
def test_an_option_that_can_not_be_used(plans: Plans, option: str, value: Any) -> None:
    plan = plans.of(1)
    with pytest.raises(ValueError, match=f"{option}: "):
        plans.run(plan, **{option: value})
    assert run_unit(Path(plan.url), 0, client=plans.client).created == 1
    if option != "workers":
        with pytest.raises(ValueError, match=f"{option}: "):
            plans.verify(plan, **{option: value})
    with pytest.raises(TypeError, match="plan: a path or URL, a str or a Path, is needed, not an int"):
        plan_status(3)  # type: ignore[arg-type] # what is tested


def test_a_client_of_another_server_is_refused(plans: Plans) -> None:
    plan = plans.of(30)
    with pytest.raises(PlanError, match="pass a client for it"):
        run_unit(plan, 0, client=plans.plain.__class__(plans.api.credential, base_url="http://127.0.0.1:9"))


def test_a_marker_is_the_plan_and_the_position_of_the_row(plans: Plans) -> None:
    plan = plans.of(20, 10, marker="loaded_by")
    plans.run(plan)
    items = plans.plain.iter_dataset_items(plans.api.organization_id, plans.dataset_id)
    found = {item["attributes"]["loaded_by"]: item["attributes"]["number"] for item in items}
    assert found == {f"{plan.id}-{number}": number for number in range(30)}
    plans.lose(plan, "done", 1)
    plans.add(row(29))
    report = plans.verify(plan)
    assert report.report.created == 30, "by the markers, though somebody else wrote an equal row"
    assert json.loads((Path(plan.url) / "plan.json").read_text())["id"] == plan.id
