"""The deadline of a call in a thread."""

import time

from abeja_datasets.transports import in_time
from abeja_datasets.transports.over_httpx.httpx_transport import GivenClient, HttpxTransport
from abeja_datasets.transports.over_httpx.steps import Steps, watching
from abeja_datasets.transports.over_httpx.streams import bound_steps
from abeja_datasets.transports.wire import Request, Response, out_of_time


class Bounded:
    """Ends a request when its deadline is over, whatever it waits for.

    Args:
        transport: sends the requests.
    """

    def __init__(self, transport: HttpxTransport) -> None:
        self._transport = transport
        self._now = bound_steps(transport.http_transport)
        self.library = transport.library

    def send(self, request: Request) -> Response:
        """Send a request and return its whole response."""
        if request.deadline is None:
            return self._transport.send(request)
        self._now.deadline = request.deadline
        try:
            return self._transport.send(request)
        finally:
            self._now.deadline = None

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


class BoundedGiven:
    """Does the same for a client that the caller gave, whose connections are not ours to bound.

    Args:
        transport: sends the requests. One with a deadline is sent in a thread. When the deadline is over its connection
            is shut down, and the thread ends.
    """

    def __init__(self, transport: GivenClient) -> None:
        self._transport = transport
        self.library = transport.library

    def send(self, request: Request) -> Response:
        """Send a request and return its whole response."""
        left = request.seconds_left()
        if left is None:
            return self._transport.send(request)
        steps = Steps(time.monotonic() + left)
        before = watching.set(steps)
        try:
            return in_time.run(lambda: self._transport.send(request), left)
        except in_time.OverTime:
            is_sent = steps.is_sent
            steps.end()
            raise out_of_time(sent=is_sent) from None
        finally:
            watching.reset(before)

    def close(self) -> None:
        """Leave the client open."""
