"""The files that name what the document has: models, scenarios, README, CHANGELOG, and paths in programs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from upkeep.document import modules
from upkeep.git import git
from upkeep.left.project import DOCUMENT, Gap, Project
from upkeep.left.wire import server_url

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

SCENARIOS = Path("mock_server/abeja_datasets_mock/scenarios/scenarios.yaml")
README, CHANGELOG = Path("README.md"), Path("CHANGELOG.md")
_PROGRAMS = ("bench", "cli", "loading", "mock_server")
SETTINGS = modules.WRAPPER / "configuration/settings.py"
LISTING = ("tests/wrapper/test_requests.py", "tests/wrapper/test_docstrings.py")
"""Tests that list all operations."""


def gaps(project: Project) -> Iterator[Gap]:
    """Yield what these files lack."""
    yield from _models(project)
    yield from _names(project)
    yield from _paths(project)
    yield from _tests(project)
    yield from _changelog(project)


def _models(project: Project) -> Iterator[Gap]:
    """Compare the typed view with the models that are generated of the components."""
    root = project.root
    exported = modules.exported(root / modules.GENERATED / "models" / "__init__.py")
    imported = modules.imported(root / modules.MODELS, f"{modules.GENERATED.name}.models")
    components = {_folded(name) for name in project.document.mapping("#/components/schemas")}
    classes = {name for name in exported if _folded(name) in components and _is_class(root, name)}
    for name in sorted(classes - imported.keys()):
        yield Gap(str(modules.MODELS), f"the generated model {name} is missing; import it, and name it in __all__")
    for name in sorted(imported.keys() - set(exported)):
        yield Gap(f"{modules.MODELS}:{imported[name]}", f"the model {name} is not generated any more; remove it")


def _folded(name: str) -> str:
    return re.sub(r"\W|_", "", name).lower()


def _is_class(root: Path, name: str) -> bool:
    """Return whether a generated model is a class, and not the type of an enum."""
    wanted = f"class {name}:"
    return any(
        wanted in file.read_text(encoding="utf-8") for file in (root / modules.GENERATED / "models").glob("*.py")
    )


def _names(project: Project) -> Iterator[Gap]:
    """Look for each operation in the scenarios and README, and there for those that are gone."""
    for file in (SCENARIOS, README):
        if not (project.root / file).exists():
            continue
        words = set(re.findall(r"\w+", (project.root / file).read_text(encoding="utf-8")))
        for operation in project.operations:
            if operation.name not in words:
                what = f"it does not name {operation.name} ({project.line(operation.pointer)})"
                yield Gap(str(file), what, project.the_operation(operation))
        for name in (name for name in _gone(project) if name in words):
            yield Gap(str(file), f"it names {name}, which has no operation any more")


def _paths(project: Project) -> Iterator[Gap]:
    """Compare the paths in programs with those of the document."""
    wanted = {_shape(operation.path) for operation in (*project.operations, *project.unnamed)}
    pattern = re.compile(r"""(?<=["'} ])/organizations/[^"'?\s]*""")
    for file in modules.below(project.root, *_PROGRAMS):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for path in pattern.findall(line):
                if _shape(path) not in wanted:
                    where = f"{file.relative_to(project.root)}:{number}"
                    yield Gap(where, f"it requests {path}, which {DOCUMENT} does not have", "paths that are gone")


def _tests(project: Project) -> Iterator[Gap]:
    """Look for the operations in the tests that list them all, and in all tests for what is gone."""
    for file in (project.root / name for name in LISTING):
        if not file.exists():
            return
        words = set(re.findall(r"\w+", file.read_text(encoding="utf-8")))
        for operation in project.operations:
            if operation.name not in words:
                where, place = str(file.relative_to(project.root)), project.line(operation.pointer)
                yield Gap(where, f"it does not have {operation.name} ({place})", project.the_operation(operation))
    url = server_url(project.document)
    default = re.search(r'^BASE_URL = "(.*)"$', (project.root / SETTINGS).read_text(encoding="utf-8"), re.MULTILINE)
    gone = {name: f"it names {name}, which has no operation any more" for name in _gone(project)}
    if default and urlsplit(url).netloc and default[1] != url:
        gone[default[1]] = f"it names the address {default[1]}, and the first server is {url}"
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?![\w/])" for name in gone))
    for file in modules.below(project.root, "tests") if gone else ():
        for name in dict.fromkeys(pattern.findall(file.read_text(encoding="utf-8"))):
            yield Gap(str(file.relative_to(project.root)), gone[name], "tests")


def _gone(project: Project) -> list[str]:
    """Return the functions of operations that are gone."""
    return sorted(modules.calls(project.root).keys() - project.names.keys())


def _shape(path: str) -> str:
    """Return a path with its ids left out, and without the slash at its end."""
    segments = path.strip("/").split("/")
    return "/".join("{}" if "{" in each or each.isdecimal() else each for each in segments)


def _changelog(project: Project) -> Iterator[Gap]:
    """Ask for an entry where the wire has changed since the last commit, and the changelog has not."""
    before = project.before
    if before is None or git(project.root, "diff", "--quiet", "HEAD", "--", str(CHANGELOG)) is None:
        return
    if changed := _changed(before, project.document):
        yield Gap(
            str(CHANGELOG), f"name what has changed under [Unreleased]: {', '.join(changed)}", "changes of the wire"
        )


def _changed(before: "Document", now: "Document") -> list[str]:
    """Return the operations whose requests or responses differ."""
    from abeja_datasets_contract.diff import compare

    found = [finding for finding in compare(before, now).findings if finding.severity != "docs"]
    return sorted({name for finding in found for name in finding.operations or ("the document",)})
