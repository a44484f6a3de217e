"""Numbers and times in messages."""

from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 3600

DONE: Final = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "export": "exported",
    "validate": "rows validated",
    "compare": "rows compared",
    "convert": "rows converted",
    "copy": "MB copied",
    "read": "MB read",
}
"""What an item is when an action is done."""


def duration(seconds: float) -> str:
    """Return a time for a person to read: `0.4 s`, `61 s`, `5 min`, `2 h 5 min`."""
    if seconds < 10:  # noqa: PLR2004 - a tenth matters below it
        return f"{max(0.0, seconds):.1f} s"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / _MINUTE), _HOUR // _MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def rate(per_second: float) -> str:
    """Return a rate for a person to read: `812/s`, `3.5/s`."""
    return f"{per_second:,.0f}/s" if per_second >= 10 else f"{per_second:.1f}/s"  # noqa: PLR2004 - as above
