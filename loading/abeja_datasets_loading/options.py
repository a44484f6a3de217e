"""The options of a run, checked."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, Literal

from abeja_datasets.exceptions import InvalidIdentifier

Identifier = str | int
"""The id of an organization or of a dataset."""
Item = Mapping[str, Any]
"""An item of an input."""
ItemId = int | str | Item
"""The id of an item, or an item of a response, which has one."""
OnError = Literal["continue", "stop"]
"""What a run does after an item is rejected."""

_MOST: Final = 1e9
"""More than any number of seconds, or of requests a second, that can be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the functions of loading take beside the client, the target and the input.

    Attributes:
        concurrency: the most requests at once.
        rate: the most requests a second; None for no limit.
        on_error: whether a run goes on after an item is rejected.
        max_errors: how many items may be rejected before the run stops; None for no limit.
        on_progress: see `progress.reporter`.
        settle_after: seconds after which a request can't be carried out any more; None for twice the client's timeout
            and one second.
        max_outage: seconds without any success after which a run stops.
        total: how many items the input has, for the progress; None where that is not known.
    """

    concurrency: int = 64
    rate: float | None = None
    on_error: OnError = "continue"
    max_errors: int | None = None
    on_progress: Any = None
    settle_after: float | None = None
    max_outage: float = 900.0
    total: int | None = None

    def __post_init__(self) -> None:
        """Check each.

        Raises:
            ValueError: a value is not usable; the message names it.
            TypeError: it is of a wrong type.
        """
        whole("concurrency", self.concurrency, least=1)
        if self.rate is not None:
            _number("rate", self.rate, is_zero_allowed=False)
        if self.on_error not in ("continue", "stop"):
            raise ValueError(f"on_error: 'continue' or 'stop' is needed, not {self.on_error!r:.80}")
        if self.max_errors is not None:
            whole("max_errors", self.max_errors, least=0)
        if self.settle_after is not None:
            _number("settle_after", self.settle_after)
        _number("max_outage", self.max_outage)
        if self.total is not None:
            whole("total", self.total, least=0)


def check_items(items: Any, name: str = "items") -> None:
    """Check that an input can be read item by item.

    Raises:
        TypeError: it can't, or is one item.
    """
    is_iterable = hasattr(items, "__iter__") or hasattr(items, "__aiter__") or hasattr(items, "__getitem__")
    if not is_iterable or isinstance(items, str | bytes | bytearray | dict):
        raise TypeError(
            f"{name}: an iterable of {name}, such as a list or a generator, is needed, not {kind_of(items)}"
        )


def length(items: Any) -> int | None:
    """Return how many items an input has; None where it does not say."""
    try:
        return len(items)
    except Exception:  # noqa: BLE001 - a length is for the progress alone; reading the input shows what is wrong with it
        return None


def place_of(organization_id: object, dataset_id: object) -> tuple[str, str]:
    """Return the text of the ids of an organization and of a dataset.

    Raises:
        InvalidIdentifier: one is of a wrong type. (The client refuses a text that no id can have.)
    """
    return _identifier("organization_id", organization_id), _identifier("dataset_id", dataset_id)


def _identifier(name: str, value: object) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # of an enum, its value
    try:
        if not isinstance(value, bool):
            return str(operator.index(value))  # type: ignore[arg-type] # it raises for others
    except (TypeError, ValueError):  # no integer, or one of more digits than Python writes
        pass
    raise InvalidIdentifier(f"{name}: an id is a str or an int, not {kind_of(value)}")


def file_path(name: str, value: object) -> Path:
    """Return the path of a file.

    Raises:
        ValueError: no file can have it; the message names the argument.
        TypeError: it is not a path.
    """
    if not isinstance(value, str | PathLike) or not isinstance(text := fspath(value), str):
        raise TypeError(f"{name}: the path of a file, a str or a Path, is needed, not {kind_of(value)}")
    if not text or "\0" in text:
        raise ValueError(f"{name}: the path of a file is needed, not {text!r:.80}")
    return Path(text)


def path_text(name: str, value: object) -> str:
    """Return a path or URL as text.

    Args:
        name: of the argument, for errors.
        value: what was given.

    Raises:
        ValueError: nothing can be there.
        TypeError: it is not a path.
    """
    if not isinstance(value, str | PathLike) or not isinstance(text := fspath(value), str):
        raise TypeError(f"{name}: a path or URL, a str or a Path, is needed, not {kind_of(value)}")
    if not text or "\0" in text:
        raise ValueError(f"{name}: a path or URL is needed, not {text!r:.80}")
    return text


def whole(name: str, value: object, *, least: int, most: int | None = None) -> None:
    """Check a whole number.

    Raises:
        ValueError: it is too small or too large; the message names it.
        TypeError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: an int is needed, not {kind_of(value)}")
    if value < least:
        raise ValueError(f"{name}: {least} or more is needed, not {value}")
    if most is not None and value > most:
        raise ValueError(f"{name}: {most:,} or less is needed, not {value}")


def seconds(name: str, value: object) -> None:
    """Check a number of seconds, more than 0.

    Raises:
        ValueError: it is too small or too large; the message names it.
        TypeError: it is something else.
    """
    _number(name, value, is_zero_allowed=False)


def _number(name: str, value: object, *, is_zero_allowed: bool = True) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: a number is needed, not {kind_of(value)}")
    # Comparing is exact, also with an int that no float can hold.
    if not 0 <= value <= _MOST or (value == 0 and not is_zero_allowed):
        least = "0 or more" if is_zero_allowed else "more than 0"
        raise ValueError(f"{name}: a number of {least}, and at most {_MOST:,.0f}, is needed, not {repr(value)[:40]}")


def kind_of(value: object) -> str:
    """Return the type of a value, for a message: `a list`, `an int`."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
