"""One connection through the proxy, which forwards requests and responses, and applies faults to them."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable

from .admin import PREFIX
from .effects import OnRequest, OnResponse
from .framing import CutShort, Length, NotHttp, Stream
from .live import Faults, Hit, identify
from .plan import Fault
from .struck import StruckRequest, StruckResponse
from .upstream import Response, Upstream

_logger = logging.getLogger("abeja_datasets_mock.faults")
_READ_AHEAD = 1024 * 1024
_LINGER = 2.0
"""Seconds that a client is read from after a response to a request that was not read to its end."""


class Connection:
    """A client's connection, and the connection to the server for it.

    Args:
        client: the client's side.
        upstream: where the server is.
        faults: the faults to apply.
        between: called after each response, to apply a fault between two requests; returns whether to close.

    Attributes:
        is_idle: whether no request is under way.
    """

    def __init__(self, client: Stream, upstream: Upstream, faults: Faults, between: Callable[[Hit], bool]) -> None:
        self.is_idle = True
        self._is_closed = False
        self._client = client
        self._upstream = upstream
        self._server: Stream | None = None
        self._faults = faults
        self._between = between
        self._is_body_sent = False

    async def run(self) -> None:
        """Forward requests and responses until one side closes."""
        try:
            with contextlib.suppress(CutShort):
                # A request that came just before the close must not be carried out behind the client's back.
                while await self._is_next() and not self._is_closed:
                    self.is_idle = False
                    if not await self._exchange():
                        break
                    self.is_idle = True
        except OSError:
            # The server reset the connection or can't be reached, or the client has gone.
            self._client.reset()
        finally:
            for stream in (self._client, self._server):
                if stream is not None:
                    stream.writer.close()

    def close(self) -> None:
        """Close an idle connection: the client sees its end, without notice."""
        self._is_closed = True
        self._client.writer.close()

    async def _is_next(self) -> bool:
        """Wait for the next request; return False where a side has closed, or the server sends without a request."""
        client, server = self._client, self._server
        if client.buffer:
            return True
        reads = [asyncio.ensure_future(stream.fill()) for stream in (client, server) if stream is not None]
        try:
            await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for read in reads:
                read.cancel()
            results = await asyncio.gather(*reads, return_exceptions=True)
        for result in results:
            if isinstance(result, OSError):
                raise result
        if server is not None and (server.buffer or server.is_at_end):
            await client.send(server.take(len(server.buffer)))
            return False
        return bool(client.buffer)

    async def _exchange(self) -> bool:
        """Forward one request and its response; return whether the connection goes on."""
        client = self._client
        try:
            head = await client.head()
            if head is None:
                return False
            try:
                length = head.length()
            except NotHttp:
                client.buffer[:0] = head.raw
                raise
        except NotHttp:
            await self._tunnel()
            return False
        hit = identify(head.method, head.target.partition(b"?")[0])
        # Faults must not prevent a change of the plan.
        is_spared = hit.path.startswith(PREFIX)
        struck = None if is_spared else self._faults.strike("wire", hit)
        if struck and isinstance(struck[0].effect, OnRequest):
            await struck[0].effect.apply(StruckRequest(client, length))
            return False
        server = await self._connect()
        await server.send(self._upstream.redirected(head))
        # A response may come before the end of the request: 100 Continue, or the refusal of a large body.
        request = asyncio.ensure_future(self._pass_body(server, length))
        try:
            goes_on = await self._pass_response(Response(server, head.method), request, struck)
        finally:
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)
        goes_on = (is_spared or not self._between(hit)) and goes_on
        if goes_on and not self._is_body_sent:
            await self._linger()
            return False
        return goes_on

    async def _pass_body(self, server: Stream, length: Length) -> None:
        """Forward the body of a request; then watch the client, so that the server sees when it goes."""
        client, self._is_body_sent = self._client, False
        try:
            try:
                async for piece in client.body(length):
                    await server.send(piece)
                self._is_body_sent = True
                while len(client.buffer) < _READ_AHEAD and await client.fill():
                    pass
            except NotHttp:
                async for piece in client.body("until close"):
                    await server.send(piece)
            except CutShort:
                pass
            # What came before the end may be another request, which is forwarded next.
            if client.is_at_end and not client.buffer:
                _end(server.writer)
        except OSError:
            # A reset of the client is forwarded. A reset of the server is seen where its response is read.
            server.writer.transport.abort()

    async def _pass_response(
        self, response: Response, request: asyncio.Future[None], struck: tuple[Fault, random.Random] | None
    ) -> bool:
        """Forward a response, or apply a fault to it; return whether the connection may go on."""
        if struck is None:
            async for piece in response.pieces():
                await self._client.send(piece)
            return response.is_whole
        whole = b""
        async for piece in response.pieces():
            if response.is_interim:
                await self._client.send(piece)
            else:
                whole += piece
        effect, chance = struck[0].effect, struck[1]
        assert isinstance(effect, OnResponse)  # noqa: S101 - no other strikes a response
        await effect.apply(StruckResponse(whole, response.half(len(whole)), chance, self._client, request))
        return response.is_whole and not effect.closes

    async def _connect(self) -> Stream:
        if self._server is None:
            try:
                self._server = await self._upstream.open_stream()
            except OSError as error:
                _logger.warning("the server can't be reached: %s", error)
                raise
        return self._server

    async def _tunnel(self) -> None:
        """Forward all bytes, both ways: what is not HTTP is the server's to refuse."""
        server = await self._connect()

        async def pump(source: Stream, target: Stream) -> None:
            async for piece in source.body("until close"):
                await target.send(piece)
            _end(target.writer)

        upward = asyncio.ensure_future(pump(self._client, server))
        try:
            await pump(server, self._client)
        finally:
            upward.cancel()
            await asyncio.gather(upward, return_exceptions=True)
        await self._linger()

    async def _linger(self) -> None:
        """Close the sending half, and read on for a while: a close with unread data would reset the connection."""
        _end(self._client.writer)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER):
                while await self._client.fill():
                    self._client.buffer.clear()


def _end(writer: asyncio.StreamWriter) -> None:
    """Close the sending half, or the connection where the transport allows no half."""
    with contextlib.suppress(OSError, RuntimeError):  # it is closed already
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()
