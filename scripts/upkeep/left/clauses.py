"""The clauses of the contract check: their sources are in the document, and what it has is the source of one."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from upkeep.contract import Operation
from upkeep.left.project import DOCUMENT, Gap, Project

CHECK = Path("contract/abeja_datasets_contract/check")
_MANY = 3


def gaps(project: Project) -> Iterator[Gap]:
    """Ask the check for its clauses, and look for their sources in the document."""
    document = project.document
    from abeja_datasets_contract.check.document import Contract
    from abeja_datasets_contract.check.stages import entries

    try:
        listed = entries(Contract(document, project.root / DOCUMENT))
    except Exception as error:  # noqa: BLE001 - whatever keeps it from reading the document is reported
        reason = f"{type(error).__name__}: {error}"
        yield Gap(str(CHECK), f"it can't read the document, so its clauses are not known: {reason}")
        return
    gone: dict[tuple[str, str], list[str]] = {}
    for entry in listed:
        if entry.gone:
            gone.setdefault((in_project(entry.where), entry.gone), []).append(entry.clause.name)
    for (where, what), clauses in gone.items():
        one = f"the clause {clauses[0]} names" if len(clauses) == 1 else f"the clauses {some(clauses)} name"
        yield Gap(where, f"{one} what {DOCUMENT} no longer has: {what}", f"what is gone: {what}")
    there = [entry.clause.source for entry in listed if not entry.gone and entry.clause.source.startswith("#/")]
    sources = [*there, *map(document.follow, there)]
    names = {entry.clause.name for entry in listed}
    for operation in project.operations:
        yield from _without_a_clause(project, operation, names, sources)


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
