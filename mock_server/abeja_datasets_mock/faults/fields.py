"""Parsers of the fields of a plan: each takes a value and its place, and returns the value, checked."""

from typing import Any

LONGEST = 86400.0
"""Seconds: the upper bound of each time in a plan."""

_SHOWN = 60


class PlanError(ValueError):
    """A plan that is not valid. The message is one line: the place, and what is wrong there."""


def shown(value: Any) -> str:
    """Return a value for a message: one line, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def number(value: Any, place: str, *, most: float = LONGEST) -> float:
    """Check a number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise PlanError(f"{place}: a number from 0 to {most:g} is needed, not {shown(value)}")
    return float(value)


def whole(value: Any, place: str, *, least: int | None = 0, most: int | None = None) -> int:
    """Check a whole number; None for a bound is no bound."""
    below = least is not None and isinstance(value, int) and value < least
    above = most is not None and isinstance(value, int) and value > most
    if isinstance(value, bool) or not isinstance(value, int) or below or above:
        bounds = f" from {least}" if least is not None else ""
        bounds += f" to {most}" if most is not None else ""
        raise PlanError(f"{place}: a whole number{bounds} is needed, not {shown(value)}")
    return value


def true(value: Any, place: str) -> bool:
    """Check a field that is true or left out."""
    if value is not True:
        raise PlanError(f"{place}: true is needed, not {shown(value)}; leave it out for no such fault")
    return True


def seconds_or_true(value: Any, place: str) -> float | None:
    """Check a number of seconds; None stands for true, the kind's own default."""
    return None if value is True else number(value, place)


def text(value: Any, place: str) -> str:
    """Check text that is not empty."""
    if not isinstance(value, str) or not value:
        raise PlanError(f"{place}: text is needed, not {shown(value)}")
    return value
