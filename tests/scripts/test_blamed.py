"""The list names the piece that is at fault: the client's request, a clause that sends a wrong value, or the server."""

import ast
import copy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from tests.scripts.project import DATASETS, ROOT

from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.openapi.reading import load_file
from upkeep.left import server, serving
from upkeep.left.methods import SIGNATURES, Method
from upkeep.left.project import Gap, Project

OPERATIONS = "wrapper/abeja_datasets/operations.py"
PLAIN = yaml.load((ROOT / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The document with a boolean parameter of list_datasets, and arrays in two styles."""
    data = copy.deepcopy(PLAIN)
    numbers = {"type": "array", "items": {"type": "integer"}, "minItems": 2}
    data["paths"][DATASETS]["get"]["parameters"] += [
        {"name": "archived", "in": "query", "schema": {"type": "boolean"}},
        {"name": "commas", "in": "query", "explode": False, "schema": numbers},
        {"name": "numbers", "in": "query", "schema": numbers},
        {"name": "json", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
    ]
    data["components"]["schemas"]["CreateDatasetRequest"]["properties"]["archived"] = {"type": "boolean"}
    path = tmp_path_factory.mktemp("blamed") / "openapi.yaml"
    path.write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
    return Contract(load_file(path), path)


def gaps(contract: Contract, root: Path, name: str, code: str, error: str = "") -> list[str]:
    """List what a method that sends nothing of `archived` lacks of it."""
    project = Project(root, contract.document)
    operation = project.names[name]
    request: dict[str, Any] = {
        "method": operation.method, "base": "", "path": operation.path.replace("{organization_id}", "mark"),
        "query": [], "headers": {}, "cookies": {}, "body": {} if operation.body_pointer else None,
    }  # fmt: skip
    first = {"method": f"APIClient.{name}", "given": "", "parameter": "", "requests": [request], "error": None}
    given = {**first, "given": "archived", "requests": [] if error else [request], "error": error or None}
    (function,) = ast.parse(code).body
    assert isinstance(function, ast.FunctionDef)
    found = Method(project, operation, [{**one, "returned": "list"} for one in (first, given)], ("a.py:1", function))
    return [f"{gap.where}: {gap.what}" for gap in found.gaps() if "archived" in gap.what]


TAKES = "def list_datasets(self, organization_id, archived=None): ..."


def test_an_argument_that_is_not_sent_names_the_module_that_sends(contract: Contract, tmp_path: Path) -> None:
    what = f"takes archived but does not send it ({OPERATIONS}: list_datasets)"
    assert gaps(contract, tmp_path, "list_datasets", TAKES) == [f"a.py:1: APIClient.list_datasets {what}"]
    (failed,) = gaps(contract, tmp_path, "list_datasets", TAKES, error="TypeError: no")
    assert failed == f"a.py:1: APIClient.list_datasets {what}: TypeError: no"


def test_a_field_that_is_not_sent_names_it_too(contract: Contract, tmp_path: Path) -> None:
    what = f"takes archived but does not send it ({OPERATIONS}: create_dataset)"
    code = "def create_dataset(self, organization_id, name, type, props, archived=None): ..."
    assert gaps(contract, tmp_path, "create_dataset", code) == [f"a.py:1: APIClient.create_dataset {what}"]


def test_without_an_argument_it_can_not_be_reached(contract: Contract, tmp_path: Path) -> None:
    (found,) = gaps(contract, tmp_path, "list_datasets", "def list_datasets(self, organization_id): ...")
    assert found.startswith("a.py:1: APIClient.list_datasets can't reach the query parameter archived (openapi.yaml:")


@pytest.mark.parametrize(("listed", "is_named"), [("limit: int", True), ("archived: bool | None = None", False)])
def test_the_signatures_of_the_tests_are_named_until_they_have_it(
    contract: Contract, tmp_path: Path, listed: str, is_named: bool
) -> None:
    file = tmp_path / SIGNATURES
    file.parent.mkdir(parents=True)
    file.write_text(f'SIGNATURES = {{"list_datasets": ("{listed}", "list")}}\n', encoding="utf-8")
    named = f"{SIGNATURES}: SIGNATURES has list_datasets without archived"
    assert (named in gaps(contract, tmp_path, "list_datasets", TAKES)) == is_named


def cause(query: str, promised: str = "status 200", status: int = 400) -> Any:
    sent = SimpleNamespace(url=f"http://mock.test/organizations/1/datasets/?{query}", body=None)
    exchange = SimpleNamespace(operation="list_datasets", sent=sent, received=SimpleNamespace(status=status))
    return SimpleNamespace(exchange=exchange, promised=promised)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("archived=maybe", "the document does not allow archived=maybe in list_datasets"),
        ("archived=True", "the document does not allow archived=True in list_datasets"),
        ("max_results=0", "the document does not allow max_results=0 in list_datasets"),
        ("archived=true", ""),
        ("commas=1%2C2", ""),
        ("commas=1%2Cx", "the document does not allow commas=1,x in list_datasets"),
        ("json=%7B%22a%22%3A1%7D", ""),
        ("archived=true&archived=maybe", "the document does not allow archived=true&maybe in list_datasets"),
        ("numbers=1&numbers=2", ""),
        ("numbers=1&numbers=x", "the document does not allow numbers=1&x in list_datasets"),
        ("numbers=1", "the document does not allow numbers=1 in list_datasets"),
        ("", ""),
    ],
)
def test_a_clause_that_sends_a_wrong_value_is_at_fault(contract: Contract, query: str, wrong: str) -> None:
    assert serving._wrong_request(contract, cause(query)) == wrong


@pytest.mark.parametrize(("promised", "status"), [("status 400", 404), ("status 200", 500), ("a dataset", 200)])
def test_a_clause_that_expects_a_refusal_is_not(contract: Contract, promised: str, status: int) -> None:
    assert serving._wrong_request(contract, cause("archived=maybe", promised, status)) == ""


def found(**more: Any) -> dict[str, Any]:
    clause = ["a.b", "#/info", "", "/x/contract/abeja_datasets_contract/check/probes/a.py:7"]
    return {"clauses": [clause], "unchecked": [], "stopped": "", "causes": [], **more}


def causes(wrong: str) -> Iterator[Gap]:
    self = server.Server.__new__(server.Server)
    self.handlers, self._handled = {}, {"list_datasets"}
    return self._causes(found(causes=[["list_datasets", "status 400", "status 200", ["a.b"], wrong]]))


def test_the_list_names_the_clause_that_is_at_fault() -> None:
    (gap,) = causes("the document does not allow x=1 in list_datasets")
    where = "contract/abeja_datasets_contract/check/probes/a.py:7"
    what = "a.b expects status 200, but the document does not allow x=1 in list_datasets; correct the clause"
    assert str(gap) == f"{where}: {what}"
    (other,) = causes("")
    assert other.where == "mock_server/abeja_datasets_mock"


@pytest.mark.parametrize(
    "reason", ["the document does not allow x=1 in list_datasets", "defect of the check (KeyError at a.py:9: 'x')"]
)
def test_a_clause_that_can_not_be_checked_is_named_with_its_place(reason: str) -> None:
    (gap,) = server._unchecked(found(unchecked=[["a.b", reason]]))
    assert gap.where == "contract/abeja_datasets_contract/check/probes/a.py:7"
    assert gap.what.startswith("a.b")
    assert gap.what.endswith(reason)
