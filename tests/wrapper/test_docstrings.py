"""The docstrings: they carry what the reference says, and their examples run."""

import ast
import asyncio
import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets import APIClient, AsyncAPIClient
from upkeep.scaffolding.scaffold_text import UNWRITTEN

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.reference import Documented
    from tests.wrapper.scripted import ScriptedServer

CLASSES = [APIClient, AsyncAPIClient]
METHODS = [name for name in dir(APIClient) if re.match("(create|get|list|delete|update|bulk|iter)_", name)]
PATHS = {
    "bulk_update_dataset_item": "PUT /organizations/1102940376065/datasets/1410805969256/items",
    "create_dataset": "POST /organizations/1102940376065/datasets/",
    "create_dataset_item": "POST /organizations/1102940376065/datasets/1410805969256/items/",
    "delete_dataset": "DELETE /organizations/1102940376065/datasets/1410805969256",
    "delete_dataset_item": "DELETE /organizations/1102940376065/datasets/1410805969256/items/0",
    "get_dataset": "GET /organizations/1102940376065/datasets/1410805969256",
    "get_dataset_item": "GET /organizations/1102940376065/datasets/1410805969256/items/0",
    "iter_dataset_items": "GET /organizations/1102940376065/datasets/1410805969256/items/?q=label%3Adog",
    "iter_datasets": "GET /organizations/1102940376065/datasets/",
    "list_dataset_items": "GET /organizations/1102940376065/datasets/1410805969256/items/?q=label_id%3A1&limit=1000",
    "list_datasets": "GET /organizations/1102940376065/datasets/",
    "update_dataset_item": "PUT /organizations/1102940376065/datasets/1410805969256/items/0",
}


def parts(client_class: type[Any], name: str) -> dict[str, str]:
    """A docstring by its headings, as help() shows it."""
    text = inspect.getdoc(getattr(client_class, name)) or ""
    pieces = re.split(r"^(Request syntax|Args|Return type|Returns|Raises)::?$", text, flags=re.MULTILINE)
    return {"": pieces[0], **dict(zip(pieces[1::2], map(textwrap.dedent, pieces[2::2]), strict=True))}


@pytest.mark.parametrize("client_class", CLASSES)
def test_each_docstring_carries_what_is_documented(client_class: type[Any], documented: "Documented") -> None:
    found = parts(client_class, documented.name)
    assert f"API reference: {documented.api_reference}\n" in found[""]
    for parameter in documented.parameters:
        assert re.search(rf"\b{parameter} \(", found["Args"]), parameter
    # The reference's own return types contradict its examples, which are what comes.
    kind = "list" if isinstance(documented.answer, list) else "dict"
    assert found["Return type"].strip() == kind
    for error in documented.raised:
        assert re.search(rf"^{error}: ", found["Raises"], re.MULTILINE), error


@pytest.mark.parametrize("client_class", CLASSES)
def test_each_answer_example_is_the_documented_one(client_class: type[Any], documented: "Documented") -> None:
    returns = parts(client_class, documented.name)["Returns"]
    start = re.search(r"::\n\n( *)([\[{])\n", returns)
    assert start
    end = re.search(rf"^{start[1]}[\]}}]$", returns[start.end() :], re.MULTILINE)
    assert end
    block = textwrap.dedent(returns[start.start(1) : start.end() + end.end()])
    value = ast.literal_eval(re.sub(r"\n *\.\.\.\n", "\n", block))
    if documented.answer is not None:
        assert value == documented.answer


@pytest.mark.parametrize("client_class", CLASSES)
@pytest.mark.parametrize("name", METHODS)
def test_each_parameter_of_a_method_is_described(client_class: type[Any], name: str) -> None:
    described = re.findall(r"^(\w+) \(", parts(client_class, name)["Args"], re.MULTILINE)
    assert described == list(inspect.signature(getattr(client_class, name)).parameters)[1:]


@pytest.mark.parametrize("name", METHODS)
def test_each_request_example_runs(face: "Face", server: "ScriptedServer", name: str) -> None:
    code = parts(face.client_class, name)["Request syntax"]
    server.answer([] if name in ("list_datasets", "iter_datasets") else {"items": []})
    if face.name == "sync":
        exec(code, {"api_client": face.open(server)})
    else:

        async def main() -> None:
            async with AsyncAPIClient({"auth_token": "irrelevant"}, base_url=server.url) as api_client:
                flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                result = eval(compile(code, name, "exec", flags), {"api_client": api_client})
                await result

        asyncio.run(main())
    assert f"{server.only.method} {server.only.target}" == PATHS[name]


def test_the_request_examples_are_the_documented_ones(
    client: APIClient, server: "ScriptedServer", documented: "Documented"
) -> None:
    server.answer({})
    scope: dict[str, Any] = {"api_client": client}
    exec(parts(APIClient, documented.name)["Request syntax"], scope)
    for variable, value in documented.requests.items():
        assert scope[variable] == value


@pytest.mark.parametrize("name", METHODS)
def test_every_call_in_an_async_example_is_awaited(name: str) -> None:
    text = inspect.getdoc(getattr(AsyncAPIClient, name)) or ""
    calls = re.findall(r"^.*\bapi_client\.\w+\(.*$", text, re.MULTILINE)
    assert len(calls) == 1
    assert re.search(r"await api_client\.|async for \w+ in api_client\.", calls[0])
    assert not re.search(r"\b(await|async)\b", inspect.getdoc(getattr(APIClient, name)) or "")


@pytest.mark.parametrize("client_class", CLASSES)
def test_no_docstring_is_left_as_it_was_scaffolded(client_class: type[Any]) -> None:
    unwritten = [name for name in dir(client_class) if UNWRITTEN in (inspect.getdoc(getattr(client_class, name)) or "")]
    assert not unwritten, f"scaffolded by scripts/generate, and for a person to write: {', '.join(unwritten)}"


@pytest.mark.parametrize("client_class", CLASSES)
def test_the_classes_tell_of_every_setting_and_variable(client_class: type[Any]) -> None:
    text = inspect.getdoc(client_class) or ""
    for name in inspect.signature(client_class).parameters:
        assert re.search(rf"^    {name}: ", text, re.MULTILINE)
    for variable in (
        "PLATFORM_AUTH_TOKEN",
        "ABEJA_PLATFORM_USER_ID",
        "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN",
        "ABEJA_PLATFORM_DATASOURCE_ID",
        "ABEJA_PLATFORM_DATASOURCE_SECRET",
        "ABEJA_API_URL",
        "ABEJA_SDK_CONNECTION_TIMEOUT",
        "ABEJA_SDK_MAX_RETRY_COUNT",
        "ABEJA_SDK_DEADLINE",
    ):
        assert f"`{variable}`" in text
    assert "asyncio" in (inspect.getdoc(AsyncAPIClient) or "")
