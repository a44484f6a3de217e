"""Calling the function that returns an `auth_token`: once for all calls that wait for the same token."""

import inspect
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

from abeja_datasets.credentials import Credential, Token


def renew(token: Token, refused: Credential | None, lock: AbstractContextManager[Any]) -> Credential:
    """Return a token that is not the one that was refused.

    Args:
        token: its function is called unless another thread has called it meanwhile.
        refused: the token that the server did not accept; None where there was none yet.
        lock: of the process.

    Raises:
        CredentialNotFound: the function raised an error, or returned no token.
    """
    with lock:
        if token.current is not None and token.current is not refused:
            return token.current
        # The value never is a local here: error reporters show those.
        return token.take(_called(token))


async def async_renew(token: Token, refused: Credential | None, lock: AbstractAsyncContextManager[Any]) -> Credential:
    """The same; a plain function is called in a thread, so that a slow one does not hold the event loop."""
    async with lock:
        if token.current is not None and token.current is not refused:
            return token.current
        return token.take(await _awaited(token))


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
    import asyncio

    try:
        value = await asyncio.to_thread(token.function)
        return await value if inspect.isawaitable(value) else value
    except Exception as error:
        raise token.failed(error) from error
