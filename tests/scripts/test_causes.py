"""The findings of a diff are folded: one line for each cause, with the operations that it reaches."""

import json
from typing import Any

import pytest
from tests.scripts import documents
from tests.scripts.project import DATASET, PACKAGE, Project

from abeja_datasets_contract.diff.report.findings import Finding, Severity
from upkeep.diff.causes import causes, where
from upkeep.diff.verdict import verdict
from upkeep.generation.generating import generate, validate
from upkeep.swapping import replace, workplace

API = "Python: abeja_datasets_openapi.api.datasets"
MODELS = "Python: abeja_datasets_openapi.models"


def found(rule: str, sentence: str, severity: Severity = "breaking", operations: tuple[str, ...] = ()) -> Finding:
    return Finding(rule, severity, ("generated code",), sentence, operations=operations)


def lines(*findings: Finding) -> list[str]:
    return [f"{cause.severity}: {cause.sentence}{where(cause)}" for cause in causes(findings)]


def test_a_renamed_parameter_is_one_line() -> None:
    both = [
        found(rule, f"{API}.{operation}.{function}({name}): {what}")
        for operation in ("get_a", "get_b")
        for function in ("sync", "asyncio")
        for rule, name, what in (
            ("python-parameter-removed", "a_id", "parameter was removed"),
            ("python-parameter-added-required", "b_id", "parameter was added as required"),
        )
    ]
    assert lines(*both) == ["breaking: Python: the parameter a_id is now called b_id; in get_a, get_b"]
    said = found(
        "path-parameter-renamed", "the path parameter `a_id` is now called `b_id`", "warning", ("get_a", "get_b")
    )
    assert lines(said, *both) == ["breaking: the path parameter `a_id` is now called `b_id`; in get_a, get_b"]


def test_what_follows_in_python_is_left_out_and_other_things_stay() -> None:
    gone = found("component-schema-removed", "the component schema Rect was removed or renamed", "warning")
    python = [found("python-object-removed", f"{MODELS}.{name} was removed") for name in ("Rect", "rect", "Box")]
    assert lines(gone, *python) == [
        "breaking: the component schema Rect was removed or renamed",
        f"breaking: {MODELS}.Box was removed",
    ]


def test_a_type_of_python_stays_unless_the_document_says_it_too() -> None:
    python = found("python-attribute-changed-type", f"{MODELS}.a.A.at: the type changed from str to datetime.datetime")
    pattern = found("response-pattern-changed", "`A.at` in responses: `pattern: x` was removed", "undecided")
    assert len(lines(python, pattern)) == 2
    kind = found("response-type-changed", '`A.at` in responses: `type` changed from "string" to "integer"')
    assert lines(python, kind) == [f"breaking: {kind.sentence}"]


def test_one_property_of_several_schemas_is_one_line() -> None:
    what = "in responses: property `name` is no longer always there"
    both = [found("x", f"`{name}` {what}", operations=(f"get_{name}",)) for name in ("A", "B")]
    assert lines(*both) == [f"breaking: `A` {what} (also in B); in get_A, get_B"]


def test_many_of_one_kind_are_one_line() -> None:
    many = [found("operation-removed", f"the operation o{n} was removed", operations=(f"o{n}",)) for n in range(9)]
    assert lines(*many) == ["breaking: the operation o0 was removed, and 8 more like this: o1, o2, o3 and 5 more"]
    assert len(lines(*many[:3])) == 3


@pytest.mark.slow
def test_real_changes_are_one_line_each(project: Project) -> None:
    def rename(data: Any) -> None:
        data["paths"] = {path.replace("{dataset_id}", "{set_id}"): item for path, item in data["paths"].items()}
        text = json.dumps(data).replace('"name": "dataset_id"', '"name": "set_id"')
        data.clear()
        data.update(json.loads(text))

    def spell(data: Any) -> None:
        data["paths"][DATASET]["get"]["operationId"] = "getDataset"
        data["components"]["links"]["GetDataset"]["operationId"] = "getDataset"

    project.commit("As it is")
    edits: dict[str, Any] = {
        "the path parameter `dataset_id` is now called `set_id`": rename,
        "models.dataset.Dataset.created_at: the type changed from str to datetime.datetime (also in DatasetWithCount)":
            documents.properties(created_at={"type": "string", "format": "date-time"}),
        "": spell,
    }  # fmt: skip
    for words, edit in edits.items():
        project.git("checkout", "--quiet", ".")
        project.edit(edit)
        document = validate(project.root)
        with workplace(project.root / PACKAGE) as folder:
            replace(project.root / PACKAGE, generate(project.root, document, folder))
        breaks = [line for line in verdict(project.root, document) if line.startswith("  breaking")]
        assert len(breaks) == (1 if words else 0), breaks
        assert words in "".join(breaks)
