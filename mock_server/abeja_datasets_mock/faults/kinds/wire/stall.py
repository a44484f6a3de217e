"""`stall`: a response that comes late."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from abeja_datasets_mock.faults.effects import OnResponse
from abeja_datasets_mock.faults.fields import number

if TYPE_CHECKING:
    from abeja_datasets_mock.faults.struck import StruckResponse


@dataclass(frozen=True, slots=True)
class Kind(OnResponse):
    """Seconds for which the connection is silent."""

    name = "stall"
    takes = "seconds"
    does = "sends the response this many seconds late"
    soak = ({"stall": 0.02, "probability": 0.01},)
    closes = False
    seconds: float

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse seconds."""
        return cls(number(value, place))

    async def apply(self, response: "StruckResponse") -> None:
        """Wait, and send the response."""
        await response.wait(self.seconds)
        await response.send(response.data)

    def __str__(self) -> str:
        """Return the name and the seconds."""
        return f"{self.name} {self.seconds:g}"
