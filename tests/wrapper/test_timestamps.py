"""The API's timestamps as Python's."""

import datetime as dt
from typing import Any

import pytest

from abeja_datasets import parse_timestamp


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-05-20T13:51:16.010344", dt.datetime(2018, 5, 20, 13, 51, 16, 10344, dt.UTC)),
        ("2018-05-20T13:51:16.010000", dt.datetime(2018, 5, 20, 13, 51, 16, 10000, dt.UTC)),
        ("2018-05-20T13:51:16", dt.datetime(2018, 5, 20, 13, 51, 16, tzinfo=dt.UTC)),
        ("2018-05-20T13:51:16.01Z", dt.datetime(2018, 5, 20, 13, 51, 16, 10000, dt.UTC)),
        ("2018-05-20T13:51:16+09:00", dt.datetime(2018, 5, 20, 4, 51, 16, tzinfo=dt.UTC)),
        ("2018-12-31T23:00:00.5-05:30", dt.datetime(2019, 1, 1, 4, 30, 0, 500000, dt.UTC)),
    ],
)
def test_a_timestamp_is_an_aware_moment_in_utc(text: str, moment: dt.datetime) -> None:
    parsed = parse_timestamp(text)
    assert parsed == moment
    assert parsed.tzinfo is dt.UTC


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "20.5.2018", "2018-13-01T00:00:00", "2018-05-20T25:00:00", "2018-05-20T13:51:16 UTC", "é",
        "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "2018-05-20T13:51:16+99:00",
    ],
)  # fmt: skip
def test_what_is_no_timestamp_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not an ISO 8601 timestamp: ") as caught:
        parse_timestamp(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("value", [None, 0, b"2018-05-20T13:51:16", dt.datetime(2018, 5, 20, tzinfo=dt.UTC)])
def test_what_is_no_text_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="a timestamp is a str such as"):
        parse_timestamp(value)
