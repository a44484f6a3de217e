"""After each edit of a replay the list names each place that needs work, and is empty where none does.

An edit takes seven seconds of a processor, so that scripts/test-slow runs these tests. One part alone:
`scripts/test-slow tests/scripts/test_replay.py -k responses`.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.scripts.project import ROOT
from tests.scripts.replay.edits import PARTS

pytestmark = pytest.mark.slow

SHARES = 2


@pytest.fixture(scope="module", params=PARTS)
def outcomes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of each edit of a part, from two processes."""
    folder = tmp_path_factory.mktemp("replayed")
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts"), os.environ.get("PYTHONPATH", "")])
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    edits = PARTS[request.param]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.scripts.regenerate_seeds", "replay", folder, str(share), str(SHARES), *edits],
            env={**environment, "PYTHONPATH": path, "PATH": tools, "NO_COLOR": "1"},
            stdout=subprocess.PIPE, text=True,
        )
        for share in range(SHARES)
    ]  # fmt: skip
    lines = [line for process in processes for line in process.communicate()[0].splitlines()]
    assert [process.returncode for process in processes] == [0] * SHARES
    found = {row["name"]: {**row, "edit": edits[row["name"]]} for row in map(json.loads, lines)}
    assert set(found) == set(edits)
    return found


def test_the_replay_has_edits_of_all_kinds() -> None:
    assert len({name for edits in PARTS.values() for name in edits}) >= 80


def test_each_place_is_named_and_nothing_is_left_only_where_nothing_is(outcomes: dict[str, dict[str, Any]]) -> None:
    wrong = {}
    for name, row in outcomes.items():
        if not row["refused"]:
            text = "\n".join(row["left"])
            missing = [pattern for pattern in row["edit"].named if not re.search(pattern, text)]
            if missing or bool(row["left"]) != bool(row["edit"].named):
                wrong[name] = {"missing": missing, "left": row["left"]}
    assert not wrong, json.dumps(wrong, indent=1)


def test_what_can_not_work_is_refused_with_the_line_and_the_rest_imports(outcomes: dict[str, dict[str, Any]]) -> None:
    for name, row in outcomes.items():
        assert bool(row["refused"]) == bool(row["edit"].refused), (name, row["refused"])
        if row["refused"]:
            assert re.search(row["edit"].refused, row["refused"]), row["refused"]
            assert re.match(r"openapi.yaml(:|, line )\d+", row["refused"]), row["refused"]
        else:
            assert row["imported"] > 30, name
