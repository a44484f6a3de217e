"""abeja-sdk's `abeja` with two modules of ours before its own; see `abeja_datasets.documented_names.take_over`."""

import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec

from abeja_datasets.documented_names import is_takeover


def _find_packages() -> Iterator[ModuleSpec]:
    """Find each `abeja` that is a package, outside our folder, and that of any other install.

    One entry of `sys.path` at a time: a program named abeja.py must not hide the package from the program itself.
    """
    # Python's own search passes over the same: finders of the old protocol, and entries that are no text.
    searches = [finder.find_spec for finder in sys.meta_path if hasattr(finder, "find_spec")]
    path: list[object] = [*sys.path]
    entries = [entry for entry in path if isinstance(entry, str) and not is_takeover(entry)]
    specs = (search("abeja", [entry]) for search in searches for entry in entries)
    return (spec for spec in specs if spec is not None and spec.submodule_search_locations is not None)


def _go_on_as_the_other() -> None:
    """Take the path, and run the code, of the `abeja` that would be imported without our folder."""
    packages = list(_find_packages())
    # A regular package goes before namespace packages, as in Python's own search.
    regular = next((spec for spec in packages if spec.origin is not None), None)
    for spec in packages if regular is None else [regular]:
        __path__.extend(folder for folder in spec.submodule_search_locations or [] if folder not in __path__)
    if regular is not None and regular.loader is not None:
        regular.loader.exec_module(sys.modules[__name__])


_go_on_as_the_other()
