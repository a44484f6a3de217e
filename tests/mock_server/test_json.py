"""JSON comes back as it was given, and what is not JSON is refused."""

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

ODD: dict[str, Any] = {
    "z": 1,
    "a": {"second": 2, "first": 1, "": "empty key"},
    "integers": [0, -1, 9007199254740993, 2**70, -(2**70), 10**4000],
    "floats": [1.0, -0.0, 1e-7, 0.1, 1.5e300, 5e-324, 1e22, 123456789.123456789],
    "text": ["", "é", "e\u0301", "\0", '\x7f\x1f\n\t"\\/', "🐕", "\u2028", "\ufeff", "<script>", "%d %s {}"],
    "scalars": [True, False, None],
    "empty": [{}, [], [[]], {"a": {}}],
    "custom": {"segmentation": [[1, 2.5], {"x": None}]},
}


def same(left: Any, right: Any) -> bool:
    """Compare with key order and with the types of numbers."""
    return json.dumps(left) == json.dumps(right)


def test_everything_comes_back(api: "Api") -> None:
    dataset = api.create_dataset(ODD)
    assert same(dataset["props"], ODD)
    source = [{"data_uri": "x\0y", **ODD}, {"more": ODD, "data_uri": "2"}]
    item = api.ok("POST", api.items_path(dataset), json={"attributes": ODD, "source_data": source})
    assert same(item["attributes"], ODD)
    assert same(item["source_data"], source)
    assert same(api.ok("GET", api.item_path(item)), item)
    assert same(api.ok("GET", api.items_path(dataset))["items"], [item])
    changed = {"b": ODD, **ODD}
    assert same(api.ok("PUT", api.item_path(item), json={"attributes": changed})["attributes"], changed)
    (updated,) = api.ok("PUT", api.items_path(dataset), json=[{"dataset_item_id": 0, "attributes": ODD}])
    assert same(updated["attributes"], ODD)
    assert same(api.ok("DELETE", api.item_path(item)), updated)
    assert same(api.ok("GET", api.datasets_path), [dataset])
    assert same(api.ok("DELETE", api.dataset_path(dataset)), dataset)


def test_escapes_and_spaces_do_not_matter(api: "Api") -> None:
    dataset = api.create_dataset()
    body = b' { "source_data" :\r\n[ {"data_uri":"\\u00e9\\ud83d\\udc15\\u0000"} ],\t"attributes":{"a" : [1 , 2E2]}} '
    item = api.ok("POST", api.items_path(dataset), content=body, headers={"Content-Type": "application/json"})
    assert item["source_data"] == [{"data_uri": "é🐕\0"}]
    assert same(item["attributes"], {"a": [1, 200.0]})


def test_of_a_key_given_twice_the_last_counts(api: "Api") -> None:
    body = b'{"name":"first","name":"last","type":"custom","props":{"a":1,"a":2}}'
    dataset = api.ok("POST", api.datasets_path, content=body, headers={"Content-Type": "application/json"})
    assert (dataset["name"], dataset["props"]) == ("last", {"a": 2})


def test_unknown_properties_of_a_request_are_ignored(api: "Api") -> None:
    body = {"name": "n", "type": "custom", "props": {}, "dataset_id": "1", "more": [1]}
    assert set(api.ok("POST", api.datasets_path, json=body)) == set(api.create_dataset())


DEEP = 10_000


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "body: missing"),
        (b" ", "body: not valid JSON"),
        (b"{", "body: not valid JSON"),
        (b'{"a":1,}', "body: not valid JSON"),
        (b"{'a':1}", "body: not valid JSON"),
        (b'{"a":1} {}', "body: not valid JSON"),
        (b'{"a":"\n"}', "body: not valid JSON"),
        (b'{"a":"\0"}', "body: not valid JSON"),
        (b'{"a":01}', "body: not valid JSON"),
        (b'{"a":NaN}', "body: NaN is not JSON"),
        (b'{"a":Infinity}', "body: Infinity is not JSON"),
        (b'{"a":-Infinity}', "body: -Infinity is not JSON"),
        (b'{"a":1e400}', "body: a number is too large"),
        (b'{"a":-1e400}', "body: a number is too large"),
        (b'{"a":' + b"1" * 5000 + b"}", "body: an integer has too many digits"),
        (b'{"a":"\xff"}', "body: not UTF-8 at byte 6"),
        (b'{"a":"\xed\xa0\x80"}', "body: not UTF-8"),
        (b'\xef\xbb\xbf{"a":1}', "body: not valid JSON"),
        ('{"a":1}'.encode("utf-16"), "body: not UTF-8"),
        (b'{"a":"\\ud800"}', "body: holds an unpaired surrogate"),
        (b'{"\\udc00":1}', "body: holds an unpaired surrogate"),
        (b"[" * DEEP + b"]" * DEEP, "body: nested too deeply"),
        (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "body: nested too deeply"),
        (
            b'{"source_data":[{"data_uri":"x"}],"attributes":' + b"[" * DEEP + b"]" * DEEP + b"}",
            "body: nested too deeply",
        ),
        (b"\0", "body: not valid JSON"),
    ],
)
def test_what_is_not_json_is_refused(api: "Api", value: bytes, reason: str) -> None:
    item = api.create_item(api.create_dataset())
    headers = {"Content-Type": "application/json"}
    for method, path in (
        ("POST", api.datasets_path),
        ("POST", api.items_path(item)),
        ("PUT", api.items_path(item)),
        ("PUT", api.item_path(item)),
    ):
        assert api.refused(400, method, path, content=value, headers=headers).startswith(reason)
    assert api.ok("GET", api.items_path(item))["items"] == [item]


@pytest.mark.parametrize(("depth", "status"), [(400, 201), (498, 201), (499, 400), (900, 400), (960, 400), (1000, 400)])
def test_the_limit_of_depth(api: "Api", depth: int, status: int) -> None:
    dataset = api.create_dataset()
    headers = {"Content-Type": "application/json"}
    lists = b"[" * depth + b"]" * depth
    flat = b'["]}\\"[{", {}, "' + b"[{\\\\" * 600 + b'"]'
    body = b'{"source_data":[{"data_uri":"\\u0041"}],"attributes":{"flat":%b,"a":%b}}' % (flat, lists)
    answer = api.request("POST", api.items_path(dataset), content=body, headers=headers)
    assert answer.status_code == status
    if status == 201:
        assert api.ok("GET", api.items_path(dataset))["items"] == [answer.json()]
    for invalid in (b'{"source_data":%b}' % lists, lists, b'{"source_data":[%b]}' % lists):
        api.refused(400, "POST", api.items_path(dataset), content=invalid, headers=headers)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json ;x=y",
    ],
)
def test_media_types_that_are_taken(api: "Api", media_type: str) -> None:
    content = b'{"name":"n","type":"custom","props":{}}'
    api.ok("POST", api.datasets_path, content=content, headers={"Content-Type": media_type})


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Content-Type", "text/plain")],
        [("Content-Type", "application/jsonp")],
        [("Content-Type", "application/x-www-form-urlencoded")],
        [("Content-Type", "")],
        [("Content-Type", "application/json"), ("Content-Type", "application/json")],
        [("Content-Type", "text/html; application/json")],
    ],
)
def test_media_types_that_are_refused(api: "Api", headers: list[tuple[str, str]]) -> None:
    content = b'{"name":"n","type":"custom","props":{}}'
    assert api.refused(400, "POST", api.datasets_path, content=content, headers=headers).startswith("Content-Type: ")


def test_a_body_where_none_is_documented_is_ignored(api: "Api") -> None:
    dataset = api.create_dataset()
    headers = {"Content-Type": "text/plain"}
    assert api.ok("GET", api.dataset_path(dataset), content=b"\xff", headers=headers)["name"] == dataset["name"]
    assert api.ok("DELETE", api.dataset_path(dataset), content=b"\xff", headers=headers) == dataset
