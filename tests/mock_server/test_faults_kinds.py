"""Each kind of fault is complete, and is found wherever faults are listed."""

import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from abeja_datasets_cli.main import main
from abeja_datasets_mock.faults import PlanError, load_plan
from abeja_datasets_mock.faults.kinds import KINDS, SERVER_KINDS, WIRE_KINDS

ROOT = Path(__file__).parent.parent.parent
ADVICE = "a fault has no such field; it has "


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_what_it_does_and_soaks_itself(name: str) -> None:
    kind = KINDS[name]
    assert kind.__module__.rpartition(".")[2] == name
    assert kind.does
    assert not kind.does.endswith(".")
    assert len(f"| `{name}` | {kind.takes} | {kind.does} |") <= 160
    assert any(name in fault for fault in kind.soak)
    assert {fault.level for fault in load_plan(list(kind.soak)).faults} == {kind.level}


def test_the_soak_has_each_kind_and_expects_what_it_does() -> None:
    plan = runpy.run_path(str(ROOT / "scripts" / "soak"))["PLAN"]
    faults = load_plan(plan).faults
    assert {name for fault in faults for name in fault.given} >= set(KINDS)
    assert all(fault.given.get("status") in {None, 429, 503} for fault in faults)


def test_a_plan_with_an_unknown_field_lists_each_kind() -> None:
    with pytest.raises(PlanError) as caught:
        load_plan([{"no_such": True}])
    known = str(caught.value).partition(ADVICE)[2].split(", ")
    assert known[-len(KINDS) :] == list(KINDS)


@pytest.mark.parametrize(("command", "shown"), [("mock", KINDS), ("fault-proxy", WIRE_KINDS)])
def test_help_lists_the_kinds(command: str, shown: dict[str, object]) -> None:
    lines = CliRunner().invoke(main, [command, "--help"], terminal_width=200).output.splitlines()
    listed = {words[0]: " ".join(words[1:]) for words in map(str.split, lines) if words and words[0] in KINDS}
    assert listed == {name: f"{KINDS[name].does} ({KINDS[name].takes})" for name in shown}


def test_levels_are_told_apart() -> None:
    assert not SERVER_KINDS.keys() & WIRE_KINDS.keys()
    assert SERVER_KINDS | WIRE_KINDS == KINDS
