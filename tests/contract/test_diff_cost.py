"""Documents that are large in one way: each is compared within bounds, or is undecided, and never hangs."""

import time
from typing import Any

import pytest
from tests.contract.large_documents import edit, payments
from tests.contract.test_diff_kinds import I, S, document, ref, thing

from abeja_datasets_contract.diff import Document, compare

_SECONDS = 10
"""Of processor time, so that other programs do not count."""


def doubled(union: str, leaf: Any) -> tuple[Any, dict[str, Any]]:
    """Return a schema that refers twice to one which refers twice to another one, and so on."""
    schemas = {f"S{n}": {union: [ref(f"S{n - 1}"), ref(f"S{n - 1}")]} for n in range(1, 23)}
    return ref("S22"), {**schemas, "S0": thing(a=leaf)}


def ring(leaf: Any) -> tuple[Any, dict[str, Any]]:
    """Return 400 schemas in a ring."""
    return ref("R0"), {f"R{n}": thing(next=ref(f"R{(n + 1) % 400}"), a=leaf if n == 399 else S) for n in range(400)}


def chain(leaf: Any) -> tuple[Any, dict[str, Any]]:
    """Return 400 schemas each of which extends the next one."""
    schemas = {f"C{n}": {"allOf": [ref(f"C{n + 1}")]} for n in range(400)}
    return ref("C0"), {**schemas, "C400": thing(a=leaf)}


def many(leaf: Any) -> tuple[Any, dict[str, Any]]:
    """Return 300 alternatives."""
    schemas = {f"A{n}": thing("k", k=S, **{f"a{n}": leaf if n == 299 else S}) for n in range(300)}
    return {"oneOf": [ref(name) for name in schemas]}, schemas


def values(leaf: Any) -> tuple[Any, dict[str, Any]]:
    """Return 100,000 values, and in a new document one more or less."""
    return {"enum": [f"v{n}" for n in range(100_000 + (leaf == I))]}, {}


LARGE: dict[str, Any] = {
    **{f"doubled {union}": lambda leaf, union=union: doubled(union, leaf) for union in ("allOf", "anyOf", "oneOf")},
    "ring": ring,
    "chain": chain,
    "many alternatives": many,
    "many values": values,
}


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("name", LARGE)
def test_a_large_schema_is_compared_within_bounds(name: str, direction: str) -> None:
    started = time.process_time()
    (old, schemas), (new, others) = LARGE[name](S), LARGE[name](I)
    before, after = (document(one, direction, schemas=some) for one, some in ((old, schemas), (new, others)))
    assert compare(before, document(old, direction, schemas=schemas)).verdict == "no change"
    verdict = compare(before, after).verdict
    assert verdict == "compatible" if name == "many values" else verdict in ("breaking", "undecided")
    assert time.process_time() - started < _SECONDS


@pytest.mark.slow
def test_many_operations_are_removed_within_bounds() -> None:
    started = time.process_time()
    content = {"content": {"application/json": {"schema": thing(a=S)}}}
    paths = {f"/x{n}": {"post": {"operationId": f"x{n}", "requestBody": content, "responses": {"200": content}}}
             for n in range(1600)}  # fmt: skip
    data = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    report = compare(Document("old", data), Document("new", {**data, "paths": {}}))
    assert report.counts["breaking"] == 1600
    assert time.process_time() - started < _SECONDS


@pytest.mark.slow
def test_a_large_document_is_compared_within_bounds() -> None:
    old, same, new = (Document(name, payments()) for name in ("old", "same", "new"))
    edit(new.data)
    started = time.process_time()
    assert compare(old, same).verdict == "no change"
    assert time.process_time() - started < _SECONDS
    started = time.process_time()
    assert compare(old, new).verdict in ("breaking", "undecided")
    assert time.process_time() - started < 3 * _SECONDS
