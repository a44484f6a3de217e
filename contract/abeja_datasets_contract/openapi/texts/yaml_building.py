"""Data from the events of a YAML parser, without recursion, and in bounded memory whatever its aliases stand for."""

from collections.abc import Callable
from typing import Any

import yaml

from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.texts.text import MAX_DEPTH, too_deep
from abeja_datasets_contract.openapi.texts.yaml_scalars import KNOWN_TAGS, scalar

_MAX_COPIED = 1_000_000
"""Aliases that stand for more values, all together, are refused (a "billion laughs")."""
_MERGE = "<<"

_Take = Callable[[Any], None]
Collection = dict[str, Any] | list[Any]
Lines = dict[str, int] | list[int]
"""The line of each key of a mapping, or of each item of a sequence."""


class _Open:
    """A collection that has begun and not ended.

    Attributes:
        value: what is known of it.
        lines: the line of each of its keys or items.
        start: the line on which it begins.
        key: of a mapping, the key whose value comes next; None where a key comes next.
        key_line: the line of that key.
        merged: the mappings that its merge keys name.
        size: the number of values in it, itself included.
        height: the number of levels in it, itself included.
    """

    def __init__(self, value: Collection, start: int) -> None:
        self.value = value
        self.lines: Lines = {} if isinstance(value, dict) else []
        self.start = start
        self.key: str | None = None
        self.key_line = 0
        self.merges = False
        self.merged: list[dict[str, Any]] = []
        self.size = 1
        self.height = 1

    @property
    def wants_key(self) -> bool:
        """Whether a key of a mapping comes next."""
        return isinstance(self.value, dict) and self.key is None


class _Anchored:
    """What an anchor names: a collection, which may still be open, or a scalar with its text."""

    def __init__(self, value: Any, opened: _Open | None = None, text: str | None = None) -> None:
        self.value = value
        self.opened = opened
        self.text = text


class Builder:
    """Builds data from events.

    Attributes:
        data: the data; None of an empty text.
        first: the line on which it begins.
        lines: the lines of each collection, by its identity; `data` keeps it alive.
    """

    def __init__(self, name: str) -> None:
        self.data: Any = None
        self.first = 1
        self.lines: dict[int, Lines] = {}
        self._name = name
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._copied = 0
        self._documents = 0
        self._takes: dict[type, _Take] = {
            yaml.DocumentStartEvent: self._begin,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: lambda event: self._start(event, {}),
            yaml.SequenceStartEvent: lambda event: self._start(event, []),
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
        }

    def take(self, event: Any) -> None:
        """Take the next event.

        Raises:
            DocumentError: it means something that is not read; the message names the line.
        """
        take = self._takes.get(type(event))
        if take is not None:
            take(event)

    def _error(self, event: Any, why: str) -> DocumentError:
        return DocumentError(f"{self._name}, line {event.start_mark.line + 1}: {why}")

    def _begin(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._error(event, "a second document begins here (---); one file holds one document")

    def _scalar(self, event: Any) -> None:
        if self._open and self._open[-1].wants_key:
            self._key(event, event.value, merges=event.value == _MERGE and event.implicit[0])
            value = event.value
        else:
            try:
                value = scalar(event.value, event.tag, plain=event.implicit[0])
            except ValueError as error:
                raise self._error(event, str(error)) from error
            self._add(event, value, event.start_mark.line + 1, size=1, height=0)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, text=event.value)

    def _key(self, event: Any, key: str, *, merges: bool) -> None:
        here, line = self._open[-1], event.start_mark.line + 1
        here.key, here.key_line, here.merges = key, line, merges
        if isinstance(here.lines, dict) and not merges:
            if key in here.lines:
                first = f"; the first is on line {here.lines[key]}"
                raise self._error(event, f"the key {key!r} appears twice in one mapping{first}")
            here.lines[key] = line

    def _start(self, event: Any, value: Collection) -> None:
        line = event.start_mark.line + 1
        if self._open and self._open[-1].wants_key:
            raise self._error(event, "a key that is not text")
        if event.tag is not None and event.tag not in KNOWN_TAGS:
            raise self._error(event, f"the tag {event.tag!r} is not read")
        if len(self._open) >= MAX_DEPTH:
            raise too_deep(self._name, line)
        self._open.append(_Open(value, line))
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, self._open[-1])

    def _end(self, event: Any) -> None:
        ended = self._open.pop()
        if ended.merged:
            self._merge(ended)
        self.lines[id(ended.value)] = ended.lines
        self._add(event, ended.value, ended.start, size=ended.size, height=ended.height)

    def _alias(self, event: Any) -> None:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            raise self._error(event, f"the alias *{event.anchor} has no anchor before it")
        opened = anchored.opened
        if any(opened is each for each in self._open):
            raise self._error(event, "an alias inside itself")
        if self._open and self._open[-1].wants_key:
            if anchored.text is None:
                raise self._error(event, "a key that is not text")
            self._key(event, anchored.text, merges=False)
        elif opened is None:
            self._add(event, anchored.value, event.start_mark.line + 1, size=1, height=0)
        else:
            self._add_copy(event, opened)

    def _add_copy(self, event: Any, opened: _Open) -> None:
        self._copied += opened.size
        if self._copied > _MAX_COPIED:
            raise self._error(event, f"the aliases up to here stand for more than {_MAX_COPIED:,} values")
        if len(self._open) + opened.height > MAX_DEPTH:
            raise too_deep(self._name, event.start_mark.line + 1)
        line = event.start_mark.line + 1
        self._add(event, self._copy(opened.value), line, size=opened.size, height=opened.height)

    def _copy(self, value: Any) -> Any:
        """Copy a value, so that no two places share one; the lines are those of the anchor."""
        if not isinstance(value, (dict, list)):
            return value
        copied: Collection
        if isinstance(value, dict):
            copied = {key: self._copy(each) for key, each in value.items()}
        else:
            copied = [self._copy(each) for each in value]
        self.lines[id(copied)] = self.lines[id(value)]
        return copied

    def _add(self, event: Any, value: Any, line: int, *, size: int, height: int) -> None:
        """Put a value where it belongs."""
        if not self._open:
            self.data, self.first = value, line
            return
        here = self._open[-1]
        here.size += size
        here.height = max(here.height, height + 1)
        if here.merges:
            here.merged += self._mappings(event, value)
        elif isinstance(here.value, dict):
            here.value[here.key or ""] = value
        elif isinstance(here.lines, list):
            here.value.append(value)
            here.lines.append(line)
        here.key, here.merges = None, False

    def _mappings(self, event: Any, value: Any) -> list[dict[str, Any]]:
        """Return the mappings that a merge key names: one, or a list of them."""
        found = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in found):
            raise self._error(event, f"a merge key ({_MERGE}) names a mapping, or a list of mappings")
        return found

    def _merge(self, ended: _Open) -> None:
        """Put merged keys before a mapping's own, which override them; an earlier merge overrides a later one."""
        assert isinstance(ended.value, dict) and isinstance(ended.lines, dict)  # noqa: S101, PT018 - only mappings merge
        own, own_lines = dict(ended.value), dict(ended.lines)
        ended.value.clear()
        ended.lines.clear()
        for merged in reversed(ended.merged):
            ended.value.update(merged)
            ended.lines.update(self.lines[id(merged)])  # type: ignore[arg-type]  # of a mapping
        ended.value.update(own)
        ended.lines.update(own_lines)
