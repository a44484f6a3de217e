"""The kinds of faults: each module in `server` and `wire` is one, and is found by being there."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from abeja_datasets_mock.faults.effects import Effect, InServer, OnWire

from . import server, wire


def _found(package: ModuleType) -> Iterator[type[Effect]]:
    for module in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{module.name}").Kind


KINDS: dict[str, type[Effect]] = {kind.name: kind for package in (server, wire) for kind in _found(package)}
"""All kinds by their names: those in the server, then those on the wire, each in the order of the alphabet."""

SERVER_KINDS = {name: kind for name, kind in KINDS.items() if issubclass(kind, InServer)}
WIRE_KINDS = {name: kind for name, kind in KINDS.items() if issubclass(kind, OnWire)}
