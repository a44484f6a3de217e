"""Numbers as annotation files hold them, without rounding."""

import math
import re
from decimal import Context, Decimal
from typing import Any, Final

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_SPACES: Final = " \t\r\n"
_MOST_DIGITS: Final = 4000
"""Python converts integers of up to 4,300 digits."""
EXACT: Final = Context(prec=100)
"""Enough for sums and products of coordinates as people write them."""


def number(text: str) -> int | float | None:
    """Return the number that a text is; None where it is none.

    A number has ASCII digits with a sign, a point and an exponent, and is finite. Spaces around it are ignored.
    """
    text = text.strip(_SPACES)
    if len(text) > _MOST_DIGITS or not _NUMBER.fullmatch(text):
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    value = float(text)
    return value if math.isfinite(value) else None


def whole(text: str) -> int | None:
    """Return the integer that a text is, also as 3.0; None where it is none (see `number`)."""
    value = decimal(text)
    return int(value) if value is not None and value == value.to_integral_value() else None


def scalar(text: str) -> str | int | float:
    """Return a number where JSON would write it as that text, and the text otherwise: `007` and `yes` stay text."""
    value = number(text)
    return value if value is not None and repr(value) == text else text


def decimal(text: str) -> Decimal | None:
    """Return the number that a text is, exactly; None where it is none (see `number`)."""
    return None if number(text) is None else Decimal(text.strip(_SPACES))


def is_number(value: Any) -> bool:
    """Return whether a JSON value is a finite number."""
    return type(value) is int or (type(value) is float and math.isfinite(value))


def plus(one: float | Decimal, other: float | Decimal) -> int | float:
    """Return the sum of two numbers over their decimal digits: 0.1 + 0.2 is 0.3."""
    if type(one) is type(other) is int:
        return one + other
    if type(one) is type(other) is float:  # most coordinates are, and this takes half the time
        return float(EXACT.add(Decimal(repr(one)), Decimal(repr(other))))
    return float(EXACT.add(exact(one), exact(other)))


def minus(one: float, other: float) -> int | float:
    """Return the difference of two numbers over their decimal digits: 0.3 - 0.1 is 0.2."""
    if type(one) is int and type(other) is int:
        return one - other
    return float(EXACT.subtract(exact(one), exact(other)))


def difference(one: float, other: float) -> str:
    """Return the difference of two numbers over their decimal digits, with all digits that it has."""
    if type(one) is int and type(other) is int:
        return str(one - other)
    found = EXACT.subtract(exact(one), exact(other))
    rounded = float(found)
    return repr(rounded) if exact(rounded) == found else format(found, "f")


def times(one: Decimal, other: int) -> Decimal:
    """Return a product, exactly."""
    return EXACT.multiply(one, Decimal(other))


def half_around(centre: Decimal, size: Decimal) -> tuple[Decimal, Decimal]:
    """Return the two edges of a span by its centre and its size, exactly."""
    half = EXACT.divide(size, Decimal(2))
    return EXACT.subtract(centre, half), EXACT.add(centre, half)


def exact(value: float | Decimal) -> Decimal:
    """Return a number with the digits that it is written with."""
    return Decimal(repr(value)) if type(value) is float else Decimal(value)
