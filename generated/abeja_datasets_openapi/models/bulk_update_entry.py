# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.attributes import Attributes


T = TypeVar("T", bound="BulkUpdateEntry")


@_attrs_define
class BulkUpdateEntry:
    """The new attributes of one of many items, which replace the old ones as a whole.

    Attributes:
        dataset_item_id (int): The number of an item within its dataset, assigned by the platform.
        attributes (Attributes): The annotations of an item. The object is open: all other keys are also kept as given.
    """

    dataset_item_id: int
    attributes: Attributes
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        dataset_item_id = self.dataset_item_id

        attributes = self.attributes.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "dataset_item_id": dataset_item_id,
                "attributes": attributes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.attributes import Attributes

        d = dict(src_dict)
        dataset_item_id = d.pop("dataset_item_id")

        attributes = Attributes.from_dict(d.pop("attributes"))

        bulk_update_entry = cls(
            dataset_item_id=dataset_item_id,
            attributes=attributes,
        )

        bulk_update_entry.additional_properties = d
        return bulk_update_entry

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
