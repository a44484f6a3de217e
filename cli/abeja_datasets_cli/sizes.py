"""Sizes on the command line: `50MB`, `1.5 GiB`, or a number of bytes."""

import re

import click

_UNITS = {"": 1, "b": 1, **{f"{sign}b": 1000**n for n, sign in enumerate("kmg", 1)}}
_UNITS |= {f"{sign}ib": 1024**n for n, sign in enumerate("kmg", 1)}
_MOST = 1024**4
"""A larger size is a mistake."""


def size(_context: click.Context, _parameter: click.Parameter, value: str) -> int:
    """Return the bytes of a size that is written with a unit or without one."""
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([a-z]*)", value.strip().lower())
    if match is None or match[2] not in _UNITS:
        raise click.BadParameter(f"{value!r} is not a size; write a number of bytes, or one with KB, MB or GB.")
    found = int(float(match[1]) * _UNITS[match[2]])
    if not 1 <= found <= _MOST:
        raise click.BadParameter(f"{value!r} is not a size from 1 byte to 1024 GiB.")
    return found
