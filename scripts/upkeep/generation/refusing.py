"""What no client can be generated for although the document is valid: each as one line with place and remedy.

The generator makes wrong code of some of it, or leaves it out, without a word.
"""

import builtins
import keyword
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upkeep.document import modules
from upkeep.document.contract import Operation, Part, operations_of, snake_case
from upkeep.generation.styles import kinds_of, style_of

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

_OF_MODELS = frozenset({
    "to_dict", "from_dict", "to_multipart", "additional_properties", "additional_keys", "additional_property",
    "cast", "cls", "d", "field_dict", "src_dict", "prop", "prop_dict", "prop_name",
})  # fmt: skip
"""The names that a generated model has for its methods and in them."""
_OF_MODULES = frozenset({
    "Any", "BinaryIO", "BytesIO", "Generator", "HTTPStatus", "Literal", "Mapping", "TextIO", "TypeVar", "UUID", "T",
    "AuthenticatedClient", "Client", "File", "FileTypes", "RequestFiles", "Response", "UNSET", "Unset",
})  # fmt: skip
"""The names that generated modules import or define beside their models."""
_LINKED = ("operationId", "operationRef")


def refusals(root: Path, document: "Document") -> list[str]:
    """Return what keeps a client from being generated, each with its line; none where nothing does."""
    operations = operations_of(document)
    found = [
        *_operations(root, operations),
        *(each for operation in operations for each in _paths(operation)),
        *(each for part in _parts(operations) for each in _parameter(document, part)),
        *_twice(document),
        *_links(document, operations),
        *_components(document),
        *_properties(document),
        *_misread(document),
    ]
    found.sort(key=lambda each: document.line(each[0]) or 0)
    return [f"{place(document, pointer)}: {why}" for pointer, why in dict.fromkeys(found)]


def place(document: "Document", pointer: str) -> str:
    """Return what a message calls a place of the document: file, line and pointer."""
    return f"{document.name}:{document.line(pointer)}: {pointer}"


Refusals = Iterator[tuple[str, str]]


def _operations(root: Path, operations: list[Operation]) -> Refusals:
    """Find operations that would become no function, or that of another, or would replace a name of the client."""
    own = _own_names(root)
    named: dict[str, Operation] = {}
    for one in operations:
        where, said = f"{one.pointer}/operationId", f"the operation {one.operation_id!r}"
        if not one.operation_id:
            continue
        if not one.name.isidentifier():
            yield where, f"{said} has no name that Python takes; begin the operationId with a letter"
        elif keyword.iskeyword(one.name) or one.name in dir(builtins):
            yield where, f"{said} has the name of {one.name!r} of Python; take another operationId"
        elif one.name in own:
            yield where, f"{said} would replace {own[one.name]}; take another operationId"
        elif one.name in named and one.operation_id == named[one.name].operation_id:
            other = f"{named[one.name].method} {named[one.name].path}"
            yield where, f"{said} is not unique: {other} has the same operationId; take another one"
        elif one.name in named:
            first = named[one.name].operation_id
            yield where, f"{said} and {first!r} both become the function {one.name}; take another operationId"
        named.setdefault(one.name, one)


def _own_names(root: Path) -> dict[str, str]:
    """Return the names of the wrapper that no operation may have, each with what it is."""
    if not (root / modules.OPERATIONS).exists():
        return {}
    functions = modules.functions(root / modules.OPERATIONS)
    found = {
        name: f"{name} of {modules.OPERATIONS.name}"
        for name in modules.top_names(root / modules.OPERATIONS) - functions.keys()
    }
    bases = root / modules.WRAPPER / "base.py"
    places = [(root / place, client) for client, place in modules.CLIENTS.items()]
    for module, name in (*places, (bases, "BaseClient"), (bases, "SyncClient")):
        methods = modules.methods(module, name).keys() - functions.keys()
        found |= {method: f"{name}.{method}, which is the client's own" for method in methods}
    return found


def _paths(operation: Operation) -> Refusals:
    """Compare the parameters of a path with those that are declared."""
    if not operation.path.startswith("/"):
        yield operation.pointer.rpartition("/")[0], f"the path {operation.path!r} does not begin with a slash; add it"
    written = re.findall(r"\{([^}]*)\}", operation.path)
    declared = {part.name: part for part in operation.parameters if part.location == "path"}
    for name in written:
        if name not in declared:
            why = f"the path parameter {name!r} is not declared; add it to `parameters`, with `in: path`"
            yield operation.pointer.rpartition("/")[0], why
        elif not re.fullmatch(r"[A-Za-z_-][A-Za-z0-9_-]*", name):
            yield declared[name].pointer, f"the path parameter {name!r} is not read; name it with letters, digits and _"
    for name, part in declared.items():
        if name not in written:
            yield part.pointer, f"the path {operation.path} has no {{{name}}}; add it there, or remove the parameter"
    if len(written) != len(set(written)):
        yield operation.pointer.rpartition("/")[0], f"the path {operation.path} has a parameter twice; rename one"


def _twice(document: "Document") -> Refusals:
    """Find parameters that appear twice in one list."""
    for path, item in document.mapping("#/paths").items():
        for keys in ((), *((method,) for method in item)):
            holder = _child("#/paths", path, *keys)
            seen: set[tuple[object, object]] = set()
            for index in range(len(document.mapping(holder).get("parameters", []))):
                where = document.follow(_child(holder, "parameters", str(index)))
                key = document.at(where).get("in"), document.at(where).get("name")
                if key in seen:
                    yield where, f"the {key[0]} parameter {key[1]!r} appears twice in one list; remove one"
                seen.add(key)


def _parts(operations: list[Operation]) -> list[Part]:
    """Return each parameter once, though many operations may have it."""
    return list({part.pointer: part for operation in operations for part in operation.parameters}.values())


def _parameter(document: "Document", part: Part) -> Refusals:
    """Find a parameter that would be left out, or go over the wire in another form than the documented one."""
    try:
        style_of(document, part)
    except ValueError as reason:
        yield part.pointer, f"the {part.location} parameter {part.name!r} {reason}"


def _links(document: "Document", operations: list[Operation]) -> Refusals:
    """Find links to operations that do not exist."""
    known = {
        "operationId": {one.operation_id for one in operations},
        "operationRef": {one.pointer for one in operations},
    }
    for pointer, link in _named(document.data, "#", "links"):
        for word in _LINKED:
            target = link.get(word)
            if isinstance(target, str) and target not in known[word] and (word != "operationRef" or target[:1] == "#"):
                why = f"the link leads to the operation {target!r}, which does not exist; correct or remove it"
                yield f"{pointer}/{word}", why


def _components(document: "Document") -> Refusals:
    """Find schemas whose class would have the name of another one or of what generated modules import."""
    seen: dict[str, str] = {}
    for name in document.mapping("#/components/schemas"):
        pointer = _child("#/components/schemas", name)
        words = snake_case(name)
        if name in _OF_MODULES:
            yield pointer, f"the schema {name!r} has the name of what the generated code imports; rename it"
        elif words in seen:
            yield pointer, f"the schemas {seen[words]!r} and {name!r} both become one module {words}; rename one"
        seen.setdefault(words, name)


def _properties(document: "Document") -> Refusals:
    """Find properties whose attribute would replace a method of the generated model, or another attribute."""
    for pointer, properties in _mappings(document.data, "#", "properties"):
        seen: dict[str, str] = {}
        for name in properties:
            words = snake_case(name)
            where = _child(pointer, name)
            if words in _OF_MODELS:
                yield where, f"the property {name!r} has the name of what a generated model uses itself; rename it"
            elif name != seen.setdefault(words, name) and _is_alike(name, seen[words]):
                yield where, f"the properties {seen[words]!r} and {name!r} become one attribute {words}; rename one"


def _is_alike(name: str, other: str) -> bool:
    """Return whether two names are the same without the characters that Python's names can't have."""
    return re.sub(r"\W", "", name) == re.sub(r"\W", "", other)


def _misread(document: "Document") -> Refusals:
    """Find the responses that the generated code can't read: text that is described as an object."""
    for pointer, responses in _mappings(document.data, "#", "responses"):
        for status in responses:
            content = document.mapping(document.follow(_child(pointer, status))).get("content", {})
            for media in content if isinstance(content, dict) else ():
                where = _child(document.follow(_child(pointer, status)), "content", media)
                kinds = kinds_of(document, f"{where}/schema")
                if media.startswith("text/") and "schema" in document.mapping(where) and kinds != {"string"}:
                    yield where, f"the generator can't read {media} but as a string; write `type: string`"


def _child(pointer: str, *keys: str) -> str:
    from abeja_datasets_contract.openapi.pointers import child

    return child(pointer, *keys)


def _named(node: Any, pointer: str, word: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each object that a mapping at a keyword names, with its place."""
    for where, mapping in _mappings(node, pointer, word):
        yield from ((_child(where, name), value) for name, value in mapping.items() if isinstance(value, dict))


def _mappings(node: Any, pointer: str, word: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each mapping that stands at a keyword, with its place; examples and other data are left alone."""
    from abeja_datasets_contract.openapi.places import is_named, place_of, place_of_item

    waiting: list[tuple[Any, str, Any]] = [(node, pointer, "object")]
    while waiting:
        here, where, kind = waiting.pop()
        if isinstance(here, list):
            waiting += [(each, _child(where, str(index)), place_of_item(kind)) for index, each in enumerate(here)]
        for key, value in here.items() if isinstance(here, dict) else ():
            inside = place_of(kind, key, value)
            if inside is not None and isinstance(value, dict | list):
                if key == word and isinstance(value, dict) and not is_named(kind):
                    yield _child(where, key), value
                waiting.append((value, _child(where, key), inside))
