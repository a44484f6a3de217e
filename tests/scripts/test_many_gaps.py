"""Many edits of the document at once: the list names what each of them needs."""

import re
from pathlib import Path

import pytest
from tests.contract.seeds import changed
from tests.scripts import regenerate_seeds
from tests.scripts.project import NoTypes
from tests.scripts.replay.edits import EDITS

from upkeep.left import types

MANY = {
    "more": (
        "an optional parameter with an enum",
        "a header parameter of a create",
        "a cookie parameter",
        "an array parameter with pipes",
        "a required field",
        "a deletion without content",
        "a new required property",
        "a property removed",
        "an operation added",
        "an operation removed",
        "another server",
        "items under another name",
        "the token in another header",
        "a path parameter renamed",
    ),
    "other": (
        "a parameter removed",
        "an object parameter",
        "a JSON parameter",
        "an optional field",
        "a field removed",
        "item numbers are text",
        "201 is 202",
        "an operation with another method",
        "an API key alone",
        "another method",
        "an operation renamed",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("names", MANY.values(), ids=MANY)
def test_the_list_names_what_each_of_many_edits_needs(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(types, "Mypy", NoTypes)
    document = regenerate_seeds.plain_document()
    for name in names:
        document = changed(document, EDITS[name].change)
    regenerate_seeds.make(tmp_path / "project", document)
    outcome = regenerate_seeds.regenerated(tmp_path / "project", listing=True)
    left = "\n".join(outcome["left"])
    missing = {name: pattern for name in names for pattern in EDITS[name].named if not re.search(pattern, left)}
    assert (outcome["refused"], missing) == ("", {}), left
