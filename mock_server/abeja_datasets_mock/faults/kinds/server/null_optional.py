"""`null_optional`: null for what may be left out."""

from dataclasses import dataclass
from typing import Any

from abeja_datasets_mock.faults.effects import Change
from abeja_datasets_mock.faults.response import Response, objects

_ERRORS = 400
_OF_SOURCE_DATA = ("data_type", "height", "width")


@dataclass(frozen=True, slots=True)
class Kind(Change):
    """Null for each optional field that the response leaves out. A field that is there stays."""

    name = "null_optional"
    does = "sends null for each optional field that the response leaves out"
    soak = ({"null_optional": True, "probability": 0.02},)

    def apply(self, response: Response) -> None:
        """Add the nulls."""
        is_error = response.status >= _ERRORS
        for resource in response.resources():
            if is_error:
                resource.setdefault("error_detail", None)
            elif "items" in resource:
                resource.setdefault("next_page_token", None)
            for source in objects(resource.get("source_data")):
                for name in _OF_SOURCE_DATA:
                    source.setdefault(name, None)
            _add_to_props(resource.get("props"))


def _add_to_props(props: Any) -> None:
    if not isinstance(props, dict):
        return
    for category in objects(props.setdefault("categories", None)):
        for label in objects(category.get("labels")):
            label.setdefault("label", None)
