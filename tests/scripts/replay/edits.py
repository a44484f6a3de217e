"""The edits of the replay."""

# ruff: noqa: E501 - a row is an edit

from typing import Any

from tests.scripts.replay.edit import (
    CLIENT,
    HANDLERS,
    PROBES,
    ROOT,
    Data,
    Edit,
    all_of,
    changed,
    field,
    more,
    operation,
    parameter,
    schema,
    text,
)

STRING = {"type": "string"}
ENUM = {"type": "string", "enum": ["oldest", "newest"]}
ITEMS, DATASETS = "list_dataset_items", "list_datasets"
ITEMS_OBJECT = r"dataset_item.py:\d+: DatasetItems.list"


def _missing_parameter(of: str, name: str, kind: str = "query parameter") -> tuple[str, ...]:
    client = f"{CLIENT}.*APIClient.{of} " + (r"does not describe" if of == ITEMS and kind[0] == "q" else r"can't reach")
    reads = f"{HANDLERS}.*{of} does not read the {kind} {name}"
    clause = f"{PROBES}: no clause has the {kind} {name} of {of}"
    return (f"{client}.*{name}", reads, clause)


def _moved(of: str, name: str, location: str) -> Any:
    def change(data: Data) -> None:
        parameter(data, name, of)["in"] = location

    return change


def _renamed(of: str, name: str, new: str) -> Any:
    def change(data: Data) -> None:
        parameter(data, name, of)["name"] = new

    return change


def _removed(of: str, name: str) -> Any:
    def change(data: Data) -> None:
        kept = operation(data, of)["parameters"]
        kept.remove(parameter(data, name, of))

    return change


def _array(**style: Any) -> Any:
    return more(ITEMS, "tags", schema={"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1}, **style)


PARAMETERS = {
    "an optional parameter with an enum": Edit(
        more(ITEMS, "sort", schema=ENUM),
        (*_missing_parameter(ITEMS, "sort"), f"{ITEMS_OBJECT} can't reach the query parameter sort"),
    ),
    "an optional parameter": Edit(more(DATASETS, "order"), _missing_parameter(DATASETS, "order")),
    "an optional parameter of a create": Edit(
        more("create_dataset", "notify", schema={"type": "boolean"}), _missing_parameter("create_dataset", "notify")
    ),
    "an optional parameter of a delete": Edit(
        more("delete_dataset", "force", schema={"type": "boolean"}), _missing_parameter("delete_dataset", "force")
    ),
    "a required parameter with an example": Edit(
        more(DATASETS, "tenant", required=True, example="t1"),
        (f"{CLIENT}.*list_datasets fails before.*tenant", f"{HANDLERS}.*list_datasets does not read .*tenant"),
    ),
    "a required parameter without an example": Edit(
        more(DATASETS, "tenant", required=True),
        (f"{CLIENT}.*list_datasets fails before.*tenant", r"openapi.yaml: .*tenant of list_datasets, and has neither"),
    ),
    "a parameter now required": Edit(
        lambda data: parameter(data, "q", ITEMS).update(required=True), (f"{CLIENT}.*{ITEMS} fails before.*'q'",)
    ),
    "a header parameter": Edit(more(ITEMS, "X-Trace", "header"), _missing_parameter(ITEMS, "X-Trace", "header parameter")),
    "a header parameter of a create": Edit(
        more("create_dataset", "Idempotency-Key", "header"),
        _missing_parameter("create_dataset", "Idempotency-Key", "header parameter"),
    ),
    "a cookie parameter": Edit(
        more("get_dataset", "session", "cookie"), _missing_parameter("get_dataset", "session", "cookie parameter")
    ),
    "a parameter renamed": Edit(
        _renamed(DATASETS, "max_results", "page_size"),
        (
            f"{CLIENT}.*list_datasets fails before.*max_results|{CLIENT}.*list_datasets can't reach .*page_size",
            f"{HANDLERS}.*does not read .*page_size",
            r"paging.datasets.bounds.* names? what .*max_results",
        ),
    ),
    "a token parameter renamed": Edit(
        _renamed(ITEMS, "next_page_token", "cursor"),
        (
            r"iter_dataset_items sends the query parameter next_page_token, which",
            f"{CLIENT}.*{ITEMS} does not describe cursor",
            f"{HANDLERS}.*{ITEMS} does not read .*cursor",
        ),
    ),
    "q renamed": Edit(
        _renamed(ITEMS, "q", "query"),
        (f"{CLIENT}.*{ITEMS} does not describe query", f"{HANDLERS}.*{ITEMS} does not read .*query", ITEMS_OBJECT),
    ),
    "a parameter removed": Edit(
        _removed(ITEMS, "limit"), (r"DatasetItems.list sends .*limit", r"paging.items.bounds.* names? what .*limit")
    ),
    "a parameter moved to a header": Edit(
        _moved(ITEMS, "q", "header"),
        (f"{CLIENT}.*{ITEMS} can't reach the header parameter q", r"DatasetItems.list sends the query parameter q"),
    ),
    "a parameter moved to the path": Edit(
        text(r"(/datasets/\{dataset_id\})/items/$", r"\1/in/{q}/items/"), ("sends GET",), refused="path parameter 'q'"
    ),
    "an array parameter": Edit(_array(), _missing_parameter(ITEMS, "tags")),
    "an array parameter with commas": Edit(
        _array(style="form", explode=False),
        (*_missing_parameter(ITEMS, "tags"), r"does not send tags as style: form, explode: false"),
    ),
    "an array parameter with pipes": Edit(
        _array(style="pipeDelimited", explode=False), (r"does not send tags as style: pipeDelimited",)
    ),
    "an object parameter": Edit(
        more(
            ITEMS, "filter", style="deepObject", explode=True,
            schema={"type": "object", "properties": {"type": STRING}, "required": ["type"]},
        ),
        (r"does not send filter as style: deepObject",),
    ),
    "a JSON parameter": Edit(
        more(ITEMS, "where", content={"application/json": {"schema": {"type": "object"}}}),
        (r"where",),
    ),
    "a lower maximum": Edit(
        all_of(changed(ITEMS, "limit", maximum=500), changed(DATASETS, "max_results", maximum=500)),
        (
            f"{CLIENT}.*APIClient.{ITEMS} does not say 500 of limit",
            f"{CLIENT}.*APIClient.list_datasets does not say 500",
            f"{CLIENT}.*APIClient.iter_datasets does not say 500",
            f"{ITEMS_OBJECT} does not say 500",
        ),
    ),
    "another default": Edit(
        changed(ITEMS, "limit", default=50), (f"{CLIENT}.*APIClient.{ITEMS} does not say 50 of limit",)
    ),
    "no default": Edit(
        changed(ITEMS, "limit", default=None),
        (f"{CLIENT}.*APIClient.{ITEMS} says 100 of limit", f"{HANDLERS}.*|mock server fails|list_dataset_items"),
    ),
    "no maximum": Edit(
        changed(ITEMS, "limit", maximum=None), (f"{CLIENT}.*APIClient.{ITEMS} says 1,000 of limit", ITEMS_OBJECT)
    ),
    "a default where there was none": Edit(
        changed(DATASETS, "max_results", default=200), (f"{CLIENT}.*APIClient.list_datasets does not say 200",)
    ),
    "an enum of a parameter that was free": Edit(
        changed(ITEMS, "q", enum=["label:dog", "label:cat"]), (f"{CLIENT}.*{ITEMS} does not say .*label:cat",)
    ),
    "another type of a parameter": Edit(
        changed(DATASETS, "next_token", type="integer", minLength=None),
        (f"{CLIENT}.*list_datasets takes next_token as str", r"next_token"),
    ),
}  # fmt: skip


def _fresh(of: str, status: str, **response: Any) -> Any:
    return lambda data: operation(data, of)["responses"].update({status: {"description": "x", **response}})


def _status(of: str, old: str, new: str) -> Any:
    def change(data: Data) -> None:
        responses = operation(data, of)["responses"]
        responses[new] = responses.pop(old)

    return change


def _no_content(data: Data) -> None:
    responses = operation(data, "delete_dataset")["responses"]
    responses.pop("200")
    responses["204"] = {"description": "Deleted."}


def _page_object(data: Data) -> None:
    content = operation(data, DATASETS)["responses"]["200"]["content"]["application/json"]
    content["schema"] = {"type": "object", "required": ["datasets"], "properties": {"datasets": content["schema"]}}
    content.pop("examples")


def _page_array(data: Data) -> None:
    content = operation(data, ITEMS)["responses"]["200"]["content"]["application/json"]
    content["schema"] = {"type": "array", "items": {"$ref": "#/components/schemas/DatasetItem"}}
    content.pop("examples")


def _renamed_property(component: str, old: str, new: str) -> Any:
    def change(data: Data) -> None:
        properties = schema(data, component)["properties"]
        properties[new] = properties.pop(old)
        required = schema(data, component)["required"]
        if old in required:
            required[required.index(old)] = new

    return change


def _item_text(data: Data) -> None:
    schema(data, "ItemNumber").update(type="string", minLength=1)
    schema(data, "ItemNumber").pop("minimum")


def _media(data: Data) -> None:
    content = operation(data, "get_dataset")["responses"]["200"]["content"]
    content["application/vnd.abeja+json"] = content.pop("application/json")


def _text_response(data: Data) -> None:
    response = operation(data, "delete_dataset_item")["responses"]["200"]
    response["content"] = {"text/plain": {"schema": {"type": "string"}}}


def _token_header(data: Data) -> None:
    headers = operation(data, DATASETS)["responses"]["200"]["headers"]
    headers["X-Next-Page"] = headers.pop("X-Next-Token")


def _more_headers(data: Data) -> None:
    operation(data, ITEMS)["responses"]["200"]["headers"] = {"X-Total": {"schema": {"type": "integer"}}}


def _type_number(data: Data) -> None:
    schema(data, "DatasetType").update(type="integer")
    schema(data, "DatasetType").pop("minLength")


BODIES = {
    "an optional field": Edit(
        field("CreateDatasetRequest", "note"),
        (
            f"{CLIENT}.*create_dataset can't reach the field note",
            r"dataset.py:\d+: Datasets.create can't reach the field note",
            f"{HANDLERS}.*create_dataset does not read the field note",
        ),
    ),
    "a required field": Edit(
        field("UpdateDatasetItemRequest", "reason", required=True),
        (f"{CLIENT}.*update_dataset_item can't reach the field reason", r"does not read the field reason", r"reason"),
    ),
    "a field renamed": Edit(
        _renamed_property("CreateDatasetItemRequest", "attributes", "labels"),
        (
            f"{CLIENT}.*create_dataset_item sends the field attributes",
            r"create_dataset_item does not read the field labels",
        ),
    ),
    "a field removed": Edit(
        lambda data: schema(data, "CreateDatasetItemRequest")["properties"].pop("attributes"),
        (f"{CLIENT}.*create_dataset_item sends the field attributes",),
    ),
    "another type of a field": Edit(
        _type_number,
        (f"{CLIENT}.*create_dataset takes type as str", r"create_dataset"),
    ),
    "an enum of a field": Edit(
        lambda data: schema(data, "DatasetType").update(enum=["classification", "detection", "custom"]),
        (f"{CLIENT}.*create_dataset does not say .*custom of type",),
    ),
    "a shorter name": Edit(
        lambda data: schema(data, "DatasetName").update(maxLength=100), (r"says 1 to 255 characters of name",)
    ),
    "a field of a bulk entry": Edit(
        field("BulkUpdateEntry", "note"), (f"{HANDLERS}.*bulk_update_dataset_item does not read the field note",)
    ),
    "a body removed": Edit(
        lambda data: operation(data, "update_dataset_item").pop("requestBody"),
        (f"{CLIENT}.*update_dataset_item fails before", r"update_dataset_item"),
    ),
}
RESPONSES = {
    "a deletion without content": Edit(
        _no_content,
        (r"delete_dataset says that it returns dict", r"dataset.py:\d+: Datasets.delete raises at the response"),
    ),
    "201 is 202": Edit(
        all_of(
            _status("create_dataset", "201", "202"),
            lambda data: operation(data, "create_dataset")["responses"].pop("200"),
        ),
    ),
    "a page that is an object": Edit(
        _page_object,
        (
            r"paging.py: APIClient.iter_datasets raises at the response 200",
            f"{CLIENT}.*list_datasets says that it returns list",
            r"list_datasets responds with",
        ),
    ),
    "a page that is an array": Edit(
        _page_array,
        (r"paging.py: APIClient.iter_dataset_items raises", f"{CLIENT}.*{ITEMS} says that it returns dict"),
    ),
    "items under another name": Edit(
        _renamed_property("DatasetItemPage", "items", "results"),
        (r"paging.py: APIClient.iter_dataset_items raises", r"list_dataset_items responds with"),
    ),
    "the token under another name": Edit(
        _renamed_property("DatasetItemPage", "next_page_token", "next"),
        (
            r"paging.py: APIClient.iter_dataset_items stops after the first page",
            r"no response of .*has the property next,",
        ),
    ),
    "the token in another header": Edit(
        _token_header,
        (
            r"paging.py: APIClient.iter_datasets stops after the first page",
            r"no response of list_datasets has the header",
        ),
    ),
    "item numbers are text": Edit(_item_text, (r"dataset_item_id",)),
    "a media type": Edit(_media),
    "a response that is text": Edit(
        _text_response, (r"APIClient.delete_dataset_item raises", r"delete_dataset_item responds with Content-Type")
    ),
    "a new optional property": Edit(
        field("Dataset", "owner"), (r"records.py: no response of .*get_dataset.* has the property owner",)
    ),
    "a new required property": Edit(
        field("Dataset", "owner", required=True), (r"owner is missing", r"records.py: no response of .*owner")
    ),
    "a property renamed": Edit(
        _renamed_property("Dataset", "created_at", "created"), (r"records.py: no response of .*created",)
    ),
    "a property removed": Edit(
        all_of(
            lambda data: schema(data, "Dataset")["properties"].pop("updated_at"),
            lambda data: schema(data, "Dataset")["required"].remove("updated_at"),
        ),
        (r"get_dataset shows updated_at in its docstring",),
    ),
    "another type of a property": Edit(
        lambda data: schema(data, "Dataset")["properties"].update(created_at={"type": "integer"}), (r"created_at",)
    ),
    "a header of a response": Edit(_more_headers, (r"no response of list_dataset_items has the header x-total",)),
    "an error status more": Edit(_fresh("get_dataset", "403"), ()),
    "an error status less": Edit(
        lambda data: operation(data, "get_dataset")["responses"].pop("404"), (r"get_dataset",)
    ),
    "a component renamed": Edit(
        text(r"\bRect\b", "Box"),
        (r"models.py: the generated model Box is missing", r"models.py:\d+: the model Rect is not generated any more"),
    ),
    "a component more": Edit(
        lambda data: data["components"]["schemas"].update(Owner={"type": "object", "properties": {"id": STRING}}),
        (r"models.py: the generated model Owner is missing",),
    ),
    "an inline enum in a response": Edit(
        field("Dataset", "state", type="string", enum=["new", "old"]), (r"property state",)
    ),
}


def _servers(*urls: str) -> Any:
    return lambda data: data.update(servers=[{"url": url} for url in urls])


def _below(prefix: str) -> Any:
    def change(data: Data) -> None:
        data["paths"] = {f"{prefix}{path}": item for path, item in data["paths"].items()}
        text(r"#/paths/~1organizations", f"#/paths/{prefix.replace('/', '~1')}~1organizations")(data)

    return change


def _key(*, alone: bool) -> Any:
    def change(data: Data) -> None:
        data["components"]["securitySchemes"]["key"] = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
        data["security"] = [{"key": []}] if alone else [*data["security"], {"key": []}]

    return change


def _scheme_removed(name: str) -> Any:
    def change(data: Data) -> None:
        del data["components"]["securitySchemes"][name]
        data["security"].remove({name: []})

    return change


def _operation_id(old: str, new: str) -> Any:
    def change(data: Data) -> None:
        operation(data, old)["operationId"] = new
        text(rf"^{old}$", new)(data)

    return change


def _without(name: str) -> Any:
    def change(data: Data) -> None:
        for item in data["paths"].values():
            for method in [
                key for key, each in item.items() if isinstance(each, dict) and each.get("operationId") == name
            ]:
                del item[method]
        for link, each in [*data["components"]["links"].items()]:
            if each.get("operationId") == name:
                del data["components"]["links"][link]
                _unlinked(data, f"#/components/links/{link}")

    return change


def _unlinked(node: Any, reference: str) -> None:
    if isinstance(node, dict):
        for key in [key for key, each in node.items() if isinstance(each, dict) and each.get("$ref") == reference]:
            del node[key]
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _unlinked(each, reference)


def _added(path: str, method: str, name: str, **rest: Any) -> Any:
    def change(data: Data) -> None:
        parameters = data["paths"][f"{ROOT}/{{dataset_id}}"]["parameters"] if "{dataset_id}" in path else []
        item = data["paths"].setdefault(path, {"parameters": parameters} if parameters else {})
        success = {"description": "x", "content": {"application/json": {"schema": {"type": "object"}}}}
        item[method] = {"operationId": name, "tags": ["datasets"], "responses": {"200": success}, **rest}

    return change


def _new(name: str) -> tuple[str, ...]:
    return (
        f"async_api_client.py: AsyncAPIClient has no method for {name}",
        f"mock_server.*Operations has no handler for {name}",
        f"there is no clause operations.{name}.succeeds",
        f"README.md: it does not name {name}",
        f"scenarios.yaml: it does not name {name}",
    )


def _path_parameter(component: str, name: str) -> Any:
    def change(data: Data) -> None:
        data["components"]["parameters"][component]["name"] = name
        for link in data["components"]["links"].values():
            link["parameters"] = {
                key.replace("dataset_id", "data_set_id"): value for key, value in link["parameters"].items()
            }

    return change


PLACES = {
    "another server": Edit(_servers("https://api.example.com"), (r"settings.py: requests go to", r"README.md: it does not name")),
    "a base path in the server": Edit(
        _servers("https://api.abeja.io/v2"), (r"settings.py: requests go to https://api.abeja.io, but .*/v2",)
    ),
    "a second server": Edit(_servers("https://api.abeja.io", "https://backup.example.com"), ()),
    "/v2 on all paths": Edit(
        _below("/v2"),
        (f"{CLIENT}.*has the API reference", r"bench/page.py:\d+: it requests", r"cli/.*online.py:\d+: it requests"),
    ),
    "a path renamed": Edit(
        text(r"(\{dataset_id\})/items", r"\1/entries"),
        (f"{CLIENT}.*get_dataset_item has the API reference", r"bench/.*: it requests"),
    ),
    "a path parameter renamed": Edit(
        all_of(text(r"\bdataset_id\}", "data_set_id}"), _path_parameter("DatasetId", "data_set_id"))
    ),
    "an API key beside": Edit(_key(alone=False), ()),
    "an API key alone": Edit(_key(alone=True), (r"credentials.py: .*X-Api-Key", r"authentication.py: .*X-Api-Key")),
    "no bearer token": Edit(_scheme_removed("bearer"), (r"credentials.py: .*[Bb]earer",)),
    "no basic credentials": Edit(_scheme_removed("basic"), (r"credentials.py: .*[Bb]asic",)),
    "an operation without a credential": Edit(
        lambda data: operation(data, DATASETS).update(security=[]),
        (r"credentials.py: APIClient.list_datasets needs a credential", r"authentication.py: list_datasets is refused"),
    ),
    "an operation renamed": Edit(
        _operation_id("get_dataset", "fetch_dataset"),
        (*_new("fetch_dataset"), rf"{CLIENT}.*get_dataset has no operation any more", r"get_dataset handles an operation"),
    ),
    "an operation removed": Edit(
        _without("bulk_update_dataset_item"),
        (rf"{CLIENT}.*bulk_update_dataset_item has no operation any more", r"bulk_update_dataset_item handles",
         r"README.md: it names bulk_update_dataset_item", r"operations.bulk_update_dataset_item.succeeds.* names? what"),
    ),
    "an operation added": Edit(_added(f"{ROOT}/{{dataset_id}}/archive", "post", "archive_dataset"), _new("archive_dataset")),
    "an operation on another path": Edit(_added("/health", "get", "health", security=[]), _new("health")),
    "an operation with another method": Edit(
        _added(f"{ROOT}/{{dataset_id}}", "patch", "rename_dataset"), _new("rename_dataset")
    ),
    "no operationId": Edit(
        lambda data: operation(data, "delete_dataset_item").pop("operationId"),
        (r"openapi.yaml:\d+: DELETE .* has no operationId",),
    ),
    "another tag": Edit(
        lambda data: operation(data, "get_dataset").update(tags=["dataset_items"]),
        (f"{CLIENT}.*get_dataset fails before",),
    ),
    "another method": Edit(
        lambda data: data["paths"][f"{ROOT}/{{dataset_id}}/items/{{dataset_item_id}}"].update(
            patch=data["paths"][f"{ROOT}/{{dataset_id}}/items/{{dataset_item_id}}"].pop("put")
        ),
        (r"update_dataset_item",),
    ),
    "words alone": Edit(lambda data: operation(data, "get_dataset").update(description="One dataset."), ()),
    "another title": Edit(lambda data: data["info"].update(title="Datasets"), ()),
    "deprecated": Edit(lambda data: operation(data, "get_dataset").update(deprecated=True), ()),
    "an external description": Edit(lambda data: data.update(externalDocs={"url": "https://example.com"}), ()),
    "an example more": Edit(
        lambda data: parameter(data, "q", ITEMS)["examples"].update(more={"value": "label:cat"}), ()
    ),
}  # fmt: skip
PARTS: dict[str, dict[str, Edit]] = {
    "parameters": PARAMETERS,
    "bodies": BODIES,
    "responses": RESPONSES,
    "places": PLACES,
}
EDITS = {name: edit for part in PARTS.values() for name, edit in part.items()}
