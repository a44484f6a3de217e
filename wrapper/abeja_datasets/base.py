"""What the sync and the async client have in common: how they are made, how they look, and the views of them."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from abeja_datasets.configuration import settings
from abeja_datasets.copying import Shared
from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    import copy

    from abeja_datasets import async_api_client
    from abeja_datasets.calls import attempts
    from abeja_datasets.transports import checks, wire
else:
    copy = LazyModule("copy")
    async_api_client = LazyModule("abeja_datasets.async_api_client")
    attempts = LazyModule("abeja_datasets.calls.attempts")
    checks = LazyModule("abeja_datasets.transports.checks")
    wire = LazyModule("abeja_datasets.transports.wire")


class BaseClient:
    """A client's settings. Making one sends nothing and opens nothing."""

    _http_client: Any = None

    def __init__(
        self,
        credential: Mapping[str, Any] | None,
        timeout: float | None,
        max_retry_count: int | None,
        base_url: str | None,
        *,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        user_agent: str | None = None,
        on_attempt: Callable[["attempts.AttemptReport"], object] | None = None,
        is_async: bool = False,
    ) -> None:
        self._settings = settings.settle(
            credential,
            timeout,
            max_retry_count,
            base_url,
            os.environ,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            user_agent=user_agent,
            on_attempt=on_attempt,
            is_async=is_async,
        )
        # A client and its views share their session, whichever of them opens it.
        self._shared = Shared()
        self._is_raw = False

    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at the end."""
        return self._settings.base_url

    @property
    def timeout(self) -> float:
        """Seconds for connecting and for each read."""
        return self._settings.timeout

    def with_options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_retry_count: int | None = None,
        headers: Mapping[str, str] | None = None,
        decode: Callable[[bytes], Any] | None = None,
    ) -> Self:
        """Return a view of this client with other options. It shares the connections, and closes with them.

        ::

            api_client.with_options(deadline=5).get_dataset(organization_id, dataset_id)

        Args:
            timeout: seconds, as for the client itself; None leaves it as it is, and so for each of these.
            deadline: seconds for a whole call with its retries.
            max_retry_count: how many times a call is repeated at most.
            headers: headers to send beside the client's own, for tracing, say. Those of an earlier view stay, unless
                they have the same name.
            decode: a faster function for the JSON of responses, such as `msgspec.json.decode`. The client's own decoder
                reads each body for which the function raises a ValueError. `orjson.loads` does not fit: it rounds
                integers of more than 64 bits.

        Raises:
            ValueError: an option is not usable. The message names it.
            TypeError: `headers` is not a dict of str, or `decode` is not a function.
        """
        try:
            changed = settings.changed(
                self._settings,
                timeout=timeout,
                deadline=deadline,
                max_retry_count=max_retry_count,
                headers=headers,
                decode=decode,
            )
        except BaseException as error:
            del headers  # they may hold a secret
            wire.forget_locals(error)
            raise
        return self._view(_settings=changed)

    def _use(self, http_client: Any, base_url: str | None) -> None:
        """Take the settings of a given client where there are none of ours."""
        from abeja_datasets.transports.over_httpx.given_clients import settings_beside

        self._settings = settings_beside(self._settings, http_client, base_url, os.environ)

    def __copy__(self) -> Self:
        return self._view(_settings=self._settings.copied(), _shared=Shared())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # A client and its views, copied together, share the session of the copies.
        copied = memo[id(self)] = self._view(
            _settings=self._settings.copied(), _shared=copy.deepcopy(self._shared, memo)
        )
        return copied

    def __getstate__(self) -> dict[str, Any]:
        if self._http_client is not None:
            raise TypeError(
                f"http_client: {self!r} can't be pickled, since its connections are those of the http_client that it "
                "was given; make both in each process"
            )
        return self.__dict__.copy()

    def __repr__(self) -> str:
        shown: settings.Settings | None = self.__dict__.get("_settings")
        if shown is None:  # an error reporter looks at a client whose constructor failed
            return f"<{type(self).__name__}, which could not be made>"
        return (
            f"<{type(self).__name__} base_url={shown.base_url!r} credential={shown.credential!r} "
            f"timeout={shown.timeout:g} max_retry_count={shown.max_retry_count}>"
        )

    def _view(self, **changes: Any) -> Self:
        view = object.__new__(type(self))
        view.__dict__.update({**self.__dict__, **changes})
        return view


class SyncClient(BaseClient):
    """What the sync client alone has."""

    def to_async(self, *, transport: Literal["httpx", "aiohttp"] | None = None) -> "async_api_client.AsyncAPIClient":
        """Return an asyncio client with the settings, credential, hook and headers of this one.

        ::

            async with api_client.to_async(transport="aiohttp") as async_client:
                dataset = await async_client.get_dataset(organization_id, dataset_id)

        It has connections of its own. Close both.

        Args:
            transport: the HTTP library to send with, as for `AsyncAPIClient`.

        Raises:
            ValueError: this client was given an `http_client`, or there is no such transport.
            ImportError: the extra of the transport is not installed.
        """
        if self._http_client is not None:
            raise ValueError(
                "http_client: asyncio can't send with the httpx.Client that this client was given; make an "
                "AsyncAPIClient with an httpx.AsyncClient as its http_client"
            )
        if transport is not None:
            checks.check(None, transport, is_async=True)
        made = object.__new__(async_api_client.AsyncAPIClient)
        own = {"_settings": self._settings.copied(), "_shared": Shared(), "_transport": transport}
        made.__dict__.update({**self.__dict__, **own})
        return made
