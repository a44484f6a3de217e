"""`byte_by_byte`: a response in the smallest packets."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from abeja_datasets_mock.faults.effects import OnResponse
from abeja_datasets_mock.faults.fields import seconds_or_true

if TYPE_CHECKING:
    from abeja_datasets_mock.faults.struck import StruckResponse


@dataclass(frozen=True, slots=True)
class Kind(OnResponse):
    """Packets of one byte, with seconds between them."""

    name = "byte_by_byte"
    takes = "true, or seconds"
    does = "sends the response in packets of one byte, with this many seconds between them"
    soak = ({"byte_by_byte": True, "probability": 0.005},)
    closes = False
    seconds: float | None

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse true or seconds."""
        return cls(seconds_or_true(value, place))

    async def apply(self, response: "StruckResponse") -> None:
        """Send the response."""
        for byte in response.data:
            await response.send(bytes((byte,)))
            await asyncio.sleep(self.seconds or 0)

    def __str__(self) -> str:
        """Return the name, and the seconds where the plan gives them."""
        return self.name if self.seconds is None else f"{self.name} {self.seconds:g}"
