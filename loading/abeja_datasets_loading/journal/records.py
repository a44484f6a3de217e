"""What a run knows of its input items: the state of each, and where they go."""

from enum import IntEnum
from typing import NamedTuple


class State(IntEnum):
    """The state of one input item. The numbers are those in journals, and never change."""

    PLANNED = 0
    """Nothing was sent yet, or what was sent can't have been carried out."""
    SENT = 1
    """A request may have been sent, and no outcome is recorded."""
    DONE = 2
    """Created, updated or deleted."""
    REJECTED = 3
    """The item is invalid, or the server refused it."""
    UNKNOWN = 4
    """A request was sent, and may have been carried out."""


class Target(NamedTuple):
    """What a journal is for. A journal of another target is refused."""

    action: str
    """`create`, `update`, `delete` or `export`."""
    base_url: str
    organization_id: str
    dataset_id: str
    marker: str | None = None
    """The key of the attribute that holds `RUN-INDEX`."""


class Record(NamedTuple):
    """What a journal holds of one input item."""

    position: int
    """The index of the item in the input, from 0. (A tuple has an `index` of its own.)"""
    fingerprint: bytes
    state: State
    item_id: int | str | None = None
    """The `dataset_item_id`, of a created item."""
    attempts: int = 0
    reason: str | None = None
    """Why the item is rejected or unknown."""
    item: str | None = None
    """The item as JSON, where it is rejected or unknown."""


class Change(NamedTuple):
    """A new state of one input item, for the journal."""

    position: int
    state: State
    item_id: int | str | None = None
    attempts: int = 0
    reason: str | None = None
    item: str | None = None


class Counts(NamedTuple):
    """How many items are in which state. `read` is the sum of the others."""

    read: int = 0
    created: int = 0
    """By this run."""
    earlier: int = 0
    """By earlier runs of the same journal."""
    rejected: int = 0
    unknown: int = 0
    not_tried: int = 0
