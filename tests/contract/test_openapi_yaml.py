"""YAML and JSON as people write them: what is read, as what, on which line, and what is refused by name."""

import json
import random
from typing import Any

import pytest
from tests.sampling import every

from abeja_datasets_contract.diff import Document, DocumentError, compare, load, parse
from abeja_datasets_contract.openapi.texts.json_text import JsonText
from abeja_datasets_contract.openapi.texts.yaml_text import YamlText

HEAD = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n"


def value(text: str) -> Any:
    return YamlText(f"x: {text}", "x.yaml").data["x"]


def refusal(text: str, name: str = "x.yaml") -> str:
    with pytest.raises(DocumentError) as caught:
        parse(text, name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


SCALARS: list[tuple[str, Any]] = [
    ("on", "on"), ("off", "off"), ("yes", "yes"), ("No", "No"), ("y", "y"), ("'true'", "true"), ("true", True),
    ("False", False), ("NULL", None), ("~", None), ("", None), ("''", ""), ('"~"', "~"), ("2018-05-20", "2018-05-20"),
    ("2018-05-20T13:51:16Z", "2018-05-20T13:51:16Z"), ("12:30:45", "12:30:45"), ("1_000", "1_000"), ("017", 17),
    ("0o17", 15), ("0x1F", 31), ("-5", -5), ("+5", 5), ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5), ("1.5e-3", 0.0015),
    ("1.0.0", "1.0.0"), ("0.1", 0.1), (".", "."), ("e3", "e3"), ("=", "="), ("!!str 5", "5"),
    ("! 5", "5"), ("!!int '5'", 5), ("!!float 5", 5), ("!!null ''", None), ("!!timestamp 2018-05-20", "2018-05-20"),
    ("!!binary aGk=", "aGk="), ("1e999", 10**999), ("-1e400", -(10**400)), ("1" + "0" * 400, 10**400),
    ("<<", "<<"), ("|\n  a\n  b\n", "a\nb\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SCALARS)
def test_a_scalar_means_what_yaml_1_2_says(text: str, expected: Any) -> None:
    read = value(text)
    assert (read, type(read)) == (expected, type(expected))


@pytest.mark.parametrize("number", ["1e999", "-1e400", "1" + "0" * 400, "1.5", "-0.0", "7", "1e-999"])
def test_json_reads_numbers_as_yaml_does(number: str) -> None:
    read = JsonText(f'{{"x": {number}}}', "x.json").data["x"]
    assert (read, type(read)) == (value(number), type(value(number)))


def test_keys_are_text_as_written() -> None:
    text = "200: a\non: b\nnull: c\n~: d\n1.0: e\n2018-05-20: f\n'': g\n? h\n: i\n0x10: j\n<: k\n'<<': l\n"
    keys = ["200", "on", "null", "~", "1.0", "2018-05-20", "", "h", "0x10", "<", "<<"]
    assert list(YamlText(text, "x").data) == keys


MERGES = [
    ("b: {<<: *a, x: 2}", {"x": 2, "y": [1]}),
    ("b: {x: 2, <<: *a}", {"x": 2, "y": [1]}),
    ("b: {<<: [*a, {x: 3, z: 4}]}", {"x": 1, "y": [1], "z": 4}),
    ("b: {<<: {x: 3}, <<: *a}", {"x": 3, "y": [1]}),
    ("b: {<<: []}", {}),
    ("b: &b {<<: *a, z: 1}\nc: {<<: *b, y: 2}\nd: {<<: *b, <<: {w: 1}}", {"x": 1, "y": [1], "z": 1}),
    ("b: {'<<': 5}", {"<<": 5}),
    ("b: {!!str <<: 5}", {"<<": 5}),
]


@pytest.mark.parametrize(("text", "expected"), MERGES)
def test_merge_keys_are_written_out_and_overridden(text: str, expected: Any) -> None:
    assert YamlText(f"a: &a {{x: 1, y: [1]}}\n{text}\n", "x").data["b"] == expected


def test_each_place_has_the_line_it_is_written_on() -> None:
    text = YamlText(
        "a: &a\n  x: 1\n  y:\n    - 1\n    - {z: 2}\nb:\n  <<: *a\n  x: 3\nc: *a\nd: [*a,\n  *a]\ne: &a [1]\nf: *a\n",
        "x",
    )
    lines = {"a": 1, "a/x": 2, "a/y/1/z": 5, "b": 6, "b/x": 8, "b/y/1/z": 5, "b/y/7": 3, "c": 9, "c/y/0": 4, "d/1": 11,
             "d/1/x": 2, "e/0": 12, "f": 13, "f/0": 12, "nothing": 1}  # fmt: skip
    assert {place: text.line(place.split("/")) for place in lines} == lines
    assert text.data["f"] == [1], "an anchor may be defined again"


def test_aliases_share_nothing() -> None:
    data = YamlText("a: &a {x: [1]}\nb: *a\nc: {<<: *a}\n", "x").data
    data["a"]["x"].append(2)
    assert (data["b"], data["c"]) == ({"x": [1]}, {"x": [1]})


REFUSED = [
    ("a: 1\nb: 2\na: 3", "x.yaml, line 3: the key 'a' appears twice in one mapping; the first is on line 1"),
    ("{a: 1,\n b: {c: 1,\n  c: 2}}", "x.yaml, line 3: the key 'c' appears twice"),
    ("200: 1\n'200': 3", "x.yaml, line 2: the key '200' appears twice"),
    ("a: &a {x: 1}\nb: {<<: *a, y: 1,\n  y: 2}", "x.yaml, line 3: the key 'y' appears twice"),
    ("a: 1\nb: {<<: 5}", "x.yaml, line 2: a merge key (<<) names a mapping, or a list of mappings"),
    ("a: &a 5\nb: {<<: [{}, *a]}", "x.yaml, line 2: a merge key (<<) names"),
    ("a: &a {<<: *a}", "x.yaml, line 1: an alias inside itself"),
    ("a: &a\n  - b: {c: *a}", "x.yaml, line 2: an alias inside itself"),
    ("a: *b", "x.yaml, line 1: the alias *b has no anchor before it"),
    ("a: &a [1]\nb: {*a : 1}", "x.yaml, line 2: a key that is not text"),
    ("a: 1\n? [b]\n: 1", "x.yaml, line 2: a key that is not text"),
    (HEAD + "---\na: 1", "x.yaml, line 4: a second document begins here (---)"),
    ("a: 1\nb: !include c.yaml", "x.yaml, line 2: the tag '!include' is not read"),
    ("a: 1\nb: !!set {c}", "x.yaml, line 2: the tag 'tag:yaml.org,2002:set' is not read"),
    ("a: !!int x", "x.yaml, line 1: 'x' is not a value of the tag 'int'"),
    ("a: .inf", "x.yaml, line 1: .inf is not a number of JSON"),
    ("a: 1\nb: .NaN", "x.yaml, line 2: .NaN is not a number of JSON"),
    ("a: 1e9999", "x.yaml, line 1: the number 1e9999 is too large"),
    ("a: 1e99999999999999999999999", "x.yaml, line 1: the number 1e99999999999999999999999 is too large"),
    ("a: " + "9" * 5000, "x.yaml, line 1: the number 99999999999999999999… has 5,000 digits"),
    ("a: 0x" + "f" * 5000, "x.yaml, line 1: "),
    ("a:\n\tb: 1", "x.yaml, line 2, column 1: broken YAML: found character that cannot start any token; the"),
    ("a: 'b", "x.yaml, line 1"),
    ("a: \x07", "x.yaml, line 1: broken YAML: "),
    ("é: 1\nb: \x07", "x.yaml, line 2: broken YAML: "),
    ("a: " + "[" * 250 + "]" * 250, "x.yaml, line 1: nested too deeply"),
    ("a: " + "[" * 100_000, "x.yaml, line 1: nested too deeply"),
    ("- " * 100_000, "x.yaml, line 1: nested too deeply"),
    ("\n".join(f"{' ' * n}a:" for n in range(300)), "x.yaml, line 201: nested too deeply"),
    ("a: &a " + "[" * 150 + "]" * 150 + "\nb: " + "[" * 100 + "*a" + "]" * 100, "x.yaml, line 2: nested too deeply"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), REFUSED, ids=range(len(REFUSED)))
def test_yaml_that_is_not_read_is_named_with_its_line(text: str, says: str) -> None:
    assert refusal(text).startswith(says)


JSON_REFUSED = [
    ('{"a": 1,\n "b": {"c": 1,\n "c": 2}}', "x.json, line 3: the key 'c' appears twice in one object; the first is on"),
    ('{"a/b~": 1,\n "a\\/b~": 2}', "x.json, line 2: the key 'a/b~' appears twice"),
    ('{"a": "NaN",\n"b": NaN}', "x.json, line 2: NaN is not a number of JSON"),
    ('{"a": [\n-Infinity]}', "x.json, line 2: -Infinity is not a number of JSON"),
    ('{"a":\n1e99999}', "x.json, line 2: the number 1e99999 is too large"),
    ('{"a": "[[",\n"b": ' + "[" * 250 + "]" * 250 + "}", "x.json, line 2: nested too deeply"),
    ('{"a":\n' + '{"a":' * 100_000, "x.json, line 2: nested too deeply"),
    ("[" * 100_000 + "]" * 100_000, "x.json, line 1: nested too deeply"),
    ('{"a": 1;}', "x.json, line 1, column 8: broken JSON"),
    ('{"a": 1,}', "x.json, line 1, column "),  # of the comma from Python 3.13 on, and before it of what follows
    ("{'a': 1}", "x.json, line 1, column 2: broken JSON"),
    ('{"a": 1} {"b": 2}', "x.json, line 1, column 10: broken JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), JSON_REFUSED, ids=range(len(JSON_REFUSED)))
def test_json_that_is_not_read_is_named_with_its_line(text: str, says: str) -> None:
    assert refusal(text, "x.json").startswith(says)


BOMBS = {
    "lists": [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)],
    "mappings": [f"a{n}: &a{n} {{{','.join(f'k{k}: *a{n - 1}' for k in range(10))}}}" for n in range(1, 30)],
    "merges": [f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 30)],
}


@pytest.mark.parametrize("kind", BOMBS)
def test_aliases_that_stand_for_billions_are_refused_at_once(kind: str) -> None:
    text = "\n".join(["a0: &a0 {a: 1, b: 2, c: 3}", *BOMBS[kind]])
    assert "stand for more than 1,000,000 values" in refusal(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["x.yaml", "x.yml", "x.json", "x"])
def test_any_encoding_with_a_mark_and_any_line_end_is_read(tmp_path: Any, encoding: str, ends: str, name: str) -> None:
    text = json.dumps({"openapi": "3.1.0", "info": {"title": "é"}, "paths": {}}, indent=1, ensure_ascii=False)
    (tmp_path / name).write_bytes(
        (text if "json" in name else HEAD.replace("t,", "é,")).replace("\n", ends).encode(encoding)
    )
    document = load(name, folder=tmp_path)
    assert document.at("#/info/title") == "é"
    assert ends == "\r" or document.line("#/info") == (3 if "json" in name else 2)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (HEAD.encode("utf-16-le"), "x.yaml, line 1: not UTF-8 text: it has NUL characters"),
        (b"\xff\xfea", "x.yaml, line 1: not UTF-16 text"),
        (b"a: 1\nb: \xe9", "x.yaml, line 2: not UTF-8 text"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Any, raw: bytes, says: str) -> None:
    (tmp_path / "x.yaml").write_bytes(raw)
    with pytest.raises(DocumentError) as caught:
        load("x.yaml", folder=tmp_path)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"openapi": "3.1.0",\n\t"info": {}, "paths": {}}', "x.yaml"),
        ("{openapi: 3.1.0, info: {}, paths: {}}", "x"),
        ("{\n  'openapi': 3.1.0, 'info': {}, 'paths': {}}", "x.yaml"),
        ("# c\n---\nopenapi: 3.1.0\npaths: {}\n...\n", "x"),
        ("%YAML 1.2\n---\nopenapi: 3.1.0\n", "x.yaml"),
    ],
)
def test_json_in_a_yaml_file_and_yaml_without_a_name_are_read(text: str, name: str) -> None:
    assert parse(text, name).data["openapi"] == "3.1.0"


def test_names_and_aliases_are_no_change() -> None:
    operation = (
        "{operationId: %s, responses: {200: {description: d, content: {application/json: {schema: {type: integer}}}}}}"
    )
    plain = HEAD.replace("{}\n", f"\n  /x: {{get: {operation % 'a'}}}\n  /y: {{get: {operation % 'b'}}}\n")
    merged = HEAD.replace("{}\n", f"\n  /x: {{get: &g {operation % 'a'}}}\n  /y: {{get: {{<<: *g, operationId: b}}}}\n")
    assert compare(parse(plain, "old"), parse(merged, "new")).findings == []
    narrower = parse(merged.replace("integer", "string"), "new")
    (broken,) = [one for one in compare(parse(merged, "old"), narrower).findings if one.severity == "breaking"][:1]
    assert set(broken.operations) <= {"a", "b"}
    assert compare(parse(plain, "old"), narrower).verdict == "breaking"


def random_data(source: random.Random, depth: int = 0) -> Any:
    kind = source.randrange(7 if depth < 4 else 4)
    if kind < 4:
        return source.choice(["", "on", "5", "~", "a: b", "é\n", " x", "#", "<<", 5, -1, 1.5, True, None, "2018-05-20"])
    if kind == 4:
        return [random_data(source, depth + 1) for _ in range(source.randrange(4))]
    names = source.sample(["a", "b/c", "d~", "200", "on", "", "<<", "é", "~"], source.randrange(5))
    return {name: random_data(source, depth + 1) for name in names}


@pytest.mark.parametrize("seed", every(10, range(100)))
def test_json_and_yaml_of_any_data_are_read_alike(seed: int) -> None:
    source = random.Random(seed)
    data = {f"k{number}": random_data(source) for number in range(10)}
    text = json.dumps(data, indent=1)
    as_yaml, as_json = YamlText(text, "x"), JsonText(text, "x")
    assert as_yaml.data == as_json.data == data
    for line in ([key] for key in data):
        assert as_yaml.line(line) == as_json.line(line)


def test_a_document_without_text_has_no_lines() -> None:
    assert Document("x", {"openapi": "3.1.0"}).where("#/openapi") == "x, #/openapi"
