"""Folders that a caller or the environment names."""

import os
from pathlib import Path
from typing import Any


def checked_folder(name: str, value: Any) -> Path | None:
    """Return the folder that an argument names, wherever the program changes its working directory to.

    Raises:
        TypeError: it is not a path.
        ValueError: it can't be the name of a folder.
    """
    if value is None:
        return None
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name}: the path of a folder is needed, not {type(value).__name__}")
    text = os.fsdecode(value)
    if not text or "\0" in text:
        raise ValueError(f"{name}: the path of a folder is needed, not {text!r}")
    return absolute(text)


def absolute(path: str) -> Path:
    """Return the absolute path of a folder, with `~` as the user's home."""
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111 - Path's raise for an unknown user
