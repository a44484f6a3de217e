"""A plan on Ray: a worker is killed, requests fail, and local processes resume what Ray began."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.engines.conftest import Plans

from abeja_datasets_loading import Plan, plan_status
from upkeep.ray_cluster import ray_cluster

pytestmark = pytest.mark.slow

CREATE = "create_dataset_item"
UNITS = [60] * 6


def start(plans: Plans, plan: Plan, engine: str, address: str) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "abeja_datasets_cli",
        "plan",
        "run",
        plan.url,
        "--engine",
        engine,
        "--workers",
        "2",
    ]
    environment = {**os.environ, **plans.api.environment, "RAY_ADDRESS": address}
    return subprocess.Popen([*command, "--workers", "2"], env=environment, stderr=subprocess.PIPE)


def add_faults(plans: Plans) -> None:
    faults: list[dict[str, Any]] = [{"status": 500, "when": "after"}, {"status": 503}, {"reset_after": True}]
    for fault in faults:
        plans.api.faults.add(operations=CREATE, probability=0.02, **fault)
    plans.api.faults.add(operations=CREATE, latency=0.02)


def kill_a_worker(plan: Plan, driver: "subprocess.Popen[bytes]") -> None:
    """Kill the process that holds the lease of a unit without an outcome."""
    place = Path(plan.url)
    while driver.poll() is None:
        for lease in (place / "leases").glob("0*"):
            if (place / "intents" / lease.name).exists() and not (place / "done" / lease.name).exists():
                with suppress(ValueError, ProcessLookupError, FileNotFoundError):
                    os.kill(json.loads(lease.read_text())["pid"], signal.SIGKILL)
                    return
        time.sleep(0.02)
    raise AssertionError(driver.communicate())


def test_a_plan_on_ray_survives_a_killed_worker_and_a_killed_driver(plans: Plans, ray_address: str) -> None:
    plan = plans.of(*UNITS, lease_seconds=5)
    add_faults(plans)
    driver = start(plans, plan, "ray", ray_address)
    kill_a_worker(plan, driver)
    while plan_status(plan).done < 2:
        assert driver.poll() is None, driver.communicate()
        time.sleep(0.05)
    driver.kill()
    driver.communicate()
    resumed = start(plans, plan, "ray", ray_address)
    _, errors = resumed.communicate()
    assert resumed.returncode == 0, errors
    plans.api.faults.clear()
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(sum(UNITS))]


def test_what_ray_began_is_resumed_by_local_processes(plans: Plans, ray_address: str) -> None:
    plan = plans.of(*UNITS, lease_seconds=5)
    add_faults(plans)
    driver = start(plans, plan, "ray", ray_address)
    while not plan_status(plan).done:
        assert driver.poll() is None, driver.communicate()
        time.sleep(0.05)
    driver.kill()
    driver.communicate()
    local = start(plans, plan, "local", "")
    _, errors = local.communicate()
    assert local.returncode == 0, errors
    plans.api.faults.clear()
    plans.verify(plan).raise_for_errors()
    assert plans.stored() == [*range(sum(UNITS))]


def test_workers_of_ray_without_a_credential_end_the_run(plans: Plans) -> None:
    pytest.importorskip("ray", reason="scripts/test-engines installs Ray")
    plan = plans.of(5)
    named = ("PLATFORM_", "ABEJA_PLATFORM_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(named)}
    with ray_cluster(environment, 1) as address:
        driver = start(plans, plan, "ray", address)
        _, errors = driver.communicate()
    assert driver.returncode == 3
    assert b"unit 0 failed in process" in errors
    assert b"CredentialNotFound" in errors
    assert plan_status(plan).open == 0
