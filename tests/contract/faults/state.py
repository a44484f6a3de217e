"""What is kept, lost or changed."""

import json
from typing import Any

from tests.contract.faults.kit import (
    UNREADABLE,
    each,
    fault,
    putting,
    requests,
    responses,
)
from tests.contract.faulty import Ask, Asked, Told


@fault("state", "items.update.replaces")
async def update_merges(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "update_dataset_item":
        old = await ask(asked.reading())
        try:
            merged = {**old.json["attributes"], **asked.json["attributes"]} if asked.json["attributes"] else {}
            return await ask(asked.but(json={"attributes": merged}))
        except UNREADABLE:
            pass
    return await ask(asked)


@fault("state", "items.delete.gone", "datasets.total-count.right")
async def deletion_does_nothing(asked: Asked, ask: Ask) -> Told:
    return await ask(asked.reading() if asked.operation == "delete_dataset_item" else asked)


@fault("state", "names.free-after-delete", "datasets.delete.gone")
async def a_deleted_dataset_comes_back(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "delete_dataset" and told.status == 200:
        await ask(
            asked.but(
                method="POST",
                target=asked.path.rpartition("/")[0] + "/",
                json={k: told.json[k] for k in ("name", "type", "props")},
                headers={**asked.headers, "content-type": "application/json"},
            )
        )
    return told


@fault("state", "items.update.kept")
async def update_is_not_kept(asked: Asked, ask: Ask) -> Told:
    if asked.operation != "update_dataset_item":
        return await ask(asked)
    before = await ask(asked.reading())
    told = await ask(asked)
    if told.status == 200:
        await ask(asked.but(json={"attributes": before.json["attributes"]}))
    return told


@fault("state", "items.update.empties")
async def empty_attributes_change_nothing(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "update_dataset_item" and asked.body == b'{"attributes": {}}':
        return await ask(asked.reading())
    return await ask(asked)


@fault("state", "items.update.attributes-null")
async def null_attributes_wipe(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "update_dataset_item" and asked.body == b'{"attributes": null}':
        return await ask(asked.but(json={"attributes": {}}))
    return await ask(asked)


@fault("state", "items.update.attributes-missing")
async def missing_attributes_wipe_though_refused(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "update_dataset_item" and asked.body == b"{}":
        await ask(asked.but(json={"attributes": {}}))
    return told


responses(
    "state",
    "created_at moves",
    "update_dataset_item",
    lambda v: {**v, "created_at": v["updated_at"]},
    "items.update.created-at-stays",
)
responses(
    "state",
    "updated_at stays",
    ".*_dataset_items?",
    lambda v: each(v, lambda r: {**r, "updated_at": r["created_at"]}),
    "items.update.updated-at-moves",
)
responses(
    "state", "total_count is one more", "get_dataset", putting("total_count", lambda n: n + 1), "datasets.total-count.*"
)
responses(
    "state",
    "total_count in the list",
    "list_datasets",
    putting("total_count", lambda _: 0),
    "datasets.total-count.only-in-get",
)
responses("state", "the type is lower-cased", "(get|create)_dataset", putting("type", str.lower), "datasets.types")
responses(
    "state",
    "unknown props are lost",
    ".*dataset",
    putting("props", lambda v: {k: x for k, x in v.items() if k == "categories"}),
    "datasets.create.response",
)
responses(
    "state",
    "unknown source data is lost",
    ".*_dataset_items?",
    putting(
        "source_data",
        lambda v: [{k: x for k, x in e.items() if k in ("data_uri", "data_type", "height", "width")} for e in v],
    ),
    "items.create.source-data",
)
responses(
    "state",
    "one source alone",
    ".*_dataset_items?",
    putting("source_data", lambda v: v[:1]),
    "items.create.source-data",
)
responses("state", "names are trimmed", ".*dataset", putting("name", str.strip), "names.text.spaces")
requests(
    "state",
    "names are cut",
    "create_dataset",
    lambda a: a.but(json={**a.json, "name": a.json["name"][:200]}),
    "names.length.*",
)


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _numbers(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_numbers(v) for v in value]
    return int(float(value)) if isinstance(value, int) and not isinstance(value, bool) else value


responses(
    "state",
    "integers through a double",
    "get_dataset_item",
    putting("attributes", _numbers),
    "fidelity.attributes.integers",
)
responses(
    "state",
    "keys sorted",
    "get_dataset_item",
    lambda v: json.loads(json.dumps(v, sort_keys=True)),
    "fidelity.attributes.key-order",
)
responses(
    "state",
    "floats cut to two places",
    ".*_dataset_items?",
    putting("attributes", lambda v: json.loads(json.dumps(v), parse_float=lambda t: round(float(t), 2))),
    "fidelity.attributes.floats",
)
responses(
    "state",
    "NUL removed",
    "update_dataset_item",
    lambda v: json.loads(json.dumps(v).replace("\\u0000", "")),
    "fidelity.attributes.nul",
)
responses(
    "state",
    "nulls removed",
    "create_dataset_item",
    putting("attributes", lambda v: {k: x for k, x in v.items() if x is not None}),
    "fidelity.attributes.*",
    "items.create.*",
)


@fault("state", "items.update.updated-at-moves")
async def the_same_again_is_no_update(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "update_dataset_item":
        before = await ask(asked.reading())
        try:
            if before.json["attributes"] == asked.json["attributes"]:
                return before
        except UNREADABLE:
            pass
    return await ask(asked)


def _typed_labels(props: Any) -> Any:
    known = ("category_id", "name", "labels", "label_id", "label")
    categories = [{k: v for k, v in c.items() if k in known} for c in props.get("categories", ())]
    return {**props, "categories": categories} if "categories" in props else props


def _typed_rects(attributes: Any) -> Any:
    detection = attributes.get("detection")
    if not detection:
        return attributes
    whole = [{**e, "rect": {k: int(x) for k, x in e.get("rect", {}).items() if k[:1] in "xy"}} for e in detection]
    return {
        **attributes,
        "detection": [new if "rect" in old else old for old, new in zip(detection, whole, strict=True)],
    }


responses(
    "state",
    "unknown properties of categories are lost",
    ".*dataset",
    putting("props", _typed_labels),
    "datasets.*",
)
responses(
    "state",
    "rects are whole numbers",
    ".*_dataset_items?",
    putting("attributes", _typed_rects),
    "labels.names-free",
)
