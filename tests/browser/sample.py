"""A made-up report with all that a report can hold, hostile text among it. `python sample.py DIR` writes it there."""

import datetime as dt
import itertools
import json
import sys
from pathlib import Path

from abeja_datasets_contract.check.document import installed
from abeja_datasets_contract.check.report import write
from abeja_datasets_contract.check.results import (
    AUTHORIZATION,
    Clause,
    CredentialKind,
    Exchange,
    Failure,
    Mode,
    Received,
    Report,
    Sent,
    Status,
    Verdict,
)

URL = "https://datasets.staging.example.com"
STARTED = dt.datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=dt.UTC)
DATASETS = "/organizations/1102940376065/datasets"
UPDATE = "#/paths/~1organizations~1{organization_id}~1datasets~1{dataset_id}~1items~1{dataset_item_id}/put"
CREATE = "#/paths/~1organizations~1{organization_id}~1datasets~1/post"
HOSTILE = (
    "</style></pre><script>document.title='broken into'</script><img src=https://elsewhere.example/x.png onerror=1>"
)
STEERING = "\x1b[31mred\x1b[0m \u202eevil\u202c \x00 \ud800 \x85"
UNBROKEN = "Donaudampfschifffahrtsgesellschaftskapitänsmützen" * 12
_NUMBERS = itertools.count(1)

FAMILIES = {
    "auth": "a request with {} gets 401, and the response says nothing of the data",
    "datasets": "{} of a dataset comes back exactly as it was given",
    "items": "{} of an item is kept, and moves updated_at but not created_at",
    "bulk": "a bulk update with {} changes nothing at all",
    "paging": "a walk over the pages with {} meets each survivor once",
    "search": "a query with {} finds what the model of the language finds",
    "errors": "a refusal for {} has an error and an error_description",
}
SUBJECTS = (
    *("basic", "bearer", "emoji", "nul", "floats", "huge-integers", "deep-nesting", "unknown-keys", "255-characters"),
    *("256-characters", "no-body", "wrong-media-type", "repeated-parameter", "stale-id", "one-bad-entry"),
)


def exchange(
    method: str = "GET",
    path: str = "/",
    body: bytes | None = None,
    response: bytes | None = b"{}",
    *,
    status: int = 200,
    reason: str = "OK",
    stage: str = "items",
    headers: tuple[tuple[str, str], ...] = (),
    answered_with: tuple[tuple[str, str], ...] = (("content-type", "application/json"),),
) -> Exchange:
    number = next(_NUMBERS)
    sent_headers = (
        ("Authorization", AUTHORIZATION),
        *((("Content-Type", "application/json"),) if body else ()),
        *headers,
    )
    received = None if response is None else Received(status, reason, answered_with, response)
    started = STARTED + dt.timedelta(seconds=number * 0.031)
    error = None if received else "no whole response: peer closed connection without sending complete message body"
    return Exchange(number, stage, None, Sent(method, URL + path, sent_headers, body), received, error, started, 0.0123)


def _clause(name: str, promise: str, source: str, stage: str) -> Clause:
    line = installed().document.line(source) if source.startswith("#") else None
    return Clause(name, promise, source, stage, line=line)


def replaces() -> Verdict:
    clause = _clause(
        "items.update.replaces",
        "An update replaces the attributes: what it does not name is gone.",
        UPDATE,
        "items",
    )
    item = f"{DATASETS}/1377232365920/items/7"
    before = json.dumps({"attributes": {"classification": [{"category_id": 1, "label_id": 2}], "custom": {"😀": "é"}}})
    after = json.dumps({"attributes": {"id": 1}})
    long = {"dataset_item_id": 7, "attributes": {"id": 1, "custom": {f"key-{n}": "🦊 fox " * 9 for n in range(60)}}}
    first = exchange("POST", f"{DATASETS}/1377232365920/items/", before.encode(), b'{"dataset_item_id": 7}', status=201)
    second = exchange("PUT", item, after.encode(), b"{}")
    third = exchange("GET", item, response=json.dumps(long, ensure_ascii=False).encode())
    failure = Failure(
        clause,
        '200 with attributes equal to {"id": 1}, as the update before gave them',
        '200, but attributes still hold the key "custom", which the update did not name',
        third,
        (first, second),
    )
    again = Failure(clause, "200 with attributes equal to {}", "no response", exchange("PUT", item, b"{}", None), ())
    return Verdict(clause, Status.FAIL, failures=(failure, *[again] * 5), checks=9)


def hostile() -> Verdict:
    clause = _clause("names.kept-exactly", f"A name comes back as it was given {HOSTILE}", CREATE, "datasets")
    body = json.dumps({"name": HOSTILE + STEERING}).encode()
    shown = exchange(
        "POST",
        f"{DATASETS}/?q=%3Cscript%3E&a='b'",
        body,
        (HOSTILE + "\x1b[2J\x00").encode() + b"\xff\xfe" + UNBROKEN.encode(),
        status=500,
        reason="Internal <b>Server</b> Error",
        answered_with=(
            ("content-type", "text/html"),
            ("set-cookie", "session=s3cr3t-of-the-server"),
            ("x-odd", HOSTILE),
        ),
        stage="datasets",
    )
    failure = Failure(clause, f"200 or 201 with the name {HOSTILE}{STEERING}", f"500 with {UNBROKEN}", shown)
    return Verdict(clause, Status.FAIL, failures=(failure,), checks=1)


def atomic() -> Verdict:
    clause = _clause(
        "bulk.all-or-nothing", "A bulk update changes all of its items or none.", "reference: bulk update", "bulk"
    )
    path = f"{DATASETS}/1377232365920/items"
    body = b'[{"dataset_item_id": 1, "attributes": {"id": 0}}, {"dataset_item_id": 999999, "attributes": {}}]'
    context = tuple(
        exchange("PUT", path, body, b'{"error":"x"}', status=400, reason="Bad Request", stage="bulk") for _ in "ab"
    )
    failure = Failure(
        clause, "no item changed, since the second of the two is unknown", "item 1 has changed", None, context
    )
    return Verdict(clause, Status.FAIL, failures=(failure,), checks=4)


def bodies() -> Verdict:
    clause = _clause("errors.not-json", "A body that is not JSON is 400.", f"{CREATE}/responses/400", "errors")
    binary = exchange("POST", f"{DATASETS}/", bytes(range(256)), b"\x89PNG\x00\xff", status=200, stage="errors")
    huge = exchange(
        "POST", f"{DATASETS}/", b'{"name":"' + b"a" * 300_000 + b'"}', b"", status=413, reason="", stage="errors"
    )
    promised = "400 with an error and an error_description"
    failures = (Failure(clause, promised, "200 with an image", binary), Failure(clause, promised, "413", huge))
    return Verdict(clause, Status.FAIL, failures=failures, checks=31)


def others() -> list[Verdict]:
    found = []
    for number, (family, subject) in enumerate(itertools.product(FAMILIES, SUBJECTS)):
        promise = FAMILIES[family].format(subject.replace("-", " "))
        clause = _clause(f"{family}.{subject}", promise[0].upper() + promise[1:] + ".", CREATE, family)
        exchange(stage=family)
        if number % 9 == 4:
            reason = ("there is no second organization", "a page is larger than 1,000 items")[number % 2]
            found.append(Verdict(clause, Status.NOT_CHECKED, reason))
        else:
            found.append(Verdict(clause, Status.PASS, checks=1 + number % 13))
    return found


def report() -> Report:
    """Make it anew; it is the same every time."""
    global _NUMBERS  # noqa: PLW0603 - numbers begin at 1 in every report
    _NUMBERS = itertools.count(1)
    verdicts = sorted([replaces(), hostile(), atomic(), bodies(), *others()], key=lambda v: v.clause.stage != "auth")
    shown = [e for v in verdicts for f in v.failures for e in (*f.context, f.exchange) if e is not None]
    traffic = [
        exchange(path=f"{DATASETS}/?max_results={n % 1000 + 1}", stage=list(FAMILIES)[n % 7]) for n in range(120)
    ]
    exchanges = sorted({each.number: each for each in (*shown, *traffic)}.values(), key=lambda each: each.number)
    return Report(
        url=URL,
        organization_id="1102940376065",
        run="20260314-a1b2c3",
        mode=Mode.WRITES,
        seed=20,
        started=STARTED,
        seconds=12.7,
        verdicts=tuple(verdicts),
        exchanges=tuple(exchanges),
        stopped="the server responded to 10 requests in a row with 5xx",
        left_behind=(
            "dataset 1377232365920, contract-check-20260314-a1b2c3-4: the server responded to its deletion with 500",
        ),
        credential=CredentialKind.USER,
    )


if __name__ == "__main__":
    for path in write(report(), Path(sys.argv[1])):
        print(path)
