"""The clauses of the contract check: their sources are in the document, and what it has is the source of one."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from upkeep.document.contract import Operation
from upkeep.left.project import DOCUMENT, Gap, Project

CHECK = Path("contract/abeja_datasets_contract/check")
_MANY = 3


def gaps(project: Project, listed: list[list[str]]) -> Iterator[Gap]:
    """Look for the sources of clauses in the document.

    Args:
        project: the project.
        listed: of each clause the name, the source, what of that is gone, and the place that registers it.
    """
    document = project.document
    gone: dict[tuple[str, str], list[str]] = {}
    for name, _, lacking, where in listed:
        if lacking:
            gone.setdefault((in_project(where), lacking), []).append(name)
    for (where, what), names in gone.items():
        one = f"the clause {names[0]} names" if len(names) == 1 else f"the clauses {some(names)} name"
        yield Gap(where, f"{one} what {DOCUMENT} no longer has: {what}", f"what is gone: {what}")
    there = [source for _, source, lacking, _ in listed if not lacking and source.startswith("#/")]
    sources = [*there, *map(document.follow, there)]
    known = {name for name, *_ in listed}
    for operation in project.operations:
        yield from _without_a_clause(project, operation, known, sources)


def _without_a_clause(
    project: Project, operation: Operation, names: Collection[str], sources: list[str]
) -> Iterator[Gap]:
    clause = f"operations.{operation.operation_id}.succeeds"
    if clause not in names:
        line = project.line(operation.pointer)
        what = f"there is no clause {clause} ({line}); add its check"
        yield Gap(str(CHECK / "probes/operations.py"), what, project.the_operation(operation))
    for part in operation.parameters:
        named = any(f"{source}/".startswith(f"{part.pointer}/") for source in sources)
        if part.location != "path" and not named:
            kind = f"{part.location} parameter {part.name} of {operation.operation_id}"
            what = f"no clause has the {kind} as its source ({project.line(part.pointer)}); add one"
            yield Gap(str(CHECK / "probes"), what, project.the_part(operation, part))


def some(names: list[str]) -> str:
    """Return a few names, and the number of the others."""
    return ", ".join(names[:_MANY]) + (f" and {len(names) - _MANY} more" if len(names) > _MANY else "")


def in_project(where: str) -> str:
    """Return a place in a package as it is named from the project's folder."""
    found = re.search(r"(contract|mock_server)/abeja_datasets_.*", where)
    return found[0] if found else ""
