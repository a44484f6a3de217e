"""What a method says of an argument: its type, and the bounds, the default and the values in its docstring."""

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from upkeep.document import modules
from upkeep.document.contract import Part

_TYPES = {
    "string": ("str", "Identifier", "Literal"),
    "integer": ("int", "Identifier", "float"),
    "number": ("float", "int"),
    "boolean": ("bool",),
    "array": ("list", "Sequence"),
    "object": ("dict", "Mapping"),
    "null": ("None",),
}
REFERENCE = "tests/wrapper/reference.json"
"""The published reference, whose examples docstrings have to show."""
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LENGTHS = re.compile(r"(\d[\d,]*) to (\d[\d,]*) characters")


def wrong_type(function: modules.Function, argument: str, part: Part) -> str:
    """Return the annotation of an argument that does not take all documented values; empty where it does."""
    given = arguments(function).items()
    annotations = {name: ast.unparse(one.annotation) for name, one in given if one.annotation}
    said, kinds = annotations.get(argument, "Any"), part.schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    names = set(re.findall(r"\w+", said))
    fits = said == "Any" or all(names.intersection(_TYPES.get(kind, ())) for kind in kinds if kind != "null")
    # A dict of parameters takes any of them.
    return "" if fits or "params" in argument else said


def arguments(function: modules.Function) -> dict[str, ast.arg]:
    """Return the arguments of a function, by name."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {one.arg: one for one in every}


def about(function: modules.Function, argument: str, part: Part, *, lists: bool) -> Iterator[str]:
    """Yield what the docstring lacks, or says wrongly, of a parameter or a field.

    Args:
        function: the method.
        argument: the argument that reaches it.
        part: the parameter or the field.
        lists: whether the method goes through all pages, so that the default size of a page means nothing.
    """
    text = ast.get_docstring(function) or ""
    entry = _entry(text, argument)
    if _is_a_dict(entry) and part.location != "body" and argument != part.name:
        if "as in `" in entry or "as for `" in entry:
            return
        entry = _entry(entry, part.name)
    if not entry:
        yield f"does not describe {part.name} in its docstring"
        return
    missing = [one for one in _facts(part.schema, lists=lists) if one not in entry.replace(",", "")]
    if missing:
        yield f"does not say {', '.join(missing)} of {part.name} in its docstring"
    if wrong := _wrong(entry, part.schema):
        yield f"says {', '.join(wrong)} of {part.name} in its docstring, which the document does not"


def about_response(function: modules.Function, documented: set[str], given: frozenset[str]) -> Iterator[str]:
    """Yield what the example response in a docstring lacks, or has too much.

    Args:
        function: the method.
        documented: the names of the properties of its response, but for those inside what a request gives.
        given: the names of what a request gives.
    """
    text = ast.get_docstring(function) or ""
    shown = _shown(text, given)
    if shown is None:
        return
    if lacking := sorted(documented - {*re.findall(r"\w+", text)}):
        yield f"does not show {', '.join(lacking)} in its docstring"
    if wrong := sorted(shown - documented):
        yield f"shows {', '.join(wrong)} in its docstring, which the document does not describe (nor {REFERENCE} then)"


def _shown(text: str, given: frozenset[str]) -> set[str] | None:
    """Return the names in the example response of a docstring; None without one that can be read."""
    example = re.search(r"^( +)[\[{]\n.*?^\1[\]}]$", text.partition("\nReturns:\n")[2], re.MULTILINE | re.DOTALL)
    if example is None:
        return None
    try:
        value = ast.literal_eval(textwrap.dedent(re.sub(r"^ *\.\.\.\n", "", example[0], flags=re.MULTILINE)))
    except (SyntaxError, ValueError):
        return None
    return set(_keys(value, given))


def _keys(value: Any, given: frozenset[str]) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = [inner for name, inner in value.items() if name not in given]
    for inner in value if isinstance(value, list) else ():
        yield from _keys(inner, given)


def _is_a_dict(entry: str) -> bool:
    return bool(re.match(r"\w+ \(dict\)", entry.lstrip("- ")))


def _entry(text: str, name: str) -> str:
    """Return what a docstring says of an argument: its line, and those that are indented further below it."""
    match = re.search(rf"^( *)(?:- )?{re.escape(name)}(?: \([^)\n]*\))?: .*(?:\n\1 .*)*", text, re.MULTILINE)
    return match[0].strip() if match else ""


def _facts(schema: Mapping[str, Any], *, lists: bool) -> list[str]:
    """Return what a docstring has to say: bounds of numbers, a default, and the values of an enum."""
    found = [schema[key] for key in _BOUNDS if key in schema]
    found += [schema["default"]] if "default" in schema and not lists else []
    return [str(value) for value in (*found, *schema.get("enum", ())) if value is not None]


def _wrong(entry: str, schema: Mapping[str, Any]) -> list[str]:
    if schema.get("type") in ("integer", "number"):
        known = {str(value) for value in (*_facts(schema, lists=False), schema.get("default"))}
        said = re.sub(r"`[^`]*`", "", entry.partition(": ")[2])
        return [one for one in re.findall(r"(?<![\w.])\d[\d,]*", said) if one.replace(",", "") not in known]
    lengths = _LENGTHS.search(entry)
    bounds = [str(schema.get("minLength", 0)), str(schema.get("maxLength", ""))]
    return [lengths[0]] if lengths and [one.replace(",", "") for one in lengths.groups()] != bounds else []
