"""What the clauses of the contract check say of the document, and what of that is gone: `python -m upkeep.clauses`.

The check looks its sources up in the document as its modules load, and fails there at the first that is gone. This
program goes on past such look-ups and notes them, so that it reports each clause. Standard input has the path of the
document. The output is `{"gone": [{"clause", "where", "gone"}], "sources": {clause: source}}`; the sources are null
where the check can't be loaded.
"""

import dataclasses
import importlib.util
import json
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

GONE = "#gone:"
"""Begins the source of a clause whose look-up failed; what it looked for follows."""


class _Operations(dict[str, Any]):
    """The document's operations by name; one that is gone is stood in for by another."""

    def __missing__(self, name: str) -> Any:
        return dataclasses.replace(next(iter(self.values())), name=name)


def main() -> None:
    """Write the sources, and those that are gone."""
    _hold_back()
    from abeja_datasets_contract.check import document, registry

    path = Path(json.load(sys.stdin))
    document.document_path = lambda: path
    found = document.operations()
    document.operations = lambda: _Operations(found)  # type: ignore[assignment]  # a look-up that goes on
    document.of_operation = _noting(document.of_operation, found, _operation)
    document.of_parameter = _noting(document.of_parameter, found, _parameter)
    places: dict[str, str] = {}
    registry.Stage.add = _placing(registry.Stage.add, places)  # type: ignore[method-assign]  # notes where
    try:
        from abeja_datasets_contract.check.run import clauses
    except Exception as error:  # noqa: BLE001 - whatever keeps the check from loading is reported
        json.dump({"gone": [_unlisted(error)], "sources": None}, sys.stdout)
        return
    sources = {clause.name: clause.source for clause in clauses()}
    gone = {name: missing for name, source in sources.items() if (missing := _gone(source, document.resolve))}
    rows = [{"clause": name, "where": places[name], "gone": missing} for name, missing in gone.items()]
    json.dump({"gone": rows, "sources": sources}, sys.stdout)


def _hold_back() -> None:
    """Keep the check's `__init__` from loading the whole check before the look-ups are changed."""
    spec = importlib.util.find_spec("abeja_datasets_contract")
    held = types.ModuleType("abeja_datasets_contract.check")
    held.__path__ = [str(Path(folder) / "check") for folder in (spec and spec.submodule_search_locations) or ()]
    sys.modules[held.__name__] = held


def _gone(source: str, resolve: Callable[[str], Any]) -> str:
    """Return what a clause's source names that is gone; empty where it is there, or is no pointer."""
    if source.startswith(GONE):
        return source.removeprefix(GONE)
    if not source.startswith("#/"):
        return ""
    try:
        resolve(source)
    except (LookupError, ValueError, TypeError):
        return source
    return ""


def _noting(look_up: Callable[..., str], operations: Any, name: Callable[..., str]) -> Callable[..., str]:
    def noting(operation: str, *parts: str) -> str:
        if operation not in operations:
            return f"{GONE}the operation {operation}"
        try:
            return look_up(operation, *parts)
        except (LookupError, StopIteration):
            return f"{GONE}{name(operation, *parts)}"

    return noting


def _operation(operation: str, *_parts: str) -> str:
    return f"the operation {operation}"


def _parameter(operation: str, parameter: str) -> str:
    return f"the parameter {parameter} of {operation}"


def _placing(add: Callable[..., None], places: dict[str, str]) -> Callable[..., None]:
    registry = add.__code__.co_filename

    def placing(stage: Any, name: str, *more: Any, **named: Any) -> None:
        # The last frame is this function's own, and those of the registry say nothing.
        frames = [frame for frame in traceback.extract_stack()[:-1] if frame.filename != registry]
        places[name] = f"{frames[-1].filename}:{frames[-1].lineno}"
        add(stage, name, *more, **named)

    return placing


def _unlisted(error: Exception) -> dict[str, str]:
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "abeja_datasets_contract" in frame.filename
    ]
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"clause": "", "where": where, "gone": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
