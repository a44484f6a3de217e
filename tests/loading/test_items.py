"""Items are checked before they are sent: against openapi.yaml, the dataset's categories, and what JSON can hold."""

import enum
import inspect
import json
import sys
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from abeja_datasets_loading.errors import InvalidItem
from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Checker, content_key, same_content
from abeja_datasets_loading.items.plain import MAX_DEPTH

DOCUMENT = yaml.load((Path(__file__).parents[2] / "openapi.yaml").read_bytes(), yaml.CSafeLoader)
SOURCE = [{"data_uri": "datalake://1/a"}]
CATEGORIES = [
    {"category_id": 1, "name": "cats_dogs", "labels": [{"label_id": 1, "label": "dog"}, {"label_id": 2}]},
    {"category_id": 2, "name": "others", "labels": []},
]
CHECKER = Checker()
NEEDS = "a mapping (a dict) with source_data and optional attributes is needed"


def item(**attributes: Any) -> dict[str, Any]:
    return {"source_data": SOURCE, "attributes": attributes}


def refusal(given: object, checker: Checker = CHECKER) -> InvalidItem:
    with pytest.raises(InvalidItem) as caught:
        checker.prepare(7, given)
    assert str(caught.value) == f"item 7: {caught.value.reason}"
    return caught.value


# What openapi.yaml requires.


def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    schemas = DOCUMENT["components"]["schemas"]
    return jsonschema_rs.Draft202012Validator({**schemas[name], "components": {"schemas": schemas}})


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 2), st.sampled_from([0.0, 1.0, 0.5, -1.0, "", "a", [], {}, [{}]])
)


def nearly(*required: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects of which most have the members that they need, of the right type."""
    rarely_wrong = {name: st.one_of(member, member, member, SCALARS) for name, member in members.items()}
    whole = st.fixed_dictionaries(
        {name: rarely_wrong[name] for name in required},
        optional={**{name: rarely_wrong[name] for name in members if name not in required}, "more": SCALARS},
    )
    loose = st.fixed_dictionaries({}, optional=rarely_wrong)
    return st.one_of(whole, whole, whole, loose, SCALARS)


NATURALS = st.sampled_from([0, 1, 2.0, 10**30])
NUMBERS = st.sampled_from([0, -1, 1.5])
IDS = {"category_id": NATURALS, "label_id": NATURALS, "label": st.just("dog")}
RECTS = nearly("xmin", "ymin", "xmax", "ymax", xmin=NUMBERS, ymin=NUMBERS, xmax=NUMBERS, ymax=NUMBERS)
LABELS = nearly("category_id", "label_id", **IDS)
BOXES = nearly("category_id", "label_id", **IDS, rect=RECTS)
ATTRIBUTES = nearly(
    classification=st.lists(LABELS, max_size=2), detection=st.lists(BOXES, max_size=2), custom=SCALARS, video=SCALARS
)
FILES = nearly(
    "data_uri", data_uri=st.just("datalake://1/a"), data_type=st.just("a/b"), height=NATURALS, width=NATURALS
)
ITEMS = st.fixed_dictionaries(
    {"source_data": st.one_of(st.lists(FILES, max_size=2), SCALARS)}, optional={"attributes": ATTRIBUTES}
)
ENTRIES = st.fixed_dictionaries({"dataset_item_id": st.one_of(NATURALS, SCALARS)}, optional={"attributes": ATTRIBUTES})


@settings(max_examples=200, deadline=None)
@given(ITEMS)
def test_an_item_is_valid_where_the_document_says_so(given: dict[str, Any]) -> None:
    is_valid = validator("CreateDatasetItemRequest").is_valid(given)
    if not is_valid:
        assert refusal(given).path
        return
    prepared = CHECKER.prepare(7, given)
    assert prepared.body == {key: value for key, value in given.items() if value is not None}


@settings(max_examples=100, deadline=None)
@given(ENTRIES)
def test_an_update_is_valid_where_the_document_says_so(given: dict[str, Any]) -> None:
    if validator("BulkUpdateEntry").is_valid(given):
        assert CHECKER.prepare_update(7, given).body == given
    else:
        with pytest.raises(InvalidItem, match="item 7: "):
            CHECKER.prepare_update(7, given)


def test_each_property_that_the_document_constrains_is_tried_above() -> None:
    # A property or a rule that is added to the document has to be added to the strategies, and then to the checks.
    schemas = DOCUMENT["components"]["schemas"]
    names = ("CreateDatasetItemRequest", "BulkUpdateEntry", "SourceData", "Attributes", "ClassificationLabel")
    for name in (*names, "DetectionLabel", "Rect"):
        assert set(schemas[name]) <= {"description", "type", "required", "properties"}, name
    assert set(schemas["SourceData"]["properties"]) == {"data_uri", "data_type", "height", "width"}
    constrained = {
        name for name, schema in schemas["Attributes"]["properties"].items() if set(schema) - {"description"}
    }
    assert constrained == {"classification", "detection"}
    assert set(schemas["ClassificationLabel"]["properties"]) == set(IDS)
    assert set(schemas["DetectionLabel"]["properties"]) == {*IDS, "rect"}
    assert set(schemas["Rect"]["properties"]) == {"xmin", "ymin", "xmax", "ymax"}
    assert set(schemas["CreateDatasetItemRequest"]["properties"]) == {"source_data", "attributes"}
    assert set(schemas["BulkUpdateEntry"]["properties"]) == {"dataset_item_id", "attributes"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, f"item 7: is null; {NEEDS}"),
        ("text", f"item 7: is 'text'; {NEEDS}"),
        (
            10**30,
            f"item 7: is an integer of 100 bits; {NEEDS}",
        ),
        (1j, f"item 7: is of type complex; {NEEDS}"),
        ([SOURCE], f"item 7: is an array; {NEEDS}"),
        ({}, "item 7: source_data: is missing; it is required"),
        ({"source_data": []}, "item 7: source_data: is an empty array; at least 1 member is needed"),
        ({"source_data": SOURCE[0]}, "item 7: source_data: is an object; an array (a list) is needed"),
        ({"source_data": [{}]}, "item 7: source_data[0].data_uri: is missing; it is required"),
        (
            {"source_data": [*SOURCE, {"data_uri": ""}]},
            "item 7: source_data[1].data_uri: is ''; a non-empty string is needed",
        ),
        (
            {"source_data": SOURCE, "atributes": {}},
            "item 7: atributes: is not a key of an item, which has source_data and optional attributes",
        ),
        (
            {"source_data": SOURCE, 3: 1},
            "item 7: has the key 3; an item has source_data and optional attributes",
        ),
        (
            item(classification=[{"category_id": 1, "label_id": "cat\n"}]),
            "item 7: attributes.classification[0].label_id: is 'cat\\n'; an integer of at least 0 is needed",
        ),
        (
            item(classification=[{"category_id": True, "label_id": 1}]),
            "item 7: attributes.classification[0].category_id: is true; an integer of at least 0 is needed",
        ),
        (
            item(classification={"category_id": 1, "label_id": 1}),
            "item 7: attributes.classification: is an object; an array (a list) is needed",
        ),
        (
            item(detection=[{"category_id": 1, "label_id": 1, "rect": {"xmin": 1, "ymin": 1, "xmax": "1", "ymax": 1}}]),
            "item 7: attributes.detection[0].rect.xmax: is '1'; a number is needed",
        ),
    ],
)
def test_a_refusal_names_the_place_the_value_and_the_need(given: object, message: str) -> None:
    assert str(refusal(given)) == message


# The dataset's categories.


def test_labels_of_the_dataset_are_valid() -> None:
    for key in ("classification", "detection"):
        Checker(CATEGORIES).prepare(
            0, item(**{key: [{"category_id": 1, "label_id": 2}, {"category_id": 1.0, "label_id": 1}]})
        )


@pytest.mark.parametrize(
    ("categories", "pair", "problem"),
    [
        (CATEGORIES, (1, 7), "the dataset has no label 7 in category 1, whose labels are 1, 2"),
        (CATEGORIES, (2, 1), "the dataset has no label 1 in category 2; its categories are 1"),
        (CATEGORIES, (9, 1), "the dataset has no label 1 in category 9; its categories are 1"),
        ([], (1, 1), "the dataset has no label 1 in category 1, and no other"),
        (
            [{"category_id": 0, "labels": [{"label_id": n} for n in range(99)]}],
            (0, 123),
            "the dataset has no label 123 in category 0, whose labels are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 89 more",
        ),
    ],
)
@pytest.mark.parametrize("key", ["classification", "detection"])
def test_another_label_is_refused(categories: Any, pair: tuple[int, int], problem: str, key: str) -> None:
    good = [] if not categories or categories is not CATEGORIES else [{"category_id": 1, "label_id": 1}]
    labels = [*good, {"category_id": pair[0], "label_id": pair[1]}]
    error = refusal(item(**{key: labels}), Checker(categories))
    assert (error.path, error.problem) == (f"attributes.{key}[{len(good)}]", problem)


@pytest.mark.parametrize("categories", [None, "text", 3, [{}], [{"category_id": 1}], [None], {"a": 1}])
def test_without_well_formed_categories_the_server_decides(categories: Any) -> None:
    Checker(categories).prepare(0, item(classification=[{"category_id": 8, "label_id": 9}]))


# The keys of a response.


def test_a_response_can_be_loaded_again() -> None:
    response = {
        "organization_id": "1",
        "dataset_id": "2",
        "dataset_item_id": 3,
        "created_at": datetime.now(UTC),
        "updated_at": "2018-05-20T13:51:16.010344",
        **item(custom=1),
    }
    prepared = CHECKER.prepare(0, response)
    assert prepared.body == item(custom=1)
    assert prepared.left_out == 5
    entry = CHECKER.prepare_update(0, response)
    assert entry.body == {"dataset_item_id": 3, "attributes": {"custom": 1}}
    assert entry.left_out == 5


def test_null_attributes_are_none() -> None:
    missing, null, empty = (
        CHECKER.prepare(0, one)
        for one in (
            {"source_data": SOURCE},
            {"source_data": SOURCE, "attributes": None},
            {"source_data": SOURCE, "attributes": {}},
        )
    )
    assert missing.body == null.body == {"source_data": SOURCE}
    assert empty.body == {"source_data": SOURCE, "attributes": {}}
    assert missing.fingerprint == null.fingerprint == empty.fingerprint
    assert null.left_out == 0


# What JSON can hold.


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Word(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "another text"


def test_what_stands_for_json_is_sent_as_json() -> None:
    given = item(
        custom=[(1, 2), Colour.RED, Level.HIGH, Word("a"), OrderedDict(b=1), MappingProxyType({"c": ()})],
        video={Word("k"): 1},
    )
    body = CHECKER.prepare(0, given).body
    assert body["attributes"] == {"custom": [[1, 2], "red", 3, "a", {"b": 1}, {"c": []}], "video": {"k": 1}}
    assert [type(one) for one in body["attributes"]["custom"]] == [list, str, int, str, dict, dict]
    assert {type(key) for key in body["attributes"]["video"]} == {str}


def test_an_item_may_be_any_mapping() -> None:
    assert CHECKER.prepare(0, MappingProxyType({"source_data": SOURCE})).body == {"source_data": SOURCE}


def test_a_change_after_reading_does_no_harm() -> None:
    given = item(custom=[{"a": [1]}])
    prepared = CHECKER.prepare(0, given)
    given["attributes"]["custom"][0]["a"].append(2)
    given["source_data"] = []
    assert prepared.body == item(custom=[{"a": [1]}])


def test_the_order_of_keys_stays() -> None:
    given = item(z=1, a={"d": 1, "b": 2})
    assert json.dumps(CHECKER.prepare(0, given).body) == json.dumps(given)


class Scalar(float):
    """As numpy's float64: a float, with a dtype."""

    dtype = "float64"


class Twin(str):
    """Text that is not equal to itself, so that a dict can hold it twice."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0


class Model:
    """As the typed models of the wrapper."""

    def to_dict(self) -> dict[str, Any]:
        return {}


class Array:
    dtype = "float32"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (float("nan"), "is nan, which JSON has no form for; pass null, or leave it out"),
        (float("-inf"), "is -inf, which JSON has no form for; pass null, or leave it out"),
        (Scalar(1), "is of type Scalar; pass its .item() or .tolist()"),
        (Array(), "is of type Array; pass its .item() or .tolist()"),
        ("\ud800", "holds a lone surrogate, which is not Unicode text"),
        pytest.param(10**5000, "is an integer of more digits than Python writes", id="digits"),
        (b"a", "is of type bytes, which JSON has no form for; pass text, such as its .decode()"),
        ({1}, "is of type set, which JSON has no form for; pass a list of it"),
        (Decimal(1), "is of type decimal.Decimal, which JSON has no form for; pass float(…) or str(…) of it"),
        (datetime.now(UTC), "is of type datetime.datetime, which JSON has no form for; pass its .isoformat()"),
        (uuid.uuid4(), "is of type uuid.UUID, which JSON has no form for; pass str(…) of it"),
        (Model(), "is of type Model, which JSON has no form for; pass its .to_dict()"),
        ({Word("a"): 1, "b": 2, Twin("b"): 3}, "has two keys that are the same in JSON"),
        (1j, "is of type complex, which JSON has no form for"),
        (iter(()), "is of type tuple_iterator, which JSON has no form for"),
        ({1: 2}, "has a key of type int; a key is a str"),
        ({None: 2}, "has a key of type NoneType; a key is a str"),
        ({"\udc00": 2}, "holds a lone surrogate, which is not Unicode text"),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_place(value: object, problem: str) -> None:
    module = __name__.partition(".")[0]
    for name in ("Scalar", "Array", "Model"):
        problem = problem.replace(f"type {name}", f"type {module}.{name}")
    error = refusal(item(custom=[0, {"a b": value, "c": 1}]))
    assert (error.path, error.problem) == ("attributes.custom[1]['a b']", problem)


def nested(levels: int, leaf: Any = 0) -> Any:
    value: Any = leaf
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


@pytest.mark.parametrize("leaf", [0, 1.0, True])
def test_the_deepest_item(leaf: object) -> None:
    deepest = item(custom=nested(MAX_DEPTH - 2, leaf))
    prepared = CHECKER.prepare(0, deepest)
    assert json.loads(prepared.text) == deepest
    assert content_key(deepest) == prepared.fingerprint
    assert same_content(prepared.body, deepest)


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, 100_000])
def test_a_deeper_item_is_refused(levels: int) -> None:
    error = refusal(item(custom=nested(levels)))
    assert "nested too deeply" in error.problem
    assert error.path.startswith("attributes.custom")
    assert len(error.path) < 250


def test_a_caller_with_little_stack_left_gets_a_refusal() -> None:
    def called_in(frames: int) -> InvalidItem:
        return called_in(frames - 1) if frames else refusal(item(custom=nested(300)))

    frames = sys.getrecursionlimit() - len(inspect.stack(0)) - 200
    assert "nested too deeply" in called_in(frames).problem


def test_a_list_inside_itself_is_refused() -> None:
    inside: list[Any] = []
    inside += [inside, inside]
    assert "or contains itself" in refusal(item(custom=inside)).problem


class Hostile(Mapping[str, Any]):
    """A mapping that can't be read."""

    def __getitem__(self, key: str) -> Any:
        raise OSError("the disk is gone")

    def __iter__(self) -> Iterator[str]:
        return iter(["source_data"])

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        raise OSError("nor can this")


class Silent(Exception):
    def __str__(self) -> str:
        raise ValueError


class Mute(dict[str, Any]):
    def items(self) -> Any:
        raise Silent


def test_an_object_that_raises_is_refused() -> None:
    assert refusal(Hostile()).problem == "can't be read: OSError: the disk is gone"
    assert refusal(item(custom=Hostile())).problem == "can't be read: OSError: the disk is gone"
    assert refusal(item(custom=Mute())).problem == "can't be read: Silent"
    assert isinstance(refusal(Hostile()).__cause__, OSError)


def test_the_size_limit_is_the_servers_unless_one_is_set() -> None:
    large = item(custom="あ" * 100)
    size = len(CHECKER.prepare(0, large).text)
    assert Checker(max_bytes=size).prepare(0, large).text
    problem = refusal(large, Checker(max_bytes=size - 1)).problem
    assert problem == f"has {size} bytes as JSON; {size - 1} are the most"


# What is equal.

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 2),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=3),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)),
    max_leaves=8,
)


def strictly(value: Any) -> Any:
    """Return a value that is equal in Python exactly where the JSON values are."""
    if isinstance(value, dict):
        return {"object": {key: strictly(child) for key, child in value.items()}}
    if isinstance(value, list):
        return ["array", *map(strictly, value)]
    return (type(value) is bool, value)


@settings(max_examples=200, deadline=None)
@given(JSON, JSON)
def test_content_is_equal_where_the_json_values_are(one: Any, other: Any) -> None:
    ours, theirs = item(custom=one), item(custom=other)
    assert same_content(ours, theirs) == (strictly(one) == strictly(other))
    assert (content_key(ours) == content_key(theirs)) == (strictly(one) == strictly(other))
    assert same_content(ours, json.loads(json.dumps(ours)))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (0, -0.0, True),
        (10**22, 1e22, True),
        (1e300, int(1e300), True),
        (1, True, False),
        (0.0, False, False),
        ([1], [True], False),
        ({"a": [{"b": 1}]}, {"a": [{"b": True}]}, False),
        (1, "1", False),
        ("é", "e\u0301", False),
        ("v1.0", "v1", False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        (None, {}, False),
    ],
)
def test_equal_json(one: Any, other: Any, equal: bool) -> None:
    assert same_content(item(custom=one), item(custom=other)) is equal
    assert (content_key(item(custom=one)) == content_key(item(custom=other))) is equal


@pytest.mark.parametrize(
    ("received", "equal"),
    [
        ({"source_data": SOURCE, "dataset_item_id": 1}, True),
        ({"source_data": SOURCE, "attributes": None}, True),
        ({"source_data": SOURCE, "attributes": {"label": "added"}}, False),
        ({"source_data": SOURCE, "attributes": []}, False),
        ({"source_data": SOURCE, "attributes": 0}, False),
        ({"source_data": [], "attributes": {}}, False),
        ({}, False),
    ],
)
def test_received_content(received: dict[str, Any], equal: bool) -> None:
    assert same_content({"source_data": SOURCE}, received) is equal
    assert (content_key({"source_data": SOURCE}) == content_key(received)) is equal


def test_a_response_may_hold_one_label_as_an_object() -> None:
    label = {"category_id": 1, "label_id": 1}
    assert same_content(item(classification=[label]), item(classification=label))
    assert content_key(item(classification=[label])) == content_key(item(classification=label))
    assert not same_content(item(classification=[label, label]), item(classification=label))


def test_what_a_server_sends_is_never_an_exception() -> None:
    too_deep = item(custom=nested(100_000))
    assert not same_content(item(custom=nested(10)), too_deep)
    assert content_key(too_deep) == b""
    assert content_key(item(custom="\ud800"))


def test_the_fingerprint_is_that_of_the_text() -> None:
    prepared = CHECKER.prepare(4, item(b=1.0, a="é"))
    assert prepared.position == 4
    assert prepared.text == '{"attributes":{"a":"é","b":1},"source_data":[{"data_uri":"datalake://1/a"}]}'.encode()
    assert prepared.fingerprint == blake2b(prepared.text, digest_size=16).digest() == content_key(prepared.body)
    assert json.dumps(prepared.body["attributes"]) == '{"b": 1.0, "a": "\\u00e9"}'


# The text for the journal.


def test_a_valid_item_is_kept_as_given() -> None:
    assert json.loads(item_text(item(b=1.0, a="é"))) == item(b=1.0, a="é")
    assert item_text({"b": 1.0, "a": "é"}) == '{"b":1.0,"a":"é"}'


def test_the_text_of_an_invalid_item_keeps_its_keys() -> None:
    given = item(値=float("nan"), a={"é": b"x", "\ud800": 1})
    assert json.loads(item_text(given))["attributes"] == {"値": "nan", "a": {"é": "b'x'", "\\ud800": 1}}


def test_of_an_invalid_item_the_rest_is_kept() -> None:
    kept = json.loads(item_text(item(a=1, b=[float("nan"), "\ud800", {1: b"x"}])))
    assert kept == item(a=1, b=["nan", "'\\ud800'", {"1": "b'x'"}])


@pytest.mark.parametrize(
    "given", [Hostile(), Mute(), object(), nested(100_000), float("inf"), "\ud800", 10**5000], ids=type
)
def test_any_object_has_a_text(given: object) -> None:
    assert len(item_text(given)) < 10_000
    json.loads(item_text(given))
