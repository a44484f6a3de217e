"""Requests and responses of a document's operations: as small as they can be, with what they are to show."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote

from abeja_datasets_contract.diff.messages.judge import needed
from abeja_datasets_contract.diff.messages.messages import Request, Response, concrete, written
from abeja_datasets_contract.diff.samples.counterexamples import validator
from abeja_datasets_contract.diff.samples.sampler import NoSample, Sampler
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.diff.schemas.schemas import Schemas
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.operations import Operation, Parameter
from abeja_datasets_contract.openapi.pointers import child

_TRIES = 60


class MessageSampler:
    """Makes messages as one document describes them; each has to be judged before it is shown."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def request(
        self, operation: Operation, *, parameter: Any = None, media_type: str = "", requirement: Any = None
    ) -> Request:
        """Make a request with no more than it has to have, and what is asked for.

        Args:
            operation: what it is for.
            parameter: the key of a parameter that it is to carry.
            media_type: one of the document's, of the body that it is to carry.
            requirement: the security requirement that it is to meet; without it the first.

        Raises:
            NoSample: a value of it can't be made.
        """
        path = operation.path
        parameters: dict[str, dict[str, Any]] = {}
        for key, one in operation.parameters.items():
            if one.location == "path":
                text = written(self._value_of(one))
                path = path.replace(f"{{{one.name}}}", quote(text, safe=""))
            elif one.raw.get("required") or key == parameter:
                parameters.setdefault(one.location, {})[one.name] = self._value_of(one)
        if re.search(r"\{[^}]*\}", path):
            raise NoSample
        requirements = operation.raw.get("security", self._document.data.get("security", [])) or [{}]
        met = requirements[0] if requirement is None else requirement
        request = Request(operation.method.upper(), path, parameters, tuple(needed(self._document, met)))
        if "requestBody" in operation.raw:
            place = self._document.follow(child(operation.pointer, "requestBody"))
            body = self._document.at(place)
            kind = media_type or next(iter(body.get("content", {})), "")
            if kind and (media_type or body.get("required")):
                return request._replace(media_type=concrete(kind), body=self._body("request", place, kind))
        return request

    def response(self, place: str, status: int, media_type: str | None) -> Response:
        """Return a response with the headers that always come, as the response at a pointer describes it.

        Raises:
            NoSample: a value of it can't be made.
        """
        headers = {}
        for name in self._document.at(place).get("headers", {}):
            header = self._document.follow(child(place, "headers", name))
            if self._document.at(header).get("required") and name.lower() != "content-type":
                headers[name] = self._value("response", child(header, "schema"))
        if media_type is None:
            return Response(status, headers)
        return Response(status, headers, concrete(media_type), self._body("response", place, media_type))

    def _body(self, direction: Direction, holder: str, kind: str) -> Any:
        place = child(holder, "content", kind)
        described = "schema" in self._document.at(place)
        return self._value(direction, child(place, "schema")) if described else "text"

    def _value_of(self, parameter: Parameter) -> Any:
        examples = [parameter.raw["example"]] if "example" in parameter.raw else []
        named = parameter.raw.get("examples")
        for one in named.values() if isinstance(named, dict) else ():
            examples += [one["value"]] if isinstance(one, dict) and "value" in one else []
        place = child(parameter.pointer, "schema")
        for content in parameter.raw.get("content", {}):
            place = child(parameter.pointer, "content", content, "schema")
        # A text that is empty, or that clients resolve, makes another path of it.
        unfit = ("", ".", "..") if parameter.location == "path" else ()
        return self._value("request", place, [*examples, *((1, "1") if unfit else ())], unfit)

    def _value(self, direction: Direction, place: str, first: Any = (), unfit: tuple[str, ...] = ()) -> Any:
        try:
            schema = Schemas(self._document, direction, closed=True).whole(place)
        except KeyError:
            return "text"
        check = validator(schema)
        for value in (*first, *self._candidates(schema)):
            if check is not None and value not in unfit and check.is_valid(value):
                return value
        raise NoSample

    @staticmethod
    def _candidates(schema: Any) -> Iterator[Any]:
        for turn in range(3):
            yield from islice(Sampler(schema, turn).values(), _TRIES)
