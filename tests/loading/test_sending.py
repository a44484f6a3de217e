"""Jobs of a run that stops at the worst moment."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial

from abeja_datasets.exceptions import ConnectionFailed, Error, Unauthorized
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Target
from abeja_datasets_loading.journal.writer import BLOCK, Writer
from abeja_datasets_loading.sending.outages import _FAILURES
from abeja_datasets_loading.sending.sending import Sending


class _RefusedLast:
    """Requests that all fail: just before the pause that follows, the credential is refused."""

    idempotent = False

    def __init__(self) -> None:
        self.sent = 0
        self.given_back: set[int] = set()
        self._pause_is_due = asyncio.Event()

    def positions(self, job: int) -> Sequence[int]:
        return (job,)

    async def send(self, _job: int) -> None:
        self.sent += 1
        number = self.sent
        if number == _FAILURES:
            await self._pause_is_due.wait()
            raise Unauthorized("unauthorized", "", None, 401)
        if number > _FAILURES:
            self._pause_is_due.set()
            await asyncio.sleep(0)  # the refusal comes first, in the same turn of the event loop
        raise _lost()

    def succeeded(self, *_: object) -> None:
        raise AssertionError

    async def refused(self, *_: object) -> Sequence[int]:
        raise AssertionError

    async def repeated(self, *_: object) -> Sequence[int]:
        raise AssertionError

    def unknown(self, *_: object) -> None:
        pass

    def planned(self, job: int, _attempts: int) -> None:
        self.given_back.add(job)


def _lost() -> Error:
    error = ConnectionFailed("reset")
    error.outcome = "unknown"
    return error


async def _blocks() -> AsyncIterator[Sequence[int]]:
    yield range(4 * BLOCK)


def test_a_run_that_stops_as_an_outage_begins_ends() -> None:
    async def main() -> None:
        journal = Journal.open(None, Target("create", "", "1", "2", None))
        writer = Writer(journal)
        action = _RefusedLast()
        reasons: list[str] = []

        def stop(reason: str, error: BaseException | None) -> None:
            del error
            reasons.append(reason)
            sending.stop()

        begin = partial(Sending[int], action, writer, concurrency=64, rate=None, max_outage=900)
        sending = begin(say=lambda _: None, stop=stop)
        try:
            async with asyncio.timeout(10):
                await sending.run(_blocks())
        finally:
            writer.close()
            journal.close()
        assert len(reasons) == 1
        # What was ready, and was not sent, is recorded as planned again.
        assert action.given_back >= set(range(action.sent, BLOCK))

    asyncio.run(main())
