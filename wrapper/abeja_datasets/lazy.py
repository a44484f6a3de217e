"""Modules that load when they are first used, for annotations and for what few programs need."""

from types import ModuleType
from typing import Any


class LazyModule(ModuleType):
    """Stands for a module until one of its attributes is asked for.

    Annotations name modules that the library must not load when it is imported. `typing.get_type_hints` finds this in
    their place.

    Args:
        name: of the module, in full.
    """

    def __getattr__(self, name: str) -> Any:
        # Tools that walk over a module's names ask for these; they must not load anything.
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} is not loaded; it has no {name!r}")
        import importlib

        return getattr(importlib.import_module(self.__name__), name)

    def __repr__(self) -> str:
        return f"<module {self.__name__!r}, loaded when it is used>"
