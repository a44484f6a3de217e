"""The project follows the document. Where it does not, this says what to do, in the words of scripts/generate."""

from tests.scripts.project import ROOT

from upkeep.generation.generating import validate
from upkeep.left.gaps import find_gaps


def test_nothing_is_left_to_do() -> None:
    gaps = find_gaps(ROOT, validate(ROOT))
    assert not gaps, "left to do, as scripts/generate tells too:\n" + "\n".join(map(str, gaps))
