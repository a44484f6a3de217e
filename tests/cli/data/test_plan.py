"""`abeja-datasets plan`: the whole way by commands, and what each says when it can't."""

import re

import pytest
from tests.cli.data.conftest import World

ROWS = [{"source_data": [{"data_uri": f"s3://b/{number}"}], "attributes": {"number": number}} for number in range(20)]


def test_a_plan_is_created_run_by_unit_and_verified(world: World) -> None:
    dataset = world.dataset()
    one, two = world.write("one.jsonl", ROWS[:12]), world.write("two.jsonl", ROWS[12:])
    plan = world.folder / "plan"
    made = world.run("plan", "create", plan, one, two, "--dataset", dataset, "--settle-after", 0)
    assert made.stdout == "20 rows of 2 files in 2 units: 0 to 1\n"
    assert world.run("plan", "status", plan).stdout == "0 of 20 rows created, 0 of 2 units done\n"
    assert "2 of 2 units were not run" in world.run("plan", "verify", plan, code=2).output
    assert (
        world.run("plan", "run-unit", plan, "0-99", "--workers", 2).stdout == "unit 0: 12 created\nunit 1: 8 created\n"
    )
    assert world.run("plan", "run-unit", plan, 1).stdout == "unit 1 was run before: 8 created\n"
    run = world.run("plan", "run", plan)
    assert "20 of 20 rows created, 2 of 2 units done" in run.stderr
    assert f"abeja-datasets plan verify {plan}" in run.stderr
    found = world.run("plan", "verify", plan)
    assert found.stdout == "20 read: 20 created; 20 read, 20 in the dataset: each exactly once\n"
    assert sorted(world.items(dataset), key=lambda item: int(item["attributes"]["number"])) == ROWS


def test_rejected_rows_are_named(world: World) -> None:
    plan = world.folder / "plan"
    rows = world.write("rows.jsonl", '{"source_data": [{"data_uri": "s3://b/1"}]}\nno json\n')
    world.run("plan", "create", plan, rows, "--dataset", world.dataset())
    assert world.run("plan", "run-unit", plan, 0).stdout == "unit 0: 1 created, 1 rejected\n"
    found = world.run("plan", "verify", plan, code=1)
    assert re.search(r"^rejected: row 1: .*rows.jsonl:2: not JSON", found.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["create", "PLAN", "FILE"], 2, "Missing option '--dataset'"),
        (
            ["create", "PLAN", "FILE", "--dataset", "1", "--unit-rows", "5"],
            2,
            "unit_rows: 250 or more is needed, not 5",
        ),
        (["create", "PLAN", "none.jsonl", "--dataset", "ID"], 2, "none.jsonl: there is no such source"),
        (["run", "PLAN"], 2, "there is no plan here; make one: abeja-datasets plan create"),
        (["status", "PLAN"], 2, "there is no plan here"),
        (["run-unit", "PLAN", "one"], 2, "'one' is not a unit; pass a number from 0, or two as in 100-199"),
        (["run-unit", "PLAN", "3-1"], 2, "'3-1' ends before it begins"),
    ],
)
def test_what_can_not_be_done(world: World, arguments: list[str], code: int, problem: str) -> None:
    rows = world.write("rows.jsonl", ROWS)
    names = {"PLAN": world.folder / "plan", "FILE": rows, "ID": world.dataset()}
    assert problem in world.run("plan", *(names.get(each, each) for each in arguments), code=code).output


def test_an_engine_or_a_unit_that_is_not_there(world: World) -> None:
    plan = world.folder / "plan"
    world.run("plan", "create", plan, world.write("rows.jsonl", ROWS), "--dataset", world.dataset())
    assert "dask: there is no such engine" in world.run("plan", "run", plan, "--engine", "dask", code=2).output
    for unit in ("7", "7-9"):
        assert "has no unit 7; it has 1, from 0" in world.run("plan", "run-unit", plan, unit, code=2).output


def test_a_worker_that_is_refused_ends_with_the_code_for_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = world.folder / "plan"
    world.run("plan", "create", plan, world.write("rows.jsonl", ROWS), "--dataset", world.dataset())
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", "wrong")
    assert "Error: " in world.run("plan", "run-unit", plan, 0, code=3).output
