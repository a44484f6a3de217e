# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.response_attributes import ResponseAttributes
    from ..models.source_data import SourceData


T = TypeVar("T", bound="DatasetItem")


@_attrs_define
class DatasetItem:
    """An item of a dataset. `organization_id` is documented, but a server may leave it out.

    Attributes:
        dataset_id (str): An identifier that the platform assigned.
        dataset_item_id (int): The number of an item within its dataset, assigned by the platform.
        source_data (list[SourceData]): The files that an item refers to.
        attributes (ResponseAttributes): The annotations of an item as the platform returns them: as they were given,
            except that `classification`
            may also be a single label.
        created_at (str): A point in time in ISO 8601, in UTC if it has no offset. (`format: date-time` would require an
            offset, which
            the platform does not send.)
        updated_at (str): A point in time in ISO 8601, in UTC if it has no offset. (`format: date-time` would require an
            offset, which
            the platform does not send.)
        organization_id (str | Unset): An identifier that the platform assigned.
    """

    dataset_id: str
    dataset_item_id: int
    source_data: list[SourceData]
    attributes: ResponseAttributes
    created_at: str
    updated_at: str
    organization_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        dataset_id = self.dataset_id

        dataset_item_id = self.dataset_item_id

        source_data = []
        for componentsschemas_source_data_list_item_data in self.source_data:
            componentsschemas_source_data_list_item = (
                componentsschemas_source_data_list_item_data.to_dict()
            )
            source_data.append(componentsschemas_source_data_list_item)

        attributes = self.attributes.to_dict()

        created_at = self.created_at

        updated_at = self.updated_at

        organization_id = self.organization_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "dataset_id": dataset_id,
                "dataset_item_id": dataset_item_id,
                "source_data": source_data,
                "attributes": attributes,
                "created_at": created_at,
                "updated_at": updated_at,
            }
        )
        if organization_id is not UNSET:
            field_dict["organization_id"] = organization_id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.response_attributes import ResponseAttributes
        from ..models.source_data import SourceData

        d = dict(src_dict)
        dataset_id = d.pop("dataset_id")

        dataset_item_id = d.pop("dataset_item_id")

        source_data = []
        _source_data = d.pop("source_data")
        for componentsschemas_source_data_list_item_data in _source_data:
            componentsschemas_source_data_list_item = SourceData.from_dict(
                componentsschemas_source_data_list_item_data
            )

            source_data.append(componentsschemas_source_data_list_item)

        attributes = ResponseAttributes.from_dict(d.pop("attributes"))

        created_at = d.pop("created_at")

        updated_at = d.pop("updated_at")

        organization_id = d.pop("organization_id", UNSET)

        dataset_item = cls(
            dataset_id=dataset_id,
            dataset_item_id=dataset_item_id,
            source_data=source_data,
            attributes=attributes,
            created_at=created_at,
            updated_at=updated_at,
            organization_id=organization_id,
        )

        dataset_item.additional_properties = d
        return dataset_item

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
