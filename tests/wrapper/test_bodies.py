"""Bodies that JSON can't hold are refused, with their place, before anything is sent."""

import sys
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets import APIClient

if TYPE_CHECKING:
    from tests.wrapper.scripted import ScriptedServer


class Int64:
    """As numpy's: an integer, but none of JSON's."""

    def __index__(self) -> int:
        return 1


def circular() -> dict[str, Any]:
    inner: dict[str, Any] = {"rects": [1, 2]}
    inner["rects"].append({"again": inner})
    return inner


def deep() -> list[Any]:
    outer: list[Any] = []
    for _ in range(50_000):
        outer = [outer]
    return outer


def wide() -> list[Any]:
    outer: list[Any] = [1] * 2000
    outer[:] = [outer] * 2000
    return outer


REFUSED: list[tuple[Any, type[Exception], str]] = [
    ({1, 2}, TypeError, "is of type set"),
    (b"x", TypeError, "is of type bytes"),
    (object(), TypeError, "is of type object"),
    (Int64(), TypeError, "is of type Int64"),
    (1j, TypeError, "is of type complex"),
    (float("nan"), ValueError, "is nan, which JSON has no form for"),
    (float("inf"), ValueError, "is inf, which JSON has no form for"),
    (float("-inf"), ValueError, "is -inf, which JSON has no form for"),
    ("\ud800", ValueError, "holds a lone surrogate, which is not Unicode text"),
    ({(1, 2): 3}, TypeError, "has a key of type tuple; keys are str"),
    ({b"a": 3}, TypeError, "has a key of type bytes; keys are str"),
    ({"a\udfff": 3}, ValueError, r"has the key 'a\\udfff', which holds a lone surrogate, which is not Unicode text"),
    ({float("nan"): 3}, ValueError, "has the key nan, which is nan, which JSON has no form for"),
]


@pytest.mark.parametrize(("value", "kind", "problem"), REFUSED, ids=[p[:25] for _, _, p in REFUSED])
def test_the_place_of_a_value_that_is_no_json_is_named(
    client: APIClient, server: "ScriptedServer", value: Any, kind: type[Exception], problem: str
) -> None:
    good = {"fine": [1, 2.5, "é", None, True, {"": ()}], 1: "int keys are taken for text"}
    attributes = {"custom": good, "detection": [{"rect": {"xmin": value, "ymin": value}}, value]}
    with pytest.raises(kind, match=rf"^not JSON: attributes\.detection\[0\]\.rect\.xmin {problem}$"):
        client.create_dataset_item(1, 2, [], attributes)
    with pytest.raises(kind, match=rf"^not JSON: \[1\]\.attributes {problem}$"):
        client.bulk_update_dataset_item(1, 2, [{"dataset_item_id": 1}, {"attributes": value}])
    with pytest.raises(kind, match=rf"^not JSON: the body {problem}$"):
        client.bulk_update_dataset_item(1, 2, value)
    assert not server.requests


@pytest.mark.parametrize("value", [circular, deep, wide], ids=lambda value: value.__name__)
def test_a_value_without_end_is_refused(client: APIClient, server: "ScriptedServer", value: Any) -> None:
    with pytest.raises(ValueError, match=r"not JSON: attributes\.custom.*… is nested too deeply, or contains itself"):
        client.update_dataset_item(1, 2, 3, {"custom": value()})
    assert not server.requests


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from 3.12 on, the encoder goes deeper than we look")
def test_a_depth_that_only_the_encoder_refuses_is_a_value_error_too(
    client: APIClient, server: "ScriptedServer"
) -> None:
    nested: list[Any] = []
    for _ in range(990):
        nested = [nested]
    with pytest.raises(ValueError, match="not JSON: maximum recursion depth exceeded"):
        client.update_dataset_item(1, 2, 3, {"custom": nested})
    assert not server.requests


def test_text_goes_over_the_wire_as_utf_8(client: APIClient, server: "ScriptedServer") -> None:
    server.answer({})
    client.create_dataset(1, "データ 😀", "classification", {"é": "\u2028\x00\x7f"})
    expected = '{"name":"データ 😀","type":"classification","props":{"é":"\u2028\\u0000\x7f"}}'
    assert server.only.body == expected.encode()
    assert server.only.headers["content-length"] == str(len(expected.encode()))


def test_numbers_keep_their_form_and_keys_their_order(client: APIClient, server: "ScriptedServer") -> None:
    server.answer({})
    client.create_dataset(1, "n", "t", {"z": 1.0, "a": 9007199254740993, "m": -0.0, "e": 1e-7, "b": True, "t": (1,)})
    assert server.only.body == (
        b'{"name":"n","type":"t","props":{"z":1.0,"a":9007199254740993,"m":-0.0,"e":1e-07,"b":true,"t":[1]}}'
    )


def test_the_callers_objects_are_left_alone(client: APIClient, server: "ScriptedServer") -> None:
    attributes: dict[str, Any] = {"custom": [{"a": 1}]}
    server.answer({})
    client.update_dataset_item(1, 2, 3, attributes)
    assert attributes == {"custom": [{"a": 1}]}
