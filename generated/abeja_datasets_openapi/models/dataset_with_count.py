# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.props import Props


T = TypeVar("T", bound="DatasetWithCount")


@_attrs_define
class DatasetWithCount:
    """A dataset and its number of items.

    Attributes:
        organization_id (str): An identifier that the platform assigned.
        dataset_id (str): An identifier that the platform assigned.
        name (str): The name of a dataset, unique within its organization and kept exactly as given.
        type_ (str): The kind of annotation that the dataset is for, such as classification, detection or custom.
        props (Props): Properties of a dataset. Other properties are allowed, and are kept.
        created_at (str): A point in time in ISO 8601, in UTC if it has no offset. (`format: date-time` would require an
            offset, which
            the platform does not send.)
        updated_at (str): A point in time in ISO 8601, in UTC if it has no offset. (`format: date-time` would require an
            offset, which
            the platform does not send.)
        total_count (int): The number of items in the dataset.
    """

    organization_id: str
    dataset_id: str
    name: str
    type_: str
    props: Props
    created_at: str
    updated_at: str
    total_count: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        organization_id = self.organization_id

        dataset_id = self.dataset_id

        name = self.name

        type_ = self.type_

        props = self.props.to_dict()

        created_at = self.created_at

        updated_at = self.updated_at

        total_count = self.total_count

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "organization_id": organization_id,
                "dataset_id": dataset_id,
                "name": name,
                "type": type_,
                "props": props,
                "created_at": created_at,
                "updated_at": updated_at,
                "total_count": total_count,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.props import Props

        d = dict(src_dict)
        organization_id = d.pop("organization_id")

        dataset_id = d.pop("dataset_id")

        name = d.pop("name")

        type_ = d.pop("type")

        props = Props.from_dict(d.pop("props"))

        created_at = d.pop("created_at")

        updated_at = d.pop("updated_at")

        total_count = d.pop("total_count")

        dataset_with_count = cls(
            organization_id=organization_id,
            dataset_id=dataset_id,
            name=name,
            type_=type_,
            props=props,
            created_at=created_at,
            updated_at=updated_at,
            total_count=total_count,
        )

        dataset_with_count.additional_properties = d
        return dataset_with_count

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
