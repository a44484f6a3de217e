"""Files that an export would replace, although they are no earlier exports of the dataset."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from abeja_datasets_cli.data.shared import keeping
from abeja_datasets_cli.data.shared.inputs import STDIN, journal_of
from abeja_datasets_cli.data.shared.output import note

DATASET: Final = "dataset.json"
"""What an export writes beside its target: the name, type and props of the dataset."""
KEYS: Final = ("name", "type", "props")
_LARGEST: Final = 16 << 20
"""Bytes of a description; a larger file of its name is something else, such as annotations."""


def description_of(path: str) -> Path | None:
    """Return the description that an export wrote beside a file; None where there is none."""
    found = Path(path).parent / DATASET
    return None if path == STDIN or _description(found) is None else found


@contextlib.contextmanager
def kept(target: Path, dataset: Mapping[str, Any]) -> Iterator[None]:
    """Keep a file that is replaced under a second name, unless it is an earlier export of the dataset.

    Args:
        target: the file.
        dataset: what is exported.
    """
    if not target.is_file() or target.is_symlink() or _is_export(target, dataset):
        yield
        return
    copy = keeping.aside(target)
    try:
        yield
    finally:
        if target.exists() and target.samefile(copy):  # it was not replaced
            copy.unlink()
        else:
            note(f"the earlier {target} was no export of this dataset, and is kept: {copy}")


def _is_export(target: Path, dataset: Mapping[str, Any]) -> bool:
    if target.name == DATASET:
        return _describes(target, dataset)
    beside = [target.with_name(DATASET), *keeping.kept_aside(target.with_name(DATASET))]
    return any(_describes(each, dataset) for each in beside) and not _is_input(target)


def _is_input(target: Path) -> bool:
    """Return whether a file was imported. An export that was interrupted has a journal too, beside what it wrote."""
    return journal_of((str(target),)).exists() and not target.with_name(f"{target.name}.partial").exists()


def _describes(path: Path, dataset: Mapping[str, Any]) -> bool:
    found = _description(path)
    return found is not None and found["name"] == dataset.get("name")


def _description(path: Path) -> dict[str, Any] | None:
    """Return what an export wrote about its dataset; None where a file is something else."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and set(found) == set(KEYS) else None
