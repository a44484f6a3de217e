# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.attributes import Attributes
    from ..models.source_data import SourceData


T = TypeVar("T", bound="CreateDatasetItemRequest")


@_attrs_define
class CreateDatasetItemRequest:
    """An item to create. Missing or null `attributes` are stored as `{}`.

    Attributes:
        source_data (list[SourceData]): The files that an item refers to.
        attributes (Attributes | None | Unset):
    """

    source_data: list[SourceData]
    attributes: Attributes | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.attributes import Attributes

        source_data = []
        for componentsschemas_source_data_list_item_data in self.source_data:
            componentsschemas_source_data_list_item = (
                componentsschemas_source_data_list_item_data.to_dict()
            )
            source_data.append(componentsschemas_source_data_list_item)

        attributes: dict[str, Any] | None | Unset
        if isinstance(self.attributes, Unset):
            attributes = UNSET
        elif isinstance(self.attributes, Attributes):
            attributes = self.attributes.to_dict()
        else:
            attributes = self.attributes

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "source_data": source_data,
            }
        )
        if attributes is not UNSET:
            field_dict["attributes"] = attributes

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.attributes import Attributes
        from ..models.source_data import SourceData

        d = dict(src_dict)
        source_data = []
        _source_data = d.pop("source_data")
        for componentsschemas_source_data_list_item_data in _source_data:
            componentsschemas_source_data_list_item = SourceData.from_dict(
                componentsschemas_source_data_list_item_data
            )

            source_data.append(componentsschemas_source_data_list_item)

        def _parse_attributes(data: object) -> Attributes | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                attributes_type_0 = Attributes.from_dict(data)

                return attributes_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Attributes | None | Unset, data)

        attributes = _parse_attributes(d.pop("attributes", UNSET))

        create_dataset_item_request = cls(
            source_data=source_data,
            attributes=attributes,
        )

        create_dataset_item_request.additional_properties = d
        return create_dataset_item_request

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
