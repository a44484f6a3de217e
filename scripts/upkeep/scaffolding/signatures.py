"""The signature of a method that is still to be written, and how its arguments become a request."""

import ast
import builtins
import keyword
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from upkeep.document.contract import JSON, Operation, Part, snake_case
from upkeep.document.modules import GENERATED

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
_OWN_HEADERS = ("user-agent", "accept-encoding", "host", "content-length", "connection", "expect", "upgrade")
_USED = ("self", "operations", "values", "cast", "call", "quoted", "segment")
"""The names that scaffolded code has for other things than its arguments."""
_CONVERTED = ("date", "date-time", "uuid", "binary")
"""Formats for which the generated functions take a Python object instead of text."""


class Unwritable(Exception):
    """An operation that a person has to write; the message says why."""


class Argument(NamedTuple):
    """An argument of a method.

    Attributes:
        name: as Python has it.
        kind: its type.
        part: where it goes; None for the whole body.
        required: whether it has no default.
    """

    name: str
    kind: str
    part: Part | None
    required: bool


class Generated(NamedTuple):
    """The generated function that makes the request of an operation.

    Attributes:
        module: its module, for an import.
        path: the type of each positional argument.
        required: the names of the keyword arguments without a default, by what they are called on the wire.
        has_body: whether it takes a body.
    """

    module: str
    path: tuple[str, ...]
    required: dict[str, str]
    has_body: bool


def arguments(operation: Operation) -> list[Argument]:
    """Return the arguments of an operation's method: those of the path, the required ones, then the optional ones.

    Raises:
        Unwritable: a request or response has what the wrapper does not carry.
    """
    _check(operation)
    parts = [part for part in operation.parameters if part.location != "path"]
    given = [Argument(snake_case(part.name), "Identifier", part, required=True)
             for part in operation.parameters if part.location == "path"]  # fmt: skip
    whole = takes_whole_body(operation)
    fields = () if whole else operation.fields
    rest = [_argument(part) for part in (*fields, *parts) if part.location in ("body", "query", "header")]
    if operation.body is not None and whole:
        rest.insert(0, Argument("body", _kind(operation.body), None, required=True))
    return list(_named([*given, *sorted(rest, key=lambda argument: not argument.required)]))


def declined(operation: Operation) -> str:
    """Return why no method can be scaffolded for an operation; an empty text where one can."""
    try:
        _check(operation)
    except Unwritable as reason:
        return str(reason)
    return ""


def _check(operation: Operation) -> None:
    if operation.body_pointer and operation.body is None:
        raise Unwritable(f"its body is not {JSON}")
    if operation.accept not in ("", JSON) and not operation.accept.startswith("text/"):
        raise Unwritable(f"its response is {operation.accept}, and the wrapper decodes JSON and text")
    if operation.key:
        raise Unwritable(f"it demands the API key {operation.key}, which no credential of the wrapper holds")
    for part in operation.parameters:
        given = f"the parameter {part.name}, which must be given,"
        if part.required and part.location == "cookie":
            raise Unwritable(f"{given} is in a cookie")
        if part.required and part.location != "path" and not _is_plain(part):
            raise Unwritable(f"{given} is not sent as it is given")
        if part.is_styled:
            raise Unwritable(f"the parameter {part.name} goes over the wire in another style than the usual one")
        if part.location == "header" and part.name.lower() in _OWN_HEADERS:
            raise Unwritable(f"the header {part.name} is the wrapper's own")


def takes_whole_body(operation: Operation) -> bool:
    """Return whether the body is one argument: it has no fields, or one of a PATCH where null has a meaning."""
    nullable = any("null" in _types(part.schema) for part in operation.fields)
    return not operation.fields or (operation.method == "PATCH" and nullable)


def _types(schema: object) -> list[Any]:
    """Return the types that a schema allows, those of its alternatives among them."""
    if not isinstance(schema, Mapping):
        return []
    said = schema.get("type", [])
    found = [*said] if isinstance(said, list) else [said]
    for word in ("oneOf", "anyOf"):
        found += [kind for inner in schema.get(word, ()) for kind in _types(inner)]
    return [*found, *("null" for value in schema.get("enum", ()) if value is None)]


def _argument(part: Part) -> Argument:
    kind = _kind(part.schema)
    optional = kind if part.required or kind == "Any" else f"{kind} | None"
    return Argument(snake_case(part.name), optional, part, part.required)


def _kind(schema: object) -> str:
    """Return the type of a schema's values, as the wrapper writes it."""
    if not isinstance(schema, dict):
        return "Any"
    said = schema.get("type")
    if said == "array":
        return f"list[{_kind(schema.get('items'))}]"
    if said == "object" or "properties" in schema:
        return "dict[str, Any]"
    return _PLAIN.get(said, "Any") if isinstance(said, str) else "Any"


def _is_plain(part: Part) -> bool:
    """Return whether the generated function sends the value of a parameter as it is given."""
    schema = part.schema
    if schema.get("type") == "array":
        schema = schema.get("items", {})
    return schema.get("type") in _PLAIN and schema.get("format") not in _CONVERTED


def _named(found: list[Argument]) -> Iterator[Argument]:
    """Rename arguments so that each name is valid in Python and unique."""
    taken = {*_USED}
    for argument in found:
        name = argument.name or "value"
        name = f"_{name}" if name[0].isdecimal() else name
        name = f"{name}_" if keyword.iskeyword(name) else name
        while name in taken:
            name = f"{argument.part.location if argument.part else 'whole'}_{name}"
        taken.add(name)
        yield argument._replace(name=name)


def is_builtin(name: str) -> bool:
    """Return whether an argument hides a builtin."""
    return name in dir(builtins)


def generated_function(root: Path, operation: Operation) -> Generated:
    """Read the generated function of an operation.

    Raises:
        Unwritable: there is none.
    """
    found = sorted((root / GENERATED / "api").glob(f"*/{operation.name}.py"))
    for module in found:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == "_get_kwargs":
                return _generated(f"{GENERATED.name}.api.{module.parent.name}.{module.stem}", node)
    raise Unwritable(f"the generator has written no function {operation.name}")


def _generated(module: str, node: ast.FunctionDef) -> Generated:
    path = tuple(ast.unparse(argument.annotation) if argument.annotation else "" for argument in node.args.args)
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    required = {argument.arg for argument, default in keywords if default is None}
    on_the_wire = {wire: name for wire, name in _assigned(node) if name in required}
    has_body = any(argument.arg == "body" for argument in node.args.kwonlyargs)
    return Generated(module, path, on_the_wire, has_body)


def _assigned(node: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield wire and name of each `params[wire] = name` and `params[wire] = json_name`."""
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Assign)
            and isinstance(inner.targets[0], ast.Subscript)
            and isinstance(inner.targets[0].slice, ast.Constant)
        ):
            # A header that is a number goes through `str`.
            value = inner.value.args[0] if isinstance(inner.value, ast.Call) and inner.value.args else inner.value
            if isinstance(value, ast.Name):
                yield str(inner.targets[0].slice.value), value.id.removeprefix("json_")
