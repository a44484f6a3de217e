"""The report: counts that add up, why the rest was not loaded, and iterators that read the journal."""

import itertools
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from abeja_datasets_loading.errors import LoadingError, NotAllLoaded
from abeja_datasets_loading.journal.records import Counts, Record, State
from abeja_datasets_loading.report import Report

ITEM = {"source_data": [{"data_uri": "datalake://1/a"}]}
RECORDS = [
    Record(0, b"0", State.DONE, 10),
    Record(1, b"1", State.DONE, 11),
    Record(2, b"2", State.REJECTED, reason="attributes.classification[0]: no label 7", item=json.dumps(ITEM)),
    Record(3, b"3", State.UNKNOWN, reason="somebody else writes to the dataset", item=json.dumps(ITEM)),
    Record(4, b"4", State.PLANNED),
    Record(5, b"5", State.REJECTED, reason="attributes.classification[3]: no label 12", item=json.dumps(ITEM)),
    Record(6, b"6", State.SENT),
]
COUNTS = Counts(read=7, created=1, earlier=1, rejected=2, unknown=2, not_tried=1)


class Journal:
    """What a report asks of a journal."""

    def __init__(self, records: list[Record] = RECORDS) -> None:
        self._records = records

    def records(self, *states: State, after: int = -1) -> Iterator[Record]:
        return (record for record in self._records if record.state in states and record.position > after)


class Broken:
    def records(self, *states: State, after: int = -1) -> Iterator[Record]:
        raise OSError(f"the journal is closed: {states}, {after}")


def report(**changes: object) -> Report:
    fields = {"counts": COUNTS, "seconds": 2.0, "journal": Path("a.journal"), "reader": Journal()}
    return Report(**{**fields, **changes})  # type: ignore[arg-type] # any of its fields


COMPLETE = report(counts=Counts(read=2, created=1, earlier=1))


def test_the_figures() -> None:
    one = report(retries=3, left_out=4)
    assert (one.read, one.created, one.earlier, one.rejected, one.unknown, one.not_tried) == COUNTS
    assert (one.rate, one.retries, one.left_out, one.seconds) == (0.5, 3, 4, 2.0)
    assert report(seconds=0.0).rate == 0


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        report(counts=Counts(read=3, created=1))


def test_the_iterators_read_the_journal() -> None:
    one = report()
    assert list(one.iter_created()) == [(0, 10), (1, 11)]
    assert list(one.iter_rejected()) == [
        (2, ITEM, "attributes.classification[0]: no label 7"),
        (5, ITEM, "attributes.classification[3]: no label 12"),
    ]
    assert list(one.iter_unknown()) == [
        (3, ITEM, "somebody else writes to the dataset"),
        (6, None, "no outcome is recorded"),
    ]


def test_the_iterators_are_lazy() -> None:
    class Endless:
        def records(self, *states: State, after: int = -1) -> Iterator[Record]:
            return (Record(n, b"", states[0], n) for n in itertools.count(after + 1))

    assert next(report(reader=Endless()).iter_created()) == (0, 0)


def test_the_reasons_are_counted() -> None:
    assert report().reasons() == {
        "attributes.classification[N]: no label N": 2,
        "somebody else writes to the dataset": 1,
        "no outcome is recorded": 1,
    }


def test_many_reasons_are_counted_together() -> None:
    names = [f"{chr(a)}{chr(b)}" for a in range(97, 117) for b in range(97, 107)]
    records = [Record(n, b"", State.REJECTED, reason=name) for n, name in enumerate(names)]
    reasons = report(reader=Journal(records)).reasons()
    assert next(iter(reasons.items())) == ("other reasons", 100)
    assert len(reasons) == 101


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (COMPLETE, "<Report 2 read: 1 created, 1 by an earlier run (2.0 s, 0.5/s)>"),
        (report(counts=Counts()), "<Report 0 read: 0 created (2.0 s, 0.0/s)>"),
        (
            report(counts=Counts(read=1200, created=1200), action="update", seconds=1.0, retries=1000),
            "<Report 1,200 read: 1,200 updated (1.0 s, 1,200/s, 1,000 repeated requests)>",
        ),
        (
            report(counts=Counts(read=2, created=1, rejected=1)),
            (
                "<Report 2 read: 1 created, 1 rejected; "
                "the first rejected is item 2: attributes.classification[0]: no label 7 (2.0 s, 0.5/s)>"
            ),
        ),
        (
            report(stopped="stopped by SIGTERM"),
            (
                "<Report 7 read: 1 created, 1 by an earlier run, 2 rejected, 2 unknown, 1 not tried; "
                "stopped by SIGTERM; the first rejected is item 2: attributes.classification[0]: no label 7; "
                "the first unknown is item 3: somebody else writes to the dataset; "
                "to resume, call it again with the same input and journal='a.journal' (2.0 s, 0.5/s)>"
            ),
        ),
        (
            report(counts=Counts(), stopped="the input raised", journal=None),
            (
                "<Report 0 read: 0 created; the input raised; "
                "without a journal the run can't be resumed: pass journal=PATH next time (2.0 s, 0.0/s)>"
            ),
        ),
        (
            report(counts=Counts(read=1, rejected=1), reader=Broken()),
            "<Report 1 read: 0 created, 1 rejected (2.0 s, 0.0/s)>",
        ),
    ],
)
def test_the_repr_says_what_is_wrong(one: Report, text: str) -> None:
    assert repr(one) == text


@pytest.mark.parametrize(
    "one",
    [
        report(counts=Counts(read=1, rejected=1)),
        report(counts=Counts(read=1, unknown=1)),
        report(counts=Counts(read=1, not_tried=1)),
        report(counts=Counts(read=1, created=1), stopped="stopped by SIGINT"),
    ],
)
def test_it_raises_for_whatever_is_missing(one: Report) -> None:
    with pytest.raises(NotAllLoaded) as caught:
        one.raise_for_errors()
    assert caught.value.report is one
    assert str(caught.value) in repr(one)


def test_it_does_not_raise_where_all_is_loaded() -> None:
    COMPLETE.raise_for_errors()
    report(counts=Counts()).raise_for_errors()
    assert COMPLETE.is_complete


def test_a_pickled_report_keeps_the_figures() -> None:
    one = report(retries=3, stopped="stopped by SIGINT")
    copy = pickle.loads(pickle.dumps(one))
    assert copy == one
    assert copy.summary() == one.summary()
    with pytest.raises(LoadingError, match="pickled"):
        copy.iter_created()
    assert "2 rejected" in repr(copy)
