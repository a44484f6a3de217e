"""The Python side of a change: the public names and signatures of the packages before and after, compared by griffe."""

import io
import re
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import griffe

from abeja_datasets_contract.diff.report.findings import Audience, Finding, Severity
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.texts.files import git

Named = griffe.Object | griffe.Alias


class Package(NamedTuple):
    """A package whose public face counts.

    Attributes:
        name: what it is imported by.
        folder: where it lies in the repository.
        audience: whom its changes concern.
        by_all: whether `__all__` says what is public; else all names without an underscore are.
    """

    name: str
    folder: str
    audience: Audience
    by_all: bool


PACKAGES = (
    Package("abeja_datasets_openapi", "generated", "generated code", by_all=False),
    Package("abeja_datasets", "wrapper", "callers sending", by_all=True),
    Package("abeja_datasets.exceptions", "wrapper", "callers reading", by_all=True),
)
_MODEL = "*"
"""What stands for any model or enum of the document in the text of a type."""
_MILD = {griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT, griffe.BreakageKind.ATTRIBUTE_CHANGED_VALUE}
"""Changes after which calls go on to work, though they may do something else."""


def compare_python(repository: Path, revision: str) -> list[Finding]:
    """Compare the packages of a revision with those that lie in the repository now.

    Args:
        repository: the top of the checkout.
        revision: what git calls the state before.

    Raises:
        DocumentError: git has no such revision.
    """
    with tempfile.TemporaryDirectory(prefix="abeja-diff-") as folder:
        before = Path(folder)
        _check_out(repository, revision, before)
        return [finding for package in PACKAGES for finding in compare_package(package, before, repository)]


def compare_package(package: Package, before: Path, after: Path) -> list[Finding]:
    """Compare one package of two checkouts; nothing where it is not in both."""
    old, new = _load(package, before), _load(package, after)
    if old is None or new is None:
        return []
    broken = {_sentence(breakage): breakage.kind for breakage in griffe.find_breaking_changes(old, new)
              if _counts(breakage, package, old, new)}  # fmt: skip
    found = []
    for sentence, kind in sorted(broken.items()):
        severity: Severity = "warning" if kind in _MILD else "breaking"
        found.append(
            Finding(
                f"python-{kind.name.lower().replace('_', '-')}", severity, (package.audience,), f"Python: {sentence}"
            )
        )
    if not package.by_all:  # the attributes of models; those of the wrapper are properties
        found += _retyped(package, old, new)
    known = {*_public(old, package)}
    added = [path for path in _public(new, package) if path not in known]
    top = [path for path in added if _around(path) not in added]
    return [
        *found,
        *(Finding("python-name-added", "compatible", (package.audience,), f"Python: {path} was added") for path in top),
    ]


def _retyped(package: Package, old: griffe.Module, new: griffe.Module) -> Iterator[Finding]:
    """Compare the types of the attributes of models; griffe compares their values alone.

    A type that is only wider breaks no program that sets the attribute; a program that reads it may meet another value.
    """
    after = dict(_attributes(new.members.get("models")))
    for path, before in _attributes(old.members.get("models")):
        types = [_plain_types(each) for each in (before, after.get(path, before))]
        if types[0] != types[1] and (_MODEL in types[0]) == (_MODEL in types[1]):
            severity: Severity = "warning" if types[0] < types[1] else "breaking"
            texts = [_short(each.annotation) for each in (before, after[path])]
            words = f"Python: {path}: the type changed from {texts[0]} to {texts[1]}"
            yield Finding("python-attribute-changed-type", severity, (package.audience,), words)


def _attributes(here: Named | None) -> Iterator[tuple[str, griffe.Attribute]]:
    """Yield the public attributes of the classes of a module, by their paths."""
    for name, member in here.members.items() if isinstance(here, griffe.Class | griffe.Module) else ():
        if name.startswith("_") or member.is_alias:
            continue
        if isinstance(member, griffe.Class | griffe.Module):
            yield from _attributes(member)
        elif isinstance(member, griffe.Attribute) and isinstance(here, griffe.Class):
            yield member.path, member


def _plain_types(attribute: griffe.Attribute) -> set[str]:
    """Return the types that an attribute may have. The models of the document count as one: their findings differ."""
    text = re.sub(r"\b(?!Any\b|None\b|Unset\b|UUID\b|File\b)[A-Z]\w*", _MODEL, str(attribute.annotation or ""))
    return {part.strip() for part in text.split("|")}


def _around(path: str) -> str:
    """Name what a name is in: the function of a parameter, or else the class or module."""
    return path.partition("(")[0] if path.endswith(")") else path.rpartition(".")[0]


def _check_out(repository: Path, revision: str, folder: Path) -> None:
    missing = f"git has no revision {revision}"
    names = git(["ls-tree", "--name-only", revision], repository, missing).decode().split("\n")
    wanted = sorted({package.folder for package in PACKAGES} & set(names))
    if wanted:
        archive = git(["archive", "--format=tar", revision, *wanted], repository, missing)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="data")


def _load(package: Package, root: Path) -> griffe.Module | None:
    """Read a package's source, without running it."""
    folder = root / package.folder
    place = folder.joinpath(*package.name.split("."))
    if not (place.is_dir() or place.with_suffix(".py").is_file()):
        return None
    try:
        loaded = griffe.load(package.name, search_paths=[folder], allow_inspection=False, resolve_aliases=True)
    except (ImportError, SyntaxError, griffe.GriffeError) as error:
        raise DocumentError(f"{folder}: griffe can't read {package.name}: {error}") from error
    return loaded if isinstance(loaded, griffe.Module) else None


def _counts(breakage: griffe.Breakage, package: Package, old: griffe.Module, new: griffe.Module) -> bool:
    """Return whether what changed is public: of the wrapper, what `__all__` names and what is inside of that."""
    path = breakage.obj.path
    if path.rpartition(".")[2].startswith("_") or any(part.startswith("_") for part in path.split(".")):
        return path.endswith(".__init__")
    if not package.by_all:
        return True
    faces = {*_faces(old), *_faces(new)}
    return any(path == face or path.startswith(f"{face}.") for face in faces)


def _faces(module: griffe.Module) -> Iterator[str]:
    for name in module.exports or []:
        member = module.members.get(str(name))
        if member is not None:
            yield member.path
            yield member.canonical_path


def _public(module: griffe.Module, package: Package) -> Iterator[str]:
    """Name what is public, with the parameters of functions."""
    for name, member in _members(module, package.by_all):
        path = f"{module.path}.{name}"
        yield path
        yield from _inside(member, path)


def _members(module: griffe.Module, by_all: bool) -> Iterator[tuple[str, Named]]:
    for name, member in module.members.items():
        named = module.exports is not None and name in module.exports
        if named or (not by_all and not name.startswith("_") and not member.is_alias):
            yield name, member


def _inside(member: Named, path: str) -> Iterator[str]:
    try:
        target = member.final_target if isinstance(member, griffe.Alias) else member
    except griffe.AliasResolutionError:  # of the standard library, or another that is not read
        return
    if isinstance(target, griffe.Function):
        yield from (f"{path}({parameter.name})" for parameter in target.parameters)
    elif isinstance(target, griffe.Class | griffe.Module):
        for name, inner in target.members.items():
            if not name.startswith("_") and not inner.is_alias:
                yield f"{path}.{name}"
                yield from _inside(inner, f"{path}.{name}")


def _sentence(breakage: griffe.Breakage) -> str:
    where = breakage.obj.path
    text = f"{where}: {breakage.kind.value}".replace("Public object", "it")
    details = [_short(value) for value in (breakage.old_value, breakage.new_value)]
    name = getattr(breakage.old_value, "name", None) or getattr(breakage.new_value, "name", None)
    if breakage.kind.name.startswith("PARAMETER") and name:
        return f"{where}({name}): {breakage.kind.value[0].lower()}{breakage.kind.value[1:]}"
    if breakage.kind is griffe.BreakageKind.OBJECT_REMOVED:
        return f"{where} was removed"
    return f"{text} (from {details[0]} to {details[1]})"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - what fits into a line
