"""The deadline of a call in a thread."""

from abeja_datasets.transports.http_libraries import bound_steps
from abeja_datasets.transports.httpx_transport import HttpxTransport
from abeja_datasets.transports.wire import Request, Response


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
