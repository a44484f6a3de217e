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
    name = form or of_items(Path(os.fspath(path).lower()).suffix)
    if name not in WRITABLE:
        known = ", ".join(WRITABLE)
        raise FileRefused(Place(name_of(path)), f"the format to write is not known; pass --to, one of {known}")
    writer = load(FORMATS[name].writer)
    return functools.partial(writer, props=props, dataset_type=dataset_type, voc_origin=voc_origin)
