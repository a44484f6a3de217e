"""Datasets and items as HTML, for notebooks. All that a server sends is escaped, and no failure breaks a cell."""

from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from abeja_datasets.content.uris import shown
from abeja_datasets.exceptions import shortened
from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    from abeja_datasets import dataset as datasets
    from abeja_datasets import dataset_item as items
else:
    datasets = LazyModule("abeja_datasets.dataset")
    items = LazyModule("abeja_datasets.dataset_item")

_MOST_ROWS: Final = 50
_MOST_RECTS: Final = 500
_KINDS: Final = ("classification", "detection")
_LARGEST: Final = 1e12


class _Rect(NamedTuple):
    xmin: float
    ymin: float
    xmax: float
    ymax: float


def dataset_html(dataset: "datasets.Dataset") -> str:
    """Return a dataset as HTML, with how often each label occurs in the first page of its items.

    It sends one request, for that page.
    """
    total = "" if dataset.total_count is None else dataset.total_count
    rows = {"name": dataset.name, "type": dataset.type, "items": total, "created_at": dataset.created_at}
    return f"<b>Dataset {_text(dataset.dataset_id)}</b>{_table(rows)}{_labels_html(dataset)}"


def item_html(item: "items.DatasetItem") -> str:
    """Return an item as HTML, with its rects to scale."""
    sources = item.raw.get("source_data")
    sources = [one for one in sources if isinstance(one, dict)] if isinstance(sources, list) else []
    rows = {f"source_data[{number}]": shown(one.get("data_uri")) for number, one in enumerate(sources[:_MOST_ROWS])}
    if isinstance(item.attributes, dict):
        rows |= dict(list(item.attributes.items())[:_MOST_ROWS])
    return f"<b>Item {_text(item.dataset_item_id)}</b>{_table(rows)}{_svg(item, sources[0] if sources else {})}"


def _labels_html(dataset: "datasets.Dataset") -> str:
    try:
        page = dataset.dataset_items.api.list_dataset_items(dataset.organization_id, dataset.dataset_id)
        found = [item for item in page["items"] if isinstance(item, dict)]
        counts = Counter(
            (kind, str(label.get("category_id")), str(label.get("label_id")))
            for item in found
            for kind in _KINDS
            for label in _labels(item.get("attributes"), kind)
        )
        names = _names(dataset.props)
    except Exception as error:  # noqa: BLE001 - a notebook shows the dataset all the same
        return f"<p>The items can't be listed: {_text(error)}</p>"
    rows = {
        f"{kind} {names.get((category, label)) or f'category {category}, label {label}'}": count
        for (kind, category, label), count in counts.most_common(_MOST_ROWS)
    }
    note = f"Labels of the first page only: {len(found):,} of {_text(page.get('total_count'))} items"
    return f"<p>{note}</p>{_table(rows)}"


def _names(props: Any) -> dict[tuple[str, str], str]:
    """Return the name of each label, by the ids of its category and of itself."""
    return {
        (str(category.get("category_id")), str(label.get("label_id"))): f"{category.get('name')}: {label.get('label')}"
        for category in _dicts(props, "categories")
        for label in _dicts(category, "labels")
    }


def _labels(attributes: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Return the labels of a kind. A `classification` in a response may be one object."""
    one = attributes.get(kind) if isinstance(attributes, dict) else None
    yield from [one] if isinstance(one, dict) else _dicts(attributes, kind)


def _dicts(holder: Any, key: str) -> list[dict[str, Any]]:
    found = holder.get(key) if isinstance(holder, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _svg(item: "items.DatasetItem", source: Mapping[str, Any]) -> str:
    found = [(label, rect) for label in _labels(item.attributes, "detection") if (rect := _rect(label.get("rect")))]
    if not found:
        return ""
    width = _size(source.get("width")) or max(rect.xmax for _, rect in found)
    height = _size(source.get("height")) or max(rect.ymax for _, rect in found)
    shapes = "".join(_shape(label, rect, max(width, height)) for label, rect in found[:_MOST_RECTS])
    left = len(found) - _MOST_RECTS
    note = f"<p>{left:,} more rects are not shown.</p>" if left > 0 else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width!r} {height!r}" '
        f'style="max-width:480px;max-height:480px;border:1px solid #999">{shapes}</svg>{note}'
    )


def _shape(label: Mapping[str, Any], rect: _Rect, size: float) -> str:
    name = label.get("label", label.get("label_id"))
    hue = sum(map(ord, str(label.get("label_id")))) * 47 % 360
    x, y = min(rect.xmin, rect.xmax), min(rect.ymin, rect.ymax)
    width, height = abs(rect.xmax - rect.xmin), abs(rect.ymax - rect.ymin)
    return (
        f'<rect x="{x!r}" y="{y!r}" width="{width!r}" height="{height!r}" fill="none" '
        f'stroke="hsl({hue} 80% 40%)" stroke-width="{size / 200:g}"/>'
        f'<text x="{x!r}" y="{y!r}" font-size="{size / 25:g}">{_text(name)}</text>'
    )


def _rect(value: Any) -> _Rect | None:
    numbers: list[Any] = [value.get(corner) for corner in _Rect._fields] if isinstance(value, dict) else []
    return _Rect(*numbers) if numbers and all(map(_is_finite, numbers)) else None


def _size(value: Any) -> float | None:
    return value if _is_finite(value) and value > 0 else None


def _is_finite(value: Any) -> bool:
    # JSON has integers of any size, and Python reads NaN too.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _table(rows: Mapping[str, object]) -> str:
    cells = "".join(f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in rows.items())
    return f"<table>{cells}</table>"


def _text(value: object) -> str:
    return escape(shortened(str(value)))
