"""Files that an export would replace, although they are no earlier exports of the dataset."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from abeja_datasets_cli.data.shared import description, keeping
from abeja_datasets_cli.data.shared.inputs import journal_of
from abeja_datasets_cli.data.shared.output import note


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
    if target.name == description.NAME:
        return description.describes(target, dataset)
    beside = target.with_name(description.NAME)
    descriptions = [beside, *keeping.kept_aside(beside)]
    return any(description.describes(each, dataset) for each in descriptions) and not _is_input(target)


def _is_input(target: Path) -> bool:
    """Return whether a file was imported. An export that was interrupted has a journal too, beside what it wrote."""
    return journal_of((str(target),)).exists() and not target.with_name(f"{target.name}.partial").exists()
