"""`half_answer`: a response that ends too early."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from abeja_datasets_mock.faults.effects import OnResponse
from abeja_datasets_mock.faults.fields import whole

if TYPE_CHECKING:
    from abeja_datasets_mock.faults.struck import StruckResponse


@dataclass(frozen=True, slots=True)
class Kind(OnResponse):
    """The head and half of the body, or this many bytes of both."""

    name = "half_answer"
    takes = "true, or a number of bytes"
    does = "sends the head and half of the body, or this many bytes, and closes the connection"
    soak = ({"half_answer": True, "probability": 0.005},)
    closes = True
    size: int | None

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse true or a number of bytes."""
        return cls(None if value is True else whole(value, place))

    async def apply(self, response: "StruckResponse") -> None:
        """Send a part of the response."""
        await response.send(response.data[: response.half if self.size is None else self.size])

    def __str__(self) -> str:
        """Return the name, and the size where the plan gives it."""
        return self.name if self.size is None else f"{self.name} {self.size}"
