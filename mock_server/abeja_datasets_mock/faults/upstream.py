"""The server behind the proxy, and its responses."""

from collections.abc import AsyncIterator, Awaitable, Callable

from .framing import CutShort, Head, NotHttp, Stream

_FIRST_FINAL = 200


class Upstream:
    """The server behind the proxy.

    Args:
        open_stream: connects to it.
        authority: the `Host` of requests to it; None keeps the client's.
        prefix: the beginning of its paths, with a slash at the start and none at the end; or empty.
    """

    def __init__(self, open_stream: Callable[[], Awaitable[Stream]], authority: bytes | None, prefix: bytes) -> None:
        self.open_stream = open_stream
        self._authority = authority
        self._prefix = prefix

    def redirected(self, head: Head) -> bytes:
        """Return the head of a request for the server: with its own Host, and below its prefix."""
        first, *lines = head.raw[:-4].split(b"\r\n")
        method, target, version = first.split(b" ")
        if target.startswith(b"/"):
            first = b" ".join((method, self._prefix + target, version))
        lines = [
            b"Host: " + self._authority if name == b"host" and self._authority is not None else line
            for (name, _), line in zip(head.fields, lines, strict=True)
        ]
        return b"\r\n".join((first, *lines, b"", b""))


class Response:
    """A response on its way.

    Attributes:
        is_interim: whether the last piece is an interim response (1xx), and the final response is still to come.
        is_whole: whether it has ended, and the connection can carry another.
    """

    def __init__(self, server: Stream, method: str) -> None:
        self.is_interim = False
        self.is_whole = False
        self._server = server
        self._method = method
        self._head_size = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield its bytes as they come, also of a response that is cut short or is not HTTP."""
        try:
            head = await self._server.head()
            while head is not None:
                self.is_interim = head.status < _FIRST_FINAL
                self._head_size = len(head.raw)
                yield head.raw
                if not self.is_interim:
                    break
                head = await self._server.head()
            else:
                return
            length = head.length(self._method)
            async for piece in self._server.body(length):
                yield piece
            self.is_whole = length != "until close"
        except CutShort:
            yield self._server.take(len(self._server.buffer))
        except NotHttp:
            self.is_interim = False
            async for piece in self._server.body("until close"):
                yield piece

    def half(self, size: int) -> int:
        """Return how many of its `size` bytes are half of it: the head and half of the body, if any."""
        body = size - self._head_size
        return self._head_size + body // 2 if body else size // 2
