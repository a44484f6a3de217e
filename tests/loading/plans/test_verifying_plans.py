"""Verifying a plan: the rules of settling hold for all units together."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.loading.plans.conftest import Plans, row

from abeja_datasets_loading import NotAllLoaded, PlanError, SourceChanged, plan_status, verify_plan
from abeja_datasets_loading.plans import leases
from abeja_datasets_loading.plans.leases import Lease, still_held
from abeja_datasets_loading.plans.rounds import Rounds
from abeja_datasets_loading.plans.storage import Storage

CREATE = "create_dataset_item"


def test_what_was_there_before_is_never_ours(plans: Plans) -> None:
    plans.add(*(row(number) for number in range(10)))
    plan = plans.of(20)
    plans.run(plan)
    plans.lose(plan, "done", 0)
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == sorted([*range(20), *range(10)])


def test_equal_rows_are_as_many_items_across_units(plans: Plans) -> None:
    paths = [plans.write([row(7)] * count, f"{count}.jsonl") for count in (3, 4)]
    plan = plans.create(*paths)
    plans.api.faults.add(operations=CREATE, reset_after=True, count=2)
    plans.api.faults.add(operations=CREATE, status=500, count=2)
    plans.run(plan)
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [7] * 7


def test_where_others_write_what_is_unknown_stays_so(plans: Plans) -> None:
    plan = plans.of(20, 20)
    plans.run(plan)
    plans.lose(plan, "done", 0)
    plans.add(row(99))
    found = plans.verify(plan)
    assert found.report.unknown == 20
    assert "somebody else writes to the dataset" in found.report.problems()
    assert "to go on, verify the plan again" in found.report.problems()
    with pytest.raises(NotAllLoaded):
        found.raise_for_errors()
    assert plans.stored() == [*range(40), 99]


def test_a_plan_that_was_not_run_is_not_verified(plans: Plans) -> None:
    plan = plans.of(5, 5)
    plans.run(plan, 0)
    with pytest.raises(PlanError, match="1 of 2 units were not run; run them first") as failure:
        plans.verify(plan)
    assert failure.value.kind == "not_run"


def test_a_unit_that_runs_now_is_not_given_up(plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plans.of(5)
    held = Lease(Storage(plan.url), f"leases/{plan.unit(0).name}", 0.2, "run")
    assert held.acquire()
    held.keep()

    def watch(storage: Storage, names: list[str], _: float) -> dict[str, bytes]:
        return next(filter(None, (still_held(storage, names, 0.05) for _ in range(100))), {})

    monkeypatch.setattr(leases, "still_held", watch)
    with pytest.raises(PlanError, match=r"units are run now: 0 \(process \d+ on .*\); wait until they end") as failure:
        plans.verify(plan)
    assert failure.value.kind == "running"
    held.give_up(remove=False)


def test_two_verifications_at_once(plans: Plans) -> None:
    plan = plans.of(5, lease_seconds=20)
    plans.run(plan)
    said: list[str] = []
    problem = r"process \d+ on .* verifies this plan now; wait until it ends"
    with leases.alone(Storage(plan.url), 0.4, "verify", print), pytest.raises(PlanError, match=problem):
        plans.verify(plan, say=said.append)
    assert said
    assert "to see whether process" in said[0]
    plans.verify(plan).raise_for_errors()


def test_a_lease_of_a_verification_that_was_killed_is_taken_over(plans: Plans) -> None:
    plan = plans.of(5)
    plans.run(plan)
    assert Lease(Storage(plan.url), leases.PLAN_LEASE, 60, "verify").acquire()
    brief = replace(plan, settings=replace(plan.settings, lease_seconds=0.2))  # for the verification alone
    begun = time.monotonic()
    verify_plan(brief, client=plans.client, on_progress=False).raise_for_errors()
    assert time.monotonic() - begun >= 0.2


def test_a_changed_source_is_found_before_anything_is_sent(plans: Plans) -> None:
    plan = plans.of(5)
    plans.run(plan)
    plans.write([row(9)], "0.jsonl")
    plans.api.requests.clear()
    with pytest.raises(SourceChanged, match=r"0\.jsonl: the source has changed"):
        plans.verify(plan)
    assert plans.sent() == {}


@pytest.mark.parametrize("lost", ["000000.intent", "000000.done", "begun", None])
def test_a_verification_that_dies_among_its_creates_makes_no_twin(
    plans: Plans, monkeypatch: pytest.MonkeyPatch, lost: str | None
) -> None:
    """Whatever object of its round is lost besides, also for rows that their unit surely did not send."""
    plan = plans.of(30)
    plans.api.faults.add(operations=CREATE, after=10, status=503, retry_after=3)
    (stopped,) = plans.run(plan, max_outage=0, concurrency=1)
    assert stopped.not_tried > 0
    plans.api.faults.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Rounds, "finish", _die)
        with pytest.raises(SystemError):
            plans.verify(plan)
    if lost:
        (Path(plan.url) / "rounds" / lost).unlink(missing_ok=True)
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(30)]
    assert plan_status(plan).created == 30


def _die(*_: object) -> None:
    raise SystemError("killed")


def test_unknown_rows_wait_until_no_request_can_be_under_way(plans: Plans) -> None:
    plan = plans.of(5, settle_after=0.5)
    plans.api.faults.add(operations=CREATE, reset_after=True, count=1)
    plans.run(plan)
    begun = time.monotonic()
    plans.verify(plan).raise_for_errors()
    assert time.monotonic() - begun >= 0.5
    begun = time.monotonic()
    plans.verify(plan).raise_for_errors()  # a round has recorded it


def test_it_runs_in_a_thread_too(plans: Plans) -> None:
    plan = plans.of(5)
    plans.run(plan)
    found: list[bool] = []
    thread = threading.Thread(
        target=lambda: found.append(verify_plan(plan.url, client=plans.client, on_progress=False).is_complete)
    )
    thread.start()
    thread.join()
    assert found == [True]
