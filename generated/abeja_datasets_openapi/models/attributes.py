# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.classification_label import ClassificationLabel
    from ..models.detection_label import DetectionLabel


T = TypeVar("T", bound="Attributes")


@_attrs_define
class Attributes:
    """The annotations of an item. The object is open: all other keys are also kept as given.

    Attributes:
        classification (list[ClassificationLabel] | Unset): Labels of the item, if the dataset's type is classification.
        detection (list[DetectionLabel] | Unset): Labels of parts of the item, if the dataset's type is detection.
        segmentation (Any | Unset): Labels of regions, if the dataset's type is segmentation. Any JSON.
        custom (Any | Unset): Anything, if the dataset's type is custom. Any JSON.
        custom_format (Any | Unset): Anything, in the caller's own format. Any JSON.
        video (Any | Unset): Annotations of a video. Any JSON.
    """

    classification: list[ClassificationLabel] | Unset = UNSET
    detection: list[DetectionLabel] | Unset = UNSET
    segmentation: Any | Unset = UNSET
    custom: Any | Unset = UNSET
    custom_format: Any | Unset = UNSET
    video: Any | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        classification: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.classification, Unset):
            classification = []
            for classification_item_data in self.classification:
                classification_item = classification_item_data.to_dict()
                classification.append(classification_item)

        detection: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.detection, Unset):
            detection = []
            for detection_item_data in self.detection:
                detection_item = detection_item_data.to_dict()
                detection.append(detection_item)

        segmentation = self.segmentation

        custom = self.custom

        custom_format = self.custom_format

        video = self.video

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if classification is not UNSET:
            field_dict["classification"] = classification
        if detection is not UNSET:
            field_dict["detection"] = detection
        if segmentation is not UNSET:
            field_dict["segmentation"] = segmentation
        if custom is not UNSET:
            field_dict["custom"] = custom
        if custom_format is not UNSET:
            field_dict["custom_format"] = custom_format
        if video is not UNSET:
            field_dict["video"] = video

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.classification_label import ClassificationLabel
        from ..models.detection_label import DetectionLabel

        d = dict(src_dict)
        _classification = d.pop("classification", UNSET)
        classification: list[ClassificationLabel] | Unset = UNSET
        if _classification is not UNSET:
            classification = []
            for classification_item_data in _classification:
                classification_item = ClassificationLabel.from_dict(
                    classification_item_data
                )

                classification.append(classification_item)

        _detection = d.pop("detection", UNSET)
        detection: list[DetectionLabel] | Unset = UNSET
        if _detection is not UNSET:
            detection = []
            for detection_item_data in _detection:
                detection_item = DetectionLabel.from_dict(detection_item_data)

                detection.append(detection_item)

        segmentation = d.pop("segmentation", UNSET)

        custom = d.pop("custom", UNSET)

        custom_format = d.pop("custom_format", UNSET)

        video = d.pop("video", UNSET)

        attributes = cls(
            classification=classification,
            detection=detection,
            segmentation=segmentation,
            custom=custom,
            custom_format=custom_format,
            video=video,
        )

        attributes.additional_properties = d
        return attributes

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
