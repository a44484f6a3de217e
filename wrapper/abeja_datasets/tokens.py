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
        try:
            value = token.function()
        except Exception as error:
            raise token.failed(error) from error
        if inspect.iscoroutine(value):
            value.close()
            raise token.failed(TypeError("a coroutine function")) from TypeError(
                "auth_token: a coroutine function is for AsyncAPIClient; give APIClient a plain function"
            )
        return token.take(value)


async def async_renew(token: Token, refused: Credential | None, lock: AbstractAsyncContextManager[Any]) -> Credential:
    """The same; a plain function is called in a thread, so that a slow one does not hold the event loop."""
    import asyncio

    async with lock:
        if token.current is not None and token.current is not refused:
            return token.current
        try:
            value = await asyncio.to_thread(token.function)
            if inspect.isawaitable(value):
                value = await value
        except Exception as error:
            raise token.failed(error) from error
        return token.take(value)
