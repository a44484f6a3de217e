"""The installs of both distributions: which versions, and whether they are whole."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from abeja_datasets_cli.doctor.findings import Finding
from abeja_datasets_cli.doctor.installs import OURS, SDK, Install, find_installs
from abeja_datasets_cli.doctor.modules import locate
from abeja_datasets_cli.doctor.requirements import supports

_SHOWN = 3
_SITE = ("site-packages", "dist-packages")
"""How the folders are named that pip installs into, unless it is given a `--target`."""


def distribution_findings(path: Sequence[str]) -> Iterator[Finding]:
    """Find the installs of abeja-datasets and abeja-sdk, and what is wrong with them.

    Args:
        path: the search path of programs here.
    """
    ours, others = find_installs(OURS, path), find_installs(SDK, path)
    if not ours:
        where = Path(__file__).parents[2]
        text = f"no metadata of it are on the path; its code is in {where}"
        yield Finding("warning", OURS, text, "pip install 'abeja-datasets[cli]' into this environment")
    if not others:
        yield _no_sdk(path)
    yield from _elsewhere(ours, path)
    for installs in (ours, others):
        for install in installs:
            yield from _install(install, others)
        if len(installs) > 1:
            yield _doubled(installs)


def _install(install: Install, others: Sequence[Install]) -> Iterator[Finding]:
    source = f", editable, from {install.source}" if install.source else ""
    yield Finding("ok", install.name, f"{install.version}, in {install.folder}{source}")
    if install.version == "unknown":
        yield Finding("problem", install.name, f"its metadata in {install.folder} are damaged", _again(install))
    if install.python and not supports(install.python, sys.version_info[:3]):
        text = f"{install.version} needs Python {install.python}, and this is {sys.version.split()[0]}"
        yield Finding("warning", install.name, text, "Use a version of Python that it supports")
    if install.shared:
        text = f"{install.version} is an old build that replaces files of abeja-sdk, such as {install.shared[0]}"
        yield Finding("problem", install.name, text, _clean_install())
    if install.missing:
        yield _missing(install, others)
    elif install.changed:
        text = f"{_some(install.changed)} not as installed"
        yield Finding("warning", install.name, text, _again(install))


def _missing(install: Install, others: Sequence[Install]) -> Finding:
    in_abeja = [file for file in install.files.values() if file.parts[0] == "abeja"]
    gone = [file for file in install.missing if file.parts[0] == "abeja"]
    only_abeja = bool(gone) and gone == in_abeja and gone == install.missing
    if install.name == OURS and only_abeja and others:
        text = "its modules in the folder `abeja` are missing, which does no harm while abeja-sdk is there"
        return Finding("note", install.name, text)
    reason = "an incomplete uninstall, or another distribution that removed or replaced them"
    if only_abeja and install.folder.name not in _SITE:
        reason = f"`pip install --target` skips a folder that is there already: {install.folder / 'abeja'}"
        remedy = f"Install both with one command, into an empty folder: pip install --target DIR {OURS} {SDK}"
    else:
        remedy = _again(install)
    return Finding("problem", install.name, f"{_some(install.missing)} missing ({reason})", remedy)


def _doubled(installs: Sequence[Install]) -> Finding:
    first, *more = installs
    places = ", ".join(f"{install.version} in {install.folder}" for install in more)
    text = f"installed more than once. {first.version} in {first.folder} is used; not used: {places}"
    if any(install.folder == first.folder for install in more):
        versions = ", ".join(sorted(install.version for install in installs))
        text = f"{first.folder} has metadata of several versions: {versions}. Only one of them is true"
        remedy = f"Run `pip uninstall {first.name}` until none is left, and install it again"
        return Finding("problem", first.name, text, remedy)
    remedy = f"Uninstall {first.name} from {more[0].folder}, or take one of the folders off PYTHONPATH"
    return Finding("warning", first.name, text, remedy)


def _no_sdk(path: Sequence[str]) -> Finding:
    """Report whether abeja-sdk is not installed, or its code is there without metadata."""
    left = locate("abeja.datalake", path) or locate("abeja.common", path)
    if left is None:
        return Finding("note", SDK, "not installed")
    folder = left.file.parents[1] if left.file else Path(left.folders[0]).parent
    text = f"no metadata of it are on the path, and its code is in {folder}: a source folder, or what an uninstall left"
    return Finding("warning", SDK, text, f"Install it, or remove {folder}")


def _elsewhere(installs: Sequence[Install], path: Sequence[str]) -> Iterator[Finding]:
    """Find our code where it is imported from another folder than the metadata describe."""
    place = locate("abeja_datasets", path)
    if not installs or place is None or place.file is None:
        return
    first, folder = installs[0], place.file.parents[1]
    known = Path(first.source).resolve() in folder.parents if first.source else folder == first.folder
    if not known:
        text = f"`abeja_datasets` is imported from {folder}, and not from the install in {first.source or first.folder}"
        yield Finding("warning", OURS, text, f"Uninstall one of them, or take {folder} off PYTHONPATH")


def _again(install: Install) -> str:
    return f"pip install --force-reinstall --no-deps {install.pinned}"


def _some(files: Sequence[object]) -> str:
    shown = ", ".join(map(str, files[:_SHOWN]))
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return f"{shown}{more} {'is' if len(files) == 1 else 'are'}"


def _clean_install() -> str:
    return f"pip uninstall -y {OURS} {SDK}, remove what is left of the folder `abeja`, and install both again"
