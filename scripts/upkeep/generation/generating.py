"""Write the low-level client: validate the document, run the generators, and check what they have written."""

import filecmp
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from upkeep.document.spec_errors import spec_errors
from upkeep.environment import ROOT
from upkeep.generation.deferring import defer_imports
from upkeep.generation.prepared import Prepared, prepare
from upkeep.generation.refusing import place, refusals
from upkeep.generation.styles import put_styles
from upkeep.generation.verifying import faults
from upkeep.programs import Program, ProgramFailed

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

DOCUMENT = "openapi.yaml"
SETTINGS = "generator-config.yaml"
LOCK = "requirements.lock"
PACKAGE = Path("generated/abeja_datasets_openapi")
HEADER = "# Generated from openapi.yaml by scripts/generate; do not edit.\n"
_TYPED_DICTS = "typed_dicts.py"
_GENERATORS = ("openapi-python-client", "datamodel-code-generator", "ruff")
"""The distributions that decide on the bytes of the package."""
_MOST = 10
"""Lines of a message."""
_LONG = 10_000
"""A document of this many lines or more takes so long that a maintainer is asked to wait."""
_LINES_A_SECOND = 2_500
"""How many lines the validator reads a second, which takes most of the time before the generators begin."""
_VAGUE = {"#", "#/paths"}
"""Places at which the validator reports what we have a better place for."""


class InvalidDocument(Exception):
    """No client can be generated; the message names the place, the reason and the remedy."""


class Difference(NamedTuple):
    """A file that is not as it would be written; `what` is `missing`, `extra` or `differs`."""

    file: str
    what: str


def validate(root: Path, say: Callable[[str], None] = lambda _line: None) -> "Document":
    """Read the document of a project.

    Args:
        root: the project.
        say: is called with a line about the time that this takes, if it is long.

    Raises:
        InvalidDocument: it is not a valid OpenAPI 3.1 document, or no client can be generated from it.
    """
    from abeja_datasets_contract.diff import DocumentError, load

    try:
        document = load(DOCUMENT, folder=root)
    except DocumentError as error:
        raise InvalidDocument(str(error)) from error
    if not document.data["openapi"].startswith("3.1."):
        why = f"not an OpenAPI 3.1 document, but one of {document.data['openapi']}; write it in 3.1"
        raise InvalidDocument(f"{document.where('#/openapi')}: {why}")
    others = [file for file in document.texts if file]
    if others:
        raise InvalidDocument(f"{DOCUMENT}: it refers to {others[0]}; the package ships one file, so put all into it")
    if (lines := (root / DOCUMENT).read_bytes().count(b"\n")) >= _LONG:
        say(f"validating {lines:,} lines of {DOCUMENT}; this takes about {lines // _LINES_A_SECOND} s …")
    errors = spec_errors(document)
    if not errors.keys() - _VAGUE:
        _refuse(refusals(root, document))
    _refuse([f"{place(document, pointer)}: {why}" for pointer, why in errors.items()])
    return document


def _refuse(reasons: Sequence[str]) -> None:
    """Raise an error with these reasons, if there are any."""
    if len(reasons) > _MOST:
        reasons = [*reasons[: _MOST - 1], f"… and {len(reasons) - _MOST + 1} more"]
    if reasons:
        raise InvalidDocument("\n".join(reasons))


@contextmanager
def generated(root: Path, document: "Document") -> Iterator[Path]:
    """Generate into a temporary folder, to compare with; it is removed at the end.

    Raises:
        InvalidDocument: a generator refuses the document.
    """
    with tempfile.TemporaryDirectory(prefix="abeja-generated-") as folder:
        yield generate(root, document, Path(folder))


def generate(root: Path, document: "Document", folder: Path) -> Path:
    """Run the generators in a folder, add the header to their files, and copy the document beside them.

    Returns:
        The package.

    Raises:
        InvalidDocument: a generator refuses the document, or is not the locked one.
    """
    _check_versions(root)
    package, prepared = folder / PACKAGE.name, prepare(document)
    _run_generators(root, document, prepared, folder)
    prepared.restore(package)
    put_styles(document, package)
    defer_imports(package)
    (folder / _TYPED_DICTS).rename(package / _TYPED_DICTS)
    format_code(package)
    for cache in package.rglob(".ruff_cache"):
        shutil.rmtree(cache)
    for module in package.rglob("*.py"):
        module.write_text(HEADER + module.read_text(encoding="utf-8"), encoding="utf-8")
    (package / "py.typed").touch()
    shutil.copyfile(root / DOCUMENT, package / DOCUMENT)
    return package


def verify(root: Path, document: "Document", package: Path) -> None:
    """Check that a generated package works before it replaces another.

    Raises:
        InvalidDocument: it does not.
    """
    _refuse(faults(root, package, document))


def _check_versions(root: Path) -> None:
    lock = root / LOCK
    text = (lock if lock.exists() else ROOT / LOCK).read_text(encoding="utf-8")
    for name in _GENERATORS:
        pinned = re.search(rf"^{name}==(\S+)", text, re.MULTILINE)
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            raise InvalidDocument(f"{name} is not installed; run scripts/install") from None
        if pinned and installed != pinned[1]:
            why = f"{name} {installed} is installed, and {LOCK} has {pinned[1]}"
            raise InvalidDocument(f"{why}; run scripts/install, which restores it")


def _run_generators(root: Path, document: "Document", prepared: Prepared, folder: Path) -> None:
    """Run both generators side by side, on a document that has the name of ours, which one of them writes down."""
    written = folder / DOCUMENT
    written.write_text(prepared.text, encoding="utf-8")
    client = Program(
        "upkeep.generation.client_generator", root,
        {"document": str(written), "settings": str(root / SETTINGS), "package": str(folder / PACKAGE.name)},
    )  # fmt: skip
    typed_dicts = Program(
        "upkeep.generation.typed_dicts", root, {"document": str(written), "module": str(folder / _TYPED_DICTS)}
    )
    try:
        _check_client(document, client.output())
        if why := typed_dicts.output():
            raise InvalidDocument(f"{DOCUMENT}: datamodel-code-generator refuses it: {why}; write it more simply")
    except ProgramFailed as error:
        raise InvalidDocument(
            f"{DOCUMENT}: a generator fails on it: {error}; write what was added more simply"
        ) from error
    finally:
        client.stop()
        typed_dicts.stop()


_REMEDIES = {
    r"[Cc]ontent[ _]type": "take application/json",
    r"several types|[Uu]nsupported enum": "write all values as text, or all as integers",
    r"type or value": "take another type, or leave out its `enum` or `default`",
    r"Missing schema": "add a `schema`",
    r"duplicate models|conflicting|same (Python identifier|python_name)": "rename one of the two",
    r"Could not find reference|[Rr]emote references|not found": "refer to a component of the same section",
}
"""What to do about a refusal, by the generator's words."""


def _check_client(document: "Document", output: dict[str, Any]) -> None:
    if output["setting"]:
        raise InvalidDocument(f"{SETTINGS}: {output['setting']}; correct this file")
    lines = []
    for pointer, why in output["refusals"]:
        remedies = (remedy for words, remedy in _REMEDIES.items() if re.search(words, why))
        remedy = next(remedies, "write it in another way")
        lines.append(f"{place(document, pointer)}: the generator refuses it: {why.rstrip('.')}; {remedy}")
    _refuse(list(dict.fromkeys(lines)))


def format_code(folder: Path) -> None:
    """Sort the imports of a generated package and format it, as the generator itself does."""
    ruff = Path(sys.executable).with_name("ruff")
    for arguments in (["check", "--fix", "--select", "I"], ["format"]):
        command = [str(ruff), *arguments, "--isolated", "--no-cache", "--quiet", str(folder)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the command is ours


def compare(fresh: Path, package: Path) -> list[Difference]:
    """List the files of `package` that are missing, extra or differing, against `fresh`."""
    wanted, present = _files(fresh), _files(package)
    rows = [Difference(name, "missing") for name in wanted - present]
    rows += [Difference(name, "extra") for name in present - wanted]
    rows += [
        Difference(name, "differs")
        for name in wanted & present
        if not filecmp.cmp(fresh / name, package / name, shallow=False)
    ]
    return sorted(rows)


def _files(folder: Path) -> set[str]:
    """Return the files below `folder`, without the caches of Python."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
