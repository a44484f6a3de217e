"""Pairs of schemas by kind of change, from the files of `pairs/`: each with its verdicts in requests and responses."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contract.test_diff_kinds import document
from tests.sampling import every

from abeja_datasets_contract.diff import Document, Report, compare

FILES = sorted((Path(__file__).parent / "pairs").glob("*.yaml"))
UNIONS = ("oneOf", "anyOf")


def read(path: Path) -> dict[str, Any]:
    """Return the pairs of a file by name; one about UNION is two, of `oneOf` and of `anyOf`."""
    found = {}
    for name, pair in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).items():
        text = json.dumps(pair)
        for union in UNIONS if "UNION" in text else UNIONS[:1]:
            found[f"{path.stem}: {name.replace('UNION', union)}"] = json.loads(text.replace("UNION", union))
    return found


PAIRS = {name: pair for path in FILES for name, pair in read(path).items()}


def side(pair: Any, which: str, direction: str) -> Document:
    version = pair.get(f"{which}_version", "3.1.0")
    return document(pair[which], direction, version, pair.get(f"{which}_schemas"))


def verdict(report: Report) -> str:
    """Return the verdict; of what is compatible, `warning` or `docs` where nothing is worse."""
    if report.verdict != "compatible":
        return report.verdict
    return next(severity for severity in ("warning", "compatible", "docs") if report.counts[severity])


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("name", every(3, PAIRS))
def test_a_pair_gets_its_verdict(name: str, direction: str) -> None:
    pair = PAIRS[name]
    report = compare(side(pair, "old", direction), side(pair, "new", direction))
    assert verdict(report) == pair[direction], report.findings


@pytest.mark.parametrize("which", ["old", "new"])
@pytest.mark.parametrize("name", every(9, PAIRS))
def test_each_side_against_itself_is_no_change(name: str, which: str) -> None:
    for direction in ("request", "response"):
        one, same = (side(PAIRS[name], which, direction) for _ in range(2))
        assert compare(one, same).verdict == "no change"
