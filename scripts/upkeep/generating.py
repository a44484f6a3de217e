"""Write the low-level client: validate the document, run the generator, and replace the package."""

import ast
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from upkeep.deferring import defer_imports

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

DOCUMENT = "openapi.yaml"
PACKAGE = Path("generated/abeja_datasets_openapi")
TYPED_DICTS = "typed_dicts.py"
HEADER = "# Generated from openapi.yaml by scripts/generate; do not edit.\n"


class InvalidDocument(Exception):
    """No client can be generated from the document; the message names the place and the reason."""


class Difference(NamedTuple):
    """A file that is not as it would be written; `what` is `missing`, `extra` or `differs`."""

    file: str
    what: str


def validate(root: Path) -> "Document":
    """Read the document of a project.

    Raises:
        InvalidDocument: it is not a valid OpenAPI 3.1 document; the message has the line and the reason.
    """
    from openapi_spec_validator import OpenAPIV31SpecValidator

    from abeja_datasets_contract.diff import DocumentError, load

    try:
        document = load(DOCUMENT, folder=root)
    except DocumentError as error:
        raise InvalidDocument(str(error)) from error
    if not document.data["openapi"].startswith("3.1."):
        raise InvalidDocument(f"{document.where('#/openapi')}: not an OpenAPI 3.1 document")
    others = [file for file in document.texts if file]
    if others:
        raise InvalidDocument(f"{DOCUMENT}: it refers to {others[0]}; the package ships one file, so put all into it")

    def place(path: tuple[object, ...]) -> str:
        pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
        return f"{DOCUMENT}:{document.line(f'#{pointer}')}: #{pointer}"

    # An error inside a schema is reported once for each use of the schema; once is enough.
    reasons = {
        f"{place(path)}: {error.message.splitlines()[0]}": None
        for error in OpenAPIV31SpecValidator(document.data).iter_errors()
        for path in _paths_to(document.data, tuple(error.absolute_path), error.instance)
    }
    reasons = reasons or dict.fromkeys(_misread(document))
    if reasons:
        raise InvalidDocument("\n".join(reasons))
    return document


def _misread(document: "Document") -> Iterator[str]:
    """Find the responses that the generated code can't read: text that is described as an object."""
    from abeja_datasets_contract.openapi.operations import operations
    from abeja_datasets_contract.openapi.pointers import child

    for operation in operations(document).values():
        responses = child(operation.pointer, "responses")
        for status in operation.raw.get("responses", {}):
            response = document.follow(child(responses, status))
            for media, content in document.at(response).get("content", {}).items():
                place = child(response, "content", media)
                if media.startswith("text/") and isinstance((content or {}).get("schema"), dict):
                    schema = document.at(document.follow(child(place, "schema")))
                    if schema.get("type") != "string":
                        where = f"{DOCUMENT}:{document.line(place)}: {place}"
                        yield f"{where}: the generator can't read {media} but as a string; write `type: string`"


def _paths_to(content: object, tail: tuple[object, ...], value: object) -> list[tuple[object, ...]]:
    """Return the paths to `value` in the document that end with `tail`, which the validator may count from a schema."""

    def walk(node: object, path: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], object]]:
        yield path, node
        entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in entries:
            yield from walk(child, (*path, key))

    found = [path for path, node in walk(content, ()) if path[len(path) - len(tail) :] == tail and node == value]
    return [tail] if tail in found or not found else found


@contextmanager
def generated(root: Path) -> Iterator[Path]:
    """Generate into a folder beside the package, so that a rename replaces it. The folder is removed at the end.

    Raises:
        InvalidDocument: the generator refuses the document.
    """
    around = root / PACKAGE.parent
    around.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".generating-", dir=around) as folder:
        fresh = Path(folder) / PACKAGE.name
        generate(root, fresh)
        yield fresh


def generate(root: Path, package: Path) -> None:
    """Run the generator into `package`, add the header to its files, and copy the document beside them.

    Raises:
        InvalidDocument: the generator refuses the document.
    """
    code, output = run_generator(
        "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning",
        "--path", str(root / DOCUMENT),
        "--config", str(root / "generator-config.yaml"),
        "--output-path", str(package),
    )  # fmt: skip
    if code:
        raise InvalidDocument(f"{DOCUMENT}: the generator refuses it\n{output}".rstrip())
    defer_imports(package)
    write_typed_dicts(root, package / TYPED_DICTS)
    format_code(package)
    for cache in package.rglob(".ruff_cache"):
        shutil.rmtree(cache)
    for module in package.rglob("*.py"):
        module.write_text(HEADER + module.read_text(encoding="utf-8"), encoding="utf-8")
    (package / "py.typed").touch()
    shutil.copyfile(root / DOCUMENT, package / DOCUMENT)


def write_typed_dicts(root: Path, module: Path) -> None:
    """Write a TypedDict for each object that the document names.

    Raises:
        InvalidDocument: the generator of these refuses the document.
    """
    code, output = run_generator(
        "datamodel-codegen", "--input-file-type", "openapi", "--openapi-scopes", "schemas",
        "--output-model-type", "typing.TypedDict", "--enum-field-as-literal", "all", "--target-python-version", "3.11",
        "--use-schema-description", "--use-field-description",
        "--disable-timestamp", "--disable-warnings", "--formatters", "builtin",
        "--input", str(root / DOCUMENT),
        "--output", str(module),
    )  # fmt: skip
    if code:
        raise InvalidDocument(f"{DOCUMENT}: the generator of TypedDicts refuses it\n{output}".rstrip())
    text = module.read_text(encoding="utf-8")
    names = sorted(node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    module.write_text(f"{text.rstrip()}\n\n\n__all__ = {names}\n", encoding="utf-8")


def format_code(folder: Path) -> None:
    """Sort the imports of a generated package and format it, as the generator itself does."""
    ruff = Path(sys.executable).with_name("ruff")
    for arguments in (["check", "--fix", "--select", "I"], ["format"]):
        command = [str(ruff), *arguments, "--isolated", "--quiet", str(folder)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the command is ours


def run_generator(name: str, *arguments: str) -> tuple[int, str]:
    """Run a pinned generator; return its exit code and its output.

    Raises:
        InvalidDocument: it is not installed.
    """
    # The generator looks for ruff on PATH, and takes its absence for a warning.
    here = Path(sys.executable).parent
    path = f"{here}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        run = subprocess.run(  # noqa: S603 - the command is ours
            [str(here / name), *arguments], env={**os.environ, "PATH": path, "NO_COLOR": "1"},
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise InvalidDocument(f"{name} is not installed; run scripts/install") from None
    return run.returncode, run.stdout + run.stderr


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


def replace(package: Path, fresh: Path) -> None:
    """Replace `package` with `fresh`, which is complete."""
    old = fresh.with_name("old")
    if package.exists():
        package.rename(old)
    fresh.rename(package)
