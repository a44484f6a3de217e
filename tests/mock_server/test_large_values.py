"""Large values are checked, refused and loaded in many short steps, whatever their shape.

The tests count steps and members: times depend on the machine.
"""

import contextlib
import gc
import json
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets_mock.errors import Refusal, bad_request
from abeja_datasets_mock.loading import LoadError, load
from abeja_datasets_mock.openapi.long_integers import may_have_long_integers, put_back, set_aside
from abeja_datasets_mock.openapi.narrowing import narrowing
from abeja_datasets_mock.openapi.validation import Schema
from abeja_datasets_mock.turns import at_once, without_collection

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

    from abeja_datasets_mock import RunningServer

MANY = 5000
WIDE: dict[str, int] = {str(n): n for n in range(MANY)}
LABEL = {"category_id": 1, "label_id": 1}
RECT = {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1}
SOURCE = [{"data_uri": "x"}]
LONG = 10**4000
DATASET, ITEM, ITEMS = "datasets_path", "item", "items"

SHAPES: dict[str, tuple[str, str, Any, str]] = {
    "a wide object behind many labels": (
        "POST", DATASET, {"name": "n", "type": "t", "props": {"categories": [
            {"category_id": 1, "name": "a", "labels": [{"label_id": n} for n in range(MANY)] + [WIDE]}]}},
        f'props.categories[0].labels[{MANY}]: "label_id" is a required property',
    ),
    "a wide object behind many categories": (
        "POST", DATASET, {"name": "n", "type": "t", "props": {"categories": [
            {"category_id": n, "name": "a", "labels": []} for n in range(200)] + [WIDE]}},
        'props.categories[200]: "category_id" is a required property',
    ),
    "a wide list in the last rectangle": (
        "POST", ITEMS, {"source_data": SOURCE, "attributes": {
            "detection": [{**LABEL, "rect": RECT}] * MANY + [{**LABEL, "rect": {**RECT, "xmin": [0] * MANY}}]}},
        f'attributes.detection[{MANY}].rect.xmin: the value is not of type "number"',
    ),
    "a wide object behind many files": (
        "POST", ITEMS, {"source_data": SOURCE * MANY + [WIDE]},
        f'source_data[{MANY}]: "data_uri" is a required property',
    ),
    "deep lists behind many labels": (
        "PUT", ITEM, {"attributes": {"classification": [LABEL] * MANY + [[json.loads("[" * 300 + "]" * 300)]]}},
        f'attributes.classification[{MANY}]: the value is not of type "object"',
    ),
    "one wide entry behind many": (
        "PUT", ITEMS, [{"dataset_item_id": n, "attributes": {}} for n in range(MANY)] + [WIDE],
        f'[{MANY}]: "dataset_item_id" is a required property',
    ),
    "a small error beside a wide object": (
        "POST", DATASET, {"props": {"x": WIDE}, "type": "t", "name": 1}, 'name: the value is not of type "string"',
    ),
    "names of the schema, wherever nobody looks": (
        "PUT", ITEMS, [{"dataset_item_id": 0, "attributes": {"custom": [{"rect": {"labels": [RECT]}}] * MANY}},
                       {"dataset_item_id": 1, "attributes": {"detection": [{"category_id": 1}]}}],
        '[1].attributes.detection[0]: "label_id" is a required property',
    ),
    "a long integer of the wrong sign": (
        "POST", ITEMS, {"source_data": SOURCE, "attributes": {
            "classification": [{"category_id": LONG, "label_id": 1}] * 20 + [{"category_id": -LONG, "label_id": 1}]}},
        "attributes.classification[20].category_id: the value is less than the minimum of 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_refusal_of_a_large_body_names_the_place(api: "Api", name: str) -> None:
    method, kind, body, told = SHAPES[name]
    dataset = api.create_dataset()
    paths = {DATASET: api.datasets_path, ITEMS: api.items_path(dataset), ITEM: f"{api.items_path(dataset)}0"}
    assert len(json.dumps(body)) > 64 * 1024
    assert api.refused(400, method, paths[kind], json=body) == told


def members(value: Any) -> int:
    """Count the members of a value on all levels."""
    if isinstance(value, dict):
        return len(value) + sum(members(member) for member in value.values())
    return len(value) + sum(map(members, value)) if isinstance(value, list) else 0


def ended(steps: Any) -> tuple[int, Any]:
    """Run a generator; return the number of its steps, and its result."""
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return count, stop.value
        count += 1


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([0] * 50_000 + [{"bad": WIDE}], [50_000, "bad"]),
        ({**WIDE, "a": {**WIDE, "b": [WIDE] * 20 + [{"bad": [WIDE] * 20}]}}, ["a", "b", 20, "bad"]),
        ([[WIDE] * 9] * 9 + [[[[[WIDE] * 9 + [{"bad": 1}]]]]], [9, 0, 0, 0, 9, "bad"]),
        ({"bad": [WIDE] * 20}, ["bad"]),
    ],
)
def test_what_is_at_fault_is_found_in_a_small_part(value: Any, path: list[str | int]) -> None:
    def is_valid(part: Any) -> bool:
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        return not (isinstance(part, dict) and "bad" in part) and all(map(is_valid, inner))

    _, narrowed = ended(narrowing(value, is_valid, frozenset(("a", "b", "bad"))))
    assert members(narrowed.value) < 10_000
    assert narrowed.place([0 if isinstance(step, int) else step for step in path]) == path


def test_each_step_of_narrowing_checks_few_members() -> None:
    sizes: list[int] = []

    def is_valid(part: Any) -> bool:
        sizes.append(members(part))
        return "bad" not in part

    steps, narrowed = ended(narrowing(["good"] * 50_000 + ["bad"], is_valid, frozenset()))
    assert narrowed == (["bad"], [(0, 50_000)])
    assert max(sizes) < 5000
    assert steps >= len(sizes) > 50_000 / 5000


def test_no_part_is_at_fault_alone() -> None:
    schema = Schema({"type": "array", "uniqueItems": True}, {})
    told = "body: not valid, and too large to name the place; send a smaller part of it"
    with pytest.raises(Refusal, match=told):
        at_once(schema.checking([*range(MANY), 0], "body", b""))


def test_long_integers_are_set_aside_and_put_back(api: "Api") -> None:
    for text, has in ((b"[1, 12345678901234567]", False), (b"[12345678901234567890]", True), (b"\xff\xc0" * 10, False)):
        assert may_have_long_integers(text) is has
    value = {"a": [LONG, {"b": -LONG, "c": [2**64 - 1, -(2**63), 2**64, True, 1.5, "9" * 50]}], "d": LONG}
    before = json.dumps(value)
    aside = at_once(set_aside(value))
    assert [integer for _, _, integer in aside] == [LONG, -LONG, 2**64, LONG]
    assert value == {
        "a": [2**64 - 1, {"b": -(2**63), "c": [2**64 - 1, -(2**63), 2**64 - 1, True, 1.5, "9" * 50]}], "d": 2**64 - 1,
    }  # fmt: skip
    put_back(aside)
    assert json.dumps(value) == before
    attributes = {"classification": [{"category_id": LONG + n, "label_id": n} for n in range(20)], "custom": -LONG}
    item = api.create_item(api.create_dataset(props={}), attributes)
    assert item["attributes"] == attributes


@pytest.mark.parametrize("method", ["read", "read_many", "write"])
def test_a_refusal_keeps_nothing_of_the_request(server: "RunningServer", method: str) -> None:
    """What it kept would be released by a collection, all at once, some time later."""
    store = server.app.state.store
    kept: list[weakref.ref[set[int]]] = []

    def refuse() -> None:
        raise bad_request("x")

    async def hold() -> None:
        body = {1}
        kept.append(weakref.ref(body))
        await getattr(store, method)(refuse)

    async def run() -> bool:
        with contextlib.suppress(Refusal):
            await hold()
        return kept[0]() is None

    gc.disable()
    try:
        assert server.run(run())
    finally:
        gc.enable()


def test_what_is_made_without_collection_is_not_gone_through_afterwards() -> None:
    young: list[int] = []

    def count(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            young.append(len(gc.get_objects(generation=0)))

    gc.callbacks.append(count)
    try:
        with without_collection():
            made = [[n] for n in range(50_000)]
        more = [[n] for n in range(5_000)]
    finally:
        gc.callbacks.remove(count)
    assert (len(made), len(more)) == (50_000, 5_000)
    assert young
    assert max(young) < 20_000


@pytest.mark.parametrize("is_file", [True, False])
def test_a_large_line_of_a_load_is_many_transactions(
    server: "RunningServer", api: "Api", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_file: bool
) -> None:
    monkeypatch.setattr("abeja_datasets_mock.turns.TURN", 0.0002)
    monkeypatch.setattr("abeja_datasets_mock.loading._BATCH", 0.0)
    monkeypatch.setattr("abeja_datasets_mock.loading._GAP", 0.0)
    store, statements = server.app.state.store, list[str]()
    attributes = {"custom": [{"a": [n, [n]], "b": {"c": {"d": [n]}}} for n in range(MANY)]}
    lines: list[Any] = [{"name": "n", "type": "t", "props": {}}, {"source_data": SOURCE, "attributes": attributes}]
    source: Any = tmp_path / "lines.jsonl" if is_file else lines
    if is_file:
        source.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    store.connection.set_trace_callback(statements.append)
    (dataset,) = server.run(load(store, source, api.organization))
    assert statements.count("BEGIN IMMEDIATE") > 20
    (item,) = api.ok("GET", api.items_path(dataset))["items"]
    assert item["attributes"] == attributes


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"source_data": SOURCE * MANY + [WIDE]}, f'source_data[{MANY}]: "data_uri" is a required property'),
        ({"source_data": SOURCE * MANY, "x": 1}, "x: an item has no such field"),
        ({"name": "n", "type": 1, "props": WIDE}, 'type: the value is not of type "string"'),
    ],
)
def test_a_large_line_that_is_not_valid(
    server: "RunningServer", make_lines: Callable[[Any], list[Any]], content: Any, told: str
) -> None:
    with pytest.raises(LoadError) as raised:
        server.run(load(server.app.state.store, make_lines(content), "1"))
    assert str(raised.value) == f"[1]: {told}"


@pytest.fixture
def make_lines() -> Callable[[Any], list[Any]]:
    return lambda content: [{"name": "first", "type": "t", "props": {}}, content]
