"""What each method puts on the wire, and that it gives back what the server says, untouched."""

import inspect
import json
import re
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abeja_datasets import APIClient, AsyncAPIClient, __version__

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.operations import Operation
    from tests.wrapper.scripted import ScriptedServer

# name: (parameter, annotation, has a default of None)…, and the type of what comes back. The document's `dict` of bulk
# attributes is a list in its own example, and its ids are ints there as well as strings.
SIGNATURES = {
    "create_dataset": (
        "organization_id: str | int, name: str, type: str, props: Props | Mapping[str, Any]",
        "dict[str, Any]",
    ),
    "get_dataset": ("organization_id: str | int, dataset_id: str | int", "dict[str, Any]"),
    "list_datasets": (
        "organization_id: str | int, max_results: int | None = None, next_token: str | None = None",
        "list[dict[str, Any]]",
    ),
    "delete_dataset": ("organization_id: str | int, dataset_id: str | int", "dict[str, Any]"),
    "create_dataset_item": (
        (
            "organization_id: str | int, dataset_id: str | int, source_data: Sequence[SourceData | Mapping[str, Any]], "
            "attributes: Attributes | Mapping[str, Any] | None = None"
        ),
        "dict[str, Any]",
    ),
    "get_dataset_item": (
        "organization_id: str | int, dataset_id: str | int, dataset_item_id: str | int",
        "dict[str, Any]",
    ),
    "list_dataset_items": (
        "organization_id: str | int, dataset_id: str | int, params: dict[str, Any] | None = None",
        "dict[str, Any]",
    ),
    "update_dataset_item": (
        (
            "organization_id: str | int, dataset_id: str | int, dataset_item_id: str | int, "
            "attributes: Attributes | Mapping[str, Any] | None = None"
        ),
        "dict[str, Any]",
    ),
    "bulk_update_dataset_item": (
        (
            "organization_id: str | int, dataset_id: str | int, "
            "bulk_attributes: Sequence[BulkUpdateEntry | Mapping[str, Any]] | None = None"
        ),
        "list[dict[str, Any]]",
    ),
    "delete_dataset_item": (
        "organization_id: str | int, dataset_id: str | int, dataset_item_id: str | int",
        "dict[str, Any]",
    ),
}

# What a model, a float or a sorted dict would not give back as it came.
ODD: dict[str, Any] = {
    "zebra": 1,
    "aardvark": {"unknown": [[], {}, [[{"": None}]]]},
    "dataset_item_id": 9007199254740993,
    "large": 2**200,
    "small": 1e-7,
    "whole": 1.0,
    "negative_zero": -0.0,
    "null": None,
    "created_at": "2018-05-20T13:51:16.010000",
    "updated_at": "not a timestamp",
    "attributes": [{"classification": "no list"}, {"rect": {"xmin": "22"}}, True, False],
    "text": 'é 日本 😀 \u0000 " \\ \u2028',
    "props": None,
}


@pytest.mark.parametrize("by", ["position", "name"])
def test_each_method_sends_the_documented_request(
    face: "Face", server: "ScriptedServer", operation: "Operation", by: str
) -> None:
    client = face.open(server)
    server.answer({})
    arguments = operation.arguments
    call = getattr(client, operation.name)
    call(**arguments) if by == "name" else call(*arguments.values())

    request = server.only
    assert (request.method, request.target) == (
        operation.method,
        operation.path + (f"?{operation.query}" if operation.query else ""),
    )
    assert request.headers["authorization"] == "Bearer token-of-these-tests"
    assert request.headers["accept"] == "application/json"
    assert request.headers["host"] == server.url.removeprefix("http://")
    assert request.headers["user-agent"].startswith(f"abeja-datasets/{__version__} {face.library}/")
    assert request.headers["user-agent"].endswith(f" Python/{sys.version_info[0]}.{sys.version_info[1]}")
    if operation.body is None:
        assert request.body == b""
        assert "content-type" not in request.headers
    else:
        assert request.body == json.dumps(operation.body, separators=(",", ":")).encode()
        assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [200, 201])
def test_each_answer_comes_back_untouched(
    client: APIClient, server: "ScriptedServer", operation: "Operation", status: int
) -> None:
    answers: list[Any] = [ODD, [ODD, ODD], [], {}, None, "text", 0.1, False]
    for answer in answers:
        server.answer(answer, status)
        received = operation.call(client)
        assert received == answer
        # Equality takes 1 for 1.0 and no account of order; the text tells them apart.
        assert json.dumps(received) == json.dumps(answer)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_answer_in_plain_unicode_is_read(client: APIClient, server: "ScriptedServer", encoding: str) -> None:
    server.reply(body=json.dumps(ODD, ensure_ascii=False).encode(encoding))
    assert client.get_dataset(1, 2) == ODD


@pytest.mark.parametrize("client_class", [APIClient, AsyncAPIClient])
@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_the_documented_ones(client_class: type[Any], name: str) -> None:
    parameters, returned = SIGNATURES[name]
    method = getattr(client_class, name)
    assert inspect.iscoroutinefunction(method) == (client_class is AsyncAPIClient)
    signature = inspect.signature(method, eval_str=True)
    assert re.sub(r"\b(\w+\.)+(?=[A-Z])", "", str(signature)) == f"(self, {parameters}) -> {returned}"
    assert {p.kind for p in signature.parameters.values()} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


@pytest.mark.parametrize("client_class", [APIClient, AsyncAPIClient])
def test_the_documented_settings_come_first_and_in_order(client_class: type[Any]) -> None:
    parameters = inspect.signature(client_class).parameters.values()
    assert [p.name for p in parameters][:3] == ["credential", "timeout", "max_retry_count"]
    assert {p.default for p in parameters} == {None}
    assert [p.name for p in parameters if p.kind is p.KEYWORD_ONLY] == [
        "base_url",
        "http_client",
        "deadline",
        "max_response_bytes",
        "user_agent",
        "on_attempt",
        "transport",
    ]


def test_both_clients_have_the_same_face() -> None:
    def public(client_class: type[Any]) -> dict[str, str]:
        members = {name: getattr(client_class, name) for name in dir(client_class) if not name.startswith("_")}
        return {
            name: str(inspect.signature(member)).replace("async_entries.AsyncEntries", "entries.Entries")
            if callable(member)
            else ""
            for name, member in members.items()
        }

    ours = public(APIClient)
    assert ours.pop("to_async").startswith("(self, *, transport: ")
    assert ours == public(AsyncAPIClient)
    beyond = {
        "iter_datasets", "iter_dataset_items", "close", "with_options", "with_raw_response", "base_url", "timeout",
    }  # fmt: skip
    assert set(ours) == {*SIGNATURES, *beyond}


@pytest.mark.parametrize(
    ("name", "arguments", "body"),
    [
        ("create_dataset_item", (1, 2, [{"data_uri": "a"}]), b'{"source_data":[{"data_uri":"a"}]}'),
        ("create_dataset_item", (1, 2, [{"data_uri": "a"}], None), b'{"source_data":[{"data_uri":"a"}]}'),
        ("create_dataset_item", (1, 2, [], {}), b'{"source_data":[],"attributes":{}}'),
        ("update_dataset_item", (1, 2, 3), b"{}"),
        ("update_dataset_item", (1, 2, 3, None), b"{}"),
        ("update_dataset_item", (1, 2, 3, {}), b'{"attributes":{}}'),
        ("bulk_update_dataset_item", (1, 2), b"[]"),
        ("bulk_update_dataset_item", (1, 2, None), b"[]"),
        ("bulk_update_dataset_item", (1, 2, []), b"[]"),
        ("create_dataset", (1, None, None, None), b'{"name":null,"type":null,"props":null}'),
    ],
)
def test_what_is_omitted_is_not_sent(
    client: APIClient, server: "ScriptedServer", name: str, arguments: tuple[Any, ...], body: bytes
) -> None:
    server.answer({})
    getattr(client, name)(*arguments)
    assert server.only.body == body


@pytest.mark.parametrize(
    ("params", "query"),
    [
        (None, []),
        ({}, []),
        ({"q": None, "limit": None}, []),
        ({"q": "", "limit": 0}, [("q", ""), ("limit", "0")]),
        ({"q": 'label:"a&b=c+d é#/?"'}, [("q", 'label:"a&b=c+d é#/?"')]),
        (
            {"next_page_token": "t", "later": "x", "deep": True},
            [("next_page_token", "t"), ("later", "x"), ("deep", "true")],
        ),
        ({"id": [1, 2]}, [("id", "1"), ("id", "2")]),
        ({"ключ &": "v"}, [("ключ &", "v")]),
    ],
)
def test_every_parameter_of_a_search_is_sent_but_none(
    client: APIClient, server: "ScriptedServer", params: dict[str, Any] | None, query: list[tuple[str, str]]
) -> None:
    server.answer({"items": []})
    before = dict(params or {})
    client.list_dataset_items("1", "2", params)
    assert server.only.query == query
    assert ("?" in server.only.target) == bool(query)
    assert params in (None, before)


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        ({}, "/organizations/1/datasets/"),
        ({"max_results": 0}, "/organizations/1/datasets/?max_results=0"),
        ({"next_token": "a=&"}, "/organizations/1/datasets/?next_token=a%3D%26"),
    ],
)
def test_paging_parameters_are_sent_where_given(
    client: APIClient, server: "ScriptedServer", arguments: dict[str, Any], target: str
) -> None:
    server.answer([])
    client.list_datasets("1", **arguments)
    assert server.only.target == target


def test_params_that_are_no_dict_are_told_at_once(client: APIClient) -> None:
    with pytest.raises(TypeError, match="params: a dict is needed, not str"):
        client.list_dataset_items("1", "2", "q=1")  # type: ignore[arg-type] # what this is about


@pytest.mark.parametrize("params", [{"q": "\ud800"}, {"q": ["a", "\ud800"]}, {"\ud800": "a"}])
def test_a_query_that_is_no_unicode_is_refused(client: APIClient, server: "ScriptedServer", params: Any) -> None:
    with pytest.raises(ValueError, match="lone surrogate"):
        client.list_dataset_items("1", "2", params)
    assert not server.requests


def test_a_url_that_is_too_long_is_a_value_error(client: APIClient, server: "ScriptedServer") -> None:
    with pytest.raises(ValueError, match="too long"):
        client.list_dataset_items("1", "2", {"q": "x" * 70_000})
    with pytest.raises(ValueError, match="too long"):
        client.get_dataset("1", "x" * 70_000)
    assert not server.requests


def test_a_path_in_the_base_url_is_kept(face: "Face", server: "ScriptedServer") -> None:
    server.answer({})
    face.open(f"{server.url}/v1/datasets-api//").get_dataset(1, 2)
    assert server.only.target == "/v1/datasets-api/organizations/1/datasets/2"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda child: st.lists(child, max_size=4) | st.dictionaries(st.text(), child, max_size=4),
    max_leaves=20,
)
QUICKLY = settings(
    max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICKLY
@given(attributes=st.dictionaries(st.text(), JSON, max_size=4))
def test_any_json_survives_the_way_there_and_back(
    client: APIClient, server: "ScriptedServer", attributes: dict[str, Any]
) -> None:
    server.answer(attributes)
    received = client.update_dataset_item(1, 2, 3, attributes)
    assert json.dumps(server.requests[-1].json["attributes"]) == json.dumps(attributes)
    assert json.dumps(received) == json.dumps(attributes)


@QUICKLY
@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(lambda t: t not in (".", "..")))
def test_any_id_arrives_as_one_segment(client: APIClient, server: "ScriptedServer", text: str) -> None:
    server.answer({})
    client.get_dataset(text, text)
    segments = server.requests[-1].target.split("/")
    assert [unquote(segment) for segment in segments] == ["", "organizations", text, "datasets", text]
