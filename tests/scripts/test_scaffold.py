"""scripts/generate --scaffold: the wrapper methods that are missing, sync and async, for a person to finish."""

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.scripts import changes
from tests.scripts.project import DATASET, ROOT, Project

from upkeep.document.contract import snake_case
from upkeep.generation.generating import validate
from upkeep.left.gaps import find_gaps
from upkeep.scaffolding.scaffold_text import UNWRITTEN, sentence

WRAPPER = Path("wrapper/abeja_datasets")
MODULES = ("operations", "api_client", "async_api_client")
NAMES = ("purge", "update_dataset", "put_tags", "add_tags", "patch_tags", "status", "signed", "rename_all", "get_owner")
ITEM = f"{DATASET}/items/{{dataset_item_id}}"
SECOND_TIME = "The wrapper has a method for each operation: nothing was scaffolded.\n"


def everything(data: Any) -> None:
    changes.additions(data)
    changes.unwritable(data)
    data["paths"]["/signed"] = {"get": changes.SIGNED, "patch": changes.RENAME}
    item = data["paths"][ITEM]
    owner = {**changes.STATUS, "operationId": "get_owner", "tags": ["dataset_items"]}
    data["paths"][f"{ITEM}/owner"] = {"parameters": item["parameters"], "get": owner}


@pytest.fixture(scope="module")
def scaffolded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("scaffolded"))
    project.edit(everything)
    return project


@pytest.fixture(scope="module")
def output(scaffolded: Project) -> subprocess.CompletedProcess[str]:
    return scaffolded.generate("--scaffold", "--no-list")


@pytest.fixture(scope="module")
def sent(scaffolded: Project, output: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """What the scaffolded methods send, sync and async."""
    assert output.returncode == 0, output.stderr
    program = """
import asyncio, json, httpx
from abeja_datasets import APIClient, AsyncAPIClient

def calls(client):
    yield client.purge("o", "2018", since="2019")
    yield client.purge("o", before="2018", type="t")
    yield client.update_dataset("o", "d/e", name="n")
    yield client.update_dataset("o", 1, name="n", id=0, labels=[], body_dataset_id=3, class_={})
    yield client.add_tags("o", "d", [{"label_id": 1, "more": 2.50}])
    yield client.patch_tags("o", "d", {"any": None})
    yield client.put_tags("o", "d", "text")
    yield client.status()
    yield client.signed("é".encode().hex(), x_count=3, query_values=True)
    yield client.rename_all({"name": None})
    yield client.get_owner("o", "d/e", 7)

sent = []
def keep(request):
    own = [value for name, value in request.headers.items() if name in ("x-signature", "x-count")]
    sent.append([request.method, request.url.raw_path.decode(), request.content.decode() + "".join(own)])
    return httpx.Response(200, json={})

credential = {"auth_token": "t"}
with httpx.Client(transport=httpx.MockTransport(keep)) as http_client:
    list(calls(APIClient(credential, http_client=http_client)))

async def main():
    async with httpx.AsyncClient(transport=httpx.MockTransport(keep)) as http_client:
        for call in calls(AsyncAPIClient(credential, http_client=http_client)):
            assert await call in ({}, "{}", None)

asyncio.run(main())
print(json.dumps(sent))
"""
    path = os.pathsep.join(str(scaffolded.root / package) for package in ("wrapper", "generated"))
    run = scaffolded.run(sys.executable, "-P", "-W", "error", "-c", program, PYTHONPATH=path)
    assert run.returncode == 0, run.stderr
    loaded: list[dict[str, Any]] = json.loads(run.stdout)
    return loaded


@pytest.mark.slow
def test_it_says_what_it_added(output: subprocess.CompletedProcess[str]) -> None:
    for name in NAMES:
        for module in MODULES:
            assert f"{WRAPPER}/{module}.py: {name} added\n" in output.stdout


def test_what_it_can_not_write_it_says(output: subprocess.CompletedProcess[str], scaffolded: Project) -> None:
    for why in (
        "in_a_session: not scaffolded, since the parameter session, which must be given, is in a cookie",
        "styled: not scaffolded, since the parameter ids goes over the wire in another style than the usual one",
        "upload: not scaffolded, since its body is not application/json",
        "download: not scaffolded, since its response is application/octet-stream, and the wrapper decodes JSON",
        "keyed: not scaffolded, since it demands the API key key, which no credential of the wrapper holds",
        "changed_since: not scaffolded, since the parameter since, which must be given, is not sent as it is given",
    ):
        assert re.search(rf"{why}.*; write it by hand\n", output.stdout)
    text = (scaffolded.root / WRAPPER / "api_client.py").read_text(encoding="utf-8")
    assert "def upload" not in text
    assert "def signed(" in text


def test_the_methods_send_what_they_are_given(sent: list[list[str]]) -> None:
    half = len(sent) // 2
    assert sent[:half] == sent[half:], "both clients send the same"
    dataset = "/organizations/o/datasets/"
    assert sent[:half] == [
        ["DELETE", f"{dataset}?before=2018&since=2019", ""],
        ["DELETE", f"{dataset}?before=2018&type=t", ""],
        ["PUT", f"{dataset}d%2Fe", '{"name":"n"}'],
        ["PUT", f"{dataset}1", '{"name":"n","id":0,"dataset_id":3,"labels":[],"class":{}}'],
        ["POST", f"{dataset}d/tags", '[{"label_id":1,"more":2.5}]'],
        ["PATCH", f"{dataset}d/tags", '{"any":null}'],
        ["PUT", f"{dataset}d/tags", '"text"'],
        ["GET", "/status", ""],
        ["GET", "/signed?values=true", "c3a93"],
        ["PATCH", "/signed", '{"name":null}'],
        ["GET", f"{dataset}d%2Fe/items/7/owner", ""],
    ]


@pytest.mark.usefixtures("output")
def test_a_call_of_ids_alone_has_the_form_of_those_written_by_hand(scaffolded: Project) -> None:
    text = (scaffolded.root / WRAPPER / "operations.py").read_text(encoding="utf-8")

    def body(name: str) -> str:
        return text.partition(f"def {name}(")[2].partition('"""\n')[2].partition("\n\n\n")[0]

    by_hand = body("get_dataset_item").replace('cast("int"', 'cast("Any"')
    assert body("get_owner").replace("get_owner", "get_dataset_item") == by_hand


@pytest.mark.usefixtures("output")
def test_what_was_there_is_untouched_and_the_new_stands_behind_it(scaffolded: Project) -> None:
    for module in MODULES:
        old = (ROOT / WRAPPER / f"{module}.py").read_text(encoding="utf-8").splitlines()
        new = (scaffolded.root / WRAPPER / f"{module}.py").read_text(encoding="utf-8").splitlines()
        added = len(new) - len(old)
        start = next(index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
        # Blank lines are alike, so the first that differs may be some lines into what was added.
        assert any(old == new[:at] + new[at + added :] for at in range(start - 3, start + 1)), module
    before, after = (ast_methods(root / WRAPPER / "api_client.py") for root in (ROOT, scaffolded.root))
    place = before.index("iter_datasets")
    assert after == [*before[:place], *NAMES, *before[place:]]


def ast_methods(module: Path) -> list[str]:
    (client,) = [node for node in ast.parse(module.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
    return [node.name for node in client.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.slow
@pytest.mark.usefixtures("output")
def test_running_it_twice_adds_nothing(scaffolded: Project) -> None:
    scaffolded.edit(lambda data: [data["paths"].pop(path) for path in ("/styled", "/changes")])
    before = scaffolded.contents("wrapper")
    run = scaffolded.generate("--scaffold", "--no-list")
    assert run.returncode == 0
    assert SECOND_TIME in run.stdout
    assert scaffolded.contents("wrapper") == before


@pytest.mark.slow
@pytest.mark.usefixtures("output")
def test_it_passes_style_and_types_as_it_is(scaffolded: Project, tmp_path: Path) -> None:
    tools = Path(sys.executable).parent
    check = scaffolded.run(tools / "ruff", "check", "--no-cache", "wrapper")
    assert check.returncode == 0, check.stdout
    form = scaffolded.run(tools / "ruff", "format", "--check", "--no-cache", "wrapper")
    assert form.returncode == 0, form.stdout
    # The generated package is what it is: its errors are not followed into.
    types = scaffolded.run(
        tools / "mypy", "--cache-dir", tmp_path, "--follow-imports", "silent", "wrapper/abeja_datasets"
    )
    assert types.returncode == 0, types.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("output")
def test_its_docstrings_are_refused_until_a_person_has_written_them(scaffolded: Project) -> None:
    gaps = [str(gap) for gap in find_gaps(scaffolded.root, validate(scaffolded.root))]
    for name in NAMES:
        (gap,) = [
            gap for gap in gaps if f"the docstring of AsyncAPIClient.{name} is as it was scaffolded; complete it" in gap
        ]
        assert gap.startswith(f"{WRAPPER}/async_api_client.py:")
    # The test of the wrapper that refuses them.
    text = (ROOT / "tests/wrapper/test_docstrings.py").read_text(encoding="utf-8")
    assert "def test_no_docstring_is_left_as_it_was_scaffolded" in text
    path = os.pathsep.join(str(scaffolded.root / package) for package in ("wrapper", "generated"))
    run = scaffolded.run(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "scaffolded", "--rootdir", ROOT, "-c",
        ROOT / "pyproject.toml", ROOT / "tests/wrapper/test_docstrings.py", PYTHONPATH=path,
    )  # fmt: skip
    assert run.returncode == 1, run.stdout
    assert "purge" in run.stdout


@pytest.mark.usefixtures("output")
def test_the_docstring_has_what_the_document_says(scaffolded: Project) -> None:
    tree = ast.parse((scaffolded.root / WRAPPER / "api_client.py").read_text(encoding="utf-8"))
    (purge,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "purge"]
    assert ast.get_docstring(purge) == inspect.cleandoc(f"""
        Delete all datasets.

        {UNWRITTEN}: what a caller must know, a request that runs, and a response.

        API reference: DELETE /organizations/<organization_id>/datasets/

        Args:
            organization_id (str | int): the organization that owns the datasets.
            before (str): only older ones.
            type (str): to be written by a person [optional].
            since (str): to be written by a person [optional].
            x_reason (str): to be written by a person [optional].

        Return type:
            list

        Returns:
            {UNWRITTEN}.

        Raises:
            BadRequest: to be written by a person.
    """)


@pytest.mark.slow
def test_a_method_that_is_missing_in_one_place_is_added_there_alone(project: Project) -> None:
    project.edit(lambda data: data["paths"].update({"/status": {"get": changes.STATUS}}))
    project.generate("--scaffold", "--no-list")
    kept = project.contents("wrapper")
    place = project.root / WRAPPER / "async_api_client.py"
    shutil.copy(ROOT / WRAPPER / "async_api_client.py", place)
    run = project.generate("--scaffold", "--no-list")
    assert [line for line in run.stdout.splitlines() if line.endswith("added")] == [
        f"{WRAPPER}/async_api_client.py: status added"
    ]
    assert project.contents("wrapper") == kept


def test_words_of_the_document_that_could_not_stand_in_a_docstring_are_left_out() -> None:
    assert sentence("the id. And more.", "-") == "The id."
    assert sentence("Two\n  lines", "-") == "Two lines."
    for words in ("", "更新", 'say "no"', "a \\ b", "- a list", "x" * 200):
        assert sentence(words, "-") == "-"


@pytest.mark.parametrize(
    ("name", "snake"),
    [("get_dataset", "get_dataset"), ("addTags", "add_tags"), ("X-Request-Id", "x_request_id"), ("items[]", "items")],
)
def test_names_become_those_of_python(name: str, snake: str) -> None:
    assert snake_case(name) == snake
