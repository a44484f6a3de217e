"""The headers of a response: a mapping in which the case of a name does not matter (RFC 9110, section 5.1)."""

from collections.abc import Iterable, Iterator, Mapping

_CODING_LENGTH = len("content-encoding")


class Headers(Mapping[str, str]):
    """Headers by name. A name that came several times has its values joined by ", " (RFC 9110, section 5.3).

    Args:
        pairs: names and values, as they came.
    """

    __slots__ = ("_pairs", "_read")

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._pairs = pairs
        self._read: dict[str, str] | None = None

    def coding(self) -> str | None:
        """Return `Content-Encoding`, which each response is asked for, without reading the others."""
        if self._read is None:
            for name, _ in self._pairs:
                if len(name) == _CODING_LENGTH and name.lower() == b"content-encoding":
                    return self.get("content-encoding")
            return None
        return self.get("content-encoding")

    @property
    def _values(self) -> dict[str, str]:
        # Most responses are never asked for their headers.
        if self._read is None:
            self._read = _values(self._pairs)
        return self._read

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({self._values!r})"

    def __reduce__(self) -> "tuple[type[Headers], tuple[list[tuple[bytes, bytes]]]]":
        return Headers, ([(name.encode("latin-1"), value.encode()) for name, value in self._values.items()],)

    @property
    def request_id(self) -> str | None:
        """The value of the first header whose name ends in `request-id`; None where there is none."""
        return next((value for name, value in self._values.items() if name.endswith("request-id")), None)


def _values(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        values[name] = f"{values[name]}, {value}" if name in values else value
    return values


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
