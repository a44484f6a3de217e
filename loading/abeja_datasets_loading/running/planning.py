"""Which items of an input are sent: those that the journal does not know, and some that it does."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Prepared
from abeja_datasets_loading.items.reading import Entry, Reader, Refused, size_of
from abeja_datasets_loading.journal.records import Change, Record, State

if TYPE_CHECKING:
    from abeja_datasets_loading.running.run import Run

SendAgain = Callable[[int], None]

_KILLED: Final = "the run that sent it ended before an outcome was recorded"
_AGAIN: Final = 256


async def planned(run: "Run", reader: Reader, send_again: SendAgain | None) -> AsyncIterator[Sequence[Prepared]]:
    """Iterate over the items to send, in blocks; at the end of the input, record that it was complete.

    Args:
        run: the run, which takes the items that can't be sent.
        reader: of the input.
        send_again: takes the position of each item that is sent again though an earlier run may have sent it; None
            where such items are not sent.
    """
    while block := await reader.next_block():
        known = await run.writer.take_block(block[0].position, [entry.fingerprint for entry in block])
        due, others = _divided(run, block, known, send_again)
        for entry in others:
            if isinstance(entry, Refused) and entry.position not in known:
                run.reject(entry.position, entry.reason, entry.item)
        reader.done(len(others), sum(map(size_of, others)))
        run.left_out += sum(entry.left_out for entry in block if isinstance(entry, Prepared))
        if due:
            yield due
    if reader.has_ended:
        await run.writer.call(partial(run.journal.complete, reader.read))


async def grouped(
    blocks: AsyncIterator[Sequence[Prepared]], jobs: Callable[[Sequence[Prepared]], Sequence[Any]]
) -> AsyncIterator[Sequence[Any]]:
    """Make jobs of blocks of items."""
    async for block in blocks:
        yield jobs(block)


async def again(records: Iterator[Record]) -> AsyncIterator[Sequence[Prepared]]:
    """Iterate over items that are sent again, as they are in the journal, in blocks."""
    block: list[Prepared] = []
    for record in records:
        if record.item is not None:
            block.append(Prepared(record.position, json.loads(record.item), b"", record.fingerprint, 0))
        if len(block) == _AGAIN:
            yield block
            block = []
    if block:
        yield block


def _divided(
    run: "Run", block: Sequence[Entry], known: Mapping[int, Record], send_again: SendAgain | None
) -> tuple[list[Prepared], list[Entry]]:
    """Return the entries of a block that are to be sent, and the others."""
    due: list[Prepared] = []
    others: list[Entry] = []
    for entry in block:
        record = known.get(entry.position)
        if isinstance(entry, Prepared) and (record is None or _is_due(run, entry, record, send_again)):
            due.append(entry)
        else:
            others.append(entry)
    return due, others


def _is_due(run: "Run", entry: Prepared, record: Record, send_again: SendAgain | None) -> bool:
    """Return whether an item is to be sent that the journal knows."""
    if record.state in (State.SENT, State.UNKNOWN) and send_again is not None:
        run.forget_unknown()
        send_again(entry.position)
        return True
    if record.state is State.SENT:
        text = item_text(entry.body)
        run.writer.record(Change(entry.position, State.UNKNOWN, reason=_KILLED, item=text))
    # What was refused before it was sent may be valid now: the dataset's categories have changed.
    return record.state is State.REJECTED and not record.attempts
