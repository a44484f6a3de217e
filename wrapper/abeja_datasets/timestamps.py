"""The API's timestamps as Python's."""

import datetime as dt


def parse_timestamp(text: str) -> dt.datetime:
    """Parse one of the API's timestamps as an aware datetime in UTC.

    Args:
        text: ISO 8601 with or without an offset, such as `"2018-05-20T13:51:16.010344"`; without one it is UTC.

    Raises:
        ValueError: `text` is no such timestamp.
        TypeError: `text` is not a str.
    """
    from dateutil.parser import isoparse

    if not isinstance(text, str):
        raise TypeError(f"a timestamp is a str such as '2018-05-20T13:51:16.010344', not {type(text).__name__}")
    try:
        moment = isoparse(text)
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not an ISO 8601 timestamp: {text!r}") from error
