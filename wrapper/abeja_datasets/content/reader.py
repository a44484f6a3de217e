"""Reading content by its URI: which scheme is read how, and how much of it at most."""

import os
import re
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from abeja_datasets.api_client import APIClient
from abeja_datasets.configuration import settings
from abeja_datasets.content import datalake, local, object_stores
from abeja_datasets.content.cache import Cache, folder_below
from abeja_datasets.content.paths import checked_folder
from abeja_datasets.content.uris import scheme_of, shown, unsupported
from abeja_datasets.content.web import SCHEMES, Web
from abeja_datasets.copying import check_pickles
from abeja_datasets.exceptions import InvalidResponse

Handler = Callable[[str], bytes]
"""Returns the content of a URI."""

MAX_CACHED_BYTES: Final = 256 * 1024 * 1024
_RECENT: Final = 8
_SCHEME: Final = re.compile("[a-z][a-z0-9+.-]*")


class ContentReader:
    """Reads the content of items.

    Threads may share it, it still works in a forked process, and it pickles: with the client, its credential among it.
    It opens connections when they are first needed.

    Args:
        api: the client that asks where content of the Data Lake is. Its timeout, deadline and retries hold for other
            content too; its credential is not sent there.
        content_root: the folder below which `file://` is read; without one it is not.
        max_content_bytes: the largest content that is accepted, decoded; else the client's `max_response_bytes`.
        cache_dir: the folder in which the cache has its own, `abeja-datasets`; else that of `ABEJA_STORAGE_DIR_PATH`,
            else the user's cache folder.
        max_cached_bytes: the largest content that is kept; default 256 MiB.
        content_handlers: functions by scheme, such as `{"ftp": fetch}`. Each takes a URI and returns its content as
            bytes. It goes before what is built in.

    Raises:
        ValueError: a setting is not usable. The message names it.
        TypeError: likewise.
    """

    def __init__(
        self,
        api: APIClient,
        *,
        content_root: str | os.PathLike[str] | None = None,
        max_content_bytes: int | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        max_cached_bytes: int | None = None,
        content_handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        own: settings.Settings = api._settings  # noqa: SLF001 - of this package
        self._api = api
        self._limit = settings.size("max_content_bytes", max_content_bytes, own.max_response_bytes)
        self._root = checked_folder("content_root", content_root)
        self._handlers = _checked_handlers(content_handlers)
        kept = settings.size("max_cached_bytes", max_cached_bytes, MAX_CACHED_BYTES)
        self._cache = Cache(folder_below(checked_folder("cache_dir", cache_dir), os.environ), kept)
        self._web = Web(own, self._limit)
        self._is_closed = False
        self._token = os.urandom(16).hex()

    def read(self, uri: Any, *, cache: bool = True) -> bytes:
        """Return the content of a URI.

        Args:
            uri: as the item has it, which may be anything.
            cache: whether content that is kept may be returned, and content that was fetched is kept.

        Raises:
            UnsupportedURI: it is not a URI, or one of a scheme that can't be read here.
            InvalidResponse: the content is larger than `max_content_bytes`, or the Data Lake has no URL for it.
            ConnectionFailed: it could not be fetched, or not wholly.
            HttpError: a server refused it, as `NotFound`, say.
        """
        return self._read(uri, cache)[0]

    def read_ahead(self, uri: Any) -> bytes | None:
        """Fetch content that will be asked for; return it where it can't be kept for that, and None where it is."""
        content, is_kept = self._read(uri, cache=True)
        return None if is_kept else content

    def close(self) -> None:
        """Close the connections to other servers than the API. Reading then raises RuntimeError."""
        self._is_closed = True
        self._web.close()

    def __reduce__(self) -> tuple[Any, ...]:
        for scheme, handler in self._handlers.items():
            check_pickles(f"content_handlers[{scheme!r}]", handler)
        return _restored, (self._token, self._api, self._limit, self._root, self._handlers, self._cache)

    def __repr__(self) -> str:
        return f"<ContentReader of {self._api!r}>"

    def _read(self, uri: Any, cache: bool) -> tuple[bytes, bool]:
        """Return the content, and whether it is on this machine now."""
        if self._is_closed:
            raise RuntimeError("the Client that this content belongs to is closed")
        scheme = scheme_of(uri)
        if scheme == local.SCHEME and scheme not in self._handlers:
            return self._bounded(uri, local.read(uri, self._root, self._limit)), True
        fetch = self._fetch(uri, scheme)
        key = self._key(uri, scheme)
        content = self._cache.read(key, self._limit) if cache else None
        if content is not None:
            return self._bounded(uri, content), True
        content = self._bounded(uri, fetch())
        return content, cache and self._cache.write(key, content)

    def _fetch(self, uri: str, scheme: str) -> Callable[[], bytes]:
        """Return what fetches the content.

        Raises:
            UnsupportedURI: nothing does.
        """
        if handler := self._handlers.get(scheme):
            return lambda: _from_handler(scheme, handler(uri))
        if scheme in SCHEMES:
            try:
                place = self._web.place(uri)
            except ValueError as error:
                raise unsupported(uri, str(error)) from error
            return lambda: self._web.get(place)
        if scheme == datalake.SCHEME:
            call = datalake.call(uri)
            return lambda: self._web.get(datalake.download_place(self._api._answer(call), self._web))  # noqa: SLF001 - of this package
        if scheme in object_stores.PACKAGES:
            return lambda: object_stores.read(uri, scheme, self._limit)
        why = f"pass a function for {scheme}, as Client(content_handlers={{{scheme!r}: function}})"
        raise unsupported(uri, f"the scheme is not http, https, datalake, s3, gs or file; {why}")

    def _key(self, uri: str, scheme: str) -> str:
        # A channel and a file are those of one platform: a test server has others of the same ids.
        base_url = self._api.base_url
        return f"{uri} {base_url}" if scheme == datalake.SCHEME and base_url != settings.BASE_URL else uri

    def _bounded(self, uri: str, content: bytes) -> bytes:
        if len(content) > self._limit:
            raise InvalidResponse(f"data_uri: {shown(uri)}: it is larger than max_content_bytes, {self._limit:,} bytes")
        return content


class _SharedReader(ContentReader):
    """The reader of all items that come from one reader of another process, and are unpickled one by one."""

    def __init__(self, token: str, *state: Any) -> None:
        self._token = token
        self._api, self._limit, self._root, self._handlers, self._cache = state
        self._web = Web(self._api._settings, self._limit)  # noqa: SLF001 - of this package
        self._is_closed = False

    def close(self) -> None:
        """Close the connections. Others may go on reading, over new ones."""
        before, self._web = self._web, Web(self._api._settings, self._limit)  # noqa: SLF001 - of this package
        before.close()


_shared: Final["weakref.WeakValueDictionary[str, _SharedReader]"] = weakref.WeakValueDictionary()
_recent: Final[deque[_SharedReader]] = deque(maxlen=_RECENT)
"""Those that were unpickled last: an item may be dropped before the next one comes."""


def _restored(token: str, *state: Any) -> ContentReader:
    reader = _shared.get(token)
    if reader is None:
        reader = _shared[token] = _SharedReader(token, *state)
        _recent.append(reader)
    return reader


def _from_handler(scheme: str, content: Any) -> bytes:
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    raise TypeError(f"content_handlers[{scheme!r}]: the function must return bytes, not {type(content).__name__}")


def _checked_handlers(given: Any) -> dict[str, Handler]:
    if not isinstance(given, Mapping | None):
        raise TypeError(f"content_handlers: a dict is needed, not {type(given).__name__}")
    handlers = {}
    for scheme, function in (given or {}).items():
        if not isinstance(scheme, str) or not _SCHEME.fullmatch(scheme.lower()):
            raise ValueError(f"content_handlers: a scheme such as 'ftp' is needed, not {scheme!r}")
        if not callable(function):
            raise TypeError(f"content_handlers[{scheme!r}]: a function is needed, not {type(function).__name__}")
        handlers[scheme.lower()] = function
    return handlers
