"""A document that has more than the server carries out: it starts, and answers in the documented shapes."""

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.sampling import every

from abeja_datasets_mock import DEMO, Credential, RunningServer
from abeja_datasets_mock.openapi import document

DATASETS = "/organizations/{organization_id}/datasets/"
HERE = "/organizations/1102940376065/datasets/"
PURGED = {"purged": 3, "names": ["犬"]}
Serve = Callable[[Callable[[Any], object]], AbstractContextManager[httpx.Client]]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serves an edited copy of the document, and gives a client of it that knows a credential."""

    @contextmanager
    def serving(edit: Callable[[Any], object]) -> Iterator[httpx.Client]:
        data = copy.deepcopy(yaml.safe_load(document.locate().read_text(encoding="utf-8")))
        edit(data)
        changed = tmp_path / "openapi.yaml"
        changed.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        monkeypatch.setattr(document, "locate", lambda: changed)
        document.operations.cache_clear()
        auth = ("user-1234567890123", "demo-personal-access-token")
        with RunningServer() as server, httpx.Client(base_url=server.url, auth=auth, verify=False) as client:
            yield client

    yield serving
    monkeypatch.undo()
    document.operations.cache_clear()


def purge(**more: Any) -> Callable[[Any], object]:
    """An operation that nothing carries out."""
    operation = {"operationId": "purge", "responses": {"204": {"description": "Gone."}}, **more}
    return lambda data: data["paths"][DATASETS].update(delete=operation)


def shown(**more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, **more}}
    header = {"schema": {"type": "string"}, "example": "t0"}
    plain = {"description": "Not shown.", "content": {"application/json": {"schema": {"type": "object"}}}}
    answer = {"description": "Gone.", "headers": {"X-Next-Token": header, "X-Other": {}}, "content": content}
    return {"responses": {"200": plain, "202": answer}}


def error(response: httpx.Response) -> str:
    assert response.headers["content-type"] == "application/json"
    body: dict[str, str] = response.json()
    assert set(body) == {"error", "error_description"}
    return body["error_description"]


def test_an_operation_without_a_handler_is_501_in_the_documented_shape(serve: Serve) -> None:
    with serve(purge()) as client:
        response = client.delete(HERE)
        assert response.status_code == 501
        assert response.json()["error"] == "not_implemented"
        assert error(response) == "purge: this server does not carry it out yet"
        assert client.get(HERE).json() == [], "the others are carried out as ever"


@pytest.mark.parametrize(
    "example",
    [
        {"example": PURGED},
        {"examples": {"external": {"externalValue": "https://example.com"}, "documented": {"value": PURGED}}},
        {"examples": {"documented": {"$ref": "#/components/examples/Purged"}}},
        {"schema": {"$ref": "#/components/schemas/Purged"}},
    ],
    ids=["example", "examples", "reference", "schema"],
)
def test_a_documented_example_is_the_answer_until_there_is_a_handler(serve: Serve, example: dict[str, Any]) -> None:
    def edit(data: Any) -> None:
        data["components"]["examples"]["Purged"] = {"value": PURGED}
        data["components"]["schemas"]["Purged"] = {"type": "object", "examples": [PURGED]}
        purge(**shown(**example))(data)

    with serve(edit) as client:
        response = client.delete(HERE)
        assert response.status_code == 202
        assert response.json() == PURGED
        assert response.headers["x-next-token"] == "t0"
        assert "x-other" not in response.headers


def test_a_range_of_statuses_is_answered_with_200(serve: Serve) -> None:
    answer = shown(example=PURGED)["responses"]["202"]
    with serve(purge(responses={"404": {"description": "No."}, "2XX": answer})) as client:
        assert client.delete(HERE).status_code == 200


def test_it_is_under_authentication_like_every_route(serve: Serve) -> None:
    with serve(purge(**shown(example=PURGED))) as client:
        response = client.delete(HERE, auth=("user-1234567890123", "wrong"))
        assert response.status_code == 401
        assert error(response)


QUERY = {
    "parameters": [
        {"name": "before", "in": "query", "required": True, "schema": {"type": "string", "minLength": 2}},
        {"name": "dry", "in": "query", "schema": {"type": "boolean"}},
        {"name": "ratio", "in": "query", "schema": {"type": "number", "maximum": 1}},
        {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}, "maxItems": 2}},
    ]
}


@pytest.mark.parametrize(
    ("query", "refusal"),
    every(
        3,
        [
            ("before=2018&dry=false&ratio=0.5&ids=1&ids=2", ""),
            ("before=2018", ""),
            ("", "before: missing; this query parameter is required"),
            ("before=2", "before: "),
            ("before=2018&before=2019", "before: sent more than once"),
            ("before=2018&dry=yes", "dry: not a boolean"),
            ("before=2018&ratio=NaN", "ratio: not a number"),
            ("before=2018&ratio=2", "ratio: "),
            ("before=2018&ids=1&ids=x", "ids: not an integer"),
            ("before=2018&ids=1&ids=2&ids=3", "ids: "),
        ],
    ),
)
def test_its_query_is_validated(serve: Serve, query: str, refusal: str) -> None:
    with serve(purge(**QUERY, **shown(example=PURGED))) as client:
        response = client.delete(HERE, params=query)
        assert response.status_code == (400 if refusal else 202)
        if refusal:
            assert error(response).startswith(refusal)


@pytest.mark.parametrize(
    ("required", "body", "status"),
    [(True, {"names": ["a"]}, 202), (True, {"names": "a"}, 400), (True, None, 400), (False, None, 202)],
)
def test_its_body_is_validated(serve: Serve, required: bool, body: Any, status: int) -> None:
    schema = {"type": "object", "properties": {"names": {"type": "array"}}}
    taken = {"required": required, "content": {"application/json": {"schema": schema}}}
    with serve(purge(requestBody=taken, **shown(example=PURGED))) as client:
        assert client.request("DELETE", HERE, json=body).status_code == status


def test_a_body_it_can_not_read_is_501_even_where_there_is_a_handler(serve: Serve) -> None:
    def edit(data: Any) -> None:
        content = data["paths"][DATASETS]["post"]["requestBody"]["content"]
        content["text/json"] = content.pop("application/json")
        for status in ("200", "201"):
            data["paths"][DATASETS]["post"]["responses"].pop(status)

    with serve(edit) as client:
        response = client.post(HERE, content=b"{}", headers={"Content-Type": "text/json"})
        assert response.status_code == 501
        assert error(response).startswith("create_dataset: ")


def test_no_private_method_is_a_handler(serve: Serve) -> None:
    with serve(purge(operationId="_dataset")) as client:
        assert client.delete(HERE).status_code == 501


def test_an_operation_without_a_name_and_without_an_organization(serve: Serve) -> None:
    def edit(data: Any) -> None:
        data["paths"]["/status"] = {"$ref": "#/components/pathItems/Status"}
        data["components"]["pathItems"] = {"Status": {"get": {"responses": shown(example=PURGED)["responses"]}}}

    with serve(edit) as client:
        assert client.get("/status").json() == PURGED
        assert client.get("/status", auth=("user-1", "wrong")).status_code == 401
    bound = Credential.user("1", "secret", organization_id="1102940376065")
    with RunningServer(credentials=[bound]) as server:
        status = httpx.get(f"{server.url}/status", auth=("user-1", "secret"), verify=False).status_code
        assert status == 202, "a path of no organization is open to the credential of any"
    assert DEMO.organization_id is None


def test_of_two_paths_that_fit_the_literal_one_goes_first(serve: Serve) -> None:
    def edit(data: Any) -> None:
        path = {"get": {"operationId": "search", **shown(example=PURGED)}}
        data["paths"]["/organizations/{organization_id}/datasets/search"] = path

    with serve(edit) as client:
        assert client.get(f"{HERE}search").json() == PURGED
        assert client.get(f"{HERE}1410805969256").status_code == 404


def test_a_document_without_components_is_served(serve: Serve) -> None:
    def edit(data: Any) -> None:
        data["paths"] = {"/status": {"get": {"operationId": "status", "responses": {"200": {"description": "Up."}}}}}
        data.pop("components")

    with serve(edit) as client:
        assert client.get("/status").status_code == 501


def of(data: Any, operation_id: str) -> Any:
    (found,) = [
        each
        for item in data["paths"].values()
        for each in item.values()
        if isinstance(each, dict) and each.get("operationId") == operation_id
    ]
    return found


def made(client: httpx.Client) -> str:
    return str(client.post(HERE, json={"name": "n", "type": "t", "props": {}}).json()["dataset_id"])


def test_a_success_has_the_documented_status_and_no_body_where_none_is_documented(serve: Serve) -> None:
    def edit(data: Any) -> None:
        of(data, "create_dataset")["responses"].update({"202": of(data, "create_dataset")["responses"].pop("201")})
        del of(data, "create_dataset")["responses"]["200"]
        of(data, "delete_dataset")["responses"] = {"204": {"description": "Deleted."}}

    with serve(edit) as client:
        created = client.post(HERE, json={"name": "n", "type": "t", "props": {}})
        assert (created.status_code, created.json()["name"]) == (202, "n")
        deleted = client.delete(f"{HERE}{created.json()['dataset_id']}")
        assert (deleted.status_code, deleted.content) == (204, b"")
        assert not {"content-type", "content-length"} & deleted.headers.keys()
        assert client.get(HERE).json() == [], "the connection goes on"


def test_a_success_has_the_documented_media_type(serve: Serve) -> None:
    def edit(data: Any) -> None:
        response = of(data, "get_dataset")["responses"]["200"]
        response["content"] = {"application/vnd.abeja+json": response["content"]["application/json"]}

    with serve(edit) as client:
        response = client.get(f"{HERE}{made(client)}")
        assert response.headers.get_list("content-type") == ["application/vnd.abeja+json"]
        assert response.json()["total_count"] == 0


def test_ids_may_have_other_names(serve: Serve) -> None:
    def edit(data: Any) -> None:
        text = yaml.safe_dump(data).replace("dataset_id}", "set}").replace("name: dataset_id\n", "name: set\n")
        data.clear()
        data.update(yaml.safe_load(text))

    with serve(edit) as client:
        assert client.get(f"{HERE}{made(client)}").json()["name"] == "n"


def test_without_a_default_a_page_has_the_documented_maximum(serve: Serve) -> None:
    def edit(data: Any) -> None:
        limit = next(one for one in of(data, "list_dataset_items")["parameters"] if one.get("name") == "limit")
        limit["schema"] = {"type": "integer", "minimum": 1, "maximum": 2}

    with serve(edit) as client:
        items = f"{HERE}{made(client)}/items/"
        for _ in range(3):
            client.post(items, json={"source_data": [{"data_uri": "a"}]})
        assert len(client.get(items).json()["items"]) == 2


def typed(name: str, location: str = "query", **rest: Any) -> Callable[[Any], object]:
    """Add a parameter that is an integer, or an array or an object of them."""
    entry = {"name": name, "in": location, "schema": {"type": "integer", "maximum": 5}, **rest}
    return lambda data: of(data, "list_datasets")["parameters"].append(entry)


NUMBERS = {"type": "array", "items": {"type": "integer", "maximum": 5}}


@pytest.mark.parametrize(
    ("edit", "valid", "invalid"),
    [
        (typed("n", schema=NUMBERS), "n=1&n=2", "n=1&n=9"),
        (typed("n", schema=NUMBERS, explode=False), "n=1,2", "n=1,9"),
        (typed("n", schema=NUMBERS, style="pipeDelimited", explode=False), "n=1|2", "n=1|9"),
        (typed("n", schema=NUMBERS, style="spaceDelimited", explode=False), "n=1%202", "n=1%209"),
        (
            typed(
                "n", schema={"type": "object", "properties": {"a": {"enum": ["1"]}}}, style="deepObject", explode=True
            ),
            "n[a]=1",
            "n[a]=2",
        ),
        (typed("n", content={"application/json": {"schema": NUMBERS}}), "n=[1,2]", "n=[1,9]"),
    ],
    ids=["exploded", "commas", "pipes", "spaces", "deepObject", "JSON"],
)
def test_the_style_of_a_parameter_is_the_documented_one(
    serve: Serve, edit: Callable[[Any], object], valid: str, invalid: str
) -> None:
    with serve(edit) as client:
        assert client.get(f"{HERE}?{valid}").status_code == 200
        assert client.get(f"{HERE}?{invalid}").status_code == 400


@pytest.mark.parametrize("query", ["n[a]=1&n=x", "n=x&n[a]=1"])
def test_an_object_is_not_given_in_two_ways(serve: Serve, query: str) -> None:
    with serve(typed("n", schema={"type": "object"}, style="deepObject", explode=True)) as client:
        assert error(client.get(f"{HERE}?{query}")) == "n: sent more than once; send it once"


@pytest.mark.parametrize("text", ["", "[1", "NaN", "[" * 600])
def test_a_parameter_that_is_no_json_is_named(serve: Serve, text: str) -> None:
    with serve(typed("n", content={"application/json": {"schema": NUMBERS}})) as client:
        assert error(client.get(HERE, params={"n": text})) == "n: not valid JSON; write it as RFC 8259 does"


@pytest.mark.parametrize(("location", "name"), [("header", "X-N"), ("cookie", "n")])
def test_parameters_in_headers_and_cookies_are_checked(serve: Serve, location: str, name: str) -> None:
    def sent(text: str) -> dict[str, str]:
        return {"X-N": text} if location == "header" else {"Cookie": f"other=1; n={text}"}

    with serve(typed(name, location, required=True)) as client:
        assert client.get(HERE, headers=sent("5")).status_code == 200
        assert error(client.get(HERE, headers=sent("6"))).startswith(f"{name}: ")
        assert error(client.get(HERE)) == f"{name}: missing; this header or cookie is required"


def test_a_schema_that_can_not_be_compiled_is_not_checked(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    schema = {"$dynamicRef": "#nowhere"}
    with serve(typed("n", schema=schema)) as client:
        assert client.get(f"{HERE}?n=1").status_code == 200
    assert "a schema of the document is not checked, since it can't be compiled" in caplog.text


@pytest.mark.parametrize("schema", [True, {"$ref": "#/paths/~1status/get/parameters/0/schema"}, {"enum": [1, 2]}])
def test_each_valid_schema_of_a_parameter_is_read(serve: Serve, schema: Any) -> None:
    def edit(data: Any) -> None:
        other = {"name": "n", "in": "query", "schema": {"type": "integer"}}
        data["paths"]["/status"] = {"get": {"parameters": [other], "responses": {"200": {"description": "x"}}}}
        typed("n", schema=schema)(data)

    with serve(edit) as client:
        assert client.get(f"{HERE}?n=1").status_code == 200
