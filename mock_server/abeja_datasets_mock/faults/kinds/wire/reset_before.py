"""`reset_before`: a connection that breaks before the server has the request."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abeja_datasets_mock.faults.effects import OnRequest

if TYPE_CHECKING:
    from abeja_datasets_mock.faults.struck import StruckRequest


@dataclass(frozen=True, slots=True)
class Kind(OnRequest):
    """A reset (RST) when the whole request was read."""

    name = "reset_before"
    does = "resets the connection; the request does not reach the server"
    soak = ({"reset_before": True, "probability": 0.005},)

    async def apply(self, request: "StruckRequest") -> None:
        """Reset the connection."""
        await request.read_to_end()
        request.reset()
