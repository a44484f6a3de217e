# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SourceData")


@_attrs_define
class SourceData:
    """A file that an item refers to. Other properties are allowed, and are kept.

    Attributes:
        data_uri (str): Reference identifier of the source file.
        data_type (str | Unset): MIME type of the file.
        height (int | Unset): Height of the image in pixels, if the source file is an image.
        width (int | Unset): Width of the image in pixels, if the source file is an image.
    """

    data_uri: str
    data_type: str | Unset = UNSET
    height: int | Unset = UNSET
    width: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data_uri = self.data_uri

        data_type = self.data_type

        height = self.height

        width = self.width

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data_uri": data_uri,
            }
        )
        if data_type is not UNSET:
            field_dict["data_type"] = data_type
        if height is not UNSET:
            field_dict["height"] = height
        if width is not UNSET:
            field_dict["width"] = width

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        data_uri = d.pop("data_uri")

        data_type = d.pop("data_type", UNSET)

        height = d.pop("height", UNSET)

        width = d.pop("width", UNSET)

        source_data = cls(
            data_uri=data_uri,
            data_type=data_type,
            height=height,
            width=width,
        )

        source_data.additional_properties = d
        return source_data

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
