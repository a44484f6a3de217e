"""What generated functions send is what the caller gives: no default, and each parameter by its own name."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.scripts import documents
from tests.scripts.documents import Here, all_of, operation, parameter, path_parameter, small_project
from tests.scripts.project import DATASETS

from upkeep.document.contract import snake_case
from upkeep.generation.generating import generate, validate
from upkeep.generation.prepared import prepare
from upkeep.generation.verifying import faults

SORT = {"type": "string", "enum": ["asc", "ASC", "desc", "DESC"], "default": "asc"}
PROGRAM = """
import json, sys
from abeja_datasets_openapi.api.datasets.list_datasets import _get_kwargs as listed
from abeja_datasets_openapi.api.default.get_p import _get_kwargs as got
from abeja_datasets_openapi.api.default.shared import _get_kwargs as shared
from abeja_datasets_openapi.api.default.styled import _get_kwargs as styled
from abeja_datasets_openapi.models.settings import Settings
from abeja_datasets_openapi.models.styled_filter import StyledFilter as Filter
from abeja_datasets_openapi.models.styled_flat import StyledFlat as Flat
from abeja_datasets_openapi.models.styled_where import StyledWhere as Where

print(json.dumps([
    listed("o")["params"], listed("o", params_in_query="p", json_tags_in_query="j", tags=["t"], sort="desc")["params"],
    listed("o", headers_in_header="h")["headers"], styled()["params"],
    styled(
        pipes=["a", "b"], commas=[1, True], spaces=["c"], filter_=Filter(a="x"), flat=Flat(b="y"), where=Where(c="z"),
        raw="é",
    )["params"],
    got("1/2")["url"], shared()["method"], Settings().to_dict(),
]))
"""


def _styled(name: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", **rest}


def _object(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: documents.STRING}}


def edit(data: Any) -> None:
    all_of(
        parameter("params"), parameter("json_tags"), parameter("tags", **documents.array()),
        parameter("headers", "header"), parameter("sort", schema=SORT),
        operation("get_p", path="/p/{quote}", parameters=[path_parameter("quote")]),
        documents.schema("Settings", type="object", properties={"default": {"type": "integer", "default": 5}}),
    )(data)  # fmt: skip
    data["paths"]["/styled"] = {"get": {"operationId": "styled", "parameters": [
        _styled("pipes", style="pipeDelimited", **documents.array()),
        _styled("commas", **documents.array(explode=False)),
        _styled("spaces", style="spaceDelimited", **documents.array()),
        _styled("filter", style="deepObject", schema=_object("a")), _styled("flat", schema=_object("b")),
        _styled("where", content={"application/json": {"schema": _object("c")}}),
        _styled("raw", content={"application/json": {"schema": documents.STRING}}),
    ]}}  # fmt: skip
    data["paths"]["/shared"] = {"$ref": "#/components/pathItems/Shared"}
    data["components"]["pathItems"] = {"Shared": {"get": {"operationId": "shared"}}}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_project(tmp_path_factory.mktemp("prepared"), edit)
    (root / "work").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("upkeep.generation.generating.Program", Here)
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        return generate(root, validate(root), root / "work")


def test_they_send_what_they_are_given(package: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == [
        {}, {"params": "p", "json_tags": "j", "tags": ["t"], "sort": "desc"}, {"headers": "h"}, {}, {
            "pipes": "a|b", "commas": "1,true", "spaces": "c", "filter[a]": "x", "b": "y", "where": '{"c": "z"}',
            "raw": '"é"',
        }, "/p/1%2F2", "get", {},
    ]  # fmt: skip


def test_the_document_is_shipped_as_it_is_written(package: Path) -> None:
    assert (package / "openapi.yaml").read_bytes() == (package.parent.parent / "openapi.yaml").read_bytes()


def test_a_default_is_said_in_words(package: Path) -> None:
    assert 'Default: "asc".' in (package / "api/datasets/list_datasets.py").read_text(encoding="utf-8")


def test_defaults_that_are_no_keywords_stay(tmp_path: Path) -> None:
    def named_default(data: Any) -> None:
        responses = data["paths"][DATASETS]["get"]["responses"]
        responses["default"] = responses["400"]
        data["servers"] = [{"url": "https://{host}", "variables": {"host": {"default": "example.com"}}}]
        documents.properties(default={"type": "integer"}, servers={"type": "integer", "default": 1})(data)

    data = json.loads(prepare(validate(small_project(tmp_path, named_default))).text)
    assert "default" in data["paths"][DATASETS]["get"]["responses"]
    assert data["servers"][0]["variables"]["host"] == {"default": "example.com"}
    properties = data["components"]["schemas"]["Dataset"]["properties"]
    assert properties["default"] == {"type": "integer"}
    assert properties["servers"] == {"type": "integer", "description": "Default: 1."}


@pytest.mark.parametrize(
    ("name", "snake"),
    [("listHTTPItems", "list_http_items"), ("v2Items", "v_2_items"), ("a$b", "ab"), ("page[size]", "pagesize")],
)
def test_names_are_those_of_the_generator(name: str, snake: str) -> None:
    from openapi_python_client.strings import PythonIdentifier

    assert snake_case(name) == snake == PythonIdentifier(name, "field_")


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from upkeep.generation.generating import *; r = Path(sys.argv[1]); "
    )
    program += "generate(r, validate(r), Path(sys.argv[2]))"
    root = small_project(tmp_path, edit)
    found = []
    for seed in ("1", "2"):
        work = tmp_path / seed
        work.mkdir()
        path = os.pathsep.join(sys.path)
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        subprocess.run([sys.executable, "-c", program, root, work], env=environment, check=True)
        files = sorted((work / "abeja_datasets_openapi").rglob("*.py"))
        found.append({file.relative_to(work): file.read_bytes() for file in files})
    assert found[0] == found[1]


@pytest.mark.slow
def test_code_that_can_not_be_used_has_the_line_of_its_source(package: Path) -> None:
    root = package.parent.parent
    document = validate(root)
    assert faults(root, package, document) == []
    with (package / "models/dataset_type.py").open("a", encoding="utf-8") as file:
        file.write("\nimport no_such_module\n")
    with (package / "api/datasets/get_dataset.py").open("a", encoding="utf-8") as file:
        file.write('\nwrong: int = ""\n')
    (package / "api/default/shared.py").unlink()
    found = sorted(faults(root, package, document), key=lambda line: "Dataset" in line)
    assert len(found) == 3, found
    assert found[0].endswith("[assignment]); rename it, or write it more simply")
    assert found[1].endswith("the generator leaves this operation out without a word; write it more simply")
    line = document.line("#/components/schemas/DatasetType")
    assert found[2].startswith(f"openapi.yaml:{line}: #/components/schemas/DatasetType: the code generated for it")
    assert "no_such_module" in found[2]
