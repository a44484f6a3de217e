"""Responses of another shape: schema, status, error body, headers."""

from collections.abc import Callable

from tests.contract.faults.kit import (
    FAULTS,
    Fault,
    fault,
    putting,
    responses,
    statuses,
    without,
)
from tests.contract.faulty import Ask, Asked, Told

responses(
    "schema", "get_dataset without total_count", "get_dataset", without("total_count"), "responses.get_dataset.body"
)
responses("schema", "total_count as text", "get_dataset", putting("total_count", str), "responses.get_dataset.body")
responses("schema", "item ids as text", ".*_dataset_items?", putting("dataset_item_id", str), "responses.*.body")
responses(
    "schema", "dataset ids as numbers", "create_dataset", putting("dataset_id", int), "responses.create_dataset.body"
)
responses("schema", "list without props", "list_datasets", without("props"), "responses.list_datasets.body")
responses(
    "schema",
    "items without source_data in lists",
    "list_dataset_items",
    without("source_data"),
    "responses.list_dataset_items.body",
)
responses(
    "schema", "datasets in an envelope", "list_datasets", lambda v: {"datasets": v}, "responses.list_datasets.body"
)
responses("schema", "items bare", "list_dataset_items", lambda v: v["items"], "responses.list_dataset_items.body")
responses(
    "schema", "update responses nothing", "update_dataset_item", lambda _: None, "responses.update_dataset_item.body"
)
responses(
    "schema",
    "bulk responses a count",
    "bulk_update_dataset_item",
    lambda v: {"updated": len(v)},
    "responses.bulk_update_dataset_item.body",
)
responses(
    "schema",
    "timestamps as numbers",
    "get_dataset_item",
    putting("created_at", lambda _: 1526824276),
    "responses.get_dataset_item.body",
)
responses(
    "schema",
    "timestamps with a space",
    "create_dataset",
    putting("created_at", lambda v: v.replace("T", " ")),
    "responses.create_dataset.body",
)
responses(
    "schema",
    "the thirtieth of February",
    "create_dataset_item",
    putting("created_at", lambda v: "2018-02-30" + v[10:]),
    "responses.timestamps",
)
responses(
    "schema",
    "next_page_token empty",
    "list_dataset_items",
    lambda v: {"next_page_token": "", **v},
    "responses.list_dataset_items.body",
)


statuses(
    "status",
    "unknown dataset is 400 when read",
    "get_dataset",
    404,
    400,
    "responses.get_dataset.status",
    "*unknown-dataset.get_dataset",
    "datasets.delete.gone",
)
statuses(
    "status",
    "invalid bodies are 422",
    "create_dataset",
    400,
    422,
    "responses.create_dataset.status",
    "names.*",
    "validation.*",
)
statuses(
    "status",
    "created is 202",
    "create_dataset_item",
    201,
    202,
    "responses.create_dataset_item.status",
    "operations.create_dataset_item.succeeds",
)
statuses(
    "status",
    "deletion is 204",
    "delete_dataset_item",
    200,
    204,
    "responses.delete_dataset_item.*",
    "operations.delete_dataset_item.succeeds",
)
statuses("status", "unauthorized is 403", ".*", 401, 403, "responses.*.status", "preflight.unauthorized", "auth.*")
statuses("status", "malformed token is 500", "list_datasets", 400, 500, "paging.datasets.*")
statuses(
    "status",
    "refused updates are 409",
    "update_dataset_item",
    400,
    409,
    "responses.update_dataset_item.status",
    "datasets.delete.cascades",
    "items.update.attributes-missing",
)
statuses(
    "status",
    "unknown item is 410",
    "get_dataset_item",
    404,
    410,
    "responses.get_dataset_item.status",
    "datasets.delete.cascades",
    "items.delete.gone",
    "identifiers.*",
)
statuses("status", "not allowed is 404", ".*|", 405, 404, "methods.*")


@fault("status", "responses.create_dataset_item.status", "datasets.delete.cascades")
async def unknown_dataset_is_404_when_creating(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "create_dataset_item" and told.status == 400 and b"does not exist" in told.body:
        return told.but(status=404)
    return told


@fault("status", "bulk.*")
async def unknown_item_in_bulk_is_404(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "bulk_update_dataset_item" and told.status == 400 and b"has no item" in told.body:
        return told.but(status=404)
    return told


def _errors(name: str, edit: Callable[[Told], Told], *first: str, when: tuple[int, ...] = (400, 404)) -> None:
    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        return edit(told) if told.status in when else told

    FAULTS.append(Fault("error body", name, first, wrap))


_errors("errors as text", lambda t: t.but(body=b"Bad Request"), "responses.*")
_errors("errors as HTML", lambda t: t.but(body=b"<h1>400</h1>").header("content-type", "text/html"), "responses.*")
_errors("errors named message", lambda t: t.but(json={"message": "x"}), "responses.*.error")
_errors("errors without a description", lambda t: t.but(json={"error": "x"}), "responses.*.error")
_errors("error codes as numbers", lambda t: t.but(json={**t.json, "error": t.status}), "responses.*.error")
_errors("errors empty", lambda t: t.but(body=b""), "responses.json")
_errors("unauthorized is a list", lambda t: t.but(json=[t.json]), "responses.*.error", when=(401,))


@fault("headers", "responses.challenge")
async def no_challenge(asked: Asked, ask: Ask) -> Told:
    return (await ask(asked)).header("www-authenticate", None)


@fault("headers", "responses.allow", "methods.*")
async def no_allow(asked: Asked, ask: Ask) -> Told:
    return (await ask(asked)).header("allow", None)


@fault("headers", "methods.*")
async def allow_forgets_some(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.header("allow", "GET") if told.status == 405 else told


@fault("headers", "responses.media-type")
async def json_as_text(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.header("content-type", "text/plain") if asked.operation == "get_dataset_item" else told


@fault("headers", "responses.media-type")
async def no_content_type(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.header("content-type", None) if told.status == 404 else told


@fault("headers", "responses.secrets")
async def the_secret_is_echoed(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return (
        told.but(json={**told.json, "error_detail": asked.headers.get("authorization")}) if told.status == 404 else told
    )


@fault("headers", "responses.next-token")
async def an_empty_token_on_the_last_page(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    last = asked.operation == "list_datasets" and told.status == 200 and "x-next-token" not in dict(told.headers)
    return told.header("x-next-token", "") if last else told
