"""The check by an edited document: of a server that does what this document says, it reports nothing as broken."""

import copy
import fnmatch
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, URL, Ask, Asked, Told, Wrap, spoilt

from abeja_datasets_contract.check import CheckFailed, Mode, Options, Report, Status, check, clauses
from abeja_datasets_contract.check.document import contract_of
from abeja_datasets_mock.openapi import document

Data = dict[str, Any]
DOCS = Path(__file__).parents[2] / "docs"
Edit = Callable[[Data], object]
ROOT = "/organizations/{organization_id}/datasets"
ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
PLAIN: Data = yaml.safe_load(document.locate().read_text(encoding="utf-8"))
SELECTED = (
    "preflight.*", "responses.*", "operations.*", "current.*", "names.length.*", "identifiers.unknown-*",
    "paging.*.bounds", "paging.*.beyond-bounds", "paging.*.unknown-parameters", "paging.items.default-limit",
    "paging.items.token-again", "paging.items.order-after-update", "paging.*.bounded-walk", "paths.*", "spellings.*",
    "isolation.*", "requests.unknown-parameter", "validation.create_dataset.*", "items.list.*", "datasets.list.*",
    "items.delete.*", "datasets.delete.*",
)  # fmt: skip


def operations(data: Data) -> Iterator[Data]:
    for item in data["paths"].values():
        yield from (each for each in item.values() if isinstance(each, dict) and "operationId" in each)


def rewritten(data: Data, *pairs: tuple[str, str]) -> None:
    """Replace text everywhere, pointers included."""
    text = yaml.safe_dump(data, sort_keys=False)
    for old, new in pairs:
        text = text.replace(old, new)
    data.clear()
    data.update(yaml.safe_load(text))


def more_parameters(*names: str) -> Edit:
    def edit(data: Data) -> None:
        for operation in operations(data):
            more = [{"name": name, "in": "query", "schema": {"enum": ["none"]}} for name in names]
            operation["parameters"] = [*operation.get("parameters", []), *more]

    return edit


def sizes(maximum: int, default: int) -> Edit:
    def edit(data: Data) -> None:
        for parameter in [part for each in operations(data) for part in each.get("parameters", [])]:
            if parameter.get("name") in ("limit", "max_results"):
                schema = parameter["schema"]
                schema.update({"maximum": maximum, **({"default": default} if "default" in schema else {})})

    return edit


def without_sizes(data: Data) -> None:
    for operation in operations(data):
        kept = [part for part in operation.get("parameters", []) if part.get("name") not in ("limit", "max_results")]
        operation["parameters"] = kept


def below(prefix: str) -> Edit:
    def edit(data: Data) -> None:
        data["paths"] = {f"{prefix}{path}": item for path, item in data["paths"].items()}
        rewritten(data, ("#/paths/~1org", f"#/paths/{prefix.replace('/', '~1')}~1org"))

    return edit


def responses(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Edit:
    def edit(data: Data) -> None:
        for operation in operations(data):
            operation["responses"] = change(operation["responses"])

    return edit


def ranges(known: Data) -> Data:
    kept = {status: response for status, response in known.items() if status[0] != "4"}
    return {**kept, "4XX": {"description": "A refusal.", "content": ERROR}}


def defaults(known: Data) -> Data:
    success = next(response for status, response in known.items() if status[0] == "2")
    return {"2XX": success, "default": {"description": "A refusal.", "content": ERROR}}


def status(old: int, new: int) -> Edit:
    return responses(lambda known: {str(new) if key == str(old) else key: each for key, each in known.items()})


def empty_deletes(data: Data) -> None:
    for operation in operations(data):
        if operation["operationId"].startswith("delete_"):
            operation["responses"]["204"] = {"description": "Deleted."}
            del operation["responses"]["200"]


def behind_references(data: Data) -> None:
    data["components"]["pathItems"] = {f"item{n}": item for n, item in enumerate(data["paths"].values())}
    pairs = [
        (f"#/paths/{p.replace('/', '~1')}", f"#/components/pathItems/item{n}") for n, p in enumerate(data["paths"])
    ]
    data["paths"] = {p: {"$ref": f"#/components/pathItems/item{n}"} for n, p in enumerate(data["paths"])}
    rewritten(data, *reversed(pairs))


def renamed_ids(data: Data) -> None:
    for old, new in (("organization_id", "org"), ("dataset_id", "data-set"), ("dataset_item_id", "n")):
        rewritten(data, (f"{{{old}}}", f"{{{new}}}"), (f"name: {old}\n", f"name: {new}\n"))


def names(longest: int | None) -> Edit:
    def edit(data: Data) -> None:
        schema = data["components"]["schemas"]["DatasetName"]
        schema.pop("maxLength") if longest is None else schema.update(maxLength=longest)

    return edit


def json_with_a_parameter(data: Data) -> None:
    for operation in operations(data):
        for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
            if "application/json" in holder.get("content", {}):
                holder["content"]["application/json; charset=utf-8"] = holder["content"].pop("application/json")


def without(name: str) -> Edit:
    def edit(data: Data) -> None:
        for item in data["paths"].values():
            for method in [
                key for key, each in item.items() if isinstance(each, dict) and each.get("operationId") == name
            ]:
                del item[method]

    return edit


def renamed_operations(data: Data) -> None:
    for operation in operations(data):
        operation["operationId"] = re.sub(r"_(\w)", lambda match: match[1].upper(), operation["operationId"])


def without_operation_ids(data: Data) -> None:
    for operation in operations(data):
        del operation["operationId"]


def without_examples(data: Data) -> None:
    todo: list[Any] = [data]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            node.pop("example", None)
            node.pop("examples", None)
        todo.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())


def more_properties(data: Data) -> None:
    for schema in data["components"]["schemas"].values():
        if isinstance(schema.get("properties"), dict):
            schema["properties"]["remark"] = {"type": "string"}


def api_key(name: str, *, alone: bool) -> Edit:
    def edit(data: Data) -> None:
        data["components"]["securitySchemes"]["key"] = {"type": "apiKey", "in": "header", "name": name}
        data["security"] = [{"key": []}] if alone else [*data["security"], {"key": []}]

    return edit


def added(path: str, method: str, **more: Any) -> Edit:
    """Add an operation, `more_of_it`, which the check knows nothing of."""

    def edit(data: Data) -> None:
        item = data["paths"].setdefault(path, {})
        there = item.get("parameters", [])
        names = [name for name in re.findall(r"\{(.*?)\}", path) if not there]
        parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        success = {"description": "x", "content": {"application/json": {"schema": {"type": "object"}}}}
        body = {"operationId": "more_of_it", "parameters": parameters, "responses": {"200": success}}
        item[method] = {**body, **more}

    return edit


def more_for_a_key(data: Data) -> None:
    api_key("X-Key", alone=False)(data)
    added(f"{ROOT}/{{dataset_id}}/more", "get", security=[{"key": []}])(data)


def listed_types(data: Data) -> None:
    data["components"]["schemas"]["DatasetType"]["enum"] = ["classification", "detection"]


def required_q(data: Data) -> None:
    for parameter in [part for each in operations(data) for part in each.get("parameters", [])]:
        if parameter.get("name") == "q":
            parameter["required"] = True


def other_json(data: Data) -> None:
    for operation in operations(data):
        for key, response in operation["responses"].items():
            if key[0] == "2":
                response["content"] = {"application/vnd.abeja+json": response["content"]["application/json"]}


def all_at_once(data: Data) -> None:
    for edit in (
        more_parameters("sort"),
        sizes(50, 20),
        names(120),
        responses(ranges),
        below("/v2"),
        behind_references,
    ):
        edit(data)


SERVED: dict[str, Edit] = {
    "more parameters": more_parameters("sort", "offset", "page", "fields", "force", "dry_run", "contract_check"),
    "a lower maximum": sizes(200, 50),
    "a maximum of 1": sizes(1, 1),
    "a maximum of 2": sizes(2, 1),
    "a higher maximum": sizes(5000, 300),
    "paths below /v2": below("/v2"),
    "paths below /api/v2": below("/api/v2"),
    "ranges": responses(ranges),
    "defaults": responses(defaults),
    "path items behind references": behind_references,
    "shorter names": names(60),
    "longer names": names(1000),
    **{f"without {name}": without(name) for name in (
        "create_dataset", "list_dataset_items", "create_dataset_item", "get_dataset_item", "update_dataset_item",
        "delete_dataset_item", "bulk_update_dataset_item",
    )},
    "types that are listed": listed_types,
    "a query that is required": required_q,
    "another JSON": other_json,
    "202 for what is created": responses(lambda known: {
        **{key: each for key, each in known.items() if key != "201" and not (key == "200" and "201" in known)},
        **({"202": known["201"]} if "201" in known else {}),
    }),
    "deletes without a body, by the document": empty_deletes,
    "all at once": all_at_once,
}  # fmt: skip
"""Edits of a document that the mock server then keeps."""
EQUAL: dict[str, Edit] = {
    "renamed ids": renamed_ids,
    "JSON with a parameter": json_with_a_parameter,
    "no sizes of pages": without_sizes,
    "an API key beside": api_key("X-Key", alone=False),
    "an API key in Authorization": api_key("Authorization", alone=True),
    "more optional properties": more_properties,
    "no examples": without_examples,
    "no operationIds": without_operation_ids,
    **{f"{method} {path} added": added(path, method) for path, method in (
        (f"{ROOT}/{{dataset_id}}", "patch"), (f"{ROOT}/", "delete"), (f"{ROOT}/", "put"),
        ("/organizations/{organization_id}", "delete"), ("/organizations/{organization_id}/reset", "post"),
        ("/organizations/{organization_id}/models/{model_id}", "delete"), (f"{ROOT}/{{dataset_id}}/copy", "post"),
        (f"{ROOT}/{{dataset_id}}/shares/{{user_id}}", "get"),
    )},
    "health added": added("/health", "get", security=[]),
    "renamed operations": renamed_operations,
    "names of any length": names(None),
}  # fmt: skip
"""Edits of a document that the mock server keeps by its own document."""


def told(change: Callable[[Asked, Told], Told]) -> Wrap:
    async def wrap(asked: Asked, ask: Ask) -> Told:
        response = await ask(asked)
        return change(asked, response) if asked.operation else response

    return wrap


def with_status(old: int, new: int) -> Wrap:
    return told(lambda _, response: response.but(status=new) if response.status == old else response)


def _emptied(asked: Asked, response: Told) -> Told:
    deleted = asked.method == "DELETE" and response.status == 200
    return response.but(status=204, body=b"", headers=[]) if deleted else response


GONE = ("updated_at", "total_count")


def without_properties(data: Data) -> None:
    todo: list[Any] = [data["components"]["schemas"], data["paths"]]
    while todo:
        node = todo.pop()
        if isinstance(node, dict) and isinstance(node.get("properties"), dict):
            node["properties"] = {name: each for name, each in node["properties"].items() if name not in GONE}
            node["required"] = [name for name in node.get("required", ()) if name not in GONE]
        todo.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())


def _less(_: Asked, response: Told) -> Told:
    def less(value: Any) -> Any:
        if isinstance(value, list):
            return [less(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        kept = {key: inner for key, inner in value.items() if key not in GONE}
        return {**kept, "items": less(kept["items"])} if "items" in kept else kept

    return response.but(json=less(response.json)) if response.status < 300 and response.body else response


def renamed(**names: str) -> tuple[Edit, Wrap]:
    """Rename query parameters, in a document and for a server."""

    def edit(data: Data) -> None:
        for parameter in [part for each in operations(data) for part in each.get("parameters", [])]:
            if parameter.get("name") in names:
                parameter["name"] = names[parameter["name"]]

    before = {new: old for old, new in names.items()}

    async def wrap(asked: Asked, ask: Ask) -> Told:
        path, mark, query = asked.target.partition("?")
        pairs = [pair.partition("=") for pair in query.split("&")]
        kept = [f"{before.get(name, name)}{equals}{value}" for name, equals, value in pairs if name not in names]
        return await ask(asked.but(target=f"{path}{mark}{'&'.join(kept)}"))

    return edit, wrap


def required_parameter(data: Data) -> None:
    for operation in operations(data):
        for place, name in (("query", "version"), ("header", "X-Client")):
            parameter = {"name": name, "in": place, "required": True, "schema": {"enum": ["1"]}}
            operation["parameters"] = [*operation.get("parameters", []), parameter]


async def _requires(asked: Asked, ask: Ask) -> Told:
    given = "version=1" in asked.target and asked.headers.get("x-client") == "1"
    return await ask(asked) if given or asked.operation is None else _REFUSAL


def required_property(data: Data) -> None:
    schema = data["components"]["schemas"]["CreateDatasetRequest"]
    schema["properties"]["region"] = {"type": "string", "default": "jp"}
    schema["required"].append("region")


async def _requires_region(asked: Asked, ask: Ask) -> Told:
    response = await ask(asked)
    created = asked.operation == "create_dataset" and response.status == 201
    if created and asked.json.get("region") != "jp":
        await ask(asked.but(method="DELETE", target=f"{asked.path}{response.json['dataset_id']}", body=b""))
        return _REFUSAL
    return response


async def _for_anybody(asked: Asked, ask: Ask) -> Told:
    return await ask(asked.but(headers={**asked.headers, "authorization": AUTHORIZATION}))


async def _with_more(asked: Asked, ask: Ask) -> Told:
    """Respond to an added operation, to whoever may see its dataset."""
    if not asked.path.endswith("/more"):
        return await ask(asked)
    looked = await ask(asked.but(target=asked.path.removesuffix("/more")))
    return looked.but(json={"more": True}) if looked.status == 200 else looked


async def _with_more_for_a_key(asked: Asked, ask: Ask) -> Told:
    refusal = _REFUSAL.but(status=401).header("www-authenticate", "Key")
    return refusal if asked.path.endswith("/more") else await ask(asked)


_REFUSAL = Told(400, [("content-type", "application/json")], b'{"error": "x", "error_description": "x"}')
OTHERWISE: dict[str, tuple[Edit, Wrap]] = {
    "403 for wrong credentials": (status(401, 403), with_status(401, 403)),
    "201 for all successes": (status(200, 201), with_status(200, 201)),
    "202 for all successes": (status(200, 202), with_status(200, 202)),
    "another name of sizes": renamed(limit="page_size", max_results="page_size"),
    "another name of tokens": renamed(next_token="cursor", next_page_token="cursor"),
    "another name of q": renamed(q="query"),
    "required parameters": (required_parameter, _requires),
    "a required property": (required_property, _requires_region),
    "no credentials": (lambda data: data.pop("security"), _for_anybody),
    "an operation added": (added(f"{ROOT}/{{dataset_id}}/more", "get"), _with_more),
    "an operation added, for an API key": (more_for_a_key, _with_more_for_a_key),
    "422 for wrong bodies": (status(400, 422), with_status(400, 422)),
    "410 for what is not there": (status(404, 410), with_status(404, 410)),
    "200 for what is created": (status(201, 200), with_status(201, 200)),
    "fewer properties": (without_properties, told(_less)),
    "deletes without a body": (empty_deletes, told(_emptied)),
}
"""Edits of a document, each with a server that keeps it."""


def written(tmp_path: Path, edit: Edit) -> Path:
    data = copy.deepcopy(PLAIN)
    edit(data)
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def checked(tmp_path: Path, path: Path, wrap: Wrap | None = None, *, whole: bool) -> Report:
    names = [clause.name for clause in clauses(document=path)]
    select = () if whole else tuple(each for each in SELECTED if fnmatch.filter(names, each))
    with spoilt(wrap) as server:
        options = Options(mode=Mode.WRITES, ledger=tmp_path / "ledger", transport=server, document=path, select=select)
        return check(URL, ORGANIZATION, AUTHORIZATION, options)


def assert_kept(report: Report) -> None:
    assert [(failure.clause.name, failure.came) for failure in report.failures] == []
    assert [each.clause.name for each in report.verdicts if "defect" in each.reason] == []
    assert (report.stopped, report.left_behind) == (None, ())


def each(cases: dict[str, Any]) -> list[Any]:
    """Check selected clauses by the last document in the quick run, and all clauses by each in the slow one."""
    return [
        (list(cases)[-1], False),
        *(pytest.param(name, True, marks=pytest.mark.slow, id=f"{name}, whole") for name in cases),
    ]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Run the mock server with a document."""

    def serving(path: Path) -> None:
        monkeypatch.setattr(document, "locate", lambda: path)
        document.operations.cache_clear()

    yield serving
    monkeypatch.undo()
    document.operations.cache_clear()


@pytest.mark.parametrize(("name", "whole"), each(SERVED))
def test_a_server_of_a_changed_document_keeps_it(
    name: str, whole: bool, tmp_path: Path, serve: Callable[[Path], None]
) -> None:
    path = written(tmp_path, SERVED[name])
    serve(path)
    assert_kept(checked(tmp_path, path, whole=whole))


@pytest.mark.parametrize(("name", "whole"), each(EQUAL))
def test_a_server_keeps_a_document_that_says_the_same(name: str, whole: bool, tmp_path: Path) -> None:
    assert_kept(checked(tmp_path, written(tmp_path, EQUAL[name]), whole=whole))


@pytest.mark.parametrize(("name", "whole"), each(OTHERWISE))
def test_a_server_keeps_a_document_that_says_otherwise(name: str, whole: bool, tmp_path: Path) -> None:
    edit, wrap = OTHERWISE[name]
    assert_kept(checked(tmp_path, written(tmp_path, edit), wrap, whole=whole))


REFUSED = {
    "": "empty",
    "a: [": "line 2, column 1: broken YAML",
    "\ud800": "not UTF-8 text",
    "- 1": "its top is not a mapping",
    "swagger: '2.0'": "Swagger 2.0 is not read",
    "openapi: 3.0.3\npaths: {}": "the check reads OpenAPI 3.1",
    "openapi: 3.1.0\npaths: {}": "no operation has the operationId list_datasets",
    "openapi: 3.1.0\npaths: {/a: {$ref: b.yaml}}": "leads to a file that is not read: b.yaml: no such file",
    "a: " + "[" * 20_000: "nested too deeply",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_a_document_that_can_not_be_used_is_named_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ValueError, match=re.escape(REFUSED[text])) as refused:
        check(URL, ORGANIZATION, AUTHORIZATION, Options(document=path))
    assert str(refused.value).startswith("wrong.yaml")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("keyword", ["pattern: '['", "type: strange"])
def test_a_schema_that_is_none_is_named_in_one_line(keyword: str, tmp_path: Path) -> None:
    name, value = yaml.safe_load(f"{{{keyword}}}").popitem()
    path = written(tmp_path, lambda data: data["components"]["schemas"]["DatasetName"].update({name: value}))
    with pytest.raises(ValueError, match=r"^changed\.yaml: .* is not a JSON Schema: ") as refused:
        check(URL, ORGANIZATION, AUTHORIZATION, Options(document=path))
    assert "\n" not in str(refused.value)


def test_a_document_in_several_files_has_the_same_clauses_and_schemas(tmp_path: Path) -> None:
    schemas = PLAIN["components"]["schemas"]
    for name in ("Error", "DatasetName"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(schemas[name]), encoding="utf-8")
    apart = {name: {"$ref": f"{name}.yaml"} for name in ("Error", "DatasetName")}
    path = written(tmp_path, lambda data: data["components"]["schemas"].update(apart))
    assert [clause.name for clause in clauses(document=path)] == [clause.name for clause in clauses()]
    assert not contract_of(path).error_validator.is_valid({"error": 5})
    assert contract_of(path).lengths("create_dataset", "name") == contract_of().lengths("create_dataset", "name")


@pytest.mark.parametrize(("name", "reason"), [("missing.yaml", "No such file"), (".", "Is a directory")])
def test_a_document_that_can_not_be_read_is_named(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=reason):
        check(URL, ORGANIZATION, AUTHORIZATION, Options(document=tmp_path / name))


SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "query": {"type": "apiKey", "in": "query", "name": "k"},
    "tls": {"type": "mutualTLS"},
}
CREDENTIALS: dict[str, tuple[list[Data], str]] = {
    "a key": ([{"key": []}], "an API key in the header X-Key"),
    "a key as well": ([{"bearer": [], "key": []}], "an API key in the header X-Key"),
    "one of two": ([{"key": []}, {"cookie": []}], "an API key in the header X-Key or an API key in the cookie session"),
    "both of two": (
        [{"key": [], "query": []}],
        "an API key in the header X-Key and an API key in the query parameter k",
    ),
    "a certificate": ([{"tls": []}], "a client certificate"),
}


@pytest.mark.parametrize(("ways", "what"), CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize("named", ["list_datasets", "update_dataset_item"])
def test_a_credential_that_the_check_can_not_send_is_named(
    ways: list[Data], what: str, named: str, tmp_path: Path
) -> None:
    def edit(data: Data) -> None:
        data["components"]["securitySchemes"].update(SCHEMES)
        next(each for each in operations(data) if each["operationId"] == named)["security"] = ways

    with spoilt() as server:
        options = Options(mode=Mode.WRITES, transport=server, document=written(tmp_path, edit))
        with pytest.raises(CheckFailed, match=rf"^changed\.yaml, line \d+, .*: {named} requires {what}; ") as refused:
            check(URL, ORGANIZATION, AUTHORIZATION, options)
    assert server.asked == []
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["get_dataset", "delete_dataset"])
def test_nothing_is_written_that_a_document_has_no_way_to_remove(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, without(name))
    with spoilt() as server:
        with pytest.raises(CheckFailed, match=name):
            check(URL, ORGANIZATION, AUTHORIZATION, Options(mode=Mode.WRITES, transport=server, document=path))
        assert server.asked == []
        report = check(URL, ORGANIZATION, AUTHORIZATION, Options(transport=server, document=path))
    assert_kept(report)
    assert report.count(Status.PASS) > 10


def test_a_document_that_changes_is_read_again(tmp_path: Path) -> None:
    before = clauses(document=written(tmp_path, names(60)))
    after = clauses(document=written(tmp_path, without("get_dataset")))
    assert {clause.name for clause in before} - {clause.name for clause in after} >= {"responses.get_dataset.body"}


def test_the_page_of_clauses_is_current() -> None:
    maker = runpy.run_path(str(DOCS / "make_clauses.py"))
    page = (DOCS / "clauses.md").read_text(encoding="utf-8")
    assert maker["page"]() == page, "run .venv/bin/python docs/make_clauses.py"
