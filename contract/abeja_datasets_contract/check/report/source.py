"""Where in openapi.yaml a promise stands: the line that a JSON pointer names."""

import functools

import yaml

from abeja_datasets_contract.check.document import document_path

_NAME = "openapi.yaml"


def place(source: str) -> str:
    """Say where a clause's source is to be read: `openapi.yaml:612`, or the source itself where it is no pointer."""
    number = line(source)
    return source if number is None else f"{_NAME}:{number}"


@functools.cache
def line(source: str) -> int | None:
    """Find the line, from 1, that a JSON pointer (`#/…`, RFC 6901) names; None where it names nothing."""
    if not source.startswith("#"):
        return None
    node = _document()
    found = node.start_mark.line if node else 0
    for part in source.removeprefix("#").split("/")[1:]:
        entry = _entry(_followed(node), part.replace("~1", "/").replace("~0", "~"))
        if entry is None:
            return None
        found, node = entry
    return found + 1


def _entry(node: yaml.Node | None, name: str) -> tuple[int, yaml.Node] | None:
    """Find an entry of a mapping or a list: its line, from 0, and what it holds."""
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line, value) for key, value in node.value if key.value == name), None)
    if isinstance(node, yaml.SequenceNode) and name.isdecimal() and int(name) < len(node.value):
        value = node.value[int(name)]
        return value.start_mark.line, value
    return None


def _followed(node: yaml.Node | None) -> yaml.Node | None:
    """Follow a `$ref` to what it names."""
    reference = _entry(node, "$ref") if isinstance(node, yaml.MappingNode) else None
    while reference is not None:
        node = _document()
        for part in reference[1].value.split("/")[1:]:
            entry = _entry(node, part.replace("~1", "/").replace("~0", "~"))
            node = entry[1] if entry else None
        reference = _entry(node, "$ref") if isinstance(node, yaml.MappingNode) else None
    return node


@functools.cache
def _document() -> yaml.Node | None:
    with document_path().open("rb") as file:
        node: yaml.Node | None = yaml.compose(file, yaml.CSafeLoader)
    return node
