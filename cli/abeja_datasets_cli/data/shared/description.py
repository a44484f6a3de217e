"""`dataset.json`: what an export writes beside its target, with the name, type and props of the dataset."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from abeja_datasets_cli.data.shared.api import Failure
from abeja_datasets_cli.data.shared.inputs import STDIN

NAME: Final = "dataset.json"
FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
"""The value of `--like`."""
_KINDS: Final = {"name": str, "type": str, "props": dict}
_LARGEST: Final = 16 << 20
"""Bytes of a description; a larger file of its name is something else, such as annotations."""


def beside(path: str) -> Path | None:
    """Return the description that an export wrote beside a file; None where there is none."""
    found = Path(path).parent / NAME
    return None if path == STDIN or _found(found) is None else found


def describes(path: Path, dataset: Mapping[str, Any]) -> bool:
    """Return whether a file is the description of a dataset."""
    found = _found(path)
    return found is not None and found["name"] == dataset.get("name")


def of(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a dataset."""
    return {key: dataset.get(key) for key in _KINDS}


def read(path: Path) -> dict[str, Any]:
    """Return the description that `--like` names.

    Raises:
        Failure: the file is not a description.
    """
    try:
        kept = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise Failure(f"--like {path}: not JSON: {error}", 2) from None
    for key, kind in _KINDS.items():
        if not isinstance(kept, dict) or not isinstance(kept.get(key), kind):
            raise Failure(f"--like {path}: {key} is missing; a {NAME} of export has name, type and props", 2)
    return of(kept)


def _found(path: Path) -> dict[str, Any] | None:
    """Return what an export wrote about its dataset; None where a file is something else."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and set(found) == set(_KINDS) else None
