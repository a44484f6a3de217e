"""How the value of a parameter is written: by its style (OpenAPI 3.1, section 4.8.12.2), or as JSON (`content`)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

_BETWEEN = {"spaceDelimited": " ", "pipeDelimited": "|"}


def style_of(raw: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the style of a parameter, or of a property of a form, and whether each entry stands alone (`explode`)."""
    style = str(raw.get("style", "form" if raw.get("in", "query") in ("query", "cookie") else "simple"))
    return style, bool(raw.get("explode", style == "form"))


def pairs(raw: Mapping[str, Any], name: str, value: Any) -> list[tuple[str, str]]:
    """Return the names and the texts that stand for a value; none for null, which no style can write.

    Args:
        raw: the parameter object; empty for a query parameter that no document has.
        name: the name of the parameter.
        value: a JSON value.
    """
    if "content" in raw:
        return [(name, json.dumps(value, separators=(",", ":"), ensure_ascii=False))]
    if isinstance(value, Mapping):
        return _object(raw, name, {key: text(one) for key, one in value.items() if one is not None})
    if isinstance(value, list | tuple):
        return _list(raw, name, [text(one) for one in value if one is not None])
    return [] if value is None else [(name, text(value))]


def _list(raw: Mapping[str, Any], name: str, texts: list[str]) -> list[tuple[str, str]]:
    style, explode = style_of(raw)
    if explode and style != "simple":
        return [(name, one) for one in texts]
    return [(name, _BETWEEN.get(style, ",").join(texts))] if texts else []


def _object(raw: Mapping[str, Any], name: str, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    style, explode = style_of(raw)
    if style == "deepObject":
        return [(f"{name}[{key}]", one) for key, one in texts.items()]
    if explode and style != "simple":
        return [*texts.items()]
    parts = (
        [f"{key}={one}" for key, one in texts.items()] if explode else [one for pair in texts.items() for one in pair]
    )
    return [(name, _BETWEEN.get(style, ",").join(parts))] if parts else []


def text(value: Any) -> str:
    """Write a scalar as a query has it: a boolean as `true` or `false`. What is inside an entry is JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def readings(raw: Mapping[str, Any], texts: Sequence[str]) -> list[Any]:
    """Return the values that a server may read in the texts of a parameter: `true` is a text, and a boolean."""
    if "content" in raw:
        return [_json(one) for one in texts]
    style, explode = style_of(raw)
    alone = texts[0] if len(texts) == 1 else None
    entries = [*texts] if alone is None or explode else alone.split(_BETWEEN.get(style, ","))
    return [*([] if alone is None else [alone, _scalar(alone)]), entries, [*map(_scalar, entries)]]


def _scalar(written: str) -> Any:
    value = _json(written)
    return written if isinstance(value, list | dict) else value


def _json(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return written
