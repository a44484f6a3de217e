"""abeja-sdk's `abeja` with two modules of ours before its own; see `abeja_datasets.documented_names.take_over`."""

import sys
from pathlib import Path

from abeja_datasets.documented_names import FOLDER


def _find_the_other() -> None:
    """Go on as the `abeja` that would be imported without our folder: with its path, and running its code."""
    entries = [entry for entry in sys.path if Path(entry).resolve() != FOLDER.resolve()]
    specs = [spec for finder in sys.meta_path if (spec := finder.find_spec("abeja", entries))]
    # A regular package goes before namespace packages, as in Python's own search.
    for spec in sorted(specs, key=lambda spec: spec.origin is None):
        __path__.extend(spec.submodule_search_locations or [])
        if spec.origin is not None and spec.loader is not None:
            spec.loader.exec_module(sys.modules[__name__])
        break


_find_the_other()
