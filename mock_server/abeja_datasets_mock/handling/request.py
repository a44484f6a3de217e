"""A request as the handlers of operations take it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Request:
    """A valid request: path parameters, query parameters, and the parsed body.

    A large body must be handled in turns with other requests.
    """

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    is_large: bool = False
