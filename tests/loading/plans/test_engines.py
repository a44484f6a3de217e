"""Running whole plans: the engine `local`, workers and drivers that die, and two drivers at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.loading.plans.conftest import Plans, row

from abeja_datasets_loading import PlanError, plan_status, run_plan
from abeja_datasets_loading.engines import ENGINES, find
from abeja_datasets_loading.engines.local import Local
from abeja_datasets_loading.plans import leases
from abeja_datasets_loading.plans.running_units import UnitResult
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.plans.tasks import Failure

CREATE = "create_dataset_item"


def run(plan: Any, **options: Any) -> Any:
    return run_plan(plan.url, **{"on_progress": False, "workers": 2, **options})


def test_a_plan_is_run_by_processes_and_then_there_is_nothing_to_do(plans: Plans) -> None:
    plan = plans.of(20, 10)
    shown: list[Any] = []
    status = run(plan, on_progress=shown.append)
    assert (status.done, status.created, status.open) == (2, 30, 0)
    assert (shown[-1].created, shown[-1].total, shown[-1].has_ended) == (30, 30, True)
    plans.api.requests.clear()
    assert run(plan) == status
    assert plans.sent() == {}
    plans.verify(plan).raise_for_errors()


@pytest.mark.slow
def test_a_unit_that_fails_ends_the_run_with_what_and_where(plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plans.of(5, 5)
    with monkeypatch.context() as patch:
        patch.setenv("PLATFORM_AUTH_TOKEN", "wrong")
        with pytest.raises(
            PlanError, match=r"unit 0 failed in process \d+ on .*: Unauthorized: .*; mend that"
        ) as failure:
            run(plan, workers=1)
    assert failure.value.kind == "worker"
    assert plan_status(plan).open == 0
    assert run(plan).created == 10


@pytest.mark.slow
def test_a_driver_that_is_killed_is_resumed_by_another(plans: Plans) -> None:
    plan = plans.of(20, 20, 20, lease_seconds=5)
    plans.api.faults.add(operations=CREATE, latency=0.1)
    program = "import sys; from abeja_datasets_loading import run_plan; run_plan(sys.argv[1], workers=1)"
    driver = subprocess.Popen(
        [sys.executable, "-c", f"if __name__ == '__main__':\n {program}", plan.url],
        env={**os.environ, **plans.api.environment}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not plans.sent()[CREATE]:
        assert driver.poll() is None
        time.sleep(0.01)
    driver.kill()
    driver.wait()
    plans.api.faults.clear()
    said: list[str] = []
    run(plan, say=said.append)
    assert said[0].startswith("waits up to 5 s, to see whether process ")
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(60)]


def test_a_second_driver_is_refused_while_the_first_one_lives(plans: Plans) -> None:
    plan = plans.of(5, lease_seconds=20)
    with (
        leases.alone(Storage(plan.url), 0.4, "run", lambda _: None),
        pytest.raises(
            PlanError, match=r"process \d+ on .* runs this plan now; wait until it ends, or end it"
        ) as failure,
    ):
        run(plan)
    assert failure.value.kind == "running"
    assert run(plan).created == 5


def kill(unit: int) -> UnitResult | Failure:
    """Die with unit 1, each time, and with unit 2 the first time."""
    sign = Path(os.environ["SIGN"])
    if unit == 1 or (unit == 2 and not sign.exists()):
        sign.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return UnitResult(unit, "done")


def test_a_worker_that_dies_is_replaced_and_its_unit_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGN", str(tmp_path / "sign"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    found = {result.unit: result for result in Local().map(kill, [0, 2, 1], 1)}
    assert [found[0], found[2]] == [UnitResult(0, "done"), UnitResult(2, "done")]
    assert isinstance(found[1], Failure)
    assert "3 processes died with it, the last with exit code -9" in str(found[1].error)


def test_an_engine_that_is_not_there() -> None:
    with pytest.raises(PlanError, match=r"dask: there is no such engine; local or ray is needed\. Anything else"):
        find("dask")
    assert {find(name).__class__.__name__.lower() for name in ENGINES} == set(ENGINES)


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PlanError, match=r"ray: is not installed: pip install 'abeja-datasets\[ray\]'"):
        find("ray").start()


def test_no_engine_and_no_storage_is_imported_unless_asked_for() -> None:
    program = """
import sys, abeja_datasets_loading
from abeja_datasets_loading import create_plan, run_plan, run_unit, verify_plan, plan_status
assert not {"ray", "fsspec", "multiprocessing.pool"} & set(sys.modules), set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_plan_in_memory_is_for_one_process(plans: Plans) -> None:
    plan = plans.create(plans.write([row(0)]), place=f"memory://{plans.folder}")
    with pytest.raises(PlanError, match="no other process has this storage"):
        run(plan)
    assert plans.run(plan)[0].created == 1
    plans.verify(plan).raise_for_errors()


@pytest.mark.parametrize(("option", "value"), [("workers", 0), ("workers", "2"), ("max_outage", -1)])
def test_an_option_that_can_not_be_used(plans: Plans, option: str, value: Any) -> None:
    plan = plans.of(1)
    with pytest.raises((ValueError, TypeError), match=f"{option}: "):
        run(plan, **{option: value})
