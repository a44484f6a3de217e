"""An operation of the document: where it is, what it takes, and what it responds with."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from abeja_datasets_contract.openapi.operations import Parameter
from abeja_datasets_contract.openapi.responses import covering, json_media

_SUCCESSES, _ERRORS = range(200, 300), range(400, 500)
_OWN_MEANING = ("401", "403", "404", "405", "429")
"""Statuses of refusals that say more than that a request is wrong."""
_UNAUTHORIZED, _FORBIDDEN, _METHOD_NOT_ALLOWED = 401, 403, 405


@dataclass(frozen=True)
class Bounds:
    """What a number that is a parameter may be."""

    least: int
    most: int | None
    """None where the document has no maximum."""
    default: int | None
    beyond: int = 1000
    """The largest value to send where there is no maximum."""

    @property
    def largest(self) -> int:
        """The largest value to send."""
        return self.beyond if self.most is None else self.most


@dataclass(frozen=True)
class Operation:
    """A documented operation."""

    name: str
    """What the check calls it: see `naming.named`."""
    label: str
    """What the document calls it, which clauses about its responses are named by: the operationId, where it has one."""
    method: str
    path: str
    """The template, such as `/organizations/{organization_id}/datasets/`."""
    pointer: str
    responses: Mapping[str, Mapping[str, Any]]
    """By what the document calls them: a status, a range (`4XX`) or `default`."""
    request_schema: Mapping[str, Any] | None
    request_example: Any
    """The documented request; None for an operation without a body."""
    parameters: tuple[Parameter, ...]
    secured: bool
    """Whether it needs a credential."""
    elsewhere: str
    """What it requires outside of the header `Authorization`, such as an API key; empty for nothing."""

    def response(self, status: int) -> Mapping[str, Any] | None:
        """Return the documented response of a status; None where the document has none for it."""
        key = covering(status, self.responses)
        return None if key is None else self.responses[key]

    def documents(self, status: int) -> bool:
        """Return whether the document has a status, or HTTP itself: 405, and 401 where a credential is needed."""
        by_http = status == _METHOD_NOT_ALLOWED or (status == _UNAUTHORIZED and self.secured)
        return by_http or self.response(status) is not None

    @property
    def successes(self) -> Sequence[int]:
        """The documented statuses of success; all of them where a range or `default` stands for them."""
        exact = tuple(int(key) for key in self.responses if re.fullmatch(r"2\d\d", key))
        ranged = "2XX" in map(str.upper, self.responses)
        return _SUCCESSES if ranged or not exact else exact

    @property
    def has_body(self) -> bool:
        """Whether a success may have a JSON body; True where the document does not say."""
        known = [response for key, response in self.responses.items() if key[:1] == "2"]
        return not known or any(json_media(response) for response in known)

    def allowed(self, statuses: Sequence[int]) -> Sequence[int]:
        """Return the statuses that the document allows where the contract, as it was first written, has these.

        A documented status is itself. For another, what the document has in its place is allowed too.
        """
        found: dict[int, None] = {}
        for status in statuses:
            found.update(dict.fromkeys((status, *self._instead_of(status))))
        return tuple(found)

    def _instead_of(self, status: int) -> Sequence[int]:
        if str(status) in self.responses:
            return ()
        if status in _SUCCESSES:
            return self.successes
        if status == _UNAUTHORIZED:
            forbids = str(_FORBIDDEN) in self.responses and covering(status, self.responses) is None
            return (_FORBIDDEN,) if forbids else ()
        if status not in _ERRORS:
            return ()
        if covering(status, self.responses) is not None:
            return _ERRORS
        return tuple(int(key) for key in self.responses if re.fullmatch(r"4\d\d", key) and key not in _OWN_MEANING)

    def has(self, parameter: str) -> bool:
        """Return whether the operation has a query parameter of this name, in any case."""
        names = (known.name.lower() for known in self.parameters if known.location == "query")
        return parameter.lower().removesuffix("[]") in names
