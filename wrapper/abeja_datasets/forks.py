"""What a forked child needs, so that it never waits for a thread that it does not have.

A fork copies the locks of imports that other threads have begun, and none of those threads: whatever the child imports
of the same modules waits for ever (https://github.com/python/cpython/issues/50970). The library loads most of itself
with the first call, so that any fork may come in the middle of that.
"""

import _thread
import os
import sys
from types import ModuleType
from typing import Any, Final

_MACHINERY: Final[Any] = sys.modules.get("_frozen_importlib")


class _Restarts:
    """Finds modules whose import ended with the fork, and runs them from the beginning in the same object.

    What is loaded already, such as their submodules, refers to that object.
    """

    def __init__(self, modules: dict[str, ModuleType]) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Return the module's own spec, with a loader that keeps the object."""
        del path, target  # the spec is there already
        module = self._modules.pop(name, None)
        spec: Any = getattr(module, "__spec__", None)
        # A module of C runs once in an object; the next finder makes another.
        if module is None or not getattr(spec, "cached", None):
            return None
        import copy

        again = copy.copy(spec)
        again.loader = _Loader(spec, module)
        return again


class _Loader:
    def __init__(self, spec: Any, module: ModuleType) -> None:
        self._spec = spec
        self._module = module

    def create_module(self, spec: object) -> ModuleType:
        del spec
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
        self._spec.loader.exec_module(module)


def forget_imports() -> None:
    """Drop the imports of the parent's other threads; the child begins them again when it needs them."""
    locks: dict[str, Any] = getattr(_MACHINERY, "_module_locks", {})
    own = _thread.get_ident()
    begun: dict[str, ModuleType] = {}
    for name, reference in list(locks.items()):
        lock = reference()
        if getattr(lock, "owner", None) not in (None, own):
            del locks[name]
            module = sys.modules.get(name)
            if getattr(getattr(module, "__spec__", None), "_initializing", False):
                begun[name] = sys.modules.pop(name)
    if begun:
        sys.meta_path.insert(0, _Restarts(begun))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_imports)
