"""JSON comes back as it was given, in whichever field and by whichever operation it was written and is read."""

from collections.abc import Callable, Iterator
from typing import Any

from abeja_datasets_contract.check.document.sources import INFO
from abeja_datasets_contract.check.judging.compare import difference, order_of_keys
from abeja_datasets_contract.check.judging.reading import Part, Response
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import newest_datasets, shared_filled, source

STAGE = Stage("fidelity")


def nested(depth: int) -> Any:
    """Return objects and lists in turn, one inside the other."""
    value: Any = "innermost"
    for level in range(depth):
        value = {"level": value} if level % 2 else [value]
    return value


VALUES: dict[str, tuple[str, Any]] = {
    "kinds": (
        "Every kind of JSON value",
        {"t": True, "f": False, "n": None, "s": "", "o": {}, "l": [], "z": 0, "i": [[]]},
    ),
    "null": ("A null", {"a": None, "b": [None, 1, None], "c": {"d": None}}),
    "booleans": ("A boolean", {"true": True, "false": False, "list": [True, 1, False, 0, "true"]}),
    "look-alikes": (
        "Text that looks like a number, a constant or a time",
        {
            "numbers": ["1", "1.0", "007", "1e3"],
            "constants": ["null", "true"],
            "times": ["2018-05-20", "13:51", "2018-05-20T13:51:16Z", "2018-05-20T13:51:16.010000+09:00"],
        },
    ),
    "integers": ("An integer beyond 2⁵³", {"a": 9007199254740993, "b": -9007199254740993, "c": [2**53 + 1]}),
    "big-integers": ("An integer beyond 64 bits", {"a": 2**63, "b": 2**64 + 1, "c": -(10**30) - 7, "d": 10**40 + 1}),
    "floats": (
        "A float",
        {"a": 0.1, "b": 1.5, "c": 3.141592653589793, "d": 1e-07, "e": 2.5e300, "f": -0.30000000000000004},
    ),
    "whole-floats": ("A float without a fraction", {"a": 1.0, "b": 100.0, "c": -3.0}),
    "text": (
        "Text of any script",
        {"a": "データ 🐈 مرحبا", "b": 'quote " backslash \\ slash / tab \t', "🐈 key": "e\u0301"},
    ),
    "combining": (
        "Text that is not normalized",
        {"a": "e\u0301", "b": "\u00e9", "\u00e9": 1, "e\u0301": 2, "c": "\ufb01\u2126"},
    ),
    "nul": ("A NUL in text", {"a": "before\x00after", "b": "\x00", "c\x00d": 1}),
    "controls": ("Control characters", {"a": "\x01\x1f\x7f\u2028\u2029\ufeff", "b": "\r\n"}),
    "spaces": ("Spaces at the ends", {"a": " x ", " b ": "\u00a0", "": "empty key"}),
    "markup": ("Markup", {"a": "<script>&amp;'</script>", "b": "{{x}} ${y} %s %d"}),
    # Longer than a column of 64 KiB.
    "long-text": ("Long text", {"a": "x" * 70_000, "b": "🐈" * 2_000}),
    "keys": ("Many keys, and a long one", {"k" * 300: 1, **{f"key {number}": number for number in range(600)}}),
    "nesting": ("Deep nesting", {"a": nested(50)}),
    "long-list": ("A long list", {"a": list(range(1500))}),
    "lists": ("The order of a list, and what is in it twice", {"a": [3, 1, 2, 1], "b": [[1], [1]], "c": ["b", "a"]}),
    "unknown-keys": (
        "A key that no one documented",
        {"contract_check": {"deep": 1}, "$ref": "x", "_id": 2, "a.b": 3, "__proto__": 4},
    ),
    "documented-keys": (
        "Any JSON in the keys that take any",
        {
            "segmentation": {"map": [1, {"b": 2}]},
            "custom": "text",
            "custom_format": [None, 1.5],
            "video": {"frames": {"1": []}},
        },
    ),
}
_ORDER = {"zebra": 1, "apple": {"y": 1, "b": 2, "x": [{"q": 1, "a": 2}]}, "10": 3, "9": 4, "mango": 5, "Apple": 6}
_TWICE = (VALUES["kinds"][1], _ORDER)
"""What is looked at in responses that show each value in the same way, too."""


def _same(p: Probe, value: Any, got: Any, response: Response) -> None:
    problem = difference(value, got)
    p.require(problem is None, "the JSON as it was given", problem or "", response)


def _same_order(p: Probe, value: Any, got: Any, response: Response) -> None:
    _same(p, value, got, response)
    keys, found = order_of_keys(value), order_of_keys(got)
    p.require(keys == found, f"keys in the order {keys}", f"{found}", response)


def _attributes(p: Probe, value: Any) -> Iterator[tuple[Any, Response]]:
    """Write attributes in each way, and read them in each."""
    dataset = shared_filled(p, "fidelity", 2)
    response = p.call("create_dataset_item", dataset.id, json={"source_data": source(p), "attributes": value})
    yield response.at("attributes"), response
    created = response.id("dataset_item_id")
    response = p.call("get_dataset_item", dataset.id, created)
    yield response.at("attributes"), response
    first, second = (item.id for item in dataset.items)
    response = p.call("update_dataset_item", dataset.id, first, json={"attributes": value})
    yield response.at("attributes"), response
    body = [{"dataset_item_id": second, "attributes": value}]
    response = p.call("bulk_update_dataset_item", dataset.id, json=body)
    yield response.at(0, "attributes"), response
    response = p.call("list_dataset_items", dataset.id)
    for record in response.parts("items"):
        if record.id("dataset_item_id") in (first, second, created):
            yield record.at("attributes"), response
    if value in _TWICE:
        response = p.call("delete_dataset_item", dataset.id, created)
        yield response.at("attributes"), response


def _props(p: Probe, value: Any) -> Iterator[tuple[Any, Response]]:
    """Write props, and read them in each way."""
    body = {"name": p.name(), "type": "custom", "props": value}
    response = p.call("create_dataset", json=body)
    dataset = response.id("dataset_id")
    p.passing.append(dataset)
    yield response.at("props"), response
    response = p.call("get_dataset", dataset)
    yield response.at("props"), response
    for record in newest_datasets(p) if value in _TWICE else ():
        if record.id("dataset_id") == dataset:
            yield record.at("props"), p.last
    response = p.call("delete_dataset", dataset)
    yield response.at("props"), response


def _given(item: Part, value: Any) -> Any:
    """Return what an item has for a value: in its source data, or for the order of keys as a part of them."""
    if value is not _ORDER:
        return item.at("source_data", 0, "given")
    return {key: inner for key, inner in item.at("source_data", 0).items() if key in value}


def _source_data(p: Probe, value: Any) -> Iterator[tuple[Any, Response]]:
    """Write source data, and read it in each way."""
    dataset = shared_filled(p, "fidelity of source data", 1)
    given = {**source(p)[0], **(value if value is _ORDER else {"given": value})}
    response = p.call("create_dataset_item", dataset.id, json={"source_data": [given]})
    item = response.id("dataset_item_id")
    yield _given(response, value), response
    response = p.call("get_dataset_item", dataset.id, item)
    yield _given(response, value), response
    response = p.call("list_dataset_items", dataset.id)
    for record in response.parts("items"):
        if record.id("dataset_item_id") == item:
            yield _given(record, value), response
    if value in _TWICE:
        response = p.call("delete_dataset_item", dataset.id, item)
        yield _given(response, value), response


_Way = Callable[[Probe, Any], Iterator[tuple[Any, Response]]]
_WAYS: dict[str, tuple[_Way, str]] = {
    "attributes": (_attributes, "attributes"),
    "props": (_props, "props"),
    "source-data": (_source_data, "an entry of source_data"),
}


def _register(field: str, way: _Way, where: str) -> None:
    def add(kind: str, what: str, value: Any, same: Callable[[Probe, Any, Any, Response], None]) -> None:
        def check(p: Probe) -> None:
            for got, response in way(p, value):
                same(p, value, got, response)

        STAGE.add(f"fidelity.{field}.{kind}", f"{what} in {where} comes back as given.", INFO, check)

    for kind, (what, value) in VALUES.items():
        add(kind, what, value, _same)
    add("key-order", "The order of keys", _ORDER, _same_order)


for _field, (_way, _where) in _WAYS.items():
    _register(_field, _way, _where)
