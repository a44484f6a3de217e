"""JSON values as records of the API's own items."""

from typing import Any

from abeja_datasets_loading.formats.model import Invalid, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.remarks import are_boxes_plain, on_boxes
from abeja_datasets_loading.formats.sources.uris import check_sources
from abeja_datasets_loading.formats.values import geometry


def records_of(place: Place, value: Any, text: str) -> list[Record]:
    """Return the record of a value, whose shape is checked when it is loaded, and the remarks on it.

    Args:
        place: of the value.
        value: any JSON.
        text: the value as it stands in the file.
    """
    if not isinstance(value, dict):
        return [Rejected(place, "is not a JSON object", text)]
    try:
        check_sources(value)
        is_plain = are_boxes_plain(value)
        if not is_plain:
            geometry.check_boxes(value.get("attributes"))
    except Invalid as error:
        return [Rejected(place._replace(pointer=f"{place.pointer}{error.pointer}"), error.reason, text)]
    row = Row(place, value, text)
    return [row] if is_plain else [row, *on_boxes(row)]


def problem_of(item: dict[str, Any]) -> str | None:
    """Return why a value is no item of the API; None where it is one. Other keys than these may stand in it."""
    sources = item.get("source_data")
    if not isinstance(sources, list) or not sources:
        return "source_data: is missing" if sources is None else "source_data: a list of at least one object is needed"
    for position, source in enumerate(sources):
        uri = source.get("data_uri") if isinstance(source, dict) else None
        if not isinstance(uri, str) or not uri:
            return f"source_data[{position}].data_uri: a text is needed"
    if not isinstance(item.get("attributes"), dict | None):
        return "attributes: an object is needed"
    return None
