"""`status`: an error, or any other status, instead of the response."""

import json
from dataclasses import dataclass
from typing import Any, Self

from abeja_datasets_mock.errors import CLOSE
from abeja_datasets_mock.faults.effects import Replacement
from abeja_datasets_mock.faults.fields import whole
from abeja_datasets_mock.faults.response import Response

_LEAST, _MOST = 200, 599


@dataclass(frozen=True, slots=True)
class Kind(Replacement):
    """A status, with an error in the documented shape unless `body` gives another."""

    name = "status"
    takes = "200 to 599"
    does = "responds with this status, and does not carry out the request unless it says `when: after`"
    # Never a 500: each one that a run under load sees is the server's own.
    soak = ({"status": 503, "probability": 0.01}, {"status": 503, "when": "after", "probability": 0.01})
    status: int

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse a status; an interim one (1xx) can't end a request."""
        return cls(whole(value, place, least=_LEAST, most=_MOST))

    def apply(self, response: Response) -> None:
        """Replace the response."""
        error = {"error": "planned_fault", "error_description": f"A planned fault responds with {self.status}"}
        response.status = self.status
        # A connection that must be closed must still be.
        response.headers = [header for header in response.headers if header == CLOSE]
        response.set_body(json.dumps(error).encode("ascii"), b"application/json")

    def __str__(self) -> str:
        """Return the name and the status."""
        return f"{self.name} {self.status}"
