"""Whose code the documented import names give here, and whether it can be imported."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from abeja_datasets_cli.doctor import importing
from abeja_datasets_cli.doctor.findings import Finding
from abeja_datasets_cli.doctor.installs import OURS, SDK, Install, find_installs
from abeja_datasets_cli.doctor.modules import Module, locate, owner

NAMES: Final = ("abeja.datasets", "abeja.exceptions")
OTHER: Final = "abeja.datalake"
"""A module that abeja-sdk alone has."""

_OWN_NAME: Final = "`import abeja_datasets` works"
_AGAIN: Final = "pip install --force-reinstall --no-deps"
_BESIDE: Final = (
    "Both distributions are here, and that is normal: the documented names give abeja-sdk's code, and `abeja_datasets` "
    "gives ours. For ours under the documented names, run `python -m abeja_datasets PROGRAM`, or make `import "
    "abeja_datasets.takeover` the first line of the program"
)


def name_findings(path: Sequence[str]) -> Iterator[Finding]:
    """Find whose code each documented name imports, and whether all names agree.

    Args:
        path: the search path of programs here.
    """
    installs = [install for name in (OURS, SDK) for install in find_installs(name, path)]
    places = {name: locate(name, path) for name in ("abeja", *NAMES)}
    owners = {name: _owner(place, installs, path) for name, place in places.items()}
    yield from _takeover(path, owners)
    top = places["abeja"]
    if top and top.file and owners["abeja"] not in (OURS, SDK):
        yield _foreign(top.file, owners["abeja"])
        return
    for name in NAMES:
        yield _name(name, places[name], owners[name])
    if {owners[name] for name in NAMES} == {SDK}:
        yield Finding("note", "abeja_datasets", _BESIDE)
    if {owners[name] for name in NAMES} == {OURS, SDK}:
        yield _mixed(owners)
    if OURS in owners.values() or SDK in owners.values():
        yield from _imports(path, owners, installs)


def _owner(place: Module | None, installs: Sequence[Install], path: Sequence[str]) -> str | None:
    return owner(place.file, installs, path) if place and place.file else None


def _name(name: str, place: Module | None, owned_by: str | None) -> Finding:
    if place is None:
        return Finding("problem", name, "can't be imported: no such module", f"{_AGAIN} {OURS}. {_OWN_NAME}")
    where = place.file or place.folders[0]
    if owned_by == OURS:
        return Finding("ok", name, f"abeja-datasets' code, in {where}")
    if owned_by == SDK:
        return Finding("ok", name, f"abeja-sdk's code, in {where}")
    text = f"neither abeja-datasets' nor abeja-sdk's code, in {where}"
    if place.file is None:
        text = f"a folder without code, {where}, as an incomplete uninstall leaves it"
    return Finding("problem", name, text, f"Move {where} away, if it is not needed. {_OWN_NAME}")


def _foreign(file: Path, owned_by: str | None) -> Finding:
    whose = f"the distribution {owned_by}" if owned_by else "neither abeja-datasets nor abeja-sdk"
    remedy = f"pip uninstall {owned_by}" if owned_by else f"Rename {file}, or start programs from another folder"
    text = f"belongs to {whose}: {file}. `import abeja.datasets` does not work"
    return Finding("problem", "abeja", text, f"{remedy}. {_OWN_NAME}")


def _mixed(owners: dict[str, str | None]) -> Finding:
    whose = " and ".join(f"{name} is of {owners[name]}" for name in NAMES)
    remedy = f"{_AGAIN} {SDK}; without abeja-sdk, remove what is left of its folder `abeja`"
    return Finding("problem", "abeja", f"{whose}: an `except` would not catch the errors raised", remedy)


def _takeover(path: Sequence[str], owners: dict[str, str | None]) -> Iterator[Finding]:
    remedy = 'PYTHONPATH="$(python -m abeja_datasets --path)"'
    ours = locate("abeja_datasets", path)
    from abeja_datasets.documented_names import is_takeover

    for entry in filter(is_takeover, path):
        if ours is None or ours.file is None or Path(os.path.realpath(entry)).parent != ours.file.parent:
            text = f"PYTHONPATH names {entry}, the folder of another install or of none"
            yield Finding("problem", "takeover", text, f"Set {remedy}")
        elif {owners[name] for name in NAMES} == {OURS}:
            yield Finding("ok", "takeover", f"in force: PYTHONPATH names {entry}")
        else:
            yield Finding("problem", "takeover", f"{entry} is on the path, behind another `abeja`", f"Set {remedy}")


def _imports(path: Sequence[str], owners: dict[str, str | None], installs: Sequence[Install]) -> Iterator[Finding]:
    """Try what is ours or abeja-sdk's: anything else might do anything when it is imported."""
    known = [name for name in NAMES if owners[name] in (OURS, SDK)]
    if _owner(locate(OTHER, path), installs, path) == SDK:
        known.append(OTHER)
    by_error: dict[str, list[str]] = {}
    for name, error in importing.failures(known, path).items():
        by_error.setdefault(error, []).append(name)
    for error, names in by_error.items():
        whose = {owners.get(name, SDK) for name in names}
        again = " ".join(install.pinned for install in installs if install.name in whose)
        remedy = f"Solve the problems above, if any; else: pip install --force-reinstall {again}"
        yield Finding("problem", ", ".join(names), f"can't be imported: {error}", f"{remedy}. {_OWN_NAME}")
