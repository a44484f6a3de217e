"""The text of what is scaffolded: a function of operations.py, and the method that sends what it makes."""

import textwrap
from collections.abc import Iterator

from upkeep.document.contract import JSON, Operation
from upkeep.scaffolding.signatures import Argument, Generated, is_builtin, takes_whole_body

UNWRITTEN = "To be written by a person"
"""The mark of a scaffolded docstring, reported until it is removed."""
_FIRST_ERROR = 400
_COMMON = "/organizations/{organization_id}"
_BY_POSITION = 5
"""The number of arguments that may be passed by position."""
_WIDTH = 112
"""The width of a docstring's lines, without their indentation."""


def function(operation: Operation, arguments: list[Argument], generated: Generated) -> str:
    """Write the function that makes the call."""
    path = operation.path.replace(_COMMON, "…", 1)
    lines = [f"def {operation.name}({_signature(arguments)}) -> Call:", f'    """{operation.method} {path}."""']
    segments, bodies, queries, headers = (_at(arguments, place) for place in ("path", "body", "query", "header"))
    is_plain = operation.accept == JSON and operation.body is None
    if segments and len(segments) == len(arguments) and is_plain:
        return "\n".join([*lines, *_of_ids(operation.name, segments, generated)])
    lines += [f"    from {generated.module} import _get_kwargs", ""]
    given = [
        _cast(f'segment("{argument.part.name if argument.part else argument.name}", {argument.name})', kind)
        for argument, kind in zip(segments, generated.path, strict=True)
    ]
    replaced = {}
    if operation.body is not None and generated.has_body:
        given.append(f"body={_body(bodies, operation)}")
        if operation.body.get("type") == "array":
            # The generated function would go through the entries.
            replaced["body"] = bodies[0].name
    given += [
        f'{generated.required[argument.part.name]}=cast("Any", {argument.name})'
        for argument in (*queries, *headers)
        if argument.part and argument.part.name in generated.required
    ]
    call = f'_call("{operation.name}", _get_kwargs({", ".join(given)}))'
    if queries:
        replaced["params"] = f'values.query({_entries(queries)}, "{{}}")'
    if headers:
        replaced["headers"] = f"values.headers({_entries(headers)})"
    if operation.accept != JSON:
        replaced["accept"] = f'"{operation.accept}"'
    if replaced:
        lines.append(f"    call = {call}")
        call = f"call._replace({', '.join(f'{name}={value}' for name, value in replaced.items())})"
    return "\n".join([*lines, f"    return {call}"])


def _entries(arguments: list[Argument]) -> str:
    """Write a dict of what is given, by the names that go over the wire."""
    return "{" + ", ".join(f'"{argument.part.name}": {argument.name}' for argument in arguments if argument.part) + "}"


def _of_ids(name: str, ids: list[Argument], generated: Generated) -> list[str]:
    """Write the body of a function whose call takes ids alone: the generated function is called once."""
    places = ", ".join(_cast("_PLACE", kind) for kind in generated.path)
    quoted = "".join(f', quoted("{one.part.name if one.part else one.name}", {one.name})' for one in ids)
    return [
        f'    if "{name}" not in _templates:',
        f"        from {generated.module} import _get_kwargs",
        "",
        f'        _learn("{name}", _get_kwargs({places}))',
        f'    return _filled("{name}"{quoted})',
    ]


def method(operation: Operation, arguments: list[Argument]) -> str:
    """Write the method of the async client, with its docstring; the sync one is generated from it."""
    kind = response_kind(operation)
    docstring = textwrap.indent(_docstring(operation, arguments, kind), "    ", lambda line: bool(line.strip()))
    sent = f"await self._send({_operation(operation, arguments)})"
    body = [f"    {sent}"] if kind == "None" else [f"    response: {kind} = {sent}", "    return response"]
    return "\n".join([f"async def {operation.name}({_signature(arguments, 'self')}) -> {kind}:", docstring, *body])


def response_kind(operation: Operation) -> str:
    """Return the type that a method returns."""
    if operation.accept != JSON:
        return "str" if operation.accept else "None"
    kind = operation.response.get("type")
    return {"object": "dict[str, Any]", "array": "list[dict[str, Any]]"}.get(str(kind), "Any")


def _operation(operation: Operation, arguments: list[Argument]) -> str:
    named = _first_named(arguments)
    given = [
        argument.name if index < named else f"{argument.name}={argument.name}"
        for index, argument in enumerate(arguments)
    ]
    return f"operations.{operation.name}({', '.join(given)})"


def _signature(arguments: list[Argument], *before: str) -> str:
    """Write the arguments; each on its own line where one hides a builtin, for the comment beside it."""
    rows = [(name, "") for name in before]
    named = _first_named(arguments)
    for index, argument in enumerate(arguments):
        if index == named:
            rows.append(("*", ""))
        note = "  # noqa: A002 - the documented name" if is_builtin(argument.name) else ""
        rows.append((f"{argument.name}: {argument.kind}{'' if argument.required else ' = None'}", note))
    if not any(note for _, note in rows):
        return ", ".join(text for text, _ in rows)
    return "\n" + "".join(f"    {text},{note}\n" for text, note in rows)


def _first_named(arguments: list[Argument]) -> int:
    """Return the index of the first keyword-only argument: where there are many, the first after the path."""
    if len(arguments) <= _BY_POSITION:
        return len(arguments)
    return next((index for index, one in enumerate(arguments) if one.kind != "Identifier"), len(arguments))


def _at(arguments: list[Argument], place: str) -> list[Argument]:
    """Return the arguments of the path, the body, the query or the headers."""
    return [argument for argument in arguments if (argument.part.location if argument.part else "body") == place]


def _body(arguments: list[Argument], operation: Operation) -> str:
    if operation.body is not None and operation.body.get("type") == "array":
        return "[]"
    if takes_whole_body(operation):
        name = arguments[0].name
        return f'cast("Any", {f"_Body({name})" if arguments[0].kind.startswith("dict") else name})'
    entries = [
        f'"{argument.part.name}": {argument.name}' if argument.required
        else f'**_given("{argument.part.name}", {argument.name})'
        for argument in arguments if argument.part
    ]  # fmt: skip
    return f'cast("Any", _Body({{{", ".join(entries)}}}))'


def _cast(value: str, kind: str) -> str:
    return value if kind == "str" else f'cast("Any", {value})'


def _docstring(operation: Operation, arguments: list[Argument], kind: str) -> str:
    summary = sentence(str(operation.raw.get("summary") or ""), "") or f"{UNWRITTEN}."
    reference = operation.path.replace("{", "<").replace("}", ">")
    lines = [
        f'"""{summary}', "",
        f"{UNWRITTEN}: what a caller must know, a request that runs, and a response.", "",
        f"API reference: {operation.method} {reference}", "",
        "Args:", *(line for argument in arguments for line in _described(argument)), "",
        "Return type:", f"    {kind.partition('[')[0].replace('Any', 'any')}", "",
        "Returns:", f"    {UNWRITTEN}.", "",
        "Raises:", *(line for status in operation.raw.get("responses", {}) for line in _raised(str(status))),
        '"""',
    ]  # fmt: skip
    if lines[-2] == "Raises:":
        del lines[-3:-1]
    if not arguments:
        del lines[lines.index("Args:") : lines.index("Return type:")]
    return "\n".join(lines)


def _described(argument: Argument) -> Iterator[str]:
    kind = "str | int" if argument.kind == "Identifier" else argument.kind.removesuffix(" | None")
    words = sentence(argument.part.words if argument.part else "", f"{UNWRITTEN}.")
    words = words[:1].lower() + words[1:] if words[1:2].islower() else words
    optional = "" if argument.required else " [optional]"
    kind = kind.partition("[")[0].replace("Any", "any")
    text = f"{argument.name} ({kind}): {words.removesuffix('.')}{optional}."
    wrapped = textwrap.wrap(text, _WIDTH - 4, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
    return (f"    {line}" for line in wrapped)


def _raised(status: str) -> Iterator[str]:
    from abeja_datasets.exceptions import error_class

    if status.isdecimal() and int(status) >= _FIRST_ERROR:
        yield f"    {error_class(int(status)).__name__}: {UNWRITTEN[0].lower()}{UNWRITTEN[1:]}."


def sentence(words: str, otherwise: str) -> str:
    """Return the first sentence of the document's words, where a docstring can hold it as it is: plain and short."""
    first = " ".join(words.split()).partition(". ")[0].rstrip(".")
    if not first.isascii() or not first.isprintable() or '"' in first or "\\" in first or not first[:1].isalpha():
        return otherwise
    return f"{first[0].upper()}{first[1:]}." if len(first) < _WIDTH - 4 else otherwise
