"""`body`: another body for a status."""

import json
from dataclasses import dataclass
from typing import Any, Self

from abeja_datasets_mock.faults.effects import Detail
from abeja_datasets_mock.faults.response import Response


@dataclass(frozen=True, slots=True)
class Kind(Detail):
    """A body: text is sent as HTML, anything else as JSON."""

    name = "body"
    takes = "any JSON, or text"
    does = "with `status`: sends this body; text is sent as HTML, as by a gateway"
    # In the documented shape, which the soak checks in all responses.
    soak = ({"status": 503, "body": {"error": "busy", "error_description": "busy"}, "probability": 0.01},)
    value: Any

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:  # noqa: ARG003 - any value is valid
        """Take any value."""
        return cls(value)

    def apply(self, response: Response) -> None:
        """Replace the body."""
        if isinstance(self.value, str):
            response.set_body(self.value.encode("utf-8", "surrogatepass"), b"text/html; charset=utf-8")
        else:
            response.set_body(json.dumps(self.value).encode("ascii"), b"application/json")
