"""`garbage`: bytes that are not HTTP."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from abeja_datasets_mock.faults.effects import OnResponse
from abeja_datasets_mock.faults.fields import text

if TYPE_CHECKING:
    from abeja_datasets_mock.faults.struck import StruckResponse

_SIZE = 64


@dataclass(frozen=True, slots=True)
class Kind(OnResponse):
    """Random bytes, or those of a text."""

    name = "garbage"
    takes = "true, or text"
    does = "sends random bytes, or this text, instead of the response, and closes the connection"
    soak = ({"garbage": True, "probability": 0.005},)
    closes = True
    data: bytes | None

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse true or text."""
        return cls(None if value is True else text(value, place).encode("utf-8", "surrogatepass"))

    async def apply(self, response: "StruckResponse") -> None:
        """Send the bytes."""
        await response.send(response.random.randbytes(_SIZE) if self.data is None else self.data)
