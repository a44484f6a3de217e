"""Calling the function that returns an `auth_token`: once for all calls that wait for the same token."""

import inspect
from typing import TYPE_CHECKING, Any

from abeja_datasets.configuration.credentials import Credential, Token
from abeja_datasets.lazy import LazyModule
from abeja_datasets.transports.wire import out_of_time

if TYPE_CHECKING:
    import asyncio
    import threading
else:
    asyncio = LazyModule("asyncio")
    threading = LazyModule("threading")

_under_way: "set[asyncio.Task[Credential]]" = set()
"""An event loop alone does not keep its tasks."""


def renew(token: Token, refused: Credential | None, lock: "threading.Lock", seconds: float | None) -> Credential:
    """Return a token that is not the one that was refused.

    Args:
        token: its function is called unless another thread has called it meanwhile.
        refused: the token that the server did not accept; None where there was none yet.
        lock: of the process.
        seconds: until the deadline of the call. A function that takes longer goes on, and a later call takes its token.

    Raises:
        CredentialNotFound: the function raised an error, or returned no token.
        Failure: it was slower than the deadline.
    """
    if seconds is None:
        lock.acquire()
        return _renewed(token, refused, lock)
    import time

    deadline = time.monotonic() + seconds
    if not lock.acquire(timeout=seconds):
        raise out_of_time()
    return _renewed_in_time(token, refused, lock, deadline - time.monotonic())


async def async_renew(
    token: Token, refused: Credential | None, lock: "asyncio.Lock", seconds: float | None
) -> Credential:
    """The same; a plain function is called in a thread, so that a slow one does not hold the event loop."""
    try:
        async with asyncio.timeout(seconds):
            await lock.acquire()
            renewal = asyncio.create_task(_async_renewed(token, refused, lock))
            _under_way.add(renewal)
            renewal.add_done_callback(_forget)
            return await asyncio.shield(renewal)
    except TimeoutError as error:
        raise out_of_time() from error


def _renewed(token: Token, refused: Credential | None, lock: "threading.Lock") -> Credential:
    """Return the token, and release the lock, which the caller holds."""
    try:
        # The value never is a local here: error reporters show those.
        return token.instead_of(refused) or token.take(_called(token))
    finally:
        lock.release()


async def _async_renewed(token: Token, refused: Credential | None, lock: "asyncio.Lock") -> Credential:
    try:
        return token.instead_of(refused) or token.take(await _awaited(token))
    finally:
        lock.release()


def _renewed_in_time(token: Token, refused: Credential | None, lock: "threading.Lock", seconds: float) -> Credential:
    """Call the function in a thread: nothing else can end the wait for it."""
    from abeja_datasets.transports import in_time

    try:
        return in_time.run(lambda: _renewed(token, refused, lock), seconds)
    except in_time.OverTime as error:
        raise out_of_time() from error


def _forget(renewal: "asyncio.Task[Credential]") -> None:
    _under_way.discard(renewal)
    if not renewal.cancelled():
        # Where no call waits any more, asyncio would log that nobody has asked for it.
        renewal.exception()


def _called(token: Token) -> Any:
    try:
        value = token.function()
    except Exception as error:
        raise token.failed(error) from error
    if inspect.iscoroutine(value):
        value.close()
        raise token.unawaited()
    return value


async def _awaited(token: Token) -> Any:
    try:
        value = await asyncio.to_thread(token.function)
        return await value if inspect.isawaitable(value) else value
    except Exception as error:
        raise token.failed(error) from error
