"""`added_enum_value`: a type that no client knows yet."""

from dataclasses import dataclass
from typing import Any, Self

from abeja_datasets_mock.faults.effects import Change
from abeja_datasets_mock.faults.fields import text
from abeja_datasets_mock.faults.response import Response, objects

_UNFORESEEN = "unforeseen"


@dataclass(frozen=True, slots=True)
class Kind(Change):
    """A type for each dataset, and for the source data of each item."""

    name = "added_enum_value"
    takes = "true, or text"
    does = "changes the type of datasets and source data to an unknown type, or this type"
    soak = ({"added_enum_value": True, "probability": 0.02},)
    value: str

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse true or the type."""
        return cls(_UNFORESEEN if value is True else text(value, place))

    def apply(self, response: Response) -> None:
        """Set the types."""
        for resource in response.resources():
            if "props" in resource:
                resource["type"] = self.value
            for source in objects(resource.get("source_data")):
                source["data_type"] = f"{self.value}/{self.value}"
