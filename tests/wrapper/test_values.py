"""Which values go over the wire in a query, an id, a body and a header, and how the others are refused."""

import collections
import datetime as dt
import decimal
import enum
import fractions
import pathlib
import types
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import InvalidIdentifier

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer


class Text(str, enum.Enum):  # noqa: UP042 - what many programs have
    X = "label:cat"


class NewText(enum.StrEnum):
    X = "label:cat"


class Number(int, enum.Enum):
    SEVEN = 7


class NewNumber(enum.IntEnum):
    SEVEN = 7


class Flag(enum.IntFlag):
    ONE = 1
    TWO = 2
    FOUR = 4


class Plain(enum.Enum):
    X = "label:cat"
    SEVEN = 7
    HALF = 0.5
    SET = frozenset({1})


class Loud(str):
    """A str that prints otherwise."""

    __slots__ = ()

    def __str__(self) -> str:
        return "printed"


class Scalar:
    """A scalar as numpy has them: with a dtype, no dimension, and the value of Python behind `item`."""

    def __init__(self, value: Any, shape: tuple[int, ...] = ()) -> None:
        self.dtype = type(value).__name__
        self.shape = shape
        self._value = value

    def item(self) -> Any:
        return self._value


SENT: list[tuple[Any, list[str]]] = [
    (Text.X, ["label:cat"]),
    (NewText.X, ["label:cat"]),
    (Plain.X, ["label:cat"]),
    (Number.SEVEN, ["7"]),
    (NewNumber.SEVEN, ["7"]),
    (Plain.SEVEN, ["7"]),
    (Plain.HALF, ["0.5"]),
    (Flag.ONE | Flag.FOUR, ["5"]),
    (Loud("label:cat"), ["label:cat"]),
    (True, ["true"]),
    (False, ["false"]),
    (0, ["0"]),
    (-1, ["-1"]),
    (2**200, [str(2**200)]),
    (0.1, ["0.1"]),
    (1e300, ["1e+300"]),
    ("", [""]),
    ([], []),
    ((), []),
    ([Text.X, 1, True, Scalar(3)], ["label:cat", "1", "true", "3"]),
    (Scalar(5), ["5"]),
    (Scalar(0.25), ["0.25"]),
    (Scalar(value=True), ["true"]),
    (Scalar("label:cat"), ["label:cat"]),
]

REFUSED: list[Any] = [
    b"cat",
    bytearray(b"cat"),
    memoryview(b"cat"),
    object(),
    int,
    {1, 2},
    frozenset(),
    {"a": 1},
    types.MappingProxyType({}),
    range(3),
    iter([1]),
    (n for n in (1, 2)),
    dt.datetime(2018, 5, 20, tzinfo=dt.UTC),
    dt.date(2018, 5, 20),
    dt.timedelta(1),
    decimal.Decimal(1),
    fractions.Fraction(1, 2),
    pathlib.PurePosixPath("cat"),
    uuid.UUID(int=1),
    collections.UserString("cat"),
    1j,
    ...,
    NotImplemented,
    len,
    [[1]],
    [None],
    [b"cat"],
    Plain.SET,
    Scalar(b"cat"),
    Scalar([1], (1,)),
    Scalar(1j),
]
UNUSABLE: list[Any] = [float("nan"), float("inf"), -float("inf"), [float("nan")], "\ud800", 10**5000, Scalar(1e999)]


@pytest.mark.parametrize(("value", "texts"), SENT, ids=[repr(value)[:30] for value, _ in SENT])
def test_a_value_is_sent_as_what_it_stands_for(
    face: "Face", server: "ScriptedServer", value: Any, texts: list[str]
) -> None:
    client = face.open(server)
    server.answer({"items": []})
    server.answer({"items": []})
    client.list_dataset_items("1", "2", {"x": value})
    assert list(client.iter_dataset_items("1", "2", {Loud("x"): value})) == []
    assert [request.query for request in server.requests] == [[("x", text) for text in texts]] * 2


def test_paging_takes_the_same_values(face: "Face", server: "ScriptedServer") -> None:
    client = face.open(server)
    server.answer([])
    server.answer([])
    client.list_datasets(Plain.X, max_results=NewNumber.SEVEN, next_token=Text.X)  # type: ignore[arg-type] # an enum
    assert list(client.iter_datasets(Number.SEVEN, Scalar(3))) == []  # type: ignore[arg-type] # as numpy has it
    assert [request.target for request in server.requests] == [
        "/organizations/label%3Acat/datasets/?max_results=7&next_token=label%3Acat",
        "/organizations/7/datasets/?max_results=3",
    ]


CALLS: list[tuple[str, Callable[[APIClient, Any], Any]]] = [
    (r"params\['x y'\]", lambda client, value: client.list_dataset_items("1", "2", {"x y": value})),
    (r"params\['x y'\]", lambda client, value: client.iter_dataset_items("1", "2", {"x y": value})),
    ("max_results", lambda client, value: client.list_datasets("1", max_results=value)),
    ("next_token", lambda client, value: client.list_datasets("1", next_token=value)),
    ("page_size", lambda client, value: client.iter_datasets("1", value)),
]


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[name for name, _ in CALLS])
def test_any_other_value_is_an_error_that_names_the_parameter(
    client: APIClient, server: "ScriptedServer", name: str, call: Callable[[APIClient, Any], Any]
) -> None:
    for value in REFUSED:
        with pytest.raises(TypeError, match=rf"^{name}(\[0\])?: a str, an int, a finite float, .* is needed, not \w+$"):
            call(client, value)
    for value in UNUSABLE:
        with pytest.raises(ValueError, match=rf"^{name}(\[0\])?: ") as caught:
            call(client, value)
        assert len(str(caught.value)) < 200
    assert not server.requests


@pytest.mark.parametrize("name", [b"x", 1, None, (), Plain.SEVEN])
def test_the_name_of_a_parameter_is_a_str(client: APIClient, server: "ScriptedServer", name: Any) -> None:
    with pytest.raises(TypeError, match=r"^params: a name is a str, not "):
        client.list_dataset_items("1", "2", {name: 1})
    assert not server.requests


@pytest.mark.parametrize("value", [Text.X, Plain.X, NewText.X, Loud("label:cat"), Scalar("label:cat")])
def test_text_is_an_id_as_what_it_stands_for(client: APIClient, server: "ScriptedServer", value: Any) -> None:
    server.answer({})
    client.get_dataset_item(value, value, value)
    text = "label%3Acat"
    assert server.only.target == f"/organizations/{text}/datasets/{text}/items/{text}"


@pytest.mark.parametrize("value", [Number.SEVEN, NewNumber.SEVEN, Plain.SEVEN, Scalar(7), Flag.ONE | Flag(6)])
def test_a_number_is_an_id_as_what_it_stands_for(client: APIClient, server: "ScriptedServer", value: Any) -> None:
    server.answer({})
    client.delete_dataset_item(value, value, value)
    assert server.only.target == "/organizations/7/datasets/7/items/7"


@pytest.mark.parametrize("value", [Plain.HALF, Plain.SET, Scalar(7.0), Scalar(value=True), Scalar([7], (1,)), 7.0])
def test_no_float_and_no_bool_is_an_id_however_it_is_wrapped(
    client: APIClient, server: "ScriptedServer", value: Any
) -> None:
    with pytest.raises(InvalidIdentifier, match=rf"^dataset_id: an id is a str or an int, not {type(value).__name__}$"):
        client.get_dataset("1", value)
    assert not server.requests


def test_a_body_has_an_enum_by_its_value(face: "Face", server: "ScriptedServer") -> None:
    server.answer({})
    client: Any = face.open(server)
    client.create_dataset(1, Text.X, NewText.X, {Text.X: [Plain.X, Number.SEVEN, Flag.ONE | Flag.TWO, Loud("a")]})
    assert server.only.body == (b'{"name":"label:cat","type":"label:cat","props":{"label:cat":["label:cat",7,3,"a"]}}')


@pytest.mark.parametrize(
    ("value", "kind", "problem"),
    [
        ({1: "a", "1": "b"}, ValueError, "has the keys 1 and '1', which are the same in JSON"),
        ({"true": "a", True: "b"}, ValueError, "has the keys 'true' and True, which are the same in JSON"),
        ({None: "a", "null": "b"}, ValueError, "has the keys None and 'null', which are the same in JSON"),
        ({1.5: "a", "1.5": "b"}, ValueError, "has the keys 1.5 and '1.5', which are the same in JSON"),
        (10**5000, ValueError, "can't be written: Exceeds the limit"),
        (Plain.SET, TypeError, "is of type frozenset"),
        (types.MappingProxyType({}), TypeError, r"is of type mappingproxy; pass dict\(…\) of it"),
        (collections.UserDict({}), TypeError, r"is of type UserDict; pass dict\(…\) of it"),
        (Scalar(1), TypeError, r"is of type Scalar; pass its .item\(\) or .tolist\(\)"),
        ((n for n in (1, 2)), TypeError, "is of type generator"),
        (dt.datetime(2018, 5, 20, tzinfo=dt.UTC), TypeError, "is of type datetime"),
        (decimal.Decimal(1), TypeError, "is of type Decimal"),
        (pathlib.PurePosixPath("a"), TypeError, "is of type PurePosixPath"),
        (uuid.UUID(int=1), TypeError, "is of type UUID"),
        (collections.UserString("a"), TypeError, "is of type UserString"),
        (bytearray(b"a"), TypeError, "is of type bytearray"),
    ],
    ids=lambda given: given if isinstance(given, str) else type(given).__name__,
)
def test_a_body_that_would_be_another_is_refused_with_the_place(
    client: APIClient, server: "ScriptedServer", value: Any, kind: type[Exception], problem: str
) -> None:
    with pytest.raises(kind, match=rf"^not JSON: attributes\.a\[1\]\.b {problem}"):
        client.update_dataset_item(1, 2, 3, {"a": [0, {"b": value}]})
    with pytest.raises(kind, match=rf"^not JSON: source_data {problem}"):
        client.create_dataset_item(1, 2, value)
    assert not server.requests


def test_a_dict_of_another_class_is_sent_as_it_is(face: "Face", server: "ScriptedServer") -> None:
    server.answer({})
    counted = collections.OrderedDict([("z", 1), ("a", collections.Counter("aab"))])
    face.open(server).update_dataset_item(1, 2, 3, {1: counted, "d": collections.defaultdict(list, b=[1])})  # type: ignore[dict-item] # a number as key
    assert server.only.body == b'{"attributes":{"1":{"z":1,"a":{"a":2,"b":1}},"d":{"b":[1]}}}'


def test_headers_and_the_credential_are_what_they_stand_for(face: "Face", server: "ScriptedServer") -> None:
    server.answer({})
    server.answer({})
    client = face.open(server, credential={"auth_token": Text.X}, user_agent=Text.X)
    client.with_options(headers={"X-Trace": Text.X, NewText.X.replace(":", "-"): Loud("own")}).get_dataset(1, 2)
    pair = {"user_id": Number.SEVEN, "personal_access_token": Text.X}
    face.open(server, credential=pair).get_dataset(1, 2)
    first, second = server.requests
    assert (first.headers["x-trace"], first.headers["label-cat"]) == ("label:cat", "own")
    assert first.headers["authorization"] == "Bearer label:cat"
    assert first.headers["user-agent"].endswith(" label:cat")
    assert second.headers["authorization"] == "Basic dXNlci03OmxhYmVsOmNhdA=="
