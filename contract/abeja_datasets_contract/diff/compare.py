"""The whole comparison of two documents."""

import sys
from typing import Any

from abeja_datasets_contract.diff.report.findings import Report
from abeja_datasets_contract.diff.rules.annotations import compare_annotations
from abeja_datasets_contract.diff.rules.inbound import compare_webhooks
from abeja_datasets_contract.diff.rules.operations import compare_operations
from abeja_datasets_contract.diff.rules.schema_findings import schema_findings
from abeja_datasets_contract.diff.rules.security import compare_schemes
from abeja_datasets_contract.diff.rules.servers import compare_servers
from abeja_datasets_contract.diff.rules.sides import Sides
from abeja_datasets_contract.diff.schemas.practice import as_meant
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.pointers import child, join

_FRAMES = 50_000


def compare(old: Document, new: Document) -> Report:
    """Report what changed between two documents, whom it breaks, and a value that shows it."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))  # of Python alone: chains of references are followed by recursion
    try:
        return _compare(as_meant(old), as_meant(new))
    finally:
        sys.setrecursionlimit(limit)


def _compare(old: Document, new: Document) -> Report:
    sides = Sides(old, new)
    compare_operations(sides)
    webhooks = compare_webhooks(sides)
    compare_schemes(sides)
    _compare_rest(sides)
    _compare_additional(sides)
    compare_annotations(sides)
    names = dict.fromkeys(
        operation.name for both in (sides.old_operations, sides.new_operations) for operation in both.values()
    )
    report = Report(old.name, new.name, operations=(*names, *webhooks))
    changed = [slot for slot in sides.slots if not sides.mean_alike(slot)]
    report.add([*schema_findings(old, new, changed, sides.body_example), *sides.findings])
    return report


def _compare_rest(sides: Sides) -> None:
    old, new = sides.old.data, sides.new.data
    sides.words("the API", old="#/info", new="#/info")
    sides.words("the API", old="#", new="#")
    for path in [path for path in sides.old.mapping("#/paths") if path in sides.new.mapping("#/paths")]:
        sides.words(f"the path {path}", old=join("paths", path), new=join("paths", path))
    if _tags(sides.old) != _tags(sides.new):
        words = "the descriptions of the tags changed"
        sides.add("tags-changed", "docs", ("callers sending", "callers reading"), words, old="#/tags", new="#/tags")
    compare_servers(sides)
    if old["openapi"] != new["openapi"]:
        words = f"the document is now written in OpenAPI {new['openapi']}, no longer {old['openapi']}"
        sides.add("openapi-version-changed", "docs", ("contract check",), words, old="#/openapi", new="#/openapi")
    schemas = [data.get("components", {}).get("schemas", {}) for data in (old, new)]
    for name in schemas[0]:
        if name not in schemas[1]:
            words = f"the component schema {name} was removed or renamed, and its generated model with it"
            sides.add(
                "component-schema-removed",
                "warning",
                ("generated code",),
                words,
                old=join("components", "schemas", name),
            )


def _tags(document: Document) -> dict[str, Any]:
    tags = document.data.get("tags") or []
    return {str(tag.get("name")): tag for tag in tags if isinstance(tag, dict)}


def _compare_additional(sides: Sides) -> None:
    """Report `additionalOperations`, methods by any name, which came with OpenAPI 3.2."""
    for path in {**sides.old.mapping("#/paths"), **sides.new.mapping("#/paths")}:
        place = join("paths", path)
        before, after = (side.mapping(child(place, "additionalOperations")) for side in (sides.old, sides.new))
        if before != after:
            words = f"the additional operations of {path} changed, which are not compared"
            sides.add(
                "additional-operations-changed",
                "undecided",
                ("callers sending", "callers reading"),
                words,
                old=place,
                new=place,
            )
