"""Which failures are one cause."""

import pytest

from abeja_datasets_contract.check.results import Clause, Failure, alike

CLAUSE = Clause("search.refuses.ranges", "A query with a range is 400.", "list_dataset_items", "search")


def failure(promised: str, came: str) -> Failure:
    return Failure(CLAUSE, promised, came, None)


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        (('the query "a:*" is refused', "status 404: a"), ('the query "b\\"" is refused', "status 404: b"), True),
        (("status 400", "status 404: a"), ("status 400", "status 500: a"), False),
        (("items 5", "items 6"), ("items 7", "items 8"), True),
        (("status 400", "status 404"), ("a body", "status 404"), False),
    ],
)
def test_failures_of_one_cause_are_alike(one: tuple[str, str], other: tuple[str, str], *, is_one: bool) -> None:
    assert (alike(failure(*one)) == alike(failure(*other))) is is_one
