"""Send the parameters of a query in their style (OpenAPI 3.1, section 4.8.12.2), which the generator does not look at.

It makes code that repeats the name of an array, and sends the properties of an object by their own names. That is the
usual style; the others are put into the code that it has made.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abeja_datasets_contract.openapi import serialization
from upkeep.document.contract import JSON, Part, operations_of, snake_case

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

_BETWEEN = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_MODULE = '''"""Parameters of a query in other styles than the usual one."""

import json
from typing import Any

from .types import Unset


def joined(values: Any, between: str) -> Any:
    """Return an array as one text, and what is not an array as it is."""
    return between.join(_text(value) for value in values) if isinstance(values, list) else values


def deep(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the name of the parameter around each of its own."""
    return {f"{name}[{key}]": value for key, value in values.items()}


def as_json(value: Any) -> Any:
    """Return a value as JSON, unless it is not given."""
    return value if value is None or isinstance(value, Unset) else json.dumps(value, ensure_ascii=False)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
'''


def style_of(document: "Document", part: Part) -> str:
    """Return what a value of a parameter has to go through: `joined ,`, `deep`, `as_json`, or nothing.

    Raises:
        ValueError: the parameter can't be sent as the document says; the message says why, and what to do.
    """
    raw = document.at(part.pointer)
    if "content" in raw:
        if [*raw["content"]] == [JSON] and part.location == "query":
            return "as_json"
        raise ValueError("has `content`, which would not be sent; describe its text with `schema`")
    kinds = kinds_of(document, f"{part.pointer}/schema")
    compound = kinds & {"array", "object"}
    style, is_repeated = serialization.style_of(raw)
    if compound and part.location != "query":
        raise ValueError(f"is an {min(compound)}, which is not sent in a {part.location}; describe it as text")
    if part.location != "query":
        usual, _ = serialization.style_of({"in": part.location})
        if style != usual:
            raise ValueError(f"has the style {style}, which is not sent; take the style {usual}")
        return ""
    if "object" in kinds and (len(kinds) > 1 or (style != "deepObject" and raw.get("explode") is False)):
        raise ValueError("is an object in a form that is not sent; take the style deepObject, or a parameter for each")
    if "object" in kinds:
        return "deep" if style == "deepObject" else ""
    return f"joined {_BETWEEN[style]}" if "array" in kinds and style in _BETWEEN and not is_repeated else ""


def kinds_of(document: "Document", pointer: str) -> set[str]:
    """Return the types that a schema allows by itself."""
    try:
        place = document.follow(pointer)
        schema: Any = document.at(place)
    except KeyError:
        return set()
    if not isinstance(schema, dict):
        return set()
    said = schema.get("type")
    kinds = {str(each) for each in said} if isinstance(said, list) else {str(said)} if said else set()
    for word in ("oneOf", "anyOf", "allOf"):
        for index in range(len(schema.get(word, ()))):
            kinds |= kinds_of(document, f"{place}/{word}/{index}")
    return kinds


def put_styles(document: "Document", package: Path) -> None:
    """Rewrite the functions of a generated package whose parameters are in another style than the usual one."""
    for operation in operations_of(document):
        styles = {part.name: style_of(document, part) for part in operation.parameters if part.location == "query"}
        styles = {name: style for name, style in styles.items() if style}
        for module in sorted((package / "api").glob("*/*.py")) if styles else ():
            if module.stem.strip("_") == operation.name:
                module.write_text(_styled(module.read_text(encoding="utf-8"), styles), encoding="utf-8")
                (package / "styles.py").write_text(_MODULE, encoding="utf-8")


def _styled(text: str, styles: dict[str, str]) -> str:
    """Return a module that sends parameters in their styles."""
    for name, style in styles.items():
        function, _, between = style.partition(" ")
        argument = f', "{between}"' if between else ""
        for single in re.finditer(rf'params\["{re.escape(name)}"\] = (\w+)\n', text):
            sent = f'params["{name}"] = styles.{function}({single[1]}{argument})\n'
            text = text.replace(single[0], sent)
    for update in re.finditer(r"params\.update\((json_(\w+))\)\n", text):
        name = _named(update[2], styles)
        if name and styles[name] == "deep":
            text = text.replace(update[0], f'params.update(styles.deep("{name}", {update[1]}))\n')
        elif name:
            text = text.replace(update[0], f'params["{name}"] = styles.as_json({update[1]})\n')
    return text.replace("from ... import errors\n", "from ... import errors, styles\n", 1)


def _named(variable: str, styles: dict[str, str]) -> str:
    """Return the parameter of a variable; an empty text where it has the usual style."""
    found = (name for name in styles if variable.strip("_") in (snake_case(name), f"{snake_case(name)}_in_query"))
    return next(found, "")
