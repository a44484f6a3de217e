"""Timestamps as a server responds with them, with an offset or without."""

import datetime as dt
from typing import Any


def parse(text: Any) -> dt.datetime:
    """Read a timestamp; one without an offset is UTC.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a timestamp")  # noqa: TRY004 - it came over the wire
    moment = dt.datetime.fromisoformat(text)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
