"""What a finding is about, as a reader would call it: `Dataset.props.categories[]`, "the request body"."""

from pathlib import PurePosixPath

from abeja_datasets_contract.openapi.document import FILES, Document
from abeja_datasets_contract.openapi.keywords import holds
from abeja_datasets_contract.openapi.places import METHODS
from abeja_datasets_contract.openapi.pointers import join, split

_SILENT = frozenset({"allOf", "schema", "content", "$ref"})
_OF_SCHEMAS = (["components", "schemas"], ["$defs"], ["definitions"], ["schemas"])
"""Where a file keeps schemas by their names."""
_COMPONENTS = {"responses": "response", "headers": "the header", "requestBodies": "the request body"}


def subject(document: Document, pointer: str) -> str:
    """Return what stands at a pointer in words."""
    keys = split(pointer)
    if keys[:2] != ["components", "schemas"] and keys[-1:] == ["schema"]:
        keys = split(document.follow(pointer))
    top, rest = (keys[:2], keys[2:]) if keys[:1] == [FILES] else ([], keys)
    place = next((index for index, key in enumerate(rest) if key == "schema"), len(rest))
    if rest[:2] == ["components", "schemas"] or (top and place == len(rest)):
        return f"`{_schema(top, rest)}`"
    trail = "".join(trail_of(rest[place:])).lstrip(".")
    holder = _holder(document, top, rest[:place])
    if holder:
        return f"`{trail}` in {holder}" if trail else holder
    name = "/".join(rest[1:place]) if not top else " ".join([top[1], *_plain(rest[:place])])
    return f"`{name}{'.' if trail else ''}{trail}`"


def _plain(keys: list[str]) -> list[str]:
    """Return the way to a schema without the media type, which says little."""
    shown = keys[: keys.index("content")] if "content" in keys else keys
    return ["/".join(shown)] if shown else []


def _schema(top: list[str], keys: list[str]) -> str:
    """Return the name of a schema that stands below its name, or is a file by itself, with the way inside it."""
    for start in _OF_SCHEMAS:
        if keys[: len(start)] == start and len(keys) > len(start):
            return "".join([keys[len(start)], *trail_of(keys[len(start) + 1 :])])
    if keys and not holds(keys[0]):
        return "".join([keys[0], *trail_of(keys[1:])])
    return "".join([PurePosixPath(top[1]).stem, *trail_of(keys)])


def _holder(document: Document, top: list[str], keys: list[str]) -> str:
    """Return what holds a schema that has no name; an empty text where nothing common does."""
    if "callbacks" in keys[:-2]:
        name, *inside = keys[keys.index("callbacks") + 1 :]
        return f"{_in_operation(document, top, ['paths', *inside])} of the callback `{name}`"
    if keys[:1] == ["components"]:
        return _component(document, top, keys)
    if keys[:1] == ["webhooks"]:
        return f"{_in_operation(document, top, ['paths', *keys[1:]])} of the webhook `{keys[1]}`"
    return _in_operation(document, top, keys) if keys[:1] == ["paths"] or top else ""


def _in_operation(document: Document, top: list[str], keys: list[str]) -> str:
    """Return what holds a schema below a path, or below a path item of another file."""
    start = 2 if keys[:1] == ["paths"] else 0
    start += keys[start : start + 1] != [] and keys[start] in METHODS
    inside = keys[start:]
    if inside[:1] == ["requestBody"]:
        return "the request body"
    if inside[:1] == ["responses"] and len(inside) > 1:
        header = inside[2:3] == ["headers"]
        return f"the header `{inside[3]}` of response {inside[1]}" if header else f"response {inside[1]}"
    if inside[:1] == ["parameters"] and len(inside) > 1:
        return _parameter(document, join(*top, *keys[: start + 2]))
    return f"`{'/'.join(inside)}`" if not top else ""


def _component(document: Document, top: list[str], keys: list[str]) -> str:
    if keys[1:2] == ["parameters"]:
        return _parameter(document, join(*top, *keys[:3]))
    return f"{_COMPONENTS[keys[1]]} `{keys[2]}`" if keys[1] in _COMPONENTS and len(keys) > 2 else ""  # noqa: PLR2004 - its kind, its name


def _parameter(document: Document, pointer: str) -> str:
    raw = document.mapping(document.follow(pointer))
    return f"the {raw['in']} parameter `{raw['name']}`" if "in" in raw and "name" in raw else ""


def trail_of(keys: list[str]) -> list[str]:
    """Return the way into a schema, such as `.props`, `.categories` and `[]`."""
    found: list[str] = []
    rest = list(keys)
    while rest:
        key = rest.pop(0)
        if key in ("properties", "patternProperties") and rest:
            found.append(f".{rest.pop(0)}")
        elif key == "items":
            found.append("[]")
        elif key == "additionalProperties":
            found.append(".*")
        elif key in ("anyOf", "oneOf") and rest:
            found.append(f"({key} {int(rest.pop(0)) + 1})")
        elif key == "allOf" and rest:
            rest.pop(0)
        elif key not in _SILENT:
            found.append(f"({key})")
    return found
