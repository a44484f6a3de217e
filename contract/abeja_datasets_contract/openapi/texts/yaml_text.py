"""YAML as the JSON it means, with the line of each place."""

from collections.abc import Sequence

import yaml

from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.texts.yaml_building import Builder

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlText:
    """A YAML file.

    Keys are text as written (`200:` is `"200"`). Merge keys (`<<`) are written out; what stands in the mapping itself
    overrides them. An anchor may be defined again.

    Args:
        text: its text.
        name: what messages call it.

    Raises:
        DocumentError: it is broken, has a key twice, a circle of aliases and so on; the message names the line.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        builder = Builder(name)
        try:
            _feed(text, builder)
        except yaml.MarkedYAMLError as error:
            raise DocumentError(f"{name}{_place(error)}: broken YAML: {_problem(error, text)}") from error
        except yaml.reader.ReaderError as error:
            line = text.encode(errors="surrogatepass").count(b"\n", 0, error.position) + 1
            raise DocumentError(f"{name}, line {line}: broken YAML: {error.reason}") from error
        self.data = builder.data
        self._first = builder.first
        self._lines = builder.lines

    def line(self, keys: Sequence[str]) -> int | None:
        """Return the line (from 1) of the place that keys lead to, or of the nearest place around it."""
        here, found = self.data, self._first
        for key in keys:
            lines = self._lines.get(id(here))
            if isinstance(lines, dict) and key in lines:
                here, found = here[key], lines[key]
            elif isinstance(lines, list) and key.isdecimal() and int(key) < len(lines):
                here, found = here[int(key)], lines[int(key)]
            else:
                break
        return found


def _feed(text: str, builder: Builder) -> None:
    loader = _Loader(text)
    try:
        while loader.check_event():
            builder.take(loader.get_event())
    finally:
        loader.dispose()


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _problem(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    line = text.split("\n")[mark.line : mark.line + 1] if mark else []
    indent = line[0][: len(line[0]) - len(line[0].lstrip())] if line else ""
    said = str(error.problem or error.context)
    return f"{said}; the line begins with a tab, and YAML is indented by spaces" if "\t" in indent else said
