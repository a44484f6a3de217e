"""Numbers in tests and defaults that follow the document of the last commit are named when that changes."""

import pytest
from tests.scripts.project import Project

from upkeep.generation.generating import validate
from upkeep.left import pins
from upkeep.left.project import Project as Listed

TEST = """\
whole = {"limit": 1000}
beyond = client.list("limit=1001")
other = {"limit": 10, "page_size": 1000}
last = {"limit": 1_000}
too_long = {"name": "x" * 256}
file = {"name": "x" * 300}
"""
LIMIT = "maximum: 1000\n            default: 100"


@pytest.fixture
def committed(project: Project) -> Project:
    (project.root / "tests").mkdir()
    (project.root / "tests" / "test_limits.py").write_text(TEST, encoding="utf-8")
    project.commit("As it is")
    return project


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("", "", []),
        ("default: 100", "default: 50", ["wrapper/abeja_datasets/prefetching.py:16", "it has 100 for limit"]),
        (LIMIT, LIMIT.replace("1000", "500"), ["tests/test_limits.py:1", "it has 1000 (lines 1, 4) for limit"]),
        (LIMIT, LIMIT.replace("1000", "2000"), ["tests/test_limits.py:2", "it has 1001 for limit"]),
        ("maxLength: 255", "maxLength: 400", ["tests/test_limits.py:5", "it has 256 for name"]),
        ("A platform access token.", "A token.", []),
    ],
)
def test_a_number_that_no_longer_fits_is_named(committed: Project, old: str, new: str, wanted: list[str]) -> None:
    if old:
        committed.replace("openapi.yaml", old, new)
    found = [str(gap) for gap in pins.gaps(Listed(committed.root, validate(committed.root)))]
    if wanted:
        place, what = wanted
        assert len(found) == 1
        assert found[0].startswith(place)
        assert f": {what}, " in found[0]
    else:
        assert found == []


def test_without_a_commit_defaults_are_compared(project: Project) -> None:
    project.replace("openapi.yaml", LIMIT, LIMIT.replace("default: 100", "default: 50"))
    (found,) = pins.gaps(Listed(project.root, validate(project.root)))
    assert found.what == "it has 100 for limit, which is not its default in openapi.yaml"
