"""`reset_after`: a connection that breaks before the client has the response."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abeja_datasets_mock.faults.effects import OnResponse

if TYPE_CHECKING:
    from abeja_datasets_mock.faults.struck import StruckResponse


@dataclass(frozen=True, slots=True)
class Kind(OnResponse):
    """A reset (RST) when the server has responded."""

    name = "reset_after"
    does = "resets the connection instead of the response; the server has carried out the request"
    soak = ({"reset_after": True, "probability": 0.005},)
    closes = True

    async def apply(self, response: "StruckResponse") -> None:
        """Reset the connection."""
        response.reset()
