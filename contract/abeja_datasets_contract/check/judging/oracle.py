"""The one oracle: what any response must look like. Every response of every stage goes through it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jsonschema_rs

from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.check.redaction import Redaction
from abeja_datasets_contract.check.results import Exchange, Received
from abeja_datasets_contract.openapi.media_types import key_for
from abeja_datasets_contract.openapi.responses import json_key, json_media

from . import timestamps
from .compare import shown
from .reading import NotJson, Place, count_values, header, parse_json, written

_MOMENTS = ("created_at", "updated_at")
"""Properties that are points in time, where the document has them as text."""
_DEEPEST = 100
_FEW = 20_000
"""Values in a body of which all errors are read: more than a page of 1,000 items as the check makes them has."""
_UNAUTHORIZED, _METHOD_NOT_ALLOWED, _FIRST_REDIRECT, _FIRST_ERROR = 401, 405, 300, 400


class Complaint(NamedTuple):
    """What is wrong with a response."""

    clause: str
    promised: str
    came: str
    places: tuple[Place, ...] = ()
    """Where in the body; none where it is not about the body."""


_Problem = tuple[str, str] | tuple[str, str, tuple[Place, ...]] | None


class Oracle:
    """Judges responses.

    Args:
        redaction: knows the secrets.
        contract: what the responses are judged by.
    """

    def __init__(self, redaction: Redaction, contract: Contract) -> None:
        self._redaction = redaction
        self._contract = contract
        self._validators: dict[int, jsonschema_rs.Draft202012Validator] = {}
        self.judged: dict[str, int] = {}
        """How many responses each clause was put to the test by."""

    def judge(self, exchange: Exchange) -> list[Complaint]:
        """List what is wrong with a response."""
        found = []
        for clause, problem in self._problems(exchange):
            self.judged[clause] = self.judged.get(clause, 0) + 1
            if problem is not None:
                found.append(Complaint(clause, *problem))
        return found

    def _problems(self, exchange: Exchange) -> Iterator[tuple[str, _Problem]]:
        received, operation = exchange.received, exchange.operation
        if received is None:
            yield "responses.come", ("a whole response", exchange.error or "none")
            return
        yield "responses.come", None
        echoed = self._redaction.echoed(received, exchange.sent)
        yield (
            "responses.secrets",
            ("no secret in the response", "the response holds the credential") if echoed else None,
        )
        if operation is None and _FIRST_REDIRECT <= received.status < _FIRST_ERROR:
            return  # from a path that is not documented to one that is; nobody reads the body
        yield from self._headers(received, operation)
        if operation is not None:
            known = self._contract.operations[operation].documents(received.status)
            problem = ("a documented status", f"status {received.status}")
            yield self._contract.responses_of(operation, "status"), None if known else problem
        if exchange.sent.method == "HEAD":
            return
        is_json = json_key(self._contract.media_types(operation, received.status)) is not None
        if is_json and (received.body or not self._contract.is_empty(operation, received.status)):
            yield from self._body(received, operation)

    def _headers(self, received: Received, operation: str | None) -> Iterator[tuple[str, _Problem]]:
        media = header(received, "content-type")
        if received.body or (operation and not self._contract.is_empty(operation, received.status)):
            came = "no Content-Type" if media is None else f"Content-Type: {media}"
            documented = self._contract.media_types(operation, received.status)
            promised = f"Content-Type: {' or '.join(documented)}"
            yield "responses.media-type", None if _is_one_of(media or "", documented) else (promised, came)
        if received.status == _UNAUTHORIZED:
            challenge = ", ".join(value for key, value in received.headers if key.lower() == "www-authenticate")
            elsewhere = operation and self._contract.operations[operation].elsewhere
            scheme = r"\S+" if elsewhere else re.escape(self._redaction.scheme)
            named = re.search(rf"(?:^|,)\s*{scheme}(?=[\s,]|$)", challenge, re.IGNORECASE)
            kind = elsewhere or f"{self._redaction.scheme}, which the server accepts"
            promised = f"a header WWW-Authenticate that names {'a scheme for ' if elsewhere else ''}{kind}"
            yield "responses.challenge", None if named else (promised, f"WWW-Authenticate: {challenge}")
        if received.status == _METHOD_NOT_ALLOWED:
            allow = header(received, "Allow")
            yield "responses.allow", None if allow else ("a header Allow", "none, or an empty one")
        token = header(received, "x-next-token")
        if operation == "list_datasets" and received.status < _FIRST_ERROR:
            yield (
                "responses.next-token",
                ("a token that is not empty", "X-Next-Token is empty") if token == "" else None,
            )

    def _body(self, received: Received, operation: str | None) -> Iterator[tuple[str, _Problem]]:
        try:
            value = parse_json(received.body)
        except NotJson as error:
            yield "responses.json", ("a JSON body", f"{error}: {received.body[:120]!r}", ((),))
            return
        yield "responses.json", None
        few = count_values(received.body) <= _FEW
        if received.status >= _FIRST_ERROR:
            compiled = self._refusal(operation, received.status)
            yield self._contract.responses_of(operation, "error"), _schema_problem(compiled, value, "an Error", few=few)
        elif operation is not None and received.status < _FIRST_REDIRECT:
            compiled = self._success(operation, received.status)
            problem = _schema_problem(compiled, value, "a body of the documented schema", few=few)
            yield self._contract.responses_of(operation, "body"), problem
            yield "responses.timestamps", None if problem else _wrong_timestamp(value)

    def _refusal(self, operation: str | None, status: int) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of a refusal: of its own schema, or else of the schema of errors."""
        documented = self._contract.operations[operation].response(status) if operation else None
        return self._contract.error_validator if documented is None else self._compiled(documented)

    def _success(self, operation: str, status: int) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of a success; that of the first documented one where the status is not documented."""
        known = self._contract.operations[operation]
        return self._compiled(known.response(status) or known.response(known.successes[0]) or {})

    def _compiled(self, response: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        if id(response) not in self._validators:
            self._validators[id(response)] = self._contract.schemas.validator(json_media(response).get("schema", {}))
        return self._validators[id(response)]


def _is_one_of(media: str, documented: Sequence[str]) -> bool:
    """Return whether a media type is documented; a character set that is declared can only be UTF-8."""
    kind, *parameters = (part.strip().lower() for part in media.split(";"))
    charsets = {value.strip('" ') for name, _, value in (p.partition("=") for p in parameters) if name == "charset"}
    return bool(kind) and key_for(kind, documented) is not None and charsets <= {"utf-8", "utf8", "us-ascii"}


def _schema_problem(compiled: jsonschema_rs.Draft202012Validator, value: Any, promised: str, *, few: bool) -> _Problem:
    value = _shallow(value, _DEEPEST) if _is_deep(value, _DEEPEST) else value
    if compiled.is_valid(value):
        return None
    errors = list(compiled.iter_errors(value)) if few else [_one_error(compiled, value)]
    place, came = _first(errors[0])
    return promised, came, (place, *map(_place, errors[1:]))


def _one_error(compiled: jsonschema_rs.Draft202012Validator, value: Any) -> jsonschema_rs.ValidationError:
    """Return the first error. All of them take gigabytes: each holds a copy of the value that it is about."""
    try:
        compiled.validate(value)
    except jsonschema_rs.ValidationError as error:
        return error
    raise AssertionError("the value is valid")


def _first(error: jsonschema_rs.ValidationError) -> tuple[Place, str]:
    place = _place(error)
    if len(place) > len(error.instance_path):
        return place, f"{written(place)} is missing"
    text = error.message if len(error.message) < 300 else f"{error.message[:300]}…"  # noqa: PLR2004 - a few lines
    return place, f"{written(place)}: {text}"


def _is_deep(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(not depth or _is_deep(each, depth - 1) for each in inner if isinstance(each, dict | list))


def _shallow(value: Any, depth: int) -> Any:
    """Empty lists and objects from a depth on: what is nested so deep is any JSON, and the validator refuses it."""
    if isinstance(value, dict):
        return {key: _shallow(inner, depth - 1) for key, inner in value.items()} if depth else {}
    if isinstance(value, list):
        return [_shallow(inner, depth - 1) for inner in value] if depth else []
    return value


def _place(error: jsonschema_rs.ValidationError) -> Place:
    """Return where an error is: that of a missing property is its own place."""
    missing = (error.kind.property,) if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required) else ()
    return (*error.instance_path, *missing)


def _wrong_timestamp(value: Any) -> _Problem:
    wrong = [(place, text) for place, text in _timestamps(value, ()) if not _is_moment(text)]
    return ("a point in time", shown(wrong[0][1]), tuple(place for place, _ in wrong)) if wrong else None


def _timestamps(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    records = [((*place, n), record) for n, record in enumerate(value)] if isinstance(value, list) else [(place, value)]
    for where, record in records:
        if isinstance(record, Mapping):
            yield from (((*where, key), record[key]) for key in _MOMENTS if isinstance(record.get(key), str))
            if isinstance(record.get("items"), list) and "source_data" not in record:
                yield from _timestamps(record["items"], (*where, "items"))


def _is_moment(text: Any) -> bool:
    try:
        timestamps.parse(text)
    except (ValueError, OverflowError):
        return False
    return True
