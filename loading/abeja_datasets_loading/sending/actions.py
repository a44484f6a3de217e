"""What a run does with its jobs: creates an item, say, or updates a batch of them."""

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol, TypeVar

from abeja_datasets.exceptions import Error

J = TypeVar("J")


class Action(Protocol[J]):
    """What is done with the jobs of a run: one request each."""

    idempotent: bool
    """Whether a request may be carried out twice."""

    def positions(self, job: J) -> Sequence[int]:
        """Return the positions of the input items in a job."""

    def send(self, job: J) -> Awaitable[Any]:
        """Send the request, once."""

    def succeeded(self, job: J, response: Any, attempts: int, started: float) -> None:
        """Record the outcome of a request, which started at this time of the monotonic clock."""

    async def refused(self, job: J, error: Exception, attempts: int) -> Sequence[J]:
        """Record that the server refuses a job, or return smaller jobs to send instead."""

    async def repeated(self, job: J, error: Error, attempts: int) -> Sequence[J]:
        """Return what to send again of a job that failed, and may be carried out twice: it, or smaller jobs.

        None is returned where the job is given up. The outcome is then recorded.
        """

    def unknown(self, job: J, error: Error, attempts: int) -> None:
        """Record that a job may have been carried out."""

    def planned(self, job: J, attempts: int) -> None:
        """Record that a job was not carried out."""
