"""Dividing a refused batch: every bad entry is found, every good one gets through, in few requests."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abeja_datasets_loading.actions.bisecting import split


def send_all(entries: Sequence[Any], is_bad: Any, named: Any) -> tuple[set[Any], set[Any], int]:
    """Send a batch, and divide it until each part is taken or has one entry; return what was taken and refused."""
    taken: set[Any] = set()
    refused: set[Any] = set()
    requests = 0
    waiting = [entries]
    while waiting:
        batch = waiting.pop()
        requests += 1
        bad = [index for index, entry in enumerate(batch) if is_bad(entry)]
        if not bad:
            taken.update(batch)
        elif len(batch) == 1:
            refused.update(batch)
        else:
            parts = split(batch, named(bad))
            assert [entry for part in parts for entry in part] == list(batch)
            assert all(0 < len(part) < len(batch) for part in parts)
            waiting.extend(parts)
    return taken, refused, requests


NAMES = {
    "no index": lambda _: "bad request",
    "the index": lambda bad: f"400 bad_request: [{bad[0]}].dataset_item_id: the dataset has no such item",
    "another number": lambda bad: f"attributes.detection[{bad[-1] + 1}].rect",
    "an index beyond": lambda _: "item [99999] of the list [1]",
}


@given(
    st.integers(1, 70).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))),
    st.sampled_from(sorted(NAMES)),
)
def test_all_bad_entries_are_found_and_all_others_taken(drawn: tuple[int, set[int]], name: str) -> None:
    count, bad = drawn
    taken, refused, _ = send_all(range(count), bad.__contains__, NAMES[name])
    assert refused == bad
    assert taken == set(range(count)) - bad


@pytest.mark.parametrize(("name", "most"), [("the index", 5), ("no index", 15), ("another number", 20)])
def test_one_bad_entry_of_a_hundred_takes_few_requests(name: str, most: int) -> None:
    for bad in (0, 1, 49, 50, 98, 99):
        assert send_all(range(100), {bad}.__contains__, NAMES[name])[2] <= most


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_bad_entries_takes_two_requests_for_each(name: str) -> None:
    assert send_all(range(128), lambda _: True, NAMES[name])[2] <= 2 * 128
