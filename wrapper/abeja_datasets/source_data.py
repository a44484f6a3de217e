"""What an item refers to: an image, a text, a video, with its content."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from abeja_datasets.configuration.settings import size
from abeja_datasets.content import ContentReader
from abeja_datasets.exceptions import Error

_PIECE = 1024 * 1024


class SourceData:
    """One entry of an item's source data.

    ::

        image = item.source_data[0].get_content()

    Every key of the entry is an attribute, such as `height`. `raw["height"]` is the same, for keys with the name of
    a method.

    Args:
        raw: the entry, as the API has it.
        content: reads the content; without one there is none to get.
    """

    __slots__ = ("__weakref__", "_ahead", "_content", "raw")

    def __init__(self, raw: Mapping[str, Any], content: ContentReader | None = None) -> None:
        self.raw: Any = raw  # whatever a server sends, the other items of its list can be used
        self._content = content
        self._ahead: bytes | Error | None = None

    @property
    def uri(self) -> Any:
        """Where the content is: `data_uri`, or None."""
        return self._get("data_uri")

    @property
    def type(self) -> Any:
        """The media type of the content: `data_type`, or None."""
        return self._get("data_type")

    def get_content(self, cache: bool = True) -> bytes:
        """Return the content.

        Args:
            cache: whether content that is kept on this machine may be returned, and what was fetched is kept.

        Raises:
            UnsupportedURI: the URI is invalid, or its scheme can't be read here.
            NotFound: there is no such content.
            HttpError: a server refused it.
            ConnectionFailed: it could not be fetched completely; also an OSError.
            InvalidResponse: it is larger than the limit, or the Data Lake has no URL for it.
        """
        ahead, self._ahead = self._ahead, None
        if isinstance(ahead, Error):
            raise ahead
        return self._reader().read(self.uri, cache=cache) if ahead is None else ahead

    def get_iter_content(self, cache: bool = True, chunk_size: int = _PIECE) -> Iterator[bytes]:
        """Return the content in pieces. All of it is fetched before the first one comes.

        Args:
            cache: as for `get_content`.
            chunk_size: bytes of a piece.

        Raises:
            ValueError: `chunk_size` is not over 0.
            Error: as for `get_content`.
        """
        return self._pieces(cache, size("chunk_size", chunk_size, _PIECE))

    def get_text(self, cache: bool = True, encoding: str | None = None) -> str:
        """Return the content as text.

        Args:
            cache: as for `get_content`.
            encoding: of the text; else UTF-8, with or without a byte order mark.

        Raises:
            ValueError: the content is not text in this encoding.
            LookupError: there is no such encoding.
            Error: as for `get_content`.
        """
        content = self.get_content(cache)
        try:
            return content.decode(encoding or "utf-8-sig")
        except ValueError as error:
            error.add_note(f"It is the content of {self!r}.")
            raise

    def get_json(self, cache: bool = True) -> Any:
        """Return the content as JSON.

        Args:
            cache: as for `get_content`.

        Raises:
            ValueError: the content is not JSON.
            Error: as for `get_content`.
        """
        content = self.get_content(cache)
        try:
            return json.loads(content)
        except ValueError as error:
            error.add_note(f"It is the content of {self!r}.")
            raise
        except RecursionError as error:
            raise ValueError(f"the content of {self!r} is JSON that is nested too deeply") from error

    def prefetch(self) -> None:
        """Fetch the content before it is asked for. A failure is raised where it is."""
        try:
            self._ahead = self._reader().read_ahead(self.uri)
        except Error as error:
            self._ahead = error

    def to_source_data(self) -> dict[str, Any]:
        """Return the entry as the API takes it: a new dict."""
        return dict(self.raw)

    def _reader(self) -> ContentReader:
        if self._content is None:
            raise RuntimeError("source_data: this was made without a client; get it from an item of a dataset")
        return self._content

    def _pieces(self, cache: bool, length: int) -> Iterator[bytes]:
        content = self.get_content(cache)
        for start in range(0, len(content), length):
            yield content[start : start + length]

    def _get(self, key: str) -> Any:
        return self.raw.get(key) if isinstance(self.raw, Mapping) else None

    def __getattr__(self, name: str) -> Any:
        # Pickle and copy ask for some of these before there is a `raw`.
        if not name.startswith("__") and name not in SourceData.__slots__ and isinstance(self.raw, Mapping):
            try:
                return self.raw[name]
            except KeyError:
                pass
        raise AttributeError(f"source_data: there is no {name!r} here", name=name, obj=self)

    def __dir__(self) -> list[str]:
        keys = self.raw if isinstance(self.raw, Mapping) else ()
        return sorted({*super().__dir__(), *(key for key in keys if isinstance(key, str))})

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, SourceData) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # its dict may change

    def __reduce__(self) -> tuple[Any, ...]:
        return SourceData, (self.raw, self._content)

    def __repr__(self) -> str:
        from abeja_datasets.content.uris import shown

        return f"<SourceData {shown(self.uri)} {self.type!r:.100}>"
