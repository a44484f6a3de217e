"""The signature of a method that is still to be written, and how its arguments become a request."""

import ast
import builtins
import keyword
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from upkeep.contract import JSON, Operation, Part, snake_case
from upkeep.modules import GENERATED

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
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
        Unwritable: the body is no JSON, or a parameter that must be given is in a header or a cookie.
    """
    if operation.body_pointer and operation.body is None:
        raise Unwritable(f"its body is not {JSON}")
    parts = [part for part in operation.parameters if part.location != "path"]
    for part in parts:
        if part.required and part.location != "query":
            raise Unwritable(f"the parameter {part.name}, which must be given, is in a {part.location}")
        if part.required and not _is_plain(part):
            raise Unwritable(f"the parameter {part.name}, which must be given, is not sent as it is given")
    given = [Argument(snake_case(part.name), "Identifier", part, required=True)
             for part in operation.parameters if part.location == "path"]  # fmt: skip
    rest = [_argument(part) for part in (*operation.fields, *parts) if part.location in ("body", "query")]
    if operation.body is not None and not operation.fields:
        rest.insert(0, Argument("body", _kind(operation.body), None, required=True))
    return list(_named([*given, *sorted(rest, key=lambda argument: not argument.required)]))


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
    taken = {"self"}
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
            and isinstance(inner.value, ast.Name)
        ):
            yield str(inner.targets[0].slice.value), inner.value.id.removeprefix("json_")
