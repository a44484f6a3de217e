"""A few datasets of every type with items, made up, in the form that `loading` takes."""

from typing import Any, Final

_IMAGES = "datalake://1200123803688/20170815T044617-demo"
_PETS = [
    {"category_id": 1, "name": "pets", "labels": [{"label_id": 1, "label": "dog"}, {"label_id": 2, "label": "cat"}]}
]
_PLACES: Final = ("garden", "kitchen", "street")


def demo_data() -> list[dict[str, Any]]:
    """Return a dataset of each type, each followed by its items."""
    return [
        *_dataset("classification", _PETS, [{"classification": [_label(n), _extra(n)]} for n in range(12)]),
        *_dataset("detection", _PETS, [{"detection": [{**_label(n), "rect": _rect(n)}]} for n in range(8)]),
        *_dataset("segmentation", _PETS, [{"segmentation": {"polygons": [_polygon(n)]}} for n in range(4)]),
        *_dataset("custom", None, [{"custom": {"place": place, "reviewed": True}} for place in _PLACES]),
        *_dataset("video", None, [{"video": {"frames": [{"second": 0.5 * n, "label": "walk"}]}} for n in range(3)]),
    ]


def _dataset(kind: str, categories: Any, attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    props = {} if categories is None else {"categories": categories}
    media = {"data_type": "video/mp4"} if kind == "video" else {"data_type": "image/jpeg", "height": 500, "width": 200}
    items = [
        {"source_data": [{**media, "data_uri": f"{_IMAGES}-{kind}-{number}"}], "attributes": content}
        for number, content in enumerate(attributes)
    ]
    return [{"name": f"demo-{kind}", "type": kind, "props": props}, *items]


def _label(number: int) -> dict[str, Any]:
    label = _PETS[0]["labels"][number % 2]  # type: ignore[index] # a constant, declared by what it holds
    return {"category_id": 1, **label}


def _extra(number: int) -> dict[str, Any]:
    return {**_label(number + 1), "confidence": 0.25}


def _rect(number: int) -> dict[str, float]:
    return {"xmin": 10 * number, "ymin": 20.5, "xmax": 10 * number + 60, "ymax": 120.25}


def _polygon(number: int) -> dict[str, Any]:
    return {**_label(number), "points": [[0, 0], [10 + number, 0], [10 + number, 20]]}
