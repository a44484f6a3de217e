"""What is left to do after a change of the document, each as one sentence with the place.

It is found by running the pieces on the new document: the client against a server that follows it, the contract check
against the mock server, and mypy. A parameter or a field that a piece takes and ignores is left to do too. A method
*reaches* a parameter or a field if the value of an argument arrives there; the parts of a value arrive with it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from upkeep.left import files, pins, security, types
from upkeep.left.clauses import CHECK
from upkeep.left.client import Client
from upkeep.left.project import Gap, Project
from upkeep.left.server import Server

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

__all__ = ["Gap", "find_gaps", "listed"]


def find_gaps(root: Path, document: "Document") -> list[Gap]:
    """List what is left to do in a project, whose generated code is that of its document.

    Args:
        root: the project.
        document: its document.

    Raises:
        SyntaxError: a module of the wrapper or the mock server is not valid Python.
    """
    project = Project(root, document)
    if broken := _check_that_is_broken():
        return [broken]
    pieces: list[types.Mypy | Client | Server] = []
    try:
        # One by one: a piece that can't begin must not leave the others running.
        pieces.append(types.Mypy(root))
        pieces.append(Client(project))
        pieces.append(Server(project))
        found = [*_unnamed(project), *files.gaps(project), *pins.gaps(project), *security.gaps(project)]
        for piece in pieces:
            found += piece.gaps()
    finally:
        for piece in pieces:
            piece.stop()
    return list(dict.fromkeys(found))


def _check_that_is_broken() -> Gap | None:
    """Return why the check can't be loaded, whose reader of documents all pieces share; None where it can."""
    try:
        import abeja_datasets_contract.check.document.schemas  # noqa: F401 - whether it can be loaded
    except Exception as error:  # noqa: BLE001 - whatever keeps it from loading is reported
        what = f"it can't be loaded, so what is left to do is not known: {type(error).__name__}: {error}"
        return Gap(str(CHECK), what)
    return None


def _unnamed(project: Project) -> Iterator[Gap]:
    for one in project.unnamed:
        what = f"{one.method} {one.path} has no operationId, and so no method can be named after it"
        yield Gap(project.line(one.pointer), what)


def listed(gaps: list[Gap]) -> Iterator[str]:
    """Yield the lines of the list: each cause, and below it the places that it changes."""
    if not gaps:
        yield "Nothing is left to do."
        return
    yield f"Left to do ({len(gaps)}):"
    for cause in dict.fromkeys(gap.cause for gap in gaps):
        if cause:
            yield f"  For {cause}:"
        for gap in gaps:
            if gap.cause == cause:
                yield f"{'    ' if cause else '  '}{gap}"
