"""`retry_after`: the header Retry-After beside a status."""

from dataclasses import dataclass
from typing import Any, Self

from abeja_datasets_mock.faults.effects import Detail
from abeja_datasets_mock.faults.fields import PlanError, number, shown
from abeja_datasets_mock.faults.response import Response


@dataclass(frozen=True, slots=True)
class Kind(Detail):
    """A value of Retry-After (RFC 9110, section 10.2.3). Text is sent as it is, so that a test can send a wrong one."""

    name = "retry_after"
    takes = "seconds, or an HTTP date"
    does = "with `status`: sends the header Retry-After"
    soak = ({"status": 429, "retry_after": 1, "probability": 0.01},)
    value: str

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse seconds, or any text that can stand in a header."""
        if not isinstance(value, str):
            return cls(f"{number(value, place):g}")
        if not value or not value.isprintable() or not value.isascii():
            raise PlanError(f"{place}: seconds or an HTTP date is needed, not {shown(value)}")
        return cls(value)

    def apply(self, response: Response) -> None:
        """Add the header."""
        response.headers.append((b"retry-after", self.value.encode("ascii")))
