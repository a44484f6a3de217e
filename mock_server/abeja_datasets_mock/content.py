"""Content of the Data Lake from a folder, so that whole programs can be tested offline.

It is a test aid outside the contract. `GET /channels/CHANNEL/FILE` responds with a `download_uri`, as the platform
does. That link is signed, and needs no credential. The file is FOLDER/CHANNEL/FILE, and is read when the link is
followed. Nothing else of the Data Lake is served.
"""

import hashlib
import hmac
import json
import mimetypes
import re
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from starlette.responses import FileResponse
from starlette.responses import Response as StarletteResponse
from starlette.types import Scope

from .errors import Refusal, method_not_allowed, not_found
from .http.authentication import Authenticator
from .http.routing import segments

_INFORMATION, _DOWNLOAD = "channels", "_content"
_METHODS: Final = {_INFORMATION: ("GET",), _DOWNLOAD: ("GET", "HEAD")}
_SEGMENTS = 3
_LIFETIME = 3600
"""Seconds for which a link is valid."""
_HOST: Final = re.compile(rb"[A-Za-z0-9._:\[\]-]+")
_UNUSABLE: Final = re.compile(r"[/\\\x00]")


class Content:
    """Responds to requests for content, where there is a folder.

    Attributes:
        folder: with a folder for each channel; None for no content at all.

    Args:
        folder: the same.
        authenticator: checks who asks for a link.

    Raises:
        ValueError: there is no such folder.
    """

    def __init__(self, folder: Any, authenticator: Authenticator) -> None:
        self.folder: Path | None = None
        self._authenticator = authenticator
        self._key = secrets.token_bytes(32)
        self.serve(folder)

    def serve(self, folder: Any) -> None:
        """Serve the files in a folder from now on.

        Raises:
            ValueError: there is no such folder.
        """
        if folder is None:
            self.folder = None
        elif folder and isinstance(folder, str | Path) and Path(folder).is_dir():
            self.folder = Path(folder).absolute()
        else:
            raise ValueError(f"content: {str(folder)!r} is not a folder; name one that has a folder for each channel")

    def find(self, scope: Scope) -> StarletteResponse | None:
        """Return the response to a request for content; None for any other request.

        Raises:
            Refusal: the request is not carried out.
        """
        raw: bytes = scope["raw_path"]
        kind = raw[1:].partition(b"/")[0].decode("latin-1")
        if self.folder is None or kind not in _METHODS or raw.count(b"/") != _SEGMENTS:
            return None
        if scope["method"] not in _METHODS[kind]:
            raise method_not_allowed(scope["method"], _METHODS[kind])
        if kind == _INFORMATION:
            self._authenticator.check(scope["headers"], None)
        _, channel, file = segments(raw)
        if kind == _INFORMATION:
            return self._information(scope, channel, file)
        self._check_link(scope["query_string"], channel, file)
        return FileResponse(self._path(channel, file), media_type=_media_type(file))

    def _information(self, scope: Scope, channel: str, file: str) -> StarletteResponse:
        changed = self._path(channel, file).stat().st_mtime
        expires = int(time.time()) + _LIFETIME
        link = f"/{_DOWNLOAD}/{quote(channel, safe='')}/{quote(file, safe='')}?expires={expires}"
        information = {
            "url_expires_on": _time(expires),
            "uploaded_at": _time(changed),
            "metadata": {"x-abeja-meta-filename": quote(file, safe="")},
            "file_id": file,
            "download_uri": f"{_origin(scope)}{link}&signature={self._signed(channel, file, expires)}",
            "content_type": _media_type(file),
        }
        return StarletteResponse(json.dumps(information), media_type="application/json")

    def _path(self, channel: str, file: str) -> Path:
        """Return the path of a file.

        Raises:
            Refusal: 404, also for what leads out of the folder.
        """
        folder = self.folder
        if folder and not any(name in ("", ".", "..") or _UNUSABLE.search(name) for name in (channel, file)):
            try:
                # Only then is it known where symbolic links lead.
                path = (folder / channel / file).resolve()
                if path.is_relative_to(folder.resolve()) and path.is_file():
                    return path
            except (OSError, RuntimeError):  # a name that is too long, or links in a circle
                pass
        raise not_found("path: there is no such file")

    def _check_link(self, query: bytes, channel: str, file: str) -> None:
        given = dict(parse_qsl(query.decode("latin-1")))
        expires = given.get("expires", "")
        if not re.fullmatch("[0-9]{1,12}", expires) or int(expires) < time.time():
            raise _forbidden("the link has expired; ask for another")
        signature = self._signed(channel, file, int(expires))
        if not hmac.compare_digest(given.get("signature", "").encode(), signature.encode()):
            raise _forbidden("the link is not one of this server; ask for another")

    def _signed(self, channel: str, file: str, expires: int) -> str:
        text = json.dumps([channel, file, expires]).encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()


def _origin(scope: Scope) -> str:
    """Return the scheme, host and port by which the client has reached the server, perhaps through a proxy."""
    hosts = [value for name, value in scope["headers"] if name == b"host" and _HOST.fullmatch(value)]
    if hosts:
        return f"http://{hosts[0].decode('ascii')}"
    host, port = scope["server"]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _media_type(file: str) -> str:
    return mimetypes.guess_type(file)[0] or "application/octet-stream"


def _forbidden(why: str) -> Refusal:
    return Refusal(403, "forbidden", f"signature: {why}")
