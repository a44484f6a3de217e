"""The documented import names `abeja.datasets` and `abeja.exceptions`, and how they come to mean this package.

abeja-sdk owns the same names. Where it is installed, they are its own, unless a program asks for ours: see `take_over`.
"""

import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Final, NoReturn

from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    from importlib import machinery
else:
    machinery = LazyModule("importlib.machinery")

NAMES: Final = {"abeja.datasets": "abeja_datasets", "abeja.exceptions": "abeja_datasets.exceptions"}
"""The documented names, each with the module that it stands for."""

FOLDER: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_takeover")
"""Put first on `sys.path`, it makes the documented names ours, and leaves the rest of `abeja` to abeja-sdk."""


def stand_in(name: str) -> None:
    """Make a documented name, and all modules below it, the very modules of this package.

    One module object for both names means that no class exists twice, and that pickles made under either name load.

    Args:
        name: the module that is being imported: one of `NAMES`.

    Raises:
        SystemExit: it is being run as a program.
    """
    import importlib

    if name not in NAMES:
        sys.exit("no program; to run one with the documented names ours: python -m abeja_datasets PROGRAM")
    # Of a package that another thread is importing, Python waits for the package alone, not for it before a submodule.
    # Two threads would then wait for each other, and one would get a module without its names.
    importlib.import_module("abeja_datasets")
    sys.modules[name] = importlib.import_module(NAMES[name])
    if _SubmoduleFinder not in sys.meta_path:
        # Before the finder of files, which would load our modules once more under the documented name.
        sys.meta_path.insert(0, _SubmoduleFinder)


def take_over() -> None:
    """Make the documented names ours in this process and its multiprocessing children, beside abeja-sdk.

    `sys.path` is all that changes: multiprocessing hands it on, whatever the start method.

    Raises:
        ImportError: abeja-sdk's `abeja.datasets` or `abeja.exceptions` is loaded already, so that some modules would
            go on with its classes. `import abeja` alone loads `abeja.exceptions`. Or `abeja` is not a package.
    """
    loaded = {name: module for name in NAMES if (module := sys.modules.get(name)) and not is_ours(module)}
    abeja = sys.modules.get("abeja")
    if abeja is not None and not hasattr(abeja, "__path__"):
        loaded["abeja"] = abeja  # a file abeja.py, which hides the package
    if loaded:
        where = ", ".join(f"{name} ({getattr(module, '__file__', None)})" for name, module in loaded.items())
        raise ImportError(
            f"abeja_datasets.takeover is imported too late: others' modules are loaded already: {where}. "
            "Make `import abeja_datasets.takeover` the first import of the program, before any of `abeja`, or run "
            "it with `python -m abeja_datasets PROGRAM`"
        )
    put_first(FOLDER, sys.path)
    if abeja is not None:
        abeja.__path__ = put_first(os.path.join(FOLDER, "abeja"), [*abeja.__path__])


def put_first(entry: str, path: list[str]) -> list[str]:
    """Move an entry to the front of a search path, in place, and return the path."""
    path[:] = [entry, *(other for other in path if other != entry)]
    return path


def is_takeover(entry: str) -> bool:
    """Return whether an entry of a search path is a folder like `FOLDER`, of this or of another install."""
    return os.path.normpath(entry).split(os.sep)[-2:] == FOLDER.split(os.sep)[-2:]


def is_ours(module: ModuleType) -> bool:
    """Return whether a module is one of this package, under whatever name it was imported."""
    return module.__name__.partition(".")[0] == "abeja_datasets"


class _SubmoduleFinder:
    """Finds `abeja.datasets.X` as `abeja_datasets.X` while `abeja.datasets` is ours."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> "machinery.ModuleSpec | None":
        del path, target  # the real name has a path of its own
        package = sys.modules.get("abeja.datasets")
        if package is None or not is_ours(package) or not name.startswith("abeja.datasets."):
            return None
        import importlib.util

        real = "abeja_datasets" + name.removeprefix("abeja.datasets")
        if importlib.util.find_spec(real) is None:
            return None
        return importlib.util.spec_from_loader(name, _SubmoduleLoader(real))  # type: ignore[arg-type]  # duck-typed


class _SubmoduleLoader:
    """Loads a module of this package under its documented name.

    Args:
        real: its name in this package.
    """

    def __init__(self, real: str) -> None:
        self._real = real
        self._spec: machinery.ModuleSpec | None = None

    def create_module(self, spec: "machinery.ModuleSpec") -> ModuleType:
        """Return the real module, so that no other thread ever finds another under the documented name."""
        import importlib

        del spec  # the import system is about to put it on the module
        module = importlib.import_module(self._real)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Put back what the module has of its own: it ran when it was made."""
        module.__spec__ = self._spec

    def get_code(self, name: str) -> NoReturn:
        """Raise ImportError, which `python -m` shows: only the real module can be run."""
        raise ImportError(f"{name} is {self._real}: run it under that name", name=name)
