"""Reading the fields of a plan: each function takes a value and its place, and gives the value back, checked."""

from typing import Any

LONGEST = 86400.0
"""Seconds that anything in a plan may take."""

_SHOWN = 60


class PlanError(ValueError):
    """A plan that is not valid. The message is one line: the place, and what is wrong there."""


def shown(value: Any) -> str:
    """Write a value for a message: on one line, and not too much of it."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def number(value: Any, place: str, *, most: float = LONGEST) -> float:
    """Read a number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise PlanError(f"{place}: a number from 0 to {most:g} is needed, not {shown(value)}")
    return float(value)


def whole(value: Any, place: str, *, least: int | None = 0, most: int | None = None) -> int:
    """Read a whole number; None for a bound is no bound."""
    below = least is not None and isinstance(value, int) and value < least
    above = most is not None and isinstance(value, int) and value > most
    if isinstance(value, bool) or not isinstance(value, int) or below or above:
        bounds = f" from {least}" if least is not None else ""
        bounds += f" to {most}" if most is not None else ""
        raise PlanError(f"{place}: a whole number{bounds} is needed, not {shown(value)}")
    return value


def true(value: Any, place: str) -> bool:
    """Read what can only be said, or left out."""
    if value is not True:
        raise PlanError(f"{place}: true is needed, not {shown(value)}; leave it out for no such fault")
    return True


def text(value: Any, place: str) -> str:
    """Read text that is not empty."""
    if not isinstance(value, str) or not value:
        raise PlanError(f"{place}: text is needed, not {shown(value)}")
    return value
