"""A request and its response, written at once."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from abeja_datasets_mock.errors import CLOSE


class WholeResponseCycle(RequestResponseCycle):
    """Writes the head of a response together with its body, where that comes in one piece.

    uvicorn writes them one after the other, which takes a sixth of the time of a read.
    """

    _head: Any = None

    async def send(self, message: Any) -> None:
        """Take a part of the response (ASGI), and write it unless it is the head."""
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is None:
            await super().send(message)
        elif (
            message.get("more_body")
            or self.scope["method"] == "HEAD"
            or not self._write(head, message.get("body", b""))
        ):
            await super().send(head)
            await super().send(message)

    def _write(self, head: Any, body: bytes) -> bool:
        """Write a whole response; return False where uvicorn must do it, with its waits and its framing."""
        headers = head["headers"]
        named = dict(headers)  # ASGI has names in lower case.
        if self.flow.write_paused or self.disconnected or named.get(b"content-length") != b"%d" % len(body):
            return False
        if b"close" in named.get(b"connection", b"").lower():
            self.keep_alive = False
        elif not self.keep_alive:
            headers = [*headers, CLOSE]
        fields = map(b": ".join, (*self.default_headers, *headers))
        self.transport.write(STATUS_LINE[head["status"]] + b"\r\n".join((*fields, b"", body)))
        self._complete()
        return True

    def _complete(self) -> None:
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
