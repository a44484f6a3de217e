# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ClassificationLabel")


@_attrs_define
class ClassificationLabel:
    """A label of a whole item. Other properties are allowed, and are kept.

    Attributes:
        category_id (int): Identifier of a category. May be 0.
        label_id (int): Identifier of a label, within its category. May be 0.
        label (str | Unset): Name of the label, as registered in the dataset's props.
    """

    category_id: int
    label_id: int
    label: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        category_id = self.category_id

        label_id = self.label_id

        label = self.label

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "category_id": category_id,
                "label_id": label_id,
            }
        )
        if label is not UNSET:
            field_dict["label"] = label

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        category_id = d.pop("category_id")

        label_id = d.pop("label_id")

        label = d.pop("label", UNSET)

        classification_label = cls(
            category_id=category_id,
            label_id=label_id,
            label=label,
        )

        classification_label.additional_properties = d
        return classification_label

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
