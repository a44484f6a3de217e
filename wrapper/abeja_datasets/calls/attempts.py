"""What a client says of each attempt and of each response: to a hook, and to those who want more than the data."""

from collections.abc import Awaitable, Coroutine
from typing import Any, Generic, NamedTuple, TypeVar

from abeja_datasets.calls.headers import Headers
from abeja_datasets.copying import check_pickles
from abeja_datasets.exceptions import Attempt

T = TypeVar("T")


class AttemptReport(NamedTuple):
    """One attempt, as `on_attempt` is called with it when it is over."""

    operation: str
    """The method of the client, such as `get_dataset`."""
    method: str
    """The HTTP method."""
    path: str
    """The path as it was sent, without the query."""
    status: int | None
    """The status of the response; None where no whole response came."""
    error: str | None
    """The failure in words; None where a response came."""
    seconds: float
    """How long the attempt took."""
    number: int
    """1 for the first attempt of a call."""


class RawResponse(NamedTuple, Generic[T]):
    """A response with all that belongs to it."""

    status: int
    headers: Headers
    """By name, in any case."""
    data: T
    """What the method returns without `with_raw_response`."""
    attempts: tuple[Attempt, ...]
    """What happened each time the request was sent; the last is this response."""
    seconds: float
    """How long the whole call took, with its retries and waits."""

    @property
    def request_id(self) -> str | None:
        """The id that the server gave the request, from a header whose name ends in `request-id`; None without one."""
        return self.headers.request_id


def without_raw_response(name: str) -> str:
    """Return what to use instead of an attribute that `with_raw_response` does not have."""
    problem = f"with_raw_response has no {name!r}"
    if name.startswith("iter_"):
        page = f"list_{name.removeprefix('iter_')}"
        return f"{problem}: each page has a response; call with_raw_response.{page} for one page, or client.{name}"
    return f"{problem}, but the ten methods of the API; use the client itself: client.{name}"


class Hook:
    """Calls a function and survives it: a hook that fails is logged once, and the call goes on."""

    __slots__ = ("_has_failed", "_hook")

    def __init__(self, hook: Any) -> None:
        self._hook = hook
        self._has_failed = False

    def __call__(self, report: AttemptReport) -> Awaitable[object] | None:
        """Call the function; return what is still to be awaited, for `finish` or `async_finish`."""
        try:
            result = self._hook(report)
        except Exception:  # noqa: BLE001 - it is logged
            self._failed("raised an error", with_error=True)
            return None
        return result if hasattr(type(result), "__await__") else None

    def finish(self, unfinished: Awaitable[object]) -> None:
        """Drop what would have to be awaited, where nothing can await it."""
        if isinstance(unfinished, Coroutine):
            unfinished.close()
        self._failed("returned a coroutine, which is for AsyncAPIClient; give APIClient a plain function")

    async def async_finish(self, unfinished: Awaitable[object]) -> None:
        """Await it."""
        try:
            await unfinished
        except Exception:  # noqa: BLE001 - it is logged
            self._failed("raised an error", with_error=True)

    def copied(self) -> "Hook":
        """Return a hook of the same function that has not failed."""
        return Hook(self._hook)

    def __reduce__(self) -> "tuple[type[Hook], tuple[Any]]":
        check_pickles("on_attempt", self._hook)
        return Hook, (self._hook,)

    def _failed(self, how: str, *, with_error: bool = False) -> None:
        if self._has_failed:
            return
        self._has_failed = True
        import logging

        logging.getLogger("abeja.datasets").error(
            "on_attempt %s; further failures are not logged", how, exc_info=with_error
        )
