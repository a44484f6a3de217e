"""The errors of loading: what they say, and that they pickle."""

import pickle
from pathlib import Path

import pytest

from abeja_datasets_loading.errors import (
    InputChanged,
    InvalidItem,
    JournalError,
    LoadingError,
    LoadingStopped,
    NotAllLoaded,
)
from abeja_datasets_loading.journal.records import Counts
from abeja_datasets_loading.report import Report

REPORT = Report(Counts(read=3, created=2, not_tried=1), 2.0, stopped="stopped by SIGINT", journal=Path("a.journal"))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InvalidItem(3, "attributes", "is 1"), "item 3: attributes: is 1"),
        (InvalidItem(3, "", "is null"), "item 3: is null"),
        (
            InputChanged(3),
            (
                "item 3: differs from the item that an earlier run of this journal read; "
                "pass the same input, or load this one with a journal of its own"
            ),
        ),
        (
            JournalError(Path("a.journal"), "another process has it open", "locked"),
            "journal a.journal: another process has it open",
        ),
        (JournalError(None, "the disk is full", "disk_full"), "temporary journal: the disk is full"),
        (
            LoadingStopped(REPORT, "stopped by SIGINT"),
            (
                "stopped by SIGINT; 3 read: 2 created, 1 not tried; "
                "to resume, call it again with the same input and journal='a.journal'"
            ),
        ),
        (
            NotAllLoaded(REPORT),
            (
                "3 read: 2 created, 1 not tried; stopped by SIGINT; "
                "to resume, call it again with the same input and journal='a.journal'"
            ),
        ),
    ],
)
def test_an_error_says_what_is_wrong_and_pickles(error: LoadingError, text: str) -> None:
    assert str(error) == text
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == text
    assert vars(copy) == vars(error)


def test_an_invalid_item_is_a_value_error() -> None:
    assert isinstance(InvalidItem(1, "", ""), ValueError)
