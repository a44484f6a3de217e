"""A small part of an invalid value that shows the same error.

The validator copies what fails into an error. That holds the interpreter for long where it has millions of members,
while to find whether a value is valid copies nothing. So most of a large value is left out before an error is made.
"""

import itertools
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

_MEMBERS = 8
"""First members that a copy keeps of each container."""

_TOTAL = 4096
"""Members that a copy keeps in all: a few milliseconds of work."""

_LEVELS = 50

_RUNS = (4096, 64, 1)
"""Members that are checked at once: many, then those of the many that fail, then each of these."""

_Keys = Sequence[Any]


class Narrowed(NamedTuple):
    """A small value that is invalid.

    Attributes:
        value: the part that fails, with copies of what is around it.
        steps: how to come to the part: each key or index in `value`, and that in the whole value.
    """

    value: Any
    steps: Sequence[tuple[Any, Any]]

    def place(self, path: Sequence[str | int]) -> list[str | int]:
        """Return the path in the whole value for a path in `value`."""
        found = list(path)
        for index, (step, there) in enumerate(self.steps[: len(path)]):
            if path[index] != step:
                break
            found[index] = there
        return found


def narrowing(
    value: Any, is_valid: Callable[[Any], bool], names: frozenset[str]
) -> Generator[None, None, Narrowed | None]:
    """Narrow an invalid value; each step checks a few thousand members of one list or object.

    Args:
        value: what `is_valid` returns False for.
        is_valid: checks a value.
        names: of members that no object may lose, or others than the real errors would show.

    Returns:
        None where no part alone is at fault.
    """
    around: list[tuple[Any, Any]] = []
    part = value
    while True:
        yield
        copy = beginning(part, names)
        if not is_valid(_within(around, copy)):
            return Narrowed(_within(around, copy), [(0 if kept is None else key, key) for kept, key in around])
        keys = yield from _failing(part, lambda some: not is_valid(_within(around, some)), copy)
        if not keys:
            return None
        around.append((None if isinstance(part, list) else copy, keys[0]))
        part = part[keys[0]]


def beginning(value: Any, names: frozenset[str]) -> Any:
    """Copy the first members of a value and of its members, and those that have one of the names; outer ones first."""
    root = [value]
    todo: deque[tuple[Any, Any, int]] = deque([(root, 0, 0)])
    left = _TOTAL
    while todo:
        container, key, level = todo.popleft()
        whole = container[key]
        if not isinstance(whole, list | dict):
            continue
        kept = container[key] = _first(whole, names) if left > 0 and level < _LEVELS else type(whole)()
        left -= len(kept)
        todo.extend((kept, inner, level + 1) for inner in _keys(kept))
    return root[0]


def _first(whole: Any, names: frozenset[str]) -> Any:
    if isinstance(whole, list):
        return whole[:_MEMBERS]
    if len(whole) <= _MEMBERS:
        return dict(whole)
    # Sorted, so that the same error is found each time.
    return {key: whole[key] for key in (*itertools.islice(whole, _MEMBERS), *sorted(names & whole.keys()))}


def _keys(value: Any) -> _Keys:
    """Return the indexes or keys of the members of a value."""
    if isinstance(value, list):
        return range(len(value))
    return list(value) if isinstance(value, dict) else ()


def _failing(part: Any, fails: Callable[[Any], bool], copy: Any) -> Generator[None, None, _Keys]:
    """Return the key of the first member that fails; empty where none does alone.

    An object keeps the copies of its other members, since it may need them. A list keeps none.
    """
    keys = _keys(part)
    for run in _RUNS:
        for start in range(0, len(keys), run):
            some = keys[start : start + run]
            yield
            if fails([part[key] for key in some] if isinstance(part, list) else {**copy, **{k: part[k] for k in some}}):
                keys = some
                break
        else:
            return ()
    return keys


def _within(around: Sequence[tuple[Any, Any]], part: Any) -> Any:
    """Return a part within the copies of what is around it, the innermost last."""
    for kept, key in reversed(around):
        part = [part] if kept is None else {**kept, key: part}
    return part
