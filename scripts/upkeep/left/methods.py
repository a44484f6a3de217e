"""A method of the library: its calls, compared with its operation."""

import ast
import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from upkeep.document import modules
from upkeep.document.contract import Operation, Part, snake_case
from upkeep.left import docstrings
from upkeep.left.project import Gap, Project
from upkeep.left.reach import MARK, any_id
from upkeep.left.samples import replies
from upkeep.left.wire import SIZE, TOKEN, Style

PAGING = modules.WRAPPER / "paging.py"
SIGNATURES = Path("tests/wrapper/test_requests.py")
CREDENTIALS = modules.WRAPPER / "configuration/credentials.py"

Call = dict[str, Any]


class Method:
    """A method, the outcome of its calls, and the operation that it is for."""

    def __init__(
        self, project: Project, operation: Operation, calls: list[Call], place: tuple[str, modules.Function]
    ) -> None:
        self.project, self.operation, self.calls = project, operation, calls
        self.name = name = str(calls[0]["method"])
        self.where, self.code = place
        self.cause = project.the_operation(operation)
        self.iterates = ".iter_" in name or name.endswith(".list")

    def gaps(self) -> Iterator[Gap]:
        """Yield what it does that the operation does not say, and what it lacks."""
        first = self.calls[0]
        if not first["requests"]:
            reason = first["error"] or "nothing was sent"
            yield self._gap(f"fails before it sends anything; correct {modules.OPERATIONS}: {reason}")
            return
        yield from self._address(first["requests"][0])
        yield from self._responses()
        yield from self._undocumented()
        for part in self.operation.parameters:
            if part.location != "path":
                yield from self._parameter(part)
        yield from self._body()
        if self.iterates:
            yield from self._pages(first)

    def _gap(self, what: str, part: Part | None = None, where: str = "") -> Gap:
        cause = self.cause if part is None else self.project.the_part(self.operation, part)
        return Gap(where or self.where, f"{self.name} {what}", cause)

    def _address(self, sent: Call) -> Iterator[Gap]:
        wanted = f"({re.escape(sent['base'])})?{any_id(self.operation.path)}"
        if sent["method"] != self.operation.method or not re.fullmatch(wanted, sent["path"]):
            is_ = f"{sent['method']} {sent['path']}"
            yield self._gap(f"sends {is_}, but the operation is {self.operation.method} {self.operation.path}")
        documented = f"{self.operation.method} {re.sub(r'{([^}]*)}', '<*>', self.operation.path)}"
        said = re.search("API reference: (.*)", ast.get_docstring(self.code) or "")
        if said and re.sub("<[^>]*>", "<*>", said[1].strip()) != documented:
            is_ = f"{self.operation.method} {self.operation.path}"
            yield self._gap(f"has the API reference {said[1].strip()} in its docstring, but the operation is {is_}")

    def _responses(self) -> Iterator[Gap]:
        """Compare the outcomes of the documented responses."""
        documented = [*replies(self.project.document, self.operation.pointer)]
        for index, call in enumerate(call for call in self.calls if not call["given"]):
            if call["error"]:
                reply = documented[index] if index < len(documented) else None
                place = f"{reply.status} ({self.project.line(reply.pointer)})" if reply else "of the document"
                where = str(PAGING) if self.iterates else self.where
                yield self._gap(f"raises at the response {place}: {call['error']}", None, where)
        open_ = next((call for call in self.calls if call["given"] == "no credential"), None)
        if open_ and open_["error"]:
            what = "needs a credential, but the operation asks for none"
            yield self._gap(f"{what}: {open_['error']}", None, str(CREDENTIALS))
        for what in docstrings.about_response(self.code, self.project.properties(self.operation), self.project.given):
            yield self._gap(what)
        first, said = self.calls[0], ast.unparse(self.code.returns) if self.code.returns else "Any"
        if not self.iterates and self.name.startswith("APIClient.") and not first["error"]:
            kind = first["returned"].replace("NoneType", "None")
            if not said.startswith(kind) and said != "Any":
                yield self._gap(f"says that it returns {said}, but the documented response is {kind}")

    def _undocumented(self) -> Iterator[Gap]:
        known = {part.name for part in self.operation.parameters if part.location == "query"}
        known |= {name for part in self.operation.parameters for name in Style(self.project.document, part).names}
        sent = [request for call in self.calls for request in call["requests"] if self._is_ours(request)]
        for name in dict.fromkeys(name for request in sent for name, _ in request["query"]):
            if name not in known and not name.startswith(MARK):
                yield self._gap(f"sends the query parameter {name}, which the operation does not have")
        fields = {field.name for field in self.operation.fields}
        bodies = [request["body"] for request in sent if isinstance(request["body"], dict)]
        for name in dict.fromkeys(name for body in bodies for name in body):
            if self.operation.body_pointer and fields and name not in fields and not name.startswith(MARK):
                yield self._gap(f"sends the field {name}, which the body of the operation does not have")

    def _is_ours(self, request: Call) -> bool:
        return bool(re.fullmatch(f"({re.escape(request['base'])})?{any_id(self.operation.path)}", request["path"]))

    def _parameter(self, part: Part) -> Iterator[Gap]:
        style = Style(self.project.document, part)
        found = [call for call in self.calls for sent in call["requests"][:1] if style.reached(sent)]
        if part.location == "query":
            found += [call for call in self.calls if _takes_any_parameter(call)]
        sends_itself = (
            self.iterates and part.location == "query" and (TOKEN.search(part.name) or SIZE.search(part.name))
        )
        if found:
            yield from self._sent(part, style, found)
        elif not sends_itself:
            yield from self._unreached(part, f"the {part.location} parameter {part.name}")

    def _unreached(self, part: Part, what: str) -> Iterator[Gap]:
        """Yield that nothing sends a part of the request, and whether an argument for it is there but gets lost."""
        argument = snake_case(part.name)
        if argument in docstrings.arguments(self.code):
            errors = (call["error"] for call in self.calls if call["given"] == argument and not call["requests"])
            error = next((f": {each}" for each in errors if each), "")
            is_client = self.name.startswith("APIClient.")
            place = f" ({modules.OPERATIONS}: {self.operation.name})" if is_client else ""
            yield self._gap(f"takes {argument} but does not send it{place}{error}", part)
        else:
            yield self._gap(f"can't reach {what} ({self.project.line(part.pointer)})", part)
        yield from self._signature(part, argument)

    def _signature(self, part: Part, argument: str) -> Iterator[Gap]:
        """Name the test that lists the signatures, where this one has to change."""
        file = self.project.root / SIGNATURES
        if self.name != f"APIClient.{self.operation.name}" or not file.exists():
            return
        if not re.search(rf"\b{argument}:", _signatures(file).get(self.operation.name, "")):
            what = f"SIGNATURES has {self.operation.name} without {part.name}"
            yield Gap(str(SIGNATURES), what, self.project.the_part(self.operation, part))

    def _sent(self, part: Part, style: Style, found: list[Call]) -> Iterator[Gap]:
        arguments = {call["given"] for call in found}
        tried = [call for call in self.calls if call["parameter"] == part.name and call["given"] in arguments]
        broken = next((call["error"] for call in tried if call["error"] and not call["requests"]), "")
        queries = [call["requests"][0] for call in tried if call["requests"]]
        if style.kind != "scalar" and (broken or not any(style.is_right(sent) for sent in queries)):
            came = broken or f"it sends {queries[0]['raw_query']!r}" if queries or broken else "it takes one value"
            yield self._gap(f"does not send {part.name} as {style.words}: {came}", part)
        argument = found[0]["given"] or next(iter(style.arguments(found[0]["requests"][0])), "")
        yield from (self._gap(what, part) for what in docstrings.about(self.code, argument, part, lists=self.iterates))
        if kind := docstrings.wrong_type(self.code, argument, part):
            yield self._gap(f"takes {argument} as {kind}, but {part.name} is {_kind(part.schema)}", part)

    def _body(self) -> Iterator[Gap]:
        bodies = [call["requests"][0]["body"] for call in self.calls if call["requests"]]
        if self.operation.body_pointer and not any(body is not None for body in bodies):
            place = self.project.line(self.operation.body_pointer)
            yield self._gap(f"can't reach the request body ({place})")
            return
        if any(_is_whole(body) for body in bodies):
            return
        for part in self.operation.fields:
            values = [body[part.name] for body in bodies if isinstance(body, dict) and part.name in body]
            argument = next((name for value in values for name in _marks(value)), "")
            if not argument:
                yield from self._unreached(part, f"the field {part.name} of the body")
                continue
            yield from (self._gap(what, part) for what in docstrings.about(self.code, argument, part, lists=False))
            if kind := docstrings.wrong_type(self.code, argument, part):
                yield self._gap(f"takes {argument} as {kind}, but {part.name} is {_kind(part.schema)}", part)

    def _pages(self, first: Call) -> Iterator[Gap]:
        """Compare what an iterator does at a page after which others follow."""
        tokens = [
            part.name for part in self.operation.parameters if part.location == "query" and TOKEN.search(part.name)
        ]
        if tokens and len(first["requests"]) == 1 and not first["error"]:
            what = "stops after the first page: it finds no token of the next page in the documented response"
            yield self._gap(what, None, str(PAGING))


def _signatures(file: Path) -> dict[str, str]:
    """Return the arguments of each method as a test lists them; none where it lists them in another way."""
    for node in modules.parsed(file).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SIGNATURES":
            with contextlib.suppress(ValueError):
                listed: dict[str, tuple[str, str]] = ast.literal_eval(node.value)
                return {name: arguments for name, (arguments, _) in listed.items()}
    return {}


def _takes_any_parameter(call: Call) -> bool:
    """Return whether the argument is a dict of parameters, of which each is sent."""
    return any(name.startswith(f"{MARK}-") for request in call["requests"][:1] for name, _ in request["query"])


def _is_whole(body: Any) -> bool:
    """Return whether a body is an argument as it was given."""
    return isinstance(body, list | str) or (isinstance(body, dict) and any(name.startswith(MARK) for name in body))


def _marks(value: Any) -> list[str]:
    """Return the arguments whose marks are in a value."""
    return re.findall(rf"{MARK}-(\w+)", str(value))


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "any value")
    return kind if isinstance(kind, str) else " or ".join(map(str, kind))
