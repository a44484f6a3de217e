"""JSON and YAML as plain data, and the line on which each place stands."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.pointers import child

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_VALUES = 5_000_000
"""With its aliases written out, a YAML document of more values is refused (a "billion laughs")."""
_MAX_DEPTH = 200
"""A document with more containers inside each other is refused; no API needs them, and readers break on them."""
_BRACKETS = re.compile(r"[\[\]{}]")
_INDENT = re.compile(r"^[ \-?:]{100}", re.MULTILINE)
_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],\n]|[^\s{}\[\],:"]+')


def read_json(text: str, name: str) -> Any:
    """Read JSON.

    Raises:
        DocumentError: it is none; the message names the line.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentError(f"{name}, line {error.lineno}, column {error.colno}: broken JSON: {error.msg}") from error
    except RecursionError as error:
        raise DocumentError(f"{name}: nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise DocumentError(f"{name}: broken JSON: {error}") from error
    if _may_be_deep(text) and _is_deep(data):
        raise DocumentError(f"{name}: nested too deeply")
    return data


def _may_be_deep(text: str) -> bool:
    """Return by a glance, which is sure only where it says no, whether a text is nested too deeply."""
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += 1 if match[0] in "[{" else -1
        if depth > _MAX_DEPTH // 2:
            return True
    return bool(_INDENT.search(text))


def _is_deep(data: Any) -> bool:
    """Return whether data is nested too deeply, without recursion."""
    level = [data]
    for _ in range(_MAX_DEPTH):
        level = [
            value
            for one in level
            if isinstance(one, (dict, list))
            for value in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(level)


def lines_of_json(text: str) -> dict[str, int]:
    """Return the line of each pointer of a JSON text which `read_json` has taken."""
    lines = {"#": 1}
    stack: list[tuple[str, int]] = []  # the pointer of each open container, and the next index (-1: an object)
    line, key = 1, ""
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token == "\n":
            line += 1
        elif token in "}]":
            stack.pop()
        elif token == ",":
            key = ""
        elif stack and stack[-1][1] < 0 and not key and token not in "{[":
            key = child(stack[-1][0], json.loads(token))
            lines[key] = line
        else:
            here = key if stack and stack[-1][1] < 0 else _next_index(stack)
            lines.setdefault(here, line)
            if token in "{[":
                stack.append((here, -1 if token == "{" else 0))
                key = ""
    return lines


def _next_index(stack: list[tuple[str, int]]) -> str:
    if not stack:
        return "#"
    pointer, index = stack[-1]
    stack[-1] = (pointer, index + 1)
    return child(pointer, index)


def read_yaml(text: str, name: str) -> tuple[Any, dict[str, int]]:
    """Read YAML as the JSON it means, with the line of each pointer.

    Keys become strings (`200:` is `"200"`) and timestamps stay the text they are.

    Raises:
        DocumentError: it is broken, holds a key twice or a circle of aliases; the message names the line.
    """
    try:
        if _may_be_deep(text):
            _check_depth(text, name)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            return _Builder(loader, name).build(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DocumentError(f"{name}{place}: broken YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError(f"{name}, line {line}: broken YAML: {error.reason}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise DocumentError(f"{name}: broken YAML: {' '.join(str(error).split())}") from error


def _check_depth(text: str, name: str) -> None:
    """Go through the events, since composing them recurses in C and ends the process where they go too deep."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            line = f", line {event.start_mark.line + 1}" if event.start_mark else ""
            raise DocumentError(f"{name}{line}: nested too deeply")


class _Builder:
    """Builds data from YAML's nodes, and notes their lines."""

    def __init__(self, loader: Any, name: str) -> None:
        self._loader = loader
        self._name = name
        self._lines: dict[str, int] = {}

    def build(self, node: Any) -> tuple[Any, dict[str, int]]:
        if node is None:
            return None, {}
        self._lines["#"] = node.start_mark.line + 1
        if self._count(node, {}) > _MAX_VALUES:
            raise DocumentError(f"{self._at(node)}: its aliases stand for more than {_MAX_VALUES:,} values")
        return self._value(node, "#", ()), self._lines

    def _value(self, node: Any, pointer: str, around: tuple[int, ...]) -> Any:
        if id(node) in around or len(around) > _MAX_DEPTH:
            raise DocumentError(
                f"{self._at(node)}: {'an alias inside itself' if id(node) in around else 'nested too deeply'}"
            )
        around = (*around, id(node))
        if isinstance(node, yaml.MappingNode):
            return {key: self._value(value, place, around) for key, value, place in self._entries(node, pointer)}
        if isinstance(node, yaml.SequenceNode):
            values = []
            for index, item in enumerate(node.value):
                place = child(pointer, index)
                self._lines[place] = item.start_mark.line + 1
                values.append(self._value(item, place, around))
            return values
        return self._scalar(node)

    def _count(self, node: Any, known: dict[int, int]) -> int:
        """Count the values below a node, those of aliases each time; a node inside itself, refused later, counts none.

        An alias comes after what it names, which is known by then: this recurses no deeper than the text goes.
        """
        if id(node) not in known:
            known[id(node)] = 0
            parts = node.value if isinstance(node, yaml.CollectionNode) else []
            values = (part[1] if isinstance(part, tuple) else part for part in parts)
            known[id(node)] = 1 + sum(self._count(value, known) for value in values)
        return known[id(node)]

    def _entries(self, node: Any, pointer: str) -> Iterator[tuple[str, Any, str]]:
        self._loader.flatten_mapping(node)  # writes out `<<`
        seen: set[str] = set()
        for key_node, value in node.value:
            key = self._key(key_node)
            if key in seen and key_node.start_mark.line >= node.start_mark.line:
                raise DocumentError(f"{self._at(key_node)}: the key {key!r} stands twice in one mapping")
            seen.add(key)
            place = child(pointer, key)
            self._lines[place] = key_node.start_mark.line + 1
            yield key, value, place

    def _key(self, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise DocumentError(f"{self._at(node)}: a key that is no text")
        return str(node.value)

    def _scalar(self, node: Any) -> Any:
        if node.tag in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:binary"):
            return node.value
        return self._loader.construct_object(node)

    def _at(self, node: Any) -> str:
        return f"{self._name}, line {node.start_mark.line + 1}"
