"""Each documented operation as data: what to send, with nothing sent yet.

The generated functions turn arguments into a request. They are handed the caller's own JSON instead of models, so that
nothing is converted on the way, and each of their modules is loaded when its operation is first used.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from abeja_datasets.calls import values
from abeja_datasets.calls.identifiers import Identifier, quoted, segment

_NO_PARAMS: Mapping[str, str | list[str]] = {}
_NO_HEADERS: Mapping[str, str] = {}
_REPEATABLE: Final = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")
"""The methods that may be carried out twice (RFC 9110, section 9.2.2); PATCH and POST may not."""


class Call(NamedTuple):
    """A request, but for the server's address and the credential."""

    operation: str
    """The documented name."""
    method: str
    url: str
    """The path, quoted."""
    params: Mapping[str, str | list[str]]
    """The query, as text; a list stands for the same parameter several times."""
    body: Any
    """The JSON to send."""
    has_body: bool
    idempotent: bool
    """Whether carrying it out twice is the same as once."""
    headers: Mapping[str, str] = _NO_HEADERS
    """The header parameters, as text."""
    accept: str = "application/json"
    """The media type of a success, JSON or text; empty where a success has no body."""


_PLACE: Final = "PLACE-OF-AN-ID"
_templates: dict[str, Call] = {}
"""Calls with %s in the URL for each id. The generated functions quote every id again, slowly."""


class _Body:
    """What the generated functions take for a model: it gives the caller's JSON back as it is."""

    __slots__ = ("_json",)

    def __init__(self, json: dict[str, Any]) -> None:
        self._json = json

    def to_dict(self) -> dict[str, Any]:
        return self._json


def create_dataset(organization_id: Identifier, name: str, type: str, props: Mapping[str, Any]) -> Call:  # noqa: A002 - the documented name
    """POST …/datasets/."""
    from abeja_datasets_openapi.api.datasets.create_dataset import _get_kwargs

    body = _Body({"name": name, "type": type, "props": props})
    return _call("create_dataset", _get_kwargs(_organization(organization_id), body=cast("Any", body)))


def get_dataset(organization_id: Identifier, dataset_id: Identifier) -> Call:
    """GET …/datasets/{dataset_id}."""
    if "get_dataset" not in _templates:
        from abeja_datasets_openapi.api.datasets.get_dataset import _get_kwargs

        _learn("get_dataset", _get_kwargs(_PLACE, _PLACE))
    return _filled("get_dataset", quoted("organization_id", organization_id), quoted("dataset_id", dataset_id))


def list_datasets(
    organization_id: Identifier,
    max_results: int | None = None,
    next_token: str | None = None,
    *,
    size_name: str = "max_results",
) -> Call:
    """GET …/datasets/; an error names `max_results` by `size_name`."""
    from abeja_datasets_openapi.api.datasets.list_datasets import _get_kwargs

    # The generated function takes any text as well, and leaves out what is not there.
    sizes = values.query({"max_results": max_results}, size_name)
    query = cast("dict[str, Any]", sizes | values.query({"next_token": next_token}, "{}"))
    return _call("list_datasets", _get_kwargs(_organization(organization_id), **query))


def delete_dataset(organization_id: Identifier, dataset_id: Identifier) -> Call:
    """DELETE …/datasets/{dataset_id}."""
    if "delete_dataset" not in _templates:
        from abeja_datasets_openapi.api.datasets.delete_dataset import _get_kwargs

        _learn("delete_dataset", _get_kwargs(_PLACE, _PLACE))
    return _filled("delete_dataset", quoted("organization_id", organization_id), quoted("dataset_id", dataset_id))


def create_dataset_item(
    organization_id: Identifier,
    dataset_id: Identifier,
    source_data: Sequence[Mapping[str, Any]],
    attributes: Mapping[str, Any] | None = None,
) -> Call:
    """POST …/items/."""
    if "create_dataset_item" not in _templates:
        from abeja_datasets_openapi.api.dataset_items.create_dataset_item import _get_kwargs

        _learn("create_dataset_item", _get_kwargs(_PLACE, _PLACE, body=cast("Any", _Body({}))))
    body: dict[str, Any] = {"source_data": source_data}
    if attributes is not None:
        body["attributes"] = attributes
    return _filled(
        "create_dataset_item",
        quoted("organization_id", organization_id),
        quoted("dataset_id", dataset_id),
        body=body,
    )


def get_dataset_item(organization_id: Identifier, dataset_id: Identifier, dataset_item_id: Identifier) -> Call:
    """GET …/items/{dataset_item_id}."""
    if "get_dataset_item" not in _templates:
        from abeja_datasets_openapi.api.dataset_items.get_dataset_item import _get_kwargs

        _learn("get_dataset_item", _get_kwargs(_PLACE, _PLACE, cast("int", _PLACE)))
    return _filled(
        "get_dataset_item",
        quoted("organization_id", organization_id),
        quoted("dataset_id", dataset_id),
        quoted("dataset_item_id", dataset_item_id),
    )


def list_dataset_items(
    organization_id: Identifier, dataset_id: Identifier, params: Mapping[str, Any] | None = None
) -> Call:
    """GET …/items/, with every parameter that the caller gives, documented or not."""
    if params is not None and not isinstance(params, Mapping):
        raise TypeError(f"params: a dict is needed, not {type(params).__name__}")
    if "list_dataset_items" not in _templates:
        from abeja_datasets_openapi.api.dataset_items.list_dataset_items import _get_kwargs

        _learn("list_dataset_items", _get_kwargs(_PLACE, _PLACE))
    call = _filled("list_dataset_items", quoted("organization_id", organization_id), quoted("dataset_id", dataset_id))
    return call._replace(params=values.query(params or {}))


def update_dataset_item(
    organization_id: Identifier,
    dataset_id: Identifier,
    dataset_item_id: Identifier,
    attributes: Mapping[str, Any] | None = None,
) -> Call:
    """PUT …/items/{dataset_item_id}."""
    from abeja_datasets_openapi.api.dataset_items.update_dataset_item import _get_kwargs

    body = _Body(_given("attributes", attributes))
    return _call(
        "update_dataset_item",
        _get_kwargs(
            _organization(organization_id), _dataset(dataset_id), _item(dataset_item_id), body=cast("Any", body)
        ),
    )


def bulk_update_dataset_item(
    organization_id: Identifier, dataset_id: Identifier, bulk_attributes: Sequence[Mapping[str, Any]] | None = None
) -> Call:
    """PUT …/items."""
    from abeja_datasets_openapi.api.dataset_items.bulk_update_dataset_item import _get_kwargs

    call = _call("bulk_update_dataset_item", _get_kwargs(_organization(organization_id), _dataset(dataset_id), body=[]))
    return call if bulk_attributes is None else call._replace(body=bulk_attributes)


def delete_dataset_item(organization_id: Identifier, dataset_id: Identifier, dataset_item_id: Identifier) -> Call:
    """DELETE …/items/{dataset_item_id}."""
    if "delete_dataset_item" not in _templates:
        from abeja_datasets_openapi.api.dataset_items.delete_dataset_item import _get_kwargs

        _learn("delete_dataset_item", _get_kwargs(_PLACE, _PLACE, cast("int", _PLACE)))
    return _filled(
        "delete_dataset_item",
        quoted("organization_id", organization_id),
        quoted("dataset_id", dataset_id),
        quoted("dataset_item_id", dataset_item_id),
    )


def _call(operation: str, request: dict[str, Any]) -> Call:
    method = request["method"].upper()
    params = request.get("params", _NO_PARAMS)
    has_body = "json" in request
    body = request["json"] if has_body else None
    # By position, which takes half the time.
    return Call(operation, method, request["url"], params, body, has_body, method in _REPEATABLE)


def _learn(operation: str, request: dict[str, Any]) -> None:
    """Keep what the generated function makes of `_PLACE` for each id."""
    call = _call(operation, request)
    _templates[operation] = call._replace(url=call.url.replace("%", "%%").replace(_PLACE, "%s"))


def _filled(operation: str, *ids: str, body: Any = None) -> Call:
    """Return a call with these ids, which are quoted, and this body if it has one."""
    _, method, url, params, _, has_body, idempotent, *_ = _templates[operation]
    return Call(operation, method, url % ids, params, body, has_body, idempotent)


def _given(key: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {key: value}


def _organization(value: Identifier) -> str:
    return segment("organization_id", value)


def _dataset(value: Identifier) -> str:
    return segment("dataset_id", value)


def _item(value: Identifier) -> int:
    # Any text goes over the wire as it is; the generated function, which quotes it, would say int.
    return cast("int", segment("dataset_item_id", value))
