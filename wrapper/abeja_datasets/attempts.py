"""What a client says of each attempt and of each response: to a hook, and to those who want more than the data."""

from typing import Any, Generic, NamedTuple, TypeVar

from abeja_datasets.exceptions import Attempt
from abeja_datasets.headers import Headers

T = TypeVar("T")


class AttemptReport(NamedTuple):
    """One attempt, as `on_attempt` is told of it when it is over."""

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


class Hook:
    """Calls a function and survives it: a hook that raises is logged once, and the call goes on."""

    __slots__ = ("_has_failed", "_hook")

    def __init__(self, hook: Any) -> None:
        self._hook = hook
        self._has_failed = False

    def __call__(self, report: AttemptReport) -> None:  # noqa: D102 - it is the hook
        try:
            self._hook(report)
        except Exception:
            if not self._has_failed:
                self._has_failed = True
                import logging

                logging.getLogger("abeja.datasets").exception("on_attempt raised an error; further ones are not logged")
