"""Documents divided into several files: what is read from beside the document, and what is refused by name."""

import os
import socket
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

from abeja_datasets_contract.diff import Document, DocumentError, compare, load, parse
from abeja_datasets_contract.openapi.operations import operations

WHOLE = """openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /pets/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
    get:
      operationId: get_pet
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {name: {type: string, maxLength: 9}, mother: {$ref: '#/components/schemas/Pet'}}
"""
MAIN = """openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /pets/{id}:
    $ref: paths/pet.yaml
components:
  schemas:
    Pet: {$ref: ./schemas/pet%20kind.json}
"""
PATH = """parameters:
  - $ref: '../common.yaml#/parameters/a~1b%25'
get:
  operationId: get_pet
  responses:
    '200': {$ref: '#/x-parts/ok'}
x-parts:
  ok:
    description: d
    content: {application/json: {schema: {$ref: '../schemas/pet%20kind.json'}}}
"""
COMMON = "parameters:\n  a/b%: {name: id, in: path, required: true, schema: {type: integer}}\n"
PET = """{"type": "object", "required": ["name"],
 "properties": {"name": {"$ref": "#name"},
  "mother": {"$ref": "../openapi.yaml#/components/schemas/Pet"}},
 "$defs": {"n": {"$anchor": "name", "type": "string",
  "maxLength": 9}}}
"""
DIVIDED = {"openapi.yaml": MAIN, "paths/pet.yaml": PATH, "common.yaml": COMMON, "schemas/pet kind.json": PET}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path, main: str, files: dict[str, str] | None = None, **options: Any) -> str:
    write(folder, {"openapi.yaml": main, **(files or {})})
    with pytest.raises(DocumentError) as caught:
        load("openapi.yaml", folder=folder, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        pytest.fail("something was fetched")

    monkeypatch.setattr(socket, "socket", fail)
    monkeypatch.setattr(socket, "getaddrinfo", fail)


def test_a_divided_document_says_the_same_as_the_whole_one(tmp_path: Path) -> None:
    write(tmp_path, DIVIDED)
    whole, divided = parse(WHOLE, "whole.yaml"), load("openapi.yaml", folder=tmp_path)
    for one, other in ((whole, divided), (divided, whole), (divided, divided)):
        assert compare(one, other).findings == []
    assert divided.data["paths"]["/pets/{id}"] == {"$ref": "#/x-abeja-datasets-files/paths~1pet.yaml"}


@pytest.mark.parametrize(
    ("file", "edit", "verdict"),
    [
        ("schemas/pet kind.json", ("9", "10"), "breaking"),
        ("schemas/pet kind.json", ("9", "8"), "compatible"),
        ("common.yaml", ("type: integer", "type: integer, maximum: 5"), "breaking"),
        ("paths/pet.yaml", ("ok:\n", "ok:\n    headers: {X: {schema: {type: integer}}}\n"), "compatible"),
        ("paths/pet.yaml", ("get:", "put:"), "breaking"),
    ],
)
def test_a_change_in_a_file_counts(tmp_path: Path, file: str, edit: tuple[str, str], verdict: str) -> None:
    assert edit[0] in DIVIDED[file]
    old = load("openapi.yaml", folder=write(tmp_path / "old", DIVIDED))
    new = load("openapi.yaml", folder=write(tmp_path / "new", {**DIVIDED, file: DIVIDED[file].replace(*edit)}))
    assert compare(old, new).verdict == verdict
    assert compare(parse(WHOLE, "whole.yaml"), new).verdict == verdict


def test_each_place_is_named_by_its_file_and_line(tmp_path: Path) -> None:
    document = load("api/openapi.yaml", folder=write(tmp_path / "api", DIVIDED).parent)
    (operation,) = operations(document).values()
    assert document.where(operation.pointer) == "api/paths/pet.yaml, line 3, #/get"
    (parameter,) = operation.parameters.values()
    assert document.where(parameter.pointer) == "api/common.yaml, line 2, #/parameters/a~1b%"
    assert document.written(f"{parameter.pointer}/schema").reference == "common.yaml#/parameters/a~1b%/schema"
    pet = document.follow("#/components/schemas/Pet")
    name = document.follow(f"{pet}/properties/name")
    assert document.where(f"{name}/maxLength") == "api/schemas/pet kind.json, line 5, #/$defs/n/maxLength"
    assert document.where("#/paths") == "api/openapi.yaml, line 3, #/paths"


LOCAL = [
    ("schema: {$ref: '#/components/schemas/A'}", "components: {schemas: {A: {type: integer}}}"),
    ("schema: {$ref: '#a'}", "components: {schemas: {A: {$anchor: a, type: integer}}}"),
    ("schema: {$ref: '#a'}", "components: {schemas: {A: {$dynamicAnchor: a, type: integer}}}"),
    ("schema: {$ref: '#%61'}", "components: {schemas: {B: {allOf: [{$anchor: a, type: integer}]}}}"),
    ("schema: {$ref: '#/components/schemas/A%20b~1c'}", "components: {schemas: {A b/c: {type: integer}}}"),
    ("schema: {$ref: T}", "components: {schemas: {A: {$id: T, type: integer}}}"),
    ("schema: {$ref: 'https://a.invalid/t'}",
     "components: {schemas: {A: {$id: 'https://a.invalid/t', type: integer}}}"),
    ("schema: {$ref: 'https://a.invalid/t#/$defs/i'}",
     "components: {schemas: {A: {$id: 'https://a.invalid/t', $defs: {i: {type: integer}}}}}"),
    ("schema: {$ref: '#/components/schemas/A'}",
     "components: {schemas: {A: {$id: t, $ref: '#/$defs/i', $defs: {i: {type: integer}}}}}"),
    ("schema: {$ref: '#/components/schemas/A/properties/p'}",
     "components: {schemas: {A: {$ref: '#/components/schemas/B'}, B: {properties: {p: {type: integer}}}}}"),
    ("schema: {$ref: 'openapi.yaml#/components/schemas/A'}", "components: {schemas: {A: {type: integer}}}"),
    ("schema: {$ref: '#/components/schemas/A'}",
     "components: {schemas: {$ref: '#/x-schemas'}}\nx-schemas: {A: {type: integer}}"),
    ("schema: {$ref: '#/components/schemas/A'}",
     "components: {$ref: '#/x-c'}\nx-c: {schemas: {A: {$ref: '#/x-i'}}}\nx-i: {type: integer}"),
    ("$ref: '#/x-media'", "x-media: {schema: {$ref: '#/x-i'}}\nx-i: {type: integer}"),
    ("schema: {$ref: s.yaml#/A}", ""),
    ("schema: {$ref: ./s.yaml#/A}", ""),
    ("schema: {$ref: sub/../s.yaml#/A}", ""),
    ("schema: {$ref: s.yaml#n}", ""),
    ("schema: {$ref: s.yaml#/examples/value}", ""),
    ("schema: {$ref: whole.json}", ""),
    ("$ref: media.yaml", ""),
]  # fmt: skip
BESIDE = {
    "s.yaml": "A: {$ref: '#/B'}\nB: {$anchor: n, type: integer}\nexamples: {value: {$ref: '#/B'}}\n"
    "unused: {$ref: nowhere.yaml}\n",
    "whole.json": '{"type": "integer"}',
    "media.yaml": "schema: {$ref: 'whole.json'}",
}
PLAIN = """openapi: 3.1.0
info: {title: t, version: '1'}
paths: {/x: {get: {operationId: x, responses: {'200': {description: d, content: {application/json: {%s}}}}}}}
%s
"""


@pytest.mark.parametrize(("media", "more"), LOCAL)
def test_a_reference_is_followed_to_what_it_names(tmp_path: Path, media: str, more: str) -> None:
    write(tmp_path, {"openapi.yaml": PLAIN % (media, more), **BESIDE})
    read = load("openapi.yaml", folder=tmp_path)
    for kind, verdict in (("integer", "no change"), ("number", "compatible"), ("string", "breaking")):
        found = [one for one in compare(parse(PLAIN % (f"schema: {{type: {kind}}}", ""), "x"), read).findings
                 if one.severity in ("breaking", "undecided")]  # fmt: skip
        assert bool(found) == (verdict == "breaking"), (kind, found)


REFUSED = [
    ("https://a.invalid/s.yaml#/A", "leads out of the document; nothing is fetched"),
    ("//a.invalid/s.yaml", "leads out of the document; nothing is fetched"),
    ("file:///etc/hosts", "leads out of the document; nothing is fetched"),
    ("urn:example:a", "leads out of the document; nothing is fetched"),
    ("C:/s.yaml", "leads out of the document; nothing is fetched"),
    ("/etc/hosts", "leads to an absolute path; write one relative to the document"),
    ("../outside.yaml#/A", "leads out of the folder"),
    ("%2e%2e/outside.yaml#/A", "leads out of the folder"),
    ("sub/../../outside.yaml", "leads out of the folder"),
    ("missing.yaml", "leads to a file that is not read: missing.yaml: no such file"),
    ("sub", "leads to a file that is not read: sub: not a file"),
    ("pipe.yaml", "leads to a file that is not read: pipe.yaml: not a file"),
    ("link.yaml", "leads to a file that is not read: link.yaml: a link that leads out of "),
    ("a%00b.yaml", "leads to a file that is not read: a\\x00b.yaml: "),
    ("s.yaml#/Nope", "leads nowhere"),
    ("s.yaml#/A/0", "leads nowhere"),
    ("s.yaml#nope", "leads to an anchor that no schema has"),
    ("#nope", "leads to an anchor that no schema has"),
    ("#/paths/~1x/get/nope", "leads nowhere"),
    ("twice.yaml#n", "leads to an anchor that is at 2 places"),
    ("broken.yaml#/A", "broken.yaml, line 2, column 4: broken YAML"),
    ("words.md", "words.md, line "),
    ("s.yaml#/Around", "s.yaml, line 5, #/Around: a circle of references"),
    ("s.yaml#/Loop/x", "leads nowhere"),
    ("s.yaml#/Spiral/x", "the reference 's.yaml#/Spiral/x' leads around in a circle"),
    ("s.yaml#/Out", "s.yaml, line 6, #/Out/$ref: the reference '../outside.yaml' leads out of the folder"),
    ("s.yaml#/Wrong", "s.yaml, line 8, #/Wrong/type: not a valid OpenAPI document: text is expected here, not 5"),
]  # fmt: skip


@pytest.mark.parametrize(("reference", "says"), REFUSED)
def test_a_reference_that_is_not_followed_is_named(tmp_path: Path, reference: str, says: str) -> None:
    (tmp_path / "api/sub").mkdir(parents=True)
    os.mkfifo(tmp_path / "api/pipe.yaml")
    (tmp_path / "api/link.yaml").symlink_to(write(tmp_path, {"outside.yaml": "A: {type: integer}"}) / "outside.yaml")
    beside = {
        **BESIDE, "twice.yaml": "a: {$anchor: n}\nb: {$anchor: n}",
        "broken.yaml": "a: 1\n  b: 2", "words.md": "# W\n- [a](b",
        "s.yaml": BESIDE["s.yaml"] + "Around: {$ref: '#/Around'}\nOut: {$ref: ../outside.yaml}\n"
                  "Loop: {$ref: '#/Loop'}\nWrong: {type: 5}\n"
                  "Spiral: {$ref: '#/Spiral/x'}\n",
    }  # fmt: skip
    said = refusal(tmp_path / "api", PLAIN % (f"schema: {{$ref: '{reference}'}}", ""), beside)
    assert says.replace("\\x00", "\0") in said
    assert said.startswith(
        ("openapi.yaml, line 3, #/paths/~1x/get/responses/200/", "s.yaml", "broken.yaml", "words.md")
    )


def test_root_names_the_folder_that_holds_all_files(tmp_path: Path) -> None:
    text = PLAIN % ("schema: {$ref: '../shared/s.yaml#/A'}", "")
    assert "name a folder that holds both with --root" in refusal(
        tmp_path / "api", text, {"../shared/s.yaml": BESIDE["s.yaml"]}
    )
    document = load("api/openapi.yaml", folder=tmp_path, root=tmp_path)
    assert document.where("#/x-abeja-datasets-files/..~1shared~1s.yaml/A") == "shared/s.yaml, line 1, #/A"
    assert "leads out of the folder" in refusal(tmp_path / "api", text, root=tmp_path / "api")
    assert "outside of the root" in refusal(tmp_path / "api", text, root=tmp_path / "shared")


def test_standard_input_has_files_where_a_root_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, BESIDE)
    text = PLAIN % ("schema: {$ref: s.yaml#/A}", "")
    for root in (None, tmp_path):
        with (write(tmp_path, {"in": text}) / "in").open(encoding="utf-8") as file:
            monkeypatch.setattr("sys.stdin", file)
            if root:
                assert load("-", folder=tmp_path, root=root).data["x-abeja-datasets-files"].keys() == {"s.yaml"}
            else:
                with pytest.raises(DocumentError, match="the document has no folder; name one with --root"):
                    load("-", folder=tmp_path)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    write(tmp_path / "api", DIVIDED)
    write(
        tmp_path / "api",
        {"up.yaml": PLAIN % ("schema: {$ref: ../shared/s.yaml#/A}", ""), "../shared/s.yaml": BESIDE["s.yaml"]},
    )
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "a"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def test_a_revision_has_the_files_of_that_revision(repository: Path) -> None:
    (repository / "api/schemas/pet kind.json").write_text(PET.replace("9", "10"))
    (repository / "api/common.yaml").unlink()
    old = load("HEAD:api/openapi.yaml", folder=repository)
    assert compare(parse(WHOLE, "whole"), old).findings == []
    assert old.where(old.follow("#/components/schemas/Pet")) == "HEAD:api/schemas/pet kind.json, line 1, #"
    assert "common.yaml: no such file" in refusal(repository / "api", MAIN)
    below = load("HEAD:./openapi.yaml", folder=repository / "api")
    assert compare(old, below).findings == []


def test_a_revision_reads_nothing_outside_of_the_root(repository: Path) -> None:
    with pytest.raises(DocumentError, match="leads out of the folder api; name a folder that holds both with --root"):
        load("HEAD:api/up.yaml", folder=repository)
    assert load("HEAD:api/up.yaml", folder=repository, root=Path()).texts.keys() == {"", "../shared/s.yaml"}
    assert load("HEAD:api/up.yaml", folder=repository / "api", root=repository).texts.keys() == {"", "../shared/s.yaml"}
    with pytest.raises(DocumentError, match="outside of the root"):
        load("HEAD:api/up.yaml", folder=repository, root=repository / "shared")


def test_the_limit_is_of_all_files_together(tmp_path: Path, repository: Path) -> None:
    size = sum(map(len, DIVIDED.values()))
    for source in ("api/openapi.yaml", "HEAD:api/openapi.yaml"):
        assert isinstance(load(source, folder=repository, max_bytes=size), Document)
        for most in (size - 1, len(MAIN)):
            with pytest.raises(DocumentError, match=r"over the limit of .* MB with its other files, so it is not read"):
                load(source, folder=repository, max_bytes=most)
        with pytest.raises(DocumentError, match=r"^[HEAD:]*api/openapi.yaml: over the limit of 0.0001 MB, so"):
            load(source, folder=repository, max_bytes=100)
    assert tmp_path.is_dir()


PATHS = """openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a: %s
  /b: {get: {operationId: b, responses: {'200': {description: d}}}}
components:
  pathItems:
    I:
      parameters: [{name: p, in: query, schema: {type: integer}}, {name: r, in: query, schema: {type: integer}}]
      get: {operationId: a, responses: {'200': {description: d}}}
      put: {operationId: p, responses: {'200': {description: d}}}
"""


@pytest.mark.parametrize(
    ("item", "names", "parameters"),
    [
        ("{$ref: '#/components/pathItems/I'}", {"a", "p", "b"}, {"p": "integer", "r": "integer"}),
        ("{$ref: '#/x-chain'}\nx-chain: {$ref: '#/components/pathItems/I'}",
         {"a", "p"}, {"p": "integer", "r": "integer"}),
        ("{$ref: '#/paths/~1b'}", {"b"}, {}),
        ("{$ref: '#/components/pathItems/I', delete: {operationId: d, responses: {'200': {description: d}}}}",
         {"a", "p", "d", "b"}, {"p": "integer", "r": "integer"}),
        ("{$ref: '#/components/pathItems/I', parameters: [{name: p, in: query, schema: {type: string}}]}",
         {"a", "p", "b"}, {"p": "string", "r": "integer"}),
        ("{$ref: '#/components/pathItems/I', get: {operationId: a, responses: {'200': {description: d}}}}",
         {"a", "p", "b"}, {"p": "integer", "r": "integer"}),
    ],
)  # fmt: skip
def test_the_operations_of_a_path_may_stand_behind_its_reference(
    item: str, names: set[str], parameters: dict[str, str]
) -> None:
    text, _, chain = item.partition("\n")
    document = parse(PATHS % text + chain, "x.yaml")
    found = operations(document)
    assert {each.name for each in found.values()} >= names
    if parameters:
        known = found["get", "/a"].parameters
        assert {name: known["query", name].raw["schema"]["type"] for name in parameters} == parameters
    assert compare(document, parse(PATHS % text + chain, "x.yaml")).findings == []


def test_an_operation_that_stands_twice_is_refused() -> None:
    twice = "{$ref: '#/components/pathItems/I', get: {operationId: z, responses: {'200': {description: d}}}}"
    with pytest.raises(DocumentError) as caught:
        parse(PATHS % twice, "x.yaml")
    assert str(caught.value) == (
        "x.yaml, line 4, #/paths/~1a/get: another get of this path is behind its $ref, at "
        "x.yaml, line 10, #/components/pathItems/I/get; keep one"
    )
    for circle in ("{$ref: '#/paths/~1a'}", "{$ref: '#/x-c'}\nx-c: {$ref: '#/paths/~1a'}"):
        text, _, more = circle.partition("\n")
        with pytest.raises(DocumentError, match="a circle of references"):
            parse(PATHS % text + more, "x.yaml")


@pytest.mark.parametrize(
    "section",
    [
        "info: {$ref: i.yaml}\npaths: {}",
        "info: {title: t, version: '1'}\npaths: {$ref: p.yaml}",
        "info: {title: t, version: '1'}\npaths: {/x: {get: {$ref: o.yaml}}}",
        "info: {title: t, version: '1'}\npaths: {/x: {get: {$ref: o.yaml, operationId: o}}}",
    ],
)
def test_what_stands_in_place_of_a_reference_is_named_where_it_is_written(tmp_path: Path, section: str) -> None:
    operation = "operationId: o\nresponses:\n  '200': {$ref: 'r.yaml#/ok'}\n"
    write(tmp_path, {
        "i.yaml": "title: t\nversion: '1'\n", "p.yaml": "# c\n/x:\n  get: {$ref: o.yaml}\n", "o.yaml": operation,
        "r.yaml": "ok:\n  description: d\n", "openapi.yaml": f"openapi: 3.1.0\n{section}\n",
    })  # fmt: skip
    document = load("openapi.yaml", folder=tmp_path)
    assert document.at("#/info")["title"] == "t"
    if "i.yaml" in section:
        assert document.where("#/info/version") == "i.yaml, line 2, #/version"
        return
    (found,) = operations(document).values()
    assert (found.name, found.path) == ("o", "/x")
    assert document.where(f"{found.pointer}/responses") == "o.yaml, line 2, #/responses"
    ok = document.follow(f"{found.pointer}/responses/200")
    assert document.where(f"{ok}/description") == "r.yaml, line 2, #/ok/description"


def test_a_discriminator_may_name_files(tmp_path: Path) -> None:
    mapping = "{propertyName: t, mapping: {c: cat.yaml, d: 'no.yaml', e: E}}"
    union = f"schema: {{oneOf: [{{$ref: cat.yaml}}], discriminator: {mapping}}}"
    write(tmp_path, {"openapi.yaml": PLAIN % (union, ""), "cat.yaml": "properties: {t: {$ref: '#/x'}}\nx: {const: c}"})
    document = load("openapi.yaml", folder=tmp_path)
    schema = document.at("#/paths/~1x/get/responses/200/content/application~1json/schema")
    assert schema["discriminator"]["mapping"] == {"c": "#/x-abeja-datasets-files/cat.yaml", "d": "no.yaml", "e": "E"}
    assert schema["oneOf"] == [{"$ref": "#/x-abeja-datasets-files/cat.yaml"}]


def test_words_and_examples_hold_no_references(tmp_path: Path) -> None:
    more = (
        "components: {schemas: {A: {description: {$ref: a.md}, examples: [{$ref: b}], example: {$ref: c},\n"
        "  properties: {$ref: {type: string}, example: {type: string}, examples: {type: array}}}}}\nx-a: {$ref: d}\n"
    )
    document = load("openapi.yaml", folder=write(tmp_path, {"openapi.yaml": PLAIN % ("schema: {}", more)}))
    assert document.at("#/components/schemas/A/examples") == [{"$ref": "b"}]
