"""The formats that can be written, by name."""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from abeja_datasets_loading.formats.model import FileRefused, Place
from abeja_datasets_loading.formats.registry import FORMATS, WRITABLE, load, of_items
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.writing import Writer


def target_of(
    path: Path | str,
    form: str | None,
    props: Callable[[], Mapping[str, Any]],
    *,
    dataset_type: str | None = None,
    voc_origin: int = 0,
) -> Callable[[Path], Writer]:
    """Return what makes the writer of a file.

    Args:
        path: the file or folder to write.
        form: one of `WRITABLE`; None to take it from the name.
        props: see `Writer`.
        dataset_type: see `Writer`.
        voc_origin: see `Writer`.

    Raises:
        FileRefused: the format is not known, or can't be written.
    """
    writer = load(FORMATS[form_of(path, form)].writer)
    return functools.partial(writer, props=props, dataset_type=dataset_type, voc_origin=voc_origin)


def form_of(path: Path | str, form: str | None) -> str:
    """Return the format to write: the one that is given, or else that of the name.

    Raises:
        FileRefused: the format is not known, or can't be written.
    """
    name = form or of_items(Path(os.fspath(path).lower()).suffix)
    if name not in WRITABLE:
        known = ", ".join(WRITABLE)
        raise FileRefused(Place(name_of(path)), f"the format to write is not known; pass --to, one of {known}")
    return name
