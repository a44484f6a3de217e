"""What is not compared: each wrong document is told of in one line that names the place, and nothing is fetched."""

import json
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest

from abeja_datasets_contract.diff import DocumentError, compare, load, parse

PLACE = r"#/paths/~1x/get/responses/200/content/application~1json/schema"


def document(reference: str = "#/components/schemas/R", version: str = "3.1.0", more: str = "") -> str:
    return f"""openapi: {version}
info: {{title: t, version: "1"}}
paths:
  /x:
    get:
      operationId: x
      responses:
        200:
          description: d
          content:
            application/json:
              schema:
                $ref: '{reference}'
components:
  schemas:
    R: {{type: object, properties: {{next: {{$ref: '#/components/schemas/R'}}}}}}
{more}"""


def refusal(text: str, name: str = "new.yaml") -> str:
    with pytest.raises(DocumentError) as caught:
        parse(text, name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("openapi: 3.1.0\ninfo: [a\n  b: c\n", "new.yaml", "new.yaml, line 3, column 4: broken YAML"),
        ('{"openapi": "3.1.0",\n "paths": {,}}', "new.json", "new.json, line 2, column 12: broken JSON"),
        (
            '{"openapi": "3.1.0",\n "x": ' + "9" * 5000 + "}",
            "new.json",
            "new.json, line 2: the number 99999999999999999999… has 5,000 digits; at most 1,000",
        ),
        ("openapi: 3.1.0\nx: \x00", "new.yaml", "new.yaml, line 2: broken YAML: "),
        ("x: !!float y", "new.yaml", "new.yaml, line 1: 'y' is not a value of the tag 'float'"),
        ("openapi: 3.1.0\nx: {a: 1, a: 2}", "new.yaml", "new.yaml, line 2: the key 'a' appears twice in one mapping"),
        ("openapi: 3.1.0\n[1]: 2", "new.yaml", "new.yaml, line 2: a key that is not text"),
        ("openapi: 3.1.0\nx: &a [*a]", "new.yaml", "new.yaml, line 2: an alias inside itself"),
        ("x: !!python/object:os.system {}", "new.yaml", "new.yaml, line 1"),
        (" \n", "new.yaml", "new.yaml: empty"),
        ("# words alone", "new.yaml", "new.yaml: not an OpenAPI document: its top is not a mapping"),
        ("- a", "new.yaml", "new.yaml: not an OpenAPI document: its top is not a mapping"),
        ("[]", "new.json", "new.json: not an OpenAPI document: its top is not a mapping"),
        ("<html>\n<body>x</body>", "page.html", "page.html: not an OpenAPI document"),
        ("info: {}\nswagger: '2.0'\n", "new.yaml", "new.yaml, line 2, #/swagger: Swagger 2.0 is not read"),
        ('{\n"info": {},\n"swagger": "2.0"}', "-", "-, line 3, #/swagger: Swagger 2.0 is not read"),
        ("info: {}", "new.yaml", "no `openapi` at its top"),
        ("openapi: 3.1", "new.yaml", "new.yaml, line 1, #/openapi: not an OpenAPI 3.0, 3.1 or 3.2 document"),
        (document(version="4.0.0"), "new.yaml", "(openapi: '4.0.0')"),
    ],
)
def test_what_is_no_openapi_3_document_is_refused(text: str, name: str, says: str) -> None:
    assert says in refusal(text, name)


@pytest.mark.parametrize("depth", [150, 300, 100_000])
@pytest.mark.parametrize("before", ["openapi: 3.1.0\nx: ", '{"openapi": "3.1.0",\n"x": '])
def test_what_is_nested_too_deeply_is_refused(before: str, depth: int) -> None:
    text = before + "[" * depth + "]" * depth + ("}" if before[0] == "{" else "")
    if depth > 200:
        assert "nested too deeply" in refusal(text, "new")
    else:
        assert parse(text, "new").data["x"]


def test_aliases_that_stand_for_billions_are_refused_at_once() -> None:
    lines = ["openapi: 3.1.0", f"a0: &a0 [{','.join('x' * 10)}]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert refusal("\n".join(lines)) == "new.yaml, line 7: the aliases up to here stand for more than 1,000,000 values"


@pytest.mark.parametrize(
    ("reference", "more", "says"),
    [
        ("#/components/schemas/Nope", "", f"new.yaml, line 13, {PLACE}/$ref: the reference"),
        ("#/components/schemas/Nope", "", "leads nowhere"),
        ("#/components/schemas/R/properties/next/items/0", "", "leads nowhere"),
        ("#anchor", "", "leads to an anchor that no schema has"),
        ("other.yaml#/A", "", "'other.yaml#/A' leads to another file, and the document has no folder"),
        ("https://a.invalid/s.yaml", "", "'https://a.invalid/s.yaml' leads out of the document; nothing is fetched"),
        ("file:///etc/hosts", "", "nothing is fetched"),
        (
            "#/components/schemas/A",
            "    A: {$ref: '#/components/schemas/A'}",
            "line 17, #/components/schemas/A: a",
        ),
        (
            "#/components/schemas/A",
            "    A: {$ref: '#/components/schemas/B'}\n    B: {anyOf: [{$ref: '#/components/schemas/A'}]}",
            "a circle of references that no value can leave",
        ),
        ("#/components/schemas/A", "    A: {not: {$ref: '#/components/schemas/A'}}", "a circle of references"),
    ],
)
def test_a_reference_that_can_not_be_followed_is_refused(
    reference: str, more: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> NoReturn:
        pytest.fail("something was fetched")

    monkeypatch.setattr(socket, "socket", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    assert says in refusal(document(reference, more=more))


def test_what_only_looks_like_a_reference_is_none() -> None:
    more = "    A: {example: {$ref: nowhere}, properties: {$ref: {type: string}}, x-more: {$ref: nowhere}}"
    assert parse(document(more=more), "new.yaml").data["components"]["schemas"]["A"]


def test_a_reference_may_be_percent_encoded() -> None:
    text = document("#/components/schemas/A%20b", more="    A b: {type: string}")
    assert compare(parse(text, "old"), parse(text, "new")).verdict == "no change"


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (("  /x:\n", "  /x: 5\n  /y:\n"), "#/paths/~1x: not a valid OpenAPI document: a mapping is expected here"),
        (("operationId: x", "operationId: [x]"), "operationId: not a valid OpenAPI document: text is expected here"),
        (("operationId: x", "tags: x"), "tags: not a valid OpenAPI document: a list is expected here"),
        (("operationId: x", "parameters: [5]"), "parameters/0: not a valid OpenAPI document: a mapping is"),
        (("operationId: x", "requestBody: {required: 'yes', content: {}}"), "true or false is expected here"),
        (("type: object, ", "type: 5, "), "schemas/R/type: not a valid OpenAPI document: text is expected here"),
        (("type: object, ", "type: [object, 5], "), "R/type/1: not a valid OpenAPI document: text is expected here"),
        (("type: object, ", "maxProperties: x, "), "a number is expected here"),
        (("type: object, ", "enum: x, "), "enum: not a valid OpenAPI document: a list is expected here"),
        (("type: object, ", "allOf: {}, "), "allOf: not a valid OpenAPI document: a list is expected here"),
        (("operationId: x", "security: [{a: b}]"), "security/0/a: not a valid OpenAPI document: a list is expected"),
    ],
)
def test_what_stands_where_something_else_is_expected_is_refused(edit: tuple[str, str], says: str) -> None:
    text = document().replace(*edit)
    assert text != document()
    assert says in refusal(text)


def test_extensions_and_true_and_false_stand_anywhere() -> None:
    text = document(more="    A: true\n    x-b: {type: object}").replace("paths:\n", "paths:\n  x-note: 5\n")
    assert parse(text, "new").data["paths"]["x-note"] == 5


def test_3_0_and_3_1_say_the_same_in_their_own_ways() -> None:
    old = document(version="3.0.3", more="    A: {type: integer, nullable: true, minimum: 1, exclusiveMinimum: true}")
    new = document(version="3.1.1", more="    A: {type: [integer, 'null'], exclusiveMinimum: 1}")
    old, new = (text.replace("next: {$ref: '#/components/schemas/R'}", "a: {$ref: '#/components/schemas/A'}")
                for text in (old, new))  # fmt: skip
    report = compare(parse(old, "old"), parse(new, "new"))
    assert [(f.severity, f.sentence) for f in report.findings] == [
        ("docs", "the document is now written in OpenAPI 3.1.1, no longer 3.0.3")
    ]
    narrower = compare(parse(old, "old"), parse(new.replace("[integer, 'null']", "integer"), "new"))
    assert narrower.verdict == "compatible"
    assert compare(parse(new.replace("[integer, 'null']", "integer"), "new"), parse(old, "old")).verdict == "breaking"


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (
            ("operationId: x", "operationId: x\n      callbacks: {c: {$ref: '#/components/callbacks/C'}}"),
            "the description of response 200 to the callback c of x",
        ),
        (
            ("paths:", "webhooks: {w: {$ref: '#/components/pathItems/P'}}\npaths:"),
            "the description of response 200 to the webhook w",
        ),
        (
            ("description: d", "description: d\n          links: {l: {$ref: '#/components/links/L'}}"),
            "the links of response",
        ),
    ],
)
def test_what_is_not_compared_is_reported_also_where_it_changes_behind_a_reference(
    edit: tuple[str, str], says: str
) -> None:
    more = """  callbacks: {C: {'{$url}': {$ref: '#/components/pathItems/P'}}}
  pathItems: {P: {post: {responses: {'200': {description: %s}}}}}
  links: {L: {operationRef: y, description: %s}}
"""
    one, other = (parse(document(more=more % (word, word)).replace(*edit), "x") for word in ("a", "b"))
    assert compare(one, one).findings == []
    assert [each.sentence for each in compare(one, other).findings if each.sentence.startswith(says)] != []


def test_a_file_is_read_by_its_path_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a:b.yaml").write_text("\ufeff" + document(), encoding="utf-8")
    assert load("a:b.yaml", folder=tmp_path).line("#/paths/~1x/get/operationId") == 6


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.yaml", b"x: 1\ny: \xff\xfe\x00", "a.yaml, line 2: not UTF-8 text"),
        ("a.yaml", None, "a.yaml: No such file or directory"),
        (".", None, ".: Is a directory"),
        ("HEAD:a.yaml", None, "HEAD:a.yaml: no such file, and"),
        (":a.yaml", None, ":a.yaml: neither a file nor REV:path of git"),
        ("--output=x:a.yaml", None, "neither a file nor REV:path of git"),
    ],
)
def test_what_is_no_readable_file_is_told(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        load(name, folder=tmp_path)
    assert says in str(caught.value)


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not by its mode: the tests may run as root, who reads all.
    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DocumentError, match=r"^a\.yaml: Permission denied$"):
        load("a.yaml", folder=tmp_path)


def test_a_machine_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DocumentError, match="git: No such file"):
        load("HEAD:openapi.yaml", folder=tmp_path)


def large(megabytes: int, limit: int) -> dict[str, Any]:
    schemas: dict[str, Any] = {"R": {"properties": {"a": {"type": "string", "maxLength": limit}}}}
    words = "a word or two " * 5000
    for number in range(megabytes * 1024 * 1024 // len(words)):
        schemas[f"S{number}"] = {"description": words}
    return {**json.loads(json.dumps(parse(document(), "x").data)), "components": {"schemas": schemas}}


def test_a_document_of_20_megabytes_is_compared(tmp_path: Path) -> None:
    for name, limit in (("old.json", 3), ("new.json", 4)):
        (tmp_path / name).write_text(json.dumps(large(20, limit), indent=1))
        assert (tmp_path / name).stat().st_size > 19_500_000
    report = compare(load("old.json", folder=tmp_path), load("new.json", folder=tmp_path))
    (finding,) = report.findings
    assert finding.sentence == "`R.a` in responses: `maxLength` changed from 3 to 4"
    assert finding.counterexample is not None
    assert finding.counterexample.value == {"a": "text"}


def test_a_document_over_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(json.dumps(large(2, 3)))
    with pytest.raises(DocumentError, match=r"^new\.json: over the limit of 1 MB, so it is not read; "):
        load("new.json", folder=tmp_path, max_bytes=1_000_000)


def test_the_lines_of_json_are_those_of_its_text() -> None:
    text = '{"openapi": "3.1.0",\n "paths": {\n  "/a\\"b~": {\n   "get": {"tags": [\n "a",\n "b"], "responses": {}}}}}'
    read = parse(text, "x.json")
    assert read.data == json.loads(text)
    places = {"#/paths": 2, '#/paths/~1a"b~0': 3, '#/paths/~1a"b~0/get': 4, '#/paths/~1a"b~0/get/tags/1': 6}
    assert {place: read.line(place) for place in places} == places
    assert read.line('#/paths/~1a"b~0/get/responses/none') == 6
