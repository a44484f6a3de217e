"""The numbers of JSON and YAML: exact where they are too large for a float, and refused where they are absurd."""

import math
from decimal import Decimal, InvalidOperation
from typing import NoReturn

_DIGITS = 1000
"""Python refuses to convert integers of over 4,300 digits, and no limit of an API needs so many."""


class RefusedNumberError(ValueError):
    """A number is not read.

    Args:
        why: the reason, in words.
        text: the number as written, or its beginning.
    """

    def __init__(self, why: str, text: str) -> None:
        super().__init__(why)
        self.text = text


def integer(text: str) -> int:
    """Parse an integer.

    Raises:
        RefusedNumberError: it has more than 1,000 digits.
    """
    if len(text) > _DIGITS:
        why = f"the number {text[:20]}… has {len(text):,} digits; at most {_DIGITS:,} are read"
        raise RefusedNumberError(why, text[:_DIGITS])
    return int(text)


def real(text: str) -> int | float:
    """Parse a number with a point or an exponent; one beyond the range of a float, such as 1e999, as an integer.

    Raises:
        RefusedNumberError: it has more than 1,000 digits before the point.
    """
    value = float(text)
    if math.isfinite(value):
        return value
    try:
        exact = Decimal(text)
        digits = exact.adjusted()
    except InvalidOperation:  # an exponent of 20 digits or more
        digits = _DIGITS
    if digits >= _DIGITS:
        why = f"the number {text[:40]} is too large; at most {_DIGITS:,} digits before the point are read"
        raise RefusedNumberError(why, text[:_DIGITS])
    return int(exact)


def not_a_number(text: str) -> NoReturn:
    """Refuse infinity and what is not a number, which JSON does not have.

    Raises:
        RefusedNumberError: always.
    """
    raise RefusedNumberError(f"{text} is not a number of JSON", text)
