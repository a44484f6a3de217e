"""The values that a caller gives as an id, in a query or as a setting, as plain values of Python."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

_TAKEN: Final = "a str, an int, a finite float, a bool, an enum of these, or a list of these"


def plain(value: Any) -> Any:
    """Return the value of an enum, and of a scalar of numpy; any other object as it is, but no subclass of str or int.

    `str()` of an enum is its name in the program, and a subclass may print otherwise than it compares.
    """
    if type(value) in (str, int):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if hasattr(value, "dtype") and getattr(value, "shape", None) == () and hasattr(value, "item"):
        # numpy's scalars and its arrays without a dimension, and those of libraries that follow it.
        return value.item()
    return value


def query(params: Mapping[str, Any], shown: str = "params[{!r}]") -> dict[str, str | list[str]]:
    """Return the parameters of a query as text, without those that are None.

    Args:
        params: by name; a list stands for the same parameter several times.
        shown: how an error names a parameter.

    Raises:
        TypeError: a name or a value is of a type that no query can hold. The message names the parameter.
        ValueError: a value is NaN, infinite, no Unicode text, or too long.
    """
    texts: dict[str, str | list[str]] = {}
    for given, value in params.items():
        name = plain(given)
        if type(name) is not str:
            raise TypeError(f"params: a name is a str, not {type(given).__name__}, as {given!r:.80}")
        where = shown.format(name)
        if not is_unicode(name):
            raise ValueError(f"{where}: the name holds a lone surrogate, which is not Unicode text")
        if isinstance(value, list | tuple):
            texts[name] = [_text(f"{where}[{index}]", one) for index, one in enumerate(value)]
        elif value is not None:
            texts[name] = _text(where, value)
    return texts


def headers(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the header parameters of a call as text, without those that are None.

    Raises:
        TypeError: a value is of a type that no header can hold. The message names the parameter.
        ValueError: a value holds what no header can carry, such as a line break.
    """
    from abeja_datasets.configuration import options

    return options.headers(query(params, "{}"))


def is_unicode(text: str) -> bool:
    """Return whether text has a form in UTF-8: a lone surrogate has none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(where: str, given: Any) -> str:
    value = plain(given)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        try:
            return str(value)
        except ValueError as error:  # thousands of digits
            raise ValueError(f"{where}: {error}") from None
    if isinstance(value, float):
        if value - value != 0:  # NaN, or infinite; importing the client loads no module for this
            raise ValueError(f"{where}: {value} can't be sent; a finite number is needed")
        return float.__repr__(value)
    if not isinstance(value, str):
        raise TypeError(f"{where}: {_TAKEN} is needed, not {type(given).__name__}")
    if not is_unicode(value):
        raise ValueError(f"{where}: {value!r:.80} holds a lone surrogate, which is not Unicode text")
    return value
