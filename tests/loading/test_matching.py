"""Ids as ranges, and matching a list with unknown inputs: no I/O."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abeja_datasets_loading.items.items import content_key
from abeja_datasets_loading.settling.baseline import IdRanges
from abeja_datasets_loading.settling.settling import match

IDS = st.one_of(st.integers(0, 30), st.integers(), st.sampled_from(["7", "a", ""]), st.just(2**63))


@given(st.lists(IDS))
def test_ranges_are_a_set(ids: list[int | str]) -> None:
    ranges = IdRanges()
    assert [ranges.add(one) for one in ids] == [one not in ids[:place] for place, one in enumerate(ids)]
    for copy in ranges, IdRanges.from_json(json.loads(json.dumps(ranges.to_json()))):
        assert len(copy) == len(set(ids))
        assert all((one in copy) == (one in set(ids)) for one in [*ids, *range(-1, 32), 7, "7", 7.5, None])
        assert copy.to_json() == ranges.to_json()


def test_consecutive_ids_are_one_range() -> None:
    ranges = IdRanges()
    for one in [*range(0, 20_000, 2), *range(1, 20_000, 2), "x"]:
        ranges.add(one)
    assert ranges.to_json() == [[0, 19_999], "x"]


@pytest.mark.parametrize("value", [None, {}, [[1]], [[2, 1]], [[0, 5], [3, 9]], [[0, 2**70]], [1.5], "0-9"])
def test_ranges_that_are_none(value: object) -> None:
    with pytest.raises(ValueError, match="a list of ranges is needed"):
        IdRanges.from_json(value)


def stored(item_id: object, content: int) -> dict[str, Any]:
    return {"dataset_item_id": item_id, "source_data": [{"data_uri": str(content)}], "attributes": {"n": content}}


def key_of(content: int) -> bytes:
    return content_key(stored(0, content))


@given(
    inputs=st.lists(st.integers(0, 3), max_size=8),
    dataset=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4)), max_size=16),
    baseline=st.sets(st.integers(0, 12), max_size=4),
    created=st.sets(st.integers(0, 12), max_size=4),
)
def test_match(inputs: list[int], dataset: list[tuple[int, int]], baseline: set[int], created: set[int]) -> None:
    unknown: dict[bytes, list[int]] = {}
    for position, content in enumerate(inputs):
        unknown.setdefault(key_of(content), []).append(position)
    found = match(unknown, [stored(*one) for one in dataset], baseline=baseline, created=created)  # type: ignore[arg-type] # invariant in its key

    # An id that comes twice in a list is one item: the first.
    contents: dict[Any, int] = dict(reversed(dataset))
    candidates: dict[Any, int] = {
        item_id: content for item_id, content in contents.items() if item_id not in baseline | created
    }
    # Each input is settled by an item of its own, equal, and neither of the baseline nor recorded.
    assert len(set(found.created.values())) == len(found.created)
    assert all(candidates[item_id] == inputs[position] for position, item_id in found.created.items())
    # As multisets: what is equal is matched as often as both sides have it, and all the rest is said.
    common = Counter(inputs) & Counter(candidates.values())
    assert Counter(inputs[position] for position in found.created) == common
    assert sorted([*found.created, *found.missing]) == list(range(len(inputs)))
    assert found.unexplained == len(candidates) - common.total()


@pytest.mark.parametrize(
    "item", [None, [], "x", {}, {"dataset_item_id": None}, {"dataset_item_id": True}, stored(1.5, 1)]
)
def test_what_has_no_id_is_never_ours(item: object) -> None:
    assert match({key_of(1): [0]}, [item]) == ({}, [0], 1)


def test_an_item_of_another_shape_is_never_ours() -> None:
    odd = [{"dataset_item_id": number, "attributes": value} for number, value in enumerate([1, "x", [], {"n": [[]]}])]
    assert match({key_of(1): [0]}, odd) == ({}, [0], 4)
