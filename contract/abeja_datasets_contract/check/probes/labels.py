"""The categories of a dataset are the rule for the labels of its items, wherever attributes are written."""

from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    CATEGORIES,
    Dataset,
    filled,
    labelled,
    new_dataset,
    new_item,
    nothing_changed,
    shared_filled,
    source,
)

STAGE = Stage("labels")
KEYS = ("classification", "detection")
_RULE = Source.schema("Props", "properties", "categories")
_PAIRS = ((0, 0), (0, 1), (7, 1), (7, 5))
_CROSSED = ((0, 5), (7, 0))


def label(category: int, number: int, **more: Any) -> dict[str, Any]:
    """Return a label."""
    return {"category_id": category, "label_id": number, **more}


def _create(p: Probe, dataset: Dataset, attributes: Any, **more: Any) -> Response:
    return p.call("create_dataset_item", dataset.id, json={"source_data": source(p), "attributes": attributes}, **more)


def _update(p: Probe, dataset: Dataset, attributes: Any, **more: Any) -> Response:
    item = dataset.items[0].id
    return p.call("update_dataset_item", dataset.id, item, json={"attributes": attributes}, **more)


def _bulk(p: Probe, dataset: Dataset, attributes: Any, **more: Any) -> Response:
    body = [{"dataset_item_id": dataset.items[0].id, "attributes": attributes}]
    return p.call("bulk_update_dataset_item", dataset.id, json=body, **more)


_Write = Callable[..., Response]
WRITES: dict[str, _Write] = {
    "create_dataset_item": _create,
    "update_dataset_item": _update,
    "bulk_update_dataset_item": _bulk,
}


def _dataset(p: Probe) -> Dataset:
    dataset = labelled(p)
    if not dataset.items:
        new_item(p, dataset, {"kept": 1})
    return dataset


def _refusal(operation: str, entries: list[dict[str, Any]], key: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = shared_filled(p, "labels", 1, {"categories": CATEGORIES})
        for number, entry in enumerate(entries):
            good = {other: [label(0, 0)] for other in KEYS if other != key}
            forms = [{key: [label(0, 0), label(7, 5), entry]}, {**good, key: [entry]}, {key: [entry, label(0, 0)]}]
            for attributes in forms[: 3 if number == 0 else 1]:
                with p.case():
                    WRITES[operation](p, dataset, attributes, expect=(400,))
        nothing_changed(p, dataset, [], p.last)

    return check


def _acceptance(operation: str, key: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        dataset = _dataset(p)
        WRITES[operation](p, dataset, {key: []})
        WRITES[operation](p, dataset, {key: [label(*pair, more="kept") for pair in _PAIRS]})

    return check


def _register() -> None:
    for operation in WRITES:
        short = operation.removesuffix("_dataset_item")
        source = Source.operation(operation, "description") if short == "create" else _RULE
        for key in KEYS:
            STAGE.add(
                f"labels.{short}.{key}.known",
                f"{operation} accepts the labels of the dataset's categories in {key}.",
                source,
                _acceptance(operation, key),
            )
            unknown = [label(0, 2), label(7, 99), label(7, 10**20)]
            nowhere = [label(1, 0), label(99, 1), label(10**20, 1)]
            crossed = [label(*pair) for pair in _CROSSED]
            for kind, entries, what in (
                ("unknown-label", unknown, "a label that the category does not have"),
                ("unknown-category", nowhere, "a category that the dataset does not have"),
                ("crossed", crossed, "a label of another category"),
            ):
                promise = f"{operation} refuses {what} in {key} with 400, and changes nothing."
                STAGE.add(f"labels.{short}.{key}.{kind}", promise, source, _refusal(operation, entries, key))


_register()


@STAGE.clause("labels.any-without-categories", "Without categories, any pair is valid.", _RULE)
def without_categories(p: Probe) -> None:
    """Send some."""
    for props in ({}, {"note": "no categories"}):
        dataset = filled(p, 1, props=props)
        for write in WRITES.values():
            with p.case():
                write(p, dataset, {key: [label(0, 0), label(123456789, 987654321)] for key in KEYS})


@STAGE.clause("labels.other-keys-free", "Categories are a rule only for classification and detection.", _RULE)
def other_keys(p: Probe) -> None:
    """Send labels that the dataset has not under other keys."""
    dataset, unknown = _dataset(p), [label(99, 99)]
    kept = {"segmentation": unknown, "custom": {"classification": unknown}, "video": {"detection": unknown}}
    for write in WRITES.values():
        with p.case():
            write(p, dataset, {**kept, "Classification": unknown, "labels": unknown})


@STAGE.clause("labels.of-one-category-twice", "Each pair that stands in the categories is allowed.", _RULE)
def twice(p: Probe) -> None:
    """Send a category twice, with different labels, and ids that doubles can't distinguish."""
    categories = [{"category_id": 1, "name": "x", "labels": [{"label_id": number}]} for number in (1, 2, 2**53 + 1)]
    dataset = filled(p, 1, props={"categories": categories})
    for number in (1, 2, 2**53 + 1):
        with p.case():
            _create(p, dataset, {"classification": [label(1, number)]})
    for number in (3, 2**53):
        with p.case():
            _create(p, dataset, {"classification": [label(1, number)]}, expect=(400,))


@STAGE.clause("labels.none-with-empty-categories", "With categories that are empty no pair goes.", _RULE)
def empty_categories(p: Probe) -> None:
    """Send some."""
    for categories in ([], [{"category_id": 1, "name": "empty", "labels": []}]):
        dataset = filled(p, 1, props={"categories": categories})
        for write in WRITES.values():
            with p.case():
                write(p, dataset, {"classification": [label(1, 1)]}, expect=(400,))
        nothing_changed(p, dataset, [])


@STAGE.clause("labels.whatever-the-type", "Categories are the rule whatever the dataset's type.", _RULE)
def whatever_the_type(p: Probe) -> None:
    """Send each key in datasets of other types."""
    for kind in ("classification", "anything"):
        dataset = new_dataset(p, {"categories": CATEGORIES}, kind=kind)
        new_item(p, dataset)
        for key in KEYS:
            with p.case():
                _update(p, dataset, {key: [label(7, 5)]})
                _update(p, dataset, {key: [label(7, 0)]}, expect=(400,))


@STAGE.clause("labels.names-free", "Only the ids are the rule; the name of a label is kept as given.", _RULE)
def names_free(p: Probe) -> None:
    """Send another name."""
    dataset = _dataset(p)
    rect = {"xmin": 0.5, "ymin": 1.0, "xmax": 22, "ymax": 1e3, "more": "kept"}
    detection = [label(0, 1, label="x", score=0.98, rect=rect), label(0, 1)]
    for attributes in ({"classification": [label(7, 1, label="snow", more=[1])]}, {"detection": detection}):
        for write in WRITES.values():
            with p.case():
                response = write(p, dataset, attributes)
                record = response.part(0) if write is _bulk else response
                p.same({"attributes": attributes}, record, "the label as it was given")


@STAGE.clause("labels.own-dataset", "The categories of one dataset are no rule for another.", _RULE)
def own_dataset(p: Probe) -> None:
    """Send the labels of one in another."""
    dataset = _dataset(p)
    other = filled(p, 1, props={"categories": [{"category_id": 9, "name": "x", "labels": [{"label_id": 9}]}]})
    for write in WRITES.values():
        with p.case():
            write(p, other, {"classification": [label(9, 9)]})
            write(p, dataset, {"classification": [label(9, 9)]}, expect=(400,))
            write(p, other, {"classification": [label(0, 0)]}, expect=(400,))
