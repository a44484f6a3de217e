"""Run openapi-python-client in its own process: `python -m upkeep.generation.client_generator`.

Standard input has the paths as JSON. The output has what the generator refuses, each refusal with the place in the
document that it is about:

    {"refusals": [["#/paths/~1files/get/requestBody", "Unsupported content type text/csv"]], "setting": ""}

`setting` is what is wrong with the generator's settings instead.
"""

import io
import json
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.schema import OpenAPI
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Keys = tuple[object, ...]
_ENDPOINT = re.compile(r"WARNING parsing (?P<method>\w+) (?P<path>\S+) within ")
_COMPONENT = re.compile(r"/components/(?P<section>\w+)/(?P<name>[^\s/:]+)")
_HEADERS = ("WARNING parsing ", "Unable to ", "Problem creating a ")
"""How headers begin that only name the place, which is said before."""
_AROUND = (
    re.compile(r".*?\((?P<why>.*)\), response will be omitted.*"),
    re.compile(r"cannot parse parameter of endpoint \S+: (?P<why>.*)"),
)
"""Sentences around a reason."""
_WORDS = {
    r"<[\w.]+ object at 0x[0-9a-f]+> ?": "",
    r"Got \{<class .*": "an enum with values of several types",
    r"None": "a type or value that it does not read",
}
"""What a reason is replaced by where it says nothing, or shows an object of the generator."""
_FOLLOWS = re.compile("Could not find reference in parsed models|in allOf was not processed")
"""Reasons that may follow from another refusal."""


class FaultySettings(Exception):
    """The settings can't be used; the message has the line, where there is one, and the reason."""


def main() -> None:
    """Read the paths, generate, and write the refusals."""
    paths = {name: Path(path) for name, path in json.load(sys.stdin).items()}
    out, sys.stdout = sys.stdout, io.StringIO()  # the generator prints
    try:
        refusals, setting = generate(**paths), ""
    except FaultySettings as fault:
        refusals, setting = [], str(fault)
    sys.stdout = out
    json.dump({"refusals": [[_pointer(keys), why] for keys, why in refusals], "setting": setting}, out)


def generate(*, document: Path, settings: Path, package: Path) -> list[tuple[Keys, str]]:
    """Write the package; return what the generator refuses, with the keys that lead to it.

    Raises:
        FaultySettings: the settings can't be used.
    """
    data = json.loads(document.read_bytes())
    config = Config.from_sources(_settings(settings), MetaType.NONE, document, "utf-8", False, package)
    try:
        OpenAPI.model_validate(data)
    except ValidationError as error:
        return [(_reduced(data, one["loc"]), str(one["msg"])) for one in error.errors()[:1]]
    try:
        parsed = GeneratorData.from_dict(data, config=config)
        if isinstance(parsed, GeneratorError):
            return [((), _reason(parsed))]
        with redirect_stdout(io.StringIO()):
            errors = Project(openapi=parsed, config=config).build()
    except Exception as error:  # noqa: BLE001 - whatever a document makes the generator raise
        return [(_where_it_failed(error), f"the generator fails here ({type(error).__name__}: {error})")]
    failed = [error for error in errors if not isinstance(error, ParseError)]
    if failed:
        raise FaultySettings(f"post_hooks: {failed[0].header}: {_first(failed[0].detail or '')}")
    found = [(_place(error, data), _reason(error)) for error in errors]
    return [each for each in found if not _FOLLOWS.search(each[1])] or found


def _settings(path: Path) -> ConfigFile:
    try:
        read = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultySettings(error.strerror or "it can't be read") from error
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = str(error.problem if isinstance(error, MarkedYAMLError) else error)
        raise FaultySettings(f"line {mark.line + 1}: {problem}" if mark else _first(problem)) from error
    if not isinstance(read, dict):
        raise FaultySettings("it is not a mapping of settings")
    if unknown := [str(name) for name in read if name not in ConfigFile.model_fields]:
        raise FaultySettings(f"{unknown[0]}: openapi-python-client has no such setting")
    try:
        return ConfigFile(**read)
    except ValidationError as error:
        first = error.errors()[0]
        raise FaultySettings(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _place(error: GeneratorError, data: Any) -> Keys:
    """Return the keys of what an error is about: the object that the generator names, else what is around it."""
    text = f"{error.header}\n{error.detail or ''}"
    around: Keys = ()
    if found := _ENDPOINT.search(error.header):
        around = ("paths", found["path"], found["method"].lower())
        if (status := re.search(r"status code (\w+)", text)) and "responses" in _at(data, around):
            around = (*around, "responses", status[1])
        elif "body" in text or "content type" in text:
            around = (*around, "requestBody")
    elif found := _COMPONENT.search(text):
        around = ("components", found["section"], found["name"])
    if isinstance(error, ParseError) and isinstance(error.data, BaseModel):
        wanted = error.data.model_dump(mode="json", by_alias=True, exclude_unset=True)
        inside = list(_equal(_at(data, around), wanted, around))
        everywhere = inside or list(_equal(data, wanted, ()))
        return everywhere[0] if len(everywhere) == 1 or inside else around
    return around


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        data = data.get(key, {}) if isinstance(data, dict) else {}
    return data


def _equal(node: Any, wanted: Any, keys: Keys) -> Iterator[Keys]:
    """Yield the keys of each object that is equal to another, which is not empty."""
    if node == wanted and wanted:
        yield keys
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from _equal(value, wanted, (*keys, key))


def _reduced(data: Any, location: Keys) -> Keys:
    """Return the keys of a location of pydantic, in which the names of its classes stand too."""
    keys: list[object] = []
    for key in location:
        is_here = key in data if isinstance(data, dict) else isinstance(data, list) and isinstance(key, int)
        if is_here:
            data = data[key]
            keys.append(key)
    return tuple(keys)


def _where_it_failed(error: BaseException) -> Keys:
    """Return the keys of the operation or component that the generator was at, from the variables of its functions."""
    found: Keys = ()
    for frame, _ in traceback.walk_tb(error.__traceback__):
        known = {name: str(getattr(value, "get_untrusted_value", lambda value=value: value)())
                 for name, value in frame.f_locals.items() if name in ("path", "method", "name")}  # fmt: skip
        if "path" in known and "method" in known:
            found = ("paths", known["path"], known["method"])
        elif frame.f_code.co_name == "_create_schemas" and "name" in known:
            found = ("components", "schemas", known["name"])
    return found


def _reason(error: GeneratorError) -> str:
    """Return why, in one line."""
    header = error.header.strip()
    why = _first(error.detail or "") or "None"
    for sentence in _AROUND:
        if found := sentence.fullmatch(why):
            why = found["why"]
    for words, others in _WORDS.items():
        why = re.sub(rf"^{words}$" if others else words, others, why)
    return why if header.startswith(_HEADERS) else f"{header.rstrip(': ')}: {why}"


def _first(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _pointer(keys: Keys) -> str:
    return "#" + "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


if __name__ == "__main__":
    main()
