"""Matching what a dataset lists with the inputs whose outcome is unknown: no I/O."""

from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from abeja_datasets_loading.items.items import content_key
from abeja_datasets_loading.settling.baseline import IdRanges

Id = int | str


class Settlement(NamedTuple):
    """What a list of the dataset says of the unknown inputs."""

    created: dict[int, Id]
    """The inputs that were created: position and id."""
    missing: list[int]
    """The positions of the inputs that the list does not have."""
    unexplained: int
    """How many items are in the list that no unknown input explains."""


class Matcher:
    """Takes listed items one by one, and says which unknown inputs they settle.

    An item settles at most one input, and an input is settled by at most one item: two equal inputs are two items. What
    is in the baseline or recorded as created settles nothing.

    Args:
        unknown: the positions of the unknown inputs, by the key of their content.
        baseline: the ids that were there before the run.
        created: the ids that the journal records as created.
        key: returns the key of a listed item; None for an item that can't be one of ours.

    Attributes:
        listed: all ids that came, for counting.
        recorded: those of them that are recorded as created.
    """

    def __init__(
        self,
        unknown: Mapping[Hashable, Sequence[int]],
        baseline: Container[object] = (),
        created: Container[object] = (),
        key: Callable[[Mapping[str, Any]], Hashable | None] = content_key,
    ) -> None:
        self.listed = IdRanges()
        self.recorded = 0
        self._unknown = unknown
        self._baseline, self._created = baseline, created
        self._key = key
        self._used: dict[Hashable, int] = {}
        self._found: dict[int, Id] = {}
        self._unexplained = 0

    def add(self, item: object) -> None:
        """Take an item of the list; one that comes twice counts once."""
        item_id = item.get("dataset_item_id") if isinstance(item, Mapping) else None
        if isinstance(item_id, bool) or not isinstance(item_id, int | str):
            self._unexplained += 1
        elif self.listed.add(item_id) and item_id not in self._baseline:
            if item_id in self._created:
                self.recorded += 1
            elif isinstance(item, Mapping):
                self._take(item_id, item)

    def settlement(self) -> Settlement:
        """Return what the items so far say."""
        positions = (position for group in self._unknown.values() for position in group)
        missing = sorted(position for position in positions if position not in self._found)
        return Settlement(dict(self._found), missing, self._unexplained)

    def _take(self, item_id: Id, item: Mapping[str, Any]) -> None:
        key = self._key(item)
        positions = self._unknown.get(key, ())
        used = self._used.get(key, 0)
        if used < len(positions):
            self._found[positions[used]] = item_id
            self._used[key] = used + 1
        else:
            self._unexplained += 1


def match(
    unknown: Mapping[Hashable, Sequence[int]],
    candidates: Iterable[object],
    *,
    baseline: Container[object] = (),
    created: Container[object] = (),
    key: Callable[[Mapping[str, Any]], Hashable | None] = content_key,
) -> Settlement:
    """Return which unknown inputs the listed items settle; see `Matcher`."""
    matcher = Matcher(unknown, baseline, created, key)
    for item in candidates:
        matcher.add(item)
    return matcher.settlement()
