"""Runs that are killed or interrupted at any moment, and the order in which the system is asked."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.sampling import every

from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import create_items
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.sending.sending import Sending

PROGRAM = """
import os, sys, time
from abeja_datasets import APIClient
from abeja_datasets_loading import create_items

organization, dataset, journal, count = sys.argv[1:]

def rows():
    for number in range(int(count)):
        if number == 256:
            time.sleep(float(os.environ.get("PAUSE", 0)))
        yield {"source_data": [{"data_type": "a/b", "data_uri": f"datalake://1/{number % 50}"}], "attributes": {}}

with APIClient(timeout=1) as client:
    print("begins", flush=True)
    print(repr(create_items(client, organization, dataset, rows(), journal=journal, on_progress=False)))
"""


class Program:
    """A program that loads some items into a new dataset."""

    def __init__(self, api: DatasetApi, journal: Path, count: int) -> None:
        self.api, self.count = api, count
        self.client = api.client()
        self.dataset = str(self.client.create_dataset(api.organization_id, "loaded", "custom", {})["dataset_id"])
        arguments = [api.organization_id, self.dataset, str(journal), str(count)]
        self.command = [sys.executable, "-c", PROGRAM, *arguments]

    def start(self, *before: str) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        environment = {**os.environ, **self.api.environment}
        process = subprocess.Popen([*before, *self.command], stdout=pipe, stderr=pipe, text=True, env=environment)
        assert process.stdout
        assert process.stdout.readline() == "begins\n"
        return process

    def check(self) -> None:
        """Check that each item is there exactly once."""
        self.api.faults.clear()
        items = self.client.iter_dataset_items(self.api.organization_id, self.dataset, {"limit": 1000})
        found = Counter(json.dumps(item["source_data"][0]["data_uri"]) for item in items)
        assert found == Counter(json.dumps(f"datalake://1/{number % 50}") for number in range(self.count))


def test_a_killed_run_goes_on(dataset_api: DatasetApi, tmp_path: Path) -> None:
    program = Program(dataset_api, tmp_path / "j", 800)
    for seconds in (0.15, 0.3):
        process = program.start()
        time.sleep(seconds)
        process.kill()
        process.communicate()
    output, errors = program.start().communicate()
    assert "800 read" in output, errors
    program.check()


@pytest.mark.slow
def test_runs_are_killed_again_and_again_among_faults(dataset_api: DatasetApi, tmp_path: Path) -> None:
    program = Program(dataset_api, tmp_path / "j", 5000)
    faults: list[dict[str, Any]] = [
        {"reset_before": True}, {"reset_after": True}, {"half_answer": True}, {"status": 503}, {"status": 429},
        {"status": 503, "when": "after"}, {"stall": 2},
    ]  # fmt: skip
    for fault in faults:
        dataset_api.faults.add(operations="create_dataset_item", probability=0.02, **fault)
    for _ in range(10):
        process = program.start()
        time.sleep(random.uniform(0.1, 1))
        process.kill()
        process.communicate()
    output, errors = program.start().communicate()
    assert "5,000 read" in output, errors
    program.check()


@pytest.mark.parametrize("signals", every(3, [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]]))
def test_an_interrupted_run_says_how_to_resume(
    dataset_api: DatasetApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signals: list[signal.Signals]
) -> None:
    monkeypatch.setenv("PAUSE", "2")  # else the run may end before it is interrupted, on a busy machine
    dataset_api.faults.add(operations="create_dataset_item", latency=0.02)
    program = Program(dataset_api, tmp_path / "j", 1200)
    process = program.start()
    while not any(request.operation == "create_dataset_item" for request in dataset_api.requests):
        time.sleep(0.01)  # the input pauses for 2 s behind its first block
    for number in signals:
        process.send_signal(number)
        time.sleep(0.005)
    output, errors = process.communicate(timeout=10)
    assert process.returncode != 0, (output, errors, signal.getsignal(signals[0]))
    assert f"interrupted by {signals[0].name}" in errors or "KeyboardInterrupt" in errors
    assert f"call it again with the same input and journal='{tmp_path / 'j'}'" in errors
    dataset_api.faults.clear()
    monkeypatch.delenv("PAUSE")
    output, errors = program.start().communicate()
    assert "1,200 read" in output, errors
    program.check()


@pytest.mark.skipif(shutil.which("strace") is None, reason="this machine has no strace")
def test_an_item_is_on_disk_as_sent_before_its_request_leaves(
    dataset_api: DatasetApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAUSE", "0.5")  # else the next block is written while the first request leaves
    program = Program(dataset_api, tmp_path / "j", 600)
    trace = tmp_path / "trace"
    calls = "trace=pwrite64,fdatasync,fsync,sendto,sendmsg,write"
    try:
        process = program.start("strace", "-f", "-y", "-s", "30", "-e", calls, "-o", str(trace))
    except AssertionError:
        pytest.skip("strace may not trace here")
    output, errors = process.communicate(timeout=60)
    assert "600 created" in output, errors
    lines = trace.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if '"POST /' in line)
    log = [line for line in lines[:first] if "-wal>" in line]
    writes = [number for number, line in enumerate(log) if "pwrite64" in line]
    syncs = [number for number, line in enumerate(log) if re.search(r"f(data)?sync", line)]
    assert writes
    assert writes[-1] < syncs[-1]
    assert sum('"POST /' in line for line in lines) == 600


def test_each_item_is_recorded_as_sent_before_its_request(
    dataset_api: DatasetApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: set[int] = set()
    early: list[int] = []
    write, attempt = Journal.write, Sending._attempt

    def noted_write(self: Journal, sent: Any = (), *rest: Any, **more: Any) -> None:
        write(self, sent, *rest, **more)
        recorded.update(sent)

    async def noted_attempt(self: Any, job: Any) -> None:
        early.extend({job.position} - recorded)
        await attempt(self, job)

    monkeypatch.setattr(Journal, "write", noted_write)
    monkeypatch.setattr(Sending, "_attempt", noted_attempt)
    client = dataset_api.client()
    dataset = client.create_dataset(dataset_api.organization_id, "loaded", "custom", {})["dataset_id"]
    items = [{"source_data": [{"data_type": "a/b", "data_uri": "datalake://1/1"}]}] * 700
    create_items(client, dataset_api.organization_id, dataset, items, journal=tmp_path / "j", on_progress=False)
    assert recorded == set(range(700))
    assert early == []
