"""Operations compared: what came, what went, and what of each changed around its schemas."""

from typing import Any

from abeja_datasets_contract.diff.report.findings import Audience
from abeja_datasets_contract.diff.rules.inbound import compare_callbacks
from abeja_datasets_contract.diff.rules.requests import Requests
from abeja_datasets_contract.diff.rules.responses import Responses
from abeja_datasets_contract.diff.rules.security import compare_security
from abeja_datasets_contract.diff.rules.sides import Sides
from abeja_datasets_contract.openapi.names import snake_case
from abeja_datasets_contract.openapi.operations import Operation
from abeja_datasets_contract.openapi.pointers import child

_BOTH: tuple[Audience, ...] = ("callers sending", "callers reading", "generated code")


def compare_operations(sides: Sides) -> None:
    """Compare all operations of two documents, and add what is found to the sides."""
    for key in [*sides.old_operations, *(key for key in sides.new_operations if key not in sides.old_operations)]:
        old, new = sides.old_operations.get(key), sides.new_operations.get(key)
        if old and new:
            _compare(sides, old, new)
        elif old:
            words = f"the operation {old.name} ({old.method.upper()} {old.path}) was removed"
            example = sides.examples.request(old, None, "operation")
            sides.add(
                "operation-removed",
                "breaking",
                (*_BOTH, "contract check"),
                words,
                old.name,
                old=old.pointer,
                example=example,
            )
        elif new:
            words = f"the operation {new.name} ({new.method.upper()} {new.path}) was added"
            sides.add(
                "operation-added", "compatible", ("callers sending", "contract check"), words, new.name, new=new.pointer
            )


def _compare(sides: Sides, old: Operation, new: Operation) -> None:
    before, after = (side.raw.get("operationId") for side in (old, new))
    if snake_case(str(before)) != snake_case(str(after)):  # else the generated function keeps its name
        words = f"the operationId changed from {before} to {after}, which renames the generated function"
        sides.add(
            "operation-id-changed",
            "breaking",
            ("generated code",),
            words,
            new.name,
            old=_at(old, "operationId"),
            new=_at(new, "operationId"),
        )
    if _first_tag(old) != _first_tag(new):
        words = f"the first tag changed from {_first_tag(old)} to {_first_tag(new)}, which moves the generated module"
        sides.add(
            "operation-tag-changed",
            "breaking",
            ("generated code",),
            words,
            new.name,
            old=_at(old, "tags"),
            new=_at(new, "tags"),
        )
    elif {*old.raw.get("tags", [])} != {*new.raw.get("tags", [])}:
        words = f"the tags of the operation {new.name} changed, besides the first"
        sides.add(
            "operation-tags-changed", "docs", ("callers sending", "callers reading"), words, new.name,
            old=_at(old, "tags"), new=_at(new, "tags"),
        )  # fmt: skip
    sides.deprecation(
        "operation", old.raw, new.raw, f"the operation {new.name}", new.name, old=old.pointer, new=new.pointer
    )
    sides.words(f"the operation {new.name}", new.name, old=old.pointer, new=new.pointer)
    Requests(sides, old, new).compare()
    Responses(sides, old, new).compare()
    compare_security(sides, old, new)
    compare_callbacks(sides, old, new)


def _at(operation: Operation, keyword: str) -> str:
    return child(operation.pointer, keyword) if keyword in operation.raw else operation.pointer


def _first_tag(operation: Operation) -> Any:
    tags = operation.raw.get("tags") or [None]
    return tags[0]
