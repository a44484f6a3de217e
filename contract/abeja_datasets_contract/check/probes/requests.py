"""Bodies that are no JSON, or not declared as JSON, or too large, are 400 and change nothing."""

import json
from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document import INFO, of_operation
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.probe import Answer, Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import SOURCE, nothing_changed

from .validation import VALID, adapted, names_in, send, target

STAGE = Stage("requests")
_REFUSED = (400,)
_JSON = "application/json"
_LARGE = 10 * 1024 * 1024 + 1024
_ACCEPTED = 300


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
    """Put raw text into a body, where any JSON goes."""
    marker = "contract-check-raw"
    copied = json.loads(_text(body))
    entry = copied[-1] if isinstance(copied, list) else copied
    entry["props" if "props" in entry else "attributes"]["raw"] = marker
    return _text(copied).replace(_text(marker), value)


_KINDS: dict[str, tuple[str, Callable[[Any], list[bytes]]]] = {
    "empty": ("an empty body", lambda _: [b"", b" ", b"\r\n"]),
    "not-json": ("a body that is not JSON", _broken),
    "not-a-number": (
        "NaN and infinity",
        lambda body: [_with(body, value) for value in (b"NaN", b"Infinity", b"-Infinity", b"[1, NaN]")],
    ),
    "not-utf-8": (
        "a body that is not UTF-8",
        lambda body: [_with(body, b'"\xff\xfe"'), _with(body, b'"caf\xe9"'), _with(body, b'"\xed\xa0\x80"')],
    ),
    "not-unicode": (
        "an unpaired surrogate",
        lambda body: [
            _with(body, value) for value in (b'"\\ud800"', b'"x\\udc00y"', b'{"\\ud83d": 1}', b'"\\udc00\\ud800"')
        ],
    ),
}
_MEDIA_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/jsonx",
)


def _refusal(operation: str, make: Callable[[Any], list[bytes]]) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = target(p)
        body = adapted(p, dataset, operation, VALID[operation])
        for raw in make(body):
            with p.case():
                send(p, operation, dataset, body=raw, headers=(("Content-Type", _JSON),), expect=_REFUSED)
        nothing_changed(p, dataset, names_in(body), Answer(p.wire.exchanges[-1]))

    return check


def _media_type(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = target(p)
        body = adapted(p, dataset, operation, VALID[operation])
        for headers in ((), *((("Content-Type", media),) for media in _MEDIA_TYPES)):
            with p.case():
                send(p, operation, dataset, json=body, headers=headers, expect=_REFUSED)
        nothing_changed(p, dataset, names_in(body), Answer(p.wire.exchanges[-1]))

    return check


def _spelling(operation: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        for media in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
            dataset = target(p)
            body = adapted(p, dataset, operation, VALID[operation])
            with p.case():
                answer = send(p, operation, dataset, json=body, headers=(("Content-Type", media),))
                if operation == "create_dataset":
                    p.passing.append(answer.json["dataset_id"])
        p.shared.pop("validation", None)  # the next clause is to find its items as they were

    return check


def _register() -> None:
    for operation in VALID:
        source = of_operation(operation, "requestBody")
        for kind, (what, make) in _KINDS.items():
            promise = f"{operation} refuses {what} with 400, and changes nothing."
            STAGE.add(f"requests.{operation}.{kind}", promise, INFO, _refusal(operation, make))
        promise = f"{operation} refuses a body not declared as {_JSON} with 400, and changes nothing."
        STAGE.add(f"requests.{operation}.media-type", promise, INFO, _media_type(operation))
        promise = f"{operation} takes {_JSON} with parameters, and in capitals."
        STAGE.add(f"requests.{operation}.media-type-spelling", promise, source, _spelling(operation))


_register()


@STAGE.clause("requests.escapes", "Escapes in JSON text stand for the characters they name.", INFO)
def escapes(p: Probe) -> None:
    """Write the same text with escapes."""
    dataset = target(p)
    raw = b'{"source_data": [{"data_uri": "x"}], "attributes": {"\\u0061": "\\ud83d\\udc08\\n\\/ \\u0000 \\u00e9"}}'
    for body in (raw, b" \r\n\t" + raw + b"\n"):
        answer = p.call("create_dataset_item", dataset.id, body=body)
        p.same({"attributes": {"a": "🐈\n/ \x00 é"}}, answer, "the characters that were escaped")
    p.shared.pop("validation", None)


@STAGE.clause("requests.too-large", "A body over the server's limit is 400.", INFO)
def too_large(p: Probe) -> None:
    """Send more than 10 MiB, to the first operation that refuses it."""
    dataset = target(p)
    body = {"source_data": SOURCE, "attributes": {"filler": "x" * _LARGE}}
    answer = p.send(p.request("create_dataset_item", dataset.id, json=body), lenient=True)
    if answer.exchange.received is None:
        raise Skip(f"the server closed the connection on a body of {_LARGE:,} bytes: {answer}")
    if answer.status < _ACCEPTED:
        p.shared.pop("validation", None)
        raise Skip(f"the server takes a body of {_LARGE:,} bytes")
    p.expect(answer, _REFUSED)
    attributes = {"attributes": body["attributes"]}
    answer = p.send(p.request("update_dataset_item", dataset.id, dataset.items[0].id, json=attributes), lenient=True)
    if answer.exchange.received is not None:
        p.expect(answer, _REFUSED)
    nothing_changed(p, dataset, [], answer)
