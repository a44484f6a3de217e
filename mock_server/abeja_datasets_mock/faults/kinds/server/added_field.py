"""`added_field`: fields that no client knows yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from abeja_datasets_mock.faults.effects import Change
from abeja_datasets_mock.faults.fields import PlanError, shown
from abeja_datasets_mock.faults.response import Response

_UNFORESEEN = {"unforeseen": {"by": "a fault"}}


@dataclass(frozen=True, slots=True)
class Kind(Change):
    """Fields for each resource of a response."""

    name = "added_field"
    takes = "true, or an object"
    does = "adds an unknown field, or these fields, to each resource of the response"
    soak = ({"added_field": True, "probability": 0.02},)
    fields: Mapping[str, Any]

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse true or the fields."""
        if value is True:
            return cls(_UNFORESEEN)
        if not isinstance(value, dict) or not value:
            raise PlanError(f"{place}: true or an object with the fields is needed, not {shown(value)}")
        return cls(value)

    def apply(self, response: Response) -> None:
        """Add the fields."""
        for resource in response.resources():
            resource.update(self.fields)
