"""Where a module would be imported from, and whose it is, found without importing anything."""

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Final, NamedTuple

from abeja_datasets_cli.doctor.installs import OURS, SDK, Install, find_owner

TAKEOVER: Final = os.path.join("abeja_datasets", "_takeover")  # noqa: PTH118 - the end of a path, as text
"""How the path of the folder ends that makes the documented names ours."""
_OWN_SEARCH: Final = ("extend_path", "declare_namespace")
"""What is in the `__init__.py` of a package that searches all of `sys.path` for its modules."""


class Module(NamedTuple):
    """Where a module is."""

    file: Path | None
    """None for a folder without an `__init__.py`."""
    folders: tuple[str, ...]
    """Where its own modules are searched; none in a module that is not a package."""


def locate(name: str, path: Sequence[str]) -> Module | None:
    """Return where a module would be imported from, or None where there is none of this name.

    Args:
        name: its full name.
        path: the search path for top-level modules.
    """
    importlib.invalidate_caches()
    above, _, last = name.rpartition(".")
    if not above:
        return _top(name, path)
    parent = locate(above, path)
    # The last part alone: the finder asks for no more, and would look for the parent among the imported modules.
    spec = PathFinder.find_spec(last, parent.folders) if parent else None
    return _module(spec) if spec else None


def _top(name: str, path: Sequence[str]) -> Module | None:
    specs = [spec for finder in sys.meta_path if (spec := finder.find_spec(name, path))]
    # A regular package goes before namespace packages, as in Python's own search.
    module = next((_module(spec) for spec in sorted(specs, key=lambda spec: spec.loader is None)), None)
    if module and module.file and _searches_itself(module.file):
        folders = [os.path.join(entry, name) for entry in path]  # noqa: PTH118 - as Python joins them
        return module._replace(folders=tuple(dict.fromkeys([*module.folders, *filter(os.path.isdir, folders)])))
    if module and module.file and TAKEOVER in str(module.file):
        from abeja_datasets.documented_names import is_takeover

        other = _top(name, [entry for entry in path if not is_takeover(entry)])
        return module._replace(folders=(*module.folders, *(other.folders if other else ())))
    return module


def _module(spec: ModuleSpec) -> Module:
    file = Path(os.path.realpath(spec.origin)) if spec.origin and spec.loader else None
    return Module(file, tuple(spec.submodule_search_locations or ()))


def _searches_itself(file: Path) -> bool:
    try:
        text = file.read_text(encoding="utf-8", errors="replace") if file.name == "__init__.py" else ""
    except OSError:
        return False
    return any(word in text for word in _OWN_SEARCH)


def owner(file: Path, installs: Sequence[Install], path: Sequence[str]) -> str | None:
    """Return the distribution that a file belongs to, or None where nothing says so."""
    if TAKEOVER in str(file):
        return OURS
    for install in installs:
        if install.owns(file):
            return install.name
    above = file.parent
    # An editable install and a source folder have no record of their files.
    if file.name != "__init__.py" and (above.parent / TAKEOVER / above.name / file.name).is_file():
        return OURS
    package = next((folder for folder in file.parents if folder.name == "abeja"), above)
    if package.name == "abeja" and (package / "base_client.py").is_file() and package in file.parents:
        return SDK
    return find_owner(file, path)
