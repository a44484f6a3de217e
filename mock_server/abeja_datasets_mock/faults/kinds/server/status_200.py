"""`status_200`: the other documented status of a create."""

from dataclasses import dataclass

from abeja_datasets_mock.faults.effects import Change
from abeja_datasets_mock.faults.response import Response

_OK, _CREATED = 200, 201


@dataclass(frozen=True, slots=True)
class Kind(Change):
    """200 instead of 201."""

    name = "status_200"
    does = "responds to a create with 200 instead of 201"
    soak = ({"status_200": True, "probability": 0.02},)

    def apply(self, response: Response) -> None:
        """Set the status."""
        if response.status == _CREATED:
            response.status = _OK
