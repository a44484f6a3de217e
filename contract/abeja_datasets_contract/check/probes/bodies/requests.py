"""Bodies that are no JSON, or not declared as JSON, or too large, are 400 and change nothing."""

import json
from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document import KNOWN
from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import filled, nothing_changed, shared_filled, source

from .validation import VALID, adapted, names_in, send, target

STAGE = Stage("requests")
_REFUSED = (400,)
_JSON = "application/json"
_LARGE = 10 * 1024 * 1024 + 1024
_ACCEPTED = 300
_DEEP = 20_000


def _text(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _broken(body: Any) -> list[bytes]:
    """Break a JSON text in each way that some parser lets pass."""
    text = _text(body)
    closing = text[-1:]
    return [
        text[:-1],
        text + closing,
        text.replace(b'"', b"'"),
        text.replace(b'": ', b'" = '),
        text[:-1] + b"," + closing,
        b"/* comment */ " + text,
        b"{",
        b'"open',
        b"[" * 2_000,
    ]


def _with(body: Any, value: bytes) -> bytes:
    """Insert raw text into a body, where any JSON goes."""
    marker = "contract-check-raw"
    copied = json.loads(_text(body))
    entry = copied[-1] if isinstance(copied, list) else copied
    entry["props" if "props" in entry else "attributes"]["raw"] = marker
    return _text(copied).replace(_text(marker), value)


def _beside(body: Any, value: bytes) -> bytes:
    """Insert raw text into a property that is ignored."""
    marker = "contract-check-raw"
    copied = json.loads(_text(body))
    (copied[-1] if isinstance(copied, list) else copied)["contract_check"] = marker
    return _text(copied).replace(_text(marker), value)


_KINDS: dict[str, tuple[str, Callable[[Any], list[bytes]]]] = {
    "empty": ("an empty body", lambda _: [b"", b" ", b"\r\n"]),
    "not-json": ("a body that is not JSON", _broken),
    "not-a-number": (
        "NaN and infinity",
        lambda body: [_with(body, value) for value in (b"NaN", b"Infinity", b"-Infinity")],
    ),
    "not-utf-8": (
        "a body that is not UTF-8",
        lambda body: [_with(body, b'"caf\xe9"'), _with(body, b'"\xed\xa0\x80"')],
    ),
    "not-unicode": (
        "an unpaired surrogate",
        lambda body: [
            *(_with(body, value) for value in (b'"\\ud800"', b'"x\\udc00y"', b'{"\\ud83d": 1}', b'"\\udc00\\ud800"')),
            _beside(body, b'"\\ud800"'),
        ],
    ),
}
_MEDIA_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/vnd.api+json",
    "application/jsonx",
)


def _refusal(operation: str, make: Callable[[Any], list[bytes]]) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = target(p)
        body = adapted(p, dataset, operation, VALID[operation])
        for raw in make(body):
            with p.case():
                send(p, operation, dataset, body=raw, headers=(("Content-Type", _JSON),), expect=_REFUSED)
        nothing_changed(p, dataset, names_in(body), p.last)

    return check


def _media_type(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = target(p)
        body = adapted(p, dataset, operation, VALID[operation])
        for headers in ((), *((("Content-Type", media),) for media in _MEDIA_TYPES)):
            with p.case():
                send(p, operation, dataset, json=body, headers=headers, expect=_REFUSED)
        nothing_changed(p, dataset, names_in(body), p.last)

    return check


def _spelling(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        for media in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
            dataset = shared_filled(p, "media types", 2)
            body = adapted(p, dataset, operation, VALID[operation])
            with p.case():
                response = send(p, operation, dataset, json=body, headers=(("Content-Type", media),))
                if operation == "create_dataset":
                    p.passing.append(response.id("dataset_id"))

    return check


def _register() -> None:
    for operation in VALID:
        source = Source.operation(operation, "requestBody")
        for kind, (what, make) in _KINDS.items():
            promise = f"{operation} refuses {what} with 400, and changes nothing."
            STAGE.add(f"requests.{operation}.{kind}", promise, INFO, _refusal(operation, make))
        promise = f"{operation} refuses a body not declared as {_JSON} with 400, and changes nothing."
        STAGE.add(f"requests.{operation}.media-type", promise, INFO, _media_type(operation))
        promise = f"{operation} accepts {_JSON} with parameters, and in capitals."
        STAGE.add(f"requests.{operation}.media-type-spelling", promise, source, _spelling(operation))


_register()


@STAGE.clause("requests.json-alone", "What only some parsers accept as JSON is 400.", INFO)
def json_alone(p: Probe) -> None:
    """Create items of it."""
    dataset = target(p)
    for value in (b"01", b"+1", b".5", b"1.", b"0x10", b"'x'", b'"a\nb"', b'"\\x41"', b"True", b"undefined", b"{a: 1}"):
        with p.case():
            body = _with({"source_data": source(p), "attributes": {}}, value)
            p.call("create_dataset_item", dataset.id, body=body, expect=_REFUSED)
    nothing_changed(p, dataset, [], p.last)


@STAGE.clause(
    "requests.unknown-parameter",
    "A query parameter that an operation does not have is ignored, whatever its value.",
    INFO,
)
def unknown_parameter(p: Probe) -> None:
    """Send each operation parameters of another one, and some that nobody documented."""
    made_up = p.contract.undocumented("contract_check")
    more = [(made_up, "x"), ("dry_run", "true"), ("fields", "name"), ("force", ""), (made_up, "")]
    foreign = {"list_datasets": [("limit", "0"), ("q", "*")], "list_dataset_items": [("max_results", "0")]}
    dataset = filled(p, 2)
    item, other = dataset.items
    bodies: dict[str, Any] = {
        "create_dataset": {"name": p.name(), "type": "custom", "props": {}},
        "create_dataset_item": {"source_data": source(p)},
        "update_dataset_item": {"attributes": {"changed": 1}},
        "bulk_update_dataset_item": [{"dataset_item_id": other.id, "attributes": {"changed": 1}}],
    }
    order = [name for name in p.contract.operations if name in KNOWN and not name.startswith("delete")]
    for name in (*order, "delete_dataset_item", "delete_dataset"):
        with p.case():
            query = [*more, *foreign.get(name, [("limit", "0"), ("q", "*"), ("max_results", "x")])]
            query = [pair for pair in query if not p.contract.operation(name).has(pair[0])]
            body = {"json": bodies[name]} if name in bodies else {}
            response = p.call(name, dataset.id, item.id, query=query, **body)
            if name == "create_dataset":
                p.passing.append(response.id("dataset_id"))
            if name == "update_dataset_item":
                p.same({"attributes": {"changed": 1}}, p.call("get_dataset_item", dataset.id, item.id), "the update")
    p.call("get_dataset", dataset.id, expect=(404,))


@STAGE.clause("requests.extremes", "JSON of any size is accepted or refused with 400, and nothing else happens.", INFO)
def extremes(p: Probe) -> None:
    """Send numbers that a double does not hold, and nesting that a stack does not."""
    dataset = shared_filled(p, "extremes", 1)
    deep = b"[" * _DEEP + b"]" * _DEEP
    for value in (
        b"1e400",
        b"-1e999",
        b"9" * 5_000,
        b"0.1" + b"0" * 5_000 + b"1",
        deep,
        b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    ):
        with p.case():
            body = _with({"source_data": source(p), "attributes": {}}, value)
            p.call("create_dataset_item", dataset.id, body=body, expect=(200, 201, 400))
    p.call("get_dataset", dataset.id)


@STAGE.clause("requests.escapes", "Escapes in JSON text stand for the characters they name.", INFO)
def escapes(p: Probe) -> None:
    """Write the same text with escapes."""
    dataset = target(p)
    raw = b'{"source_data": [{"data_uri": "x"}], "attributes": {"\\u0061": "\\ud83d\\udc08\\n\\/ \\u0000 \\u00e9"}}'
    for body in (raw, b" \r\n\t" + raw + b"\n"):
        response = p.call("create_dataset_item", dataset.id, body=body)
        p.same({"attributes": {"a": "🐈\n/ \x00 é"}}, response, "the characters that were escaped")
    p.shared.pop("validation", None)


@STAGE.clause("requests.too-large", "A body over the server's limit is 400.", INFO)
def too_large(p: Probe) -> None:
    """Send more than 10 MiB, to the first operation that refuses it."""
    dataset = target(p)
    body = {"source_data": source(p), "attributes": {"filler": "x" * _LARGE}}
    response = p.send(p.request("create_dataset_item", dataset.id, json=body), lenient=True)
    if response.exchange.received is None:
        raise Skip(f"the server closed the connection on a body of {_LARGE:,} bytes: {response}")
    if response.status < _ACCEPTED:
        p.shared.pop("validation", None)
        raise Skip(f"the server accepts a body of {_LARGE:,} bytes")
    p.expect(response, _REFUSED)
    attributes = {"attributes": body["attributes"]}
    response = p.send(p.request("update_dataset_item", dataset.id, dataset.items[0].id, json=attributes), lenient=True)
    if response.exchange.received is not None:
        p.expect(response, _REFUSED)
    nothing_changed(p, dataset, [], response)
