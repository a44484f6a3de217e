"""A request as the handlers of operations take it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from abeja_datasets_mock.openapi.document import Parameter

_LARGEST_PAGE = 1000


@dataclass(slots=True)
class Request:
    """A valid request: path parameters, query parameters, and the parsed body.

    A large body must be handled in turns with other requests.
    """

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    head: Mapping[str, Any] = field(default_factory=dict)
    """The documented parameters of headers and cookies."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """The documented ones of the query."""
    is_large: bool = False

    def page_size(self, name: str) -> int:
        """Return the size of a page that a query parameter gives, or else the largest one that is documented."""
        given, documented = self.query.get(name), self.parameters.get(name)
        largest = None if documented is None else documented.maximum
        return given if isinstance(given, int) else largest or _LARGEST_PAGE
