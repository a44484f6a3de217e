"""Check a package that was just generated, before it replaces another: it imports, it type-checks, and it is whole."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from upkeep.document.contract import Operation, operations_of, snake_case
from upkeep.generation.refusing import place
from upkeep.programs import Program

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

_MYPY = (
    "--config-file=", "--strict", "--no-error-summary", "--no-color-output", "--explicit-package-bases",
    "--namespace-packages",
)  # fmt: skip
_ERROR = re.compile(r"(?P<file>[^:]+\.py):(?P<line>\d+): error: (?P<why>.*)")
_OF_THE_GENERATOR = re.compile(r'client\.py:\d+: error: Argument 1 to "__a?exit__" of ')
"""Errors that the generator makes for every document."""
_REMEDY = "rename it, or write it more simply"


def faults(root: Path, package: Path, document: "Document") -> list[str]:
    """Return what is wrong with a generated package, each with the line of the document that it comes from."""
    operations = operations_of(document)
    importing = Program("upkeep.generation.importing", root, [str(package.parent), package.name])
    try:
        errors = _type_errors(root, package)
        found = {**errors, **importing.output()}
    finally:
        importing.stop()
    said: dict[str, str] = {}
    for file, why in found.items():
        pointer = _origin(document, operations, Path(file))
        said.setdefault(pointer, f"the code generated for it can't be used ({why}); {_REMEDY}")
    for pointer in _left_out(package, operations):
        said.setdefault(pointer, "the generator leaves this operation out without a word; write it more simply")
    return [f"{place(document, pointer)}: {why}" for pointer, why in said.items()]


def _type_errors(root: Path, package: Path) -> dict[str, str]:
    """Return the first type error of each file."""
    with tempfile.TemporaryDirectory() as other:
        caches = root / ".mypy_cache"
        # From inside of the folder around it, a package has the same name for mypy whatever that folder is called.
        cache = caches / "generating" if os.access(caches if caches.exists() else root, os.W_OK) else Path(other)
        run = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "mypy", *_MYPY, f"--cache-dir={cache}", package.name], cwd=package.parent,
            env={name: value for name, value in os.environ.items() if name != "MYPYPATH"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    found: dict[str, str] = {}
    for line in run.stdout.splitlines():
        error = _ERROR.match(line)
        if error and not _OF_THE_GENERATOR.search(line):
            found.setdefault(error["file"], error["why"])
    if run.returncode > 1:
        found.setdefault(f"{package.name}/__init__.py", _last(run.stdout + run.stderr))
    return found


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["mypy fails without a word"])[-1]


def _origin(document: "Document", operations: list[Operation], file: Path) -> str:
    """Return the pointer of the operation or schema that a generated module is made of."""
    from abeja_datasets_contract.openapi.pointers import join

    name = file.stem.strip("_")
    sources = {snake_case(one): join("components", "schemas", one) for one in document.mapping("#/components/schemas")}
    if "api" in file.parts:
        sources = {}
    sources |= {one.name: one.pointer for one in operations}
    fitting = [source for source in sources if f"{name}_".startswith(f"{source}_")]
    return sources[max(fitting, key=len)] if fitting else "#"


def _left_out(package: Path, operations: list[Operation]) -> Iterator[str]:
    written = {module.stem for module in (package / "api").glob("*/*.py")}
    for one in operations:
        if one.name and not written & {one.name, f"{one.name}_", f"field_{one.name}"}:
            yield one.pointer
