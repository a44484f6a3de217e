"""`twice`: a second response without a request."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abeja_datasets_mock.faults.effects import OnResponse

if TYPE_CHECKING:
    from abeja_datasets_mock.faults.struck import StruckResponse


@dataclass(frozen=True, slots=True)
class Kind(OnResponse):
    """The response two times in a row."""

    name = "twice"
    does = "sends the response two times in a row"
    # The second would be the next response; behind this operation the clients of the soak take a new connection.
    soak = ({"operations": "delete_dataset", "twice": True, "probability": 0.2},)
    closes = False

    async def apply(self, response: "StruckResponse") -> None:
        """Send the response twice."""
        await response.send(response.data * 2)
