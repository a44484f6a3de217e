"""The contract: the operations of openapi.yaml, with validators compiled from its schemas.

The document ships as data of the generated package, which is found without being imported: this server is independent
evidence against the code generated from the same document.
"""

import functools
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from abeja_datasets_mock.errors import Response

from .examples import documented_response
from .references import resolve
from .validation import Schema

_JSON = "application/json"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented parameter of the query, the head or a cookie.

    Attributes:
        kind: the JSON type that its text is read as; `string` where the document names no single one.
        item_kind: the same for the entries of an array.
        separator: what stands between the entries of an array; empty where the parameter is repeated.
        is_json: whether its text is JSON (`content`).
        default: None where the document names none.
        maximum: the largest value; None where the document names none.
    """

    name: str
    kind: str
    item_kind: str
    separator: str
    is_json: bool
    schema: Schema
    default: Any
    maximum: int | None
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """A documented operation.

    Attributes:
        operation_id: without one in the document, method and path.
        headers: the documented parameters in the head, by their names in lower case.
        body: the schema of its JSON request body; None where it has none.
        body_required: whether a request must have that body.
        is_readable: whether this server can read its requests: no body but a JSON one.
        successes: the documented statuses of success, each with the media type of its body, empty without a body.
        example: the documented response of a success, for an operation without a handler.
    """

    operation_id: str
    method: str
    path: str
    query: Mapping[str, Parameter]
    headers: Mapping[str, Parameter]
    cookies: Mapping[str, Parameter]
    body: Schema | None
    body_required: bool
    is_readable: bool
    successes: Mapping[int, str]
    example: Response | None

    def documented(self, response: Response) -> Response:
        """Return a response of a handler with a documented status of success, and without a body that has none."""
        if not self.successes or not response.is_success:
            return response
        status = response.status if response.status in self.successes else next(iter(self.successes))
        media_type = self.successes[status]
        if not media_type:
            return response._replace(status=status, body=b"", more=())
        if media_type != _JSON:
            header = (b"content-type", media_type.encode("latin-1"))
            return response._replace(status=status, headers=(*response.headers, header))
        return response if status == response.status else response._replace(status=status)


@functools.cache
def operations() -> tuple[Operation, ...]:
    """Return the operations of the document, in its order.

    Raises:
        FileNotFoundError: the package that holds the document is not installed.
    """
    document = read()
    return tuple(
        _operation(document, path, resolve(document, item), method)
        for path, item in document.get("paths", {}).items()
        if path.startswith("/")  # others are extensions
        for method in _METHODS
        if method in resolve(document, item)
    )


class _Loader(yaml.CSafeLoader):
    """Reads YAML as JSON: a date is text (OpenAPI 3.1, section 4.3)."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read() -> dict[str, Any]:
    """Return the document as JSON.

    Raises:
        FileNotFoundError: the package that holds it is not installed.
    """
    with locate().open("rb") as file:
        document: dict[str, Any] = yaml.load(file, _Loader)  # noqa: S506 - a safe loader
    return document


def locate() -> Path:
    """Return the path of openapi.yaml, beside the generated package."""
    spec = importlib.util.find_spec("abeja_datasets_openapi")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "openapi.yaml"
        if path.is_file():
            return path
    raise FileNotFoundError("openapi.yaml: the package abeja_datasets_openapi, which holds it, is not installed")


def _operation(document: Mapping[str, Any], path: str, item: Mapping[str, Any], method: str) -> Operation:
    content = item[method]
    declared = [resolve(document, entry) for entry in [*item.get("parameters", ()), *content.get("parameters", ())]]
    body = resolve(document, content.get("requestBody", {}))
    media = body.get("content", {}).get(_JSON)
    return Operation(
        operation_id=content.get("operationId", f"{method.upper()} {path}"),
        method=method.upper(),
        path=path,
        query=_parameters(document, declared, "query"),
        headers={name.lower(): known for name, known in _parameters(document, declared, "header").items()},
        cookies=_parameters(document, declared, "cookie"),
        body=None if media is None else Schema(resolve(document, media.get("schema", {})), document),
        body_required=bool(body.get("required")),
        is_readable=media is not None or not body.get("content"),
        successes=dict(_successes(document, content)),
        example=documented_response(document, content),
    )


def _parameters(
    document: Mapping[str, Any], declared: Iterable[Mapping[str, Any]], location: str
) -> dict[str, Parameter]:
    return {entry["name"]: _parameter(document, entry) for entry in declared if entry["in"] == location}


def _successes(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for status, response in operation.get("responses", {}).items():
        if str(status).isdecimal() and str(status).startswith("2"):
            kinds = [*(resolve(document, response).get("content") or ())]
            # Bodies are JSON, whatever the document says beside that.
            yield int(status), next((kind for kind in kinds if kind.endswith("+json")), _JSON) if kinds else ""


def _parameter(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Parameter:
    media = next(iter(entry.get("content", {}).values()), entry)
    schema = resolve(document, media.get("schema", {}))
    return Parameter(
        name=entry["name"],
        kind=_kind(schema),
        item_kind=_kind(resolve(document, schema.get("items", {}))),
        separator=_separator(entry),
        is_json="content" in entry,
        schema=Schema(schema, document),
        default=schema.get("default"),
        maximum=_maximum(schema),
        required=bool(entry.get("required")),
    )


def _separator(entry: Mapping[str, Any]) -> str:
    """Return what separates the entries of an array (OpenAPI 3.1, section 4.8.12.2)."""
    style = entry.get("style", "form")
    explodes = entry.get("explode", style == "form") and entry["in"] == "query"
    return "" if explodes else {"spaceDelimited": " ", "pipeDelimited": "|"}.get(style, ",")


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the JSON type of a schema; of several, the only one that is not null."""
    kinds = schema.get("type", [])
    others = [kind for kind in kinds if kind != "null"] if isinstance(kinds, list) else [kinds]
    if not others and all(type(value) is int for value in schema.get("enum", ("",))):
        return "integer"
    return str(others[0]) if len(others) == 1 else "string"


def _maximum(schema: Mapping[str, Any]) -> int | None:
    largest = schema.get("maximum")
    return max(1, int(largest)) if isinstance(largest, int | float) else None
