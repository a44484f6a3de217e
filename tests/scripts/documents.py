"""Edits of the document that no client can be generated from, and small projects to try them in."""

import importlib
import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import yaml
from tests.scripts.project import DATASET, DATASETS, ROOT

Edit = Callable[[Any], object]
STRING = {"type": "string"}
_PACKAGES = ("wrapper", "mock_server", "contract", "cli", "loading")


class Here:
    """Stands in for `Program`: runs the module in this process, which has it loaded already."""

    def __init__(self, module: str, _root: Path, argument: Any) -> None:
        out, stdin, sys.stdin = io.StringIO(), sys.stdin, io.StringIO(json.dumps(argument))
        try:
            with redirect_stdout(out):
                importlib.import_module(module).main()
        finally:
            sys.stdin = stdin
        self._written = out.getvalue()

    def output(self) -> Any:
        return json.loads(self._written)

    def stop(self) -> None:
        """It has ended."""


def small_project(root: Path, edit: Edit | None = None, *, text: str | None = None) -> Path:
    """A project with a document of its own, whose packages are those of this one."""
    (ROOT / ".mypy_cache").mkdir(exist_ok=True)
    for package in (*_PACKAGES, ".mypy_cache"):
        (root / package).symlink_to(ROOT / package)
    for name in ("generator-config.yaml", "requirements.lock"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    if edit is not None:
        data = yaml.load((ROOT / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
        edit(data)
        text = yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    (root / "openapi.yaml").write_text(text or (ROOT / "openapi.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return root


def operation(name: str = "", method: str = "get", path: str = "/x", **rest: Any) -> Edit:
    """Add an operation."""
    raw = {"responses": {"200": {"description": "Done."}}, **({"operationId": name} if name else {}), **rest}
    return lambda data: data["paths"].setdefault(path, {}).update({method: raw})


def parameter(name: str, location: str = "query", **rest: Any) -> Edit:
    """Add a parameter to `list_datasets`."""
    raw = {"name": name, "in": location, **({} if "content" in rest else {"schema": STRING}), **rest}
    return lambda data: data["paths"][DATASETS]["get"]["parameters"].append(raw)


def path_parameter(name: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": STRING, **rest}


def schema(name: str, **raw: Any) -> Edit:
    """Add a schema."""
    return lambda data: data["components"]["schemas"].update({name: raw or {"type": "object"}})


def properties(**raw: Any) -> Edit:
    """Add properties to `Dataset`."""
    return lambda data: data["components"]["schemas"]["Dataset"]["properties"].update(raw)


def body(media: str, **raw: Any) -> Edit:
    return operation("post_x", "post", requestBody={"content": {media: raw}})


def response(media: str, **raw: Any) -> Edit:
    return operation("get_x", responses={"200": {"description": "Done.", "content": {media: {"schema": raw}}}})


def all_of(*edits: Edit) -> Edit:
    return lambda data: [edit(data) for edit in edits]


def array(**rest: Any) -> dict[str, Any]:
    return {"schema": {"type": "array", "items": STRING}, **rest}


def lead_nowhere(data: Any) -> None:
    data["components"]["links"]["DeleteDataset"]["operationId"] = "vanish"


REFUSED: dict[str, tuple[Edit, str, str]] = {
    "two names that become one": (operation("getDataset"), "operationId: getDataset", "both become the function get_d"),
    "a name used twice": (operation("get_dataset"), "operationId: get_dataset", "is not unique: GET /organizations/"),
    "a keyword": (operation("import"), "operationId: import", "has the name of 'import' of Python; take another"),
    "a builtin": (operation("list"), "operationId: list\n", "has the name of 'list' of Python; take another"),
    "no name for Python": (operation("1st"), "operationId: 1st", "has no name that Python takes; begin the"),
    "the client's close": (operation("close"), "operationId: close", "would replace AsyncAPIClient.close, which"),
    "the client's iterator": (operation("iterDatasets"), "operationId: iterD", "replace AsyncAPIClient.iter_datasets"),
    "the client's options": (operation("withOptions"), "operationId: withO", "would replace BaseClient.with_options"),
    "a helper of the wrapper": (operation("segment"), "operationId: segment", "would replace segment of operations.py"),
    "an undeclared path parameter": (
        operation("x", path="/undeclared/{a}"), "/undeclared/{a}:", "'a' is not declared; add it to `parameters`",
    ),
    "a parameter of another path": (
        operation("x", parameters=[path_parameter("b")]), "name: b\n", "the path /x has no {b}; add it there"
    ),
    "a path parameter that is not read": (
        operation("x", path="/x/{a.b}", parameters=[path_parameter("a.b")]), "name: a.b", "'a.b' is not read; name it"
    ),
    "an array in a path": (
        operation("x", path="/x/{a}", parameters=[path_parameter("a", **array())]), "name: a\n", "is an array, which is"
    ),
    "a path without a slash": (operation("x", path="x"), "  x:", "does not begin with a slash; add it"),
    "a parameter twice": (all_of(parameter("s"), parameter("s")), "name: s\n", "'s' appears twice in one list"),
    "an object with commas": (
        parameter("f", schema={"type": "object"}, explode=False), "name: f\n", "is an object in a form that is not sent"
    ),
    "an object or text": (
        parameter("f", schema={"oneOf": [STRING, {"type": "object"}]}), "name: f\n", "is an object in a form that"
    ),
    "content that is not JSON": (parameter("f", content={"text/csv": {}}), "name: f\n", "has `content`, which would"),
    "a label": (
        operation("x", path="/label/{a}", parameters=[path_parameter("a", style="label")]), "name: a\n",
        "has the style label, which is not sent; take the style simple",
    ),
    "an array in a header": (parameter("X-Ids", "header", **array()), "name: X-Ids", "is an array, which is not sent"),
    "a link to nothing": (lead_nowhere, "operationId: vanish", "leads to the operation 'vanish', which does not"),
    "a schema Any": (schema("Any"), "    Any:", "'Any' has the name of what the generated code imports; rename it"),
    "a schema Unset": (schema("Unset"), "    Unset:", "'Unset' has the name of what the generated code imports"),
    "a schema Response": (schema("Response"), "    Response:", "'Response' has the name of what the generated code"),
    "schemas that become one": (schema("dataset"), "    dataset:", "'Dataset' and 'dataset' both become one module"),
    "a property to_dict": (properties(to_dict=STRING), "to_dict:", "has the name of what a generated model uses"),
    "a property fromDict": (properties(fromDict=STRING), "fromDict:", "has the name of what a generated model uses"),
    "a property additional_properties": (
        properties(additional_properties=STRING), "additional_properties:", "has the name of what a generated model"
    ),
    "a property d": (properties(d={}), "        d:", "has the name of what a generated model uses itself; rename it"),
    "properties that become one": (
        properties(**{"foo-bar": STRING, "foo.bar": STRING}), "foo.bar", "become one attribute foo_bar; rename one"
    ),
    "an object as text": (response("text/xml", type="object"), "text/xml:", "can't read text/xml but as a string"),
    "a parameter without in": (
        lambda data: data["paths"][DATASETS]["get"]["parameters"].append({"name": "s"}), "name: s\n", "is a required"
    ),
    "a parameter without schema": (
        lambda data: data["paths"][DATASETS]["get"]["parameters"].append({"name": "s", "in": "query"}), "name: s\n",
        "'schema' is a required property of a parameter",
    ),
    "an unknown type": (properties(n={"type": "text"}), "type: text", "'text' is not one of ['array', 'boolean', "),
    "a default of another type": (properties(n={"type": "integer", "default": "x"}), "default: x", "not of type 'int"),
    "a response without words": (operation("x", responses={"200": {}}), "'200': {}", '"description" is a required'),
}  # fmt: skip
"""What `validate` refuses: the edit, the text of the line that is named, and words of the reason."""

BY_THE_GENERATOR: dict[str, tuple[Edit, str, str]] = {
    "a body that is a table": (body("text/csv", schema=STRING), "requestBody:", "Unsupported content type text/csv"),
    "a body without a schema": (body("application/json"), "post:\n      resp", "Missing schema; add a `schema`"),
    "a response in XML": (response("application/xml", type="object"), "'200':\n          desc", "content_type applica"),
    "an enum of two types": (
        parameter("e", schema={"enum": ["a", 1]}), "schema:\n          enum", "an enum with values of several types"
    ),
    "an enum of floats": (
        parameter("e", schema={"type": "number", "enum": [1.5]}), "schema:\n          type: number", "take another type"
    ),
    "models of one name": (
        properties(with_count={"type": "object", "properties": {"a": STRING}}), "with_count:",
        'duplicate models with name "DatasetWithCount"; rename one of the two',
    ),
    "a reference into a path": (
        lambda data: data["paths"][DATASET]["get"].update(
            parameters=[{"$ref": "#/paths/~1organizations~1{organization_id}~1datasets~1/get/parameters/1"}]
        ), "get:\n      operationId: get_dataset\n", "not found; refer to a component of the same section",
    ),
}  # fmt: skip
"""What openapi-python-client refuses, likewise."""

TEXTS: dict[str, tuple[str, str]] = {
    "nothing": (" ", "openapi.yaml: empty"),
    "not YAML": ("{{{{", "openapi.yaml, line 1: a key that is not text"),
    "bytes": ("\x00\x01", "openapi.yaml, line 1: not UTF-8 text: it has NUL characters"),
    "a sentence": ("hello", "openapi.yaml: not an OpenAPI document: its top is not a mapping"),
    "a list": ("- a\n", "openapi.yaml: not an OpenAPI document: its top is not a mapping"),
    "a key twice": ("openapi: 3.1.0\ninfo: {}\ninfo: {}\n", "openapi.yaml, line 3: the key 'info' appears twice"),
    "a tab": ("openapi: 3.1.0\ninfo:\n\ttitle: x\n", "the line begins with a tab, and YAML is indented by spaces"),
    "3.0": ("openapi: 3.0.3\n", "openapi.yaml, line 1, #/openapi: not an OpenAPI 3.1 document, but one of 3.0.3"),
    "3.2": ("openapi: 3.2.0\n", "openapi.yaml, line 1, #/openapi: not an OpenAPI 3.1 document, but one of 3.2.0"),
    "a number": ("openapi: 3.1\n", "openapi.yaml, line 1, #/openapi: not an OpenAPI 3.0, 3.1 or 3.2 document"),
    "a wrong reference": (
        "openapi: 3.1.0\ncomponents:\n  schemas:\n    A:\n      $ref: '#/components/schemas/B'\n",
        "openapi.yaml, line 5, #/components/schemas/A/$ref: the reference '#/components/schemas/B' leads nowhere",
    ),
    "a circle": (
        "openapi: 3.1.0\ncomponents:\n  schemas:\n    A:\n      $ref: '#/components/schemas/A'\n",
        "openapi.yaml, line 4, #/components/schemas/A: a circle of references that no value can leave",
    ),
}  # fmt: skip
"""Documents that are none, each with how the message begins, or with words of it."""
