"""Requests that should be refused and are not, or the other way round."""

import json
import re

from tests.contract.faults.kit import (
    ERROR,
    FAULTS,
    UNREADABLE,
    Fault,
    fault,
    requests,
)
from tests.contract.faulty import Ask, Asked, Told


def _with_xmax(asked: Asked) -> Asked:
    body = asked.json
    for label in body["attributes"]["detection"] if isinstance(body["attributes"]["detection"], list) else ():
        label.get("rect", {}).setdefault("xmax", 0)
    return asked.but(json=body)


requests(
    "validation",
    "an empty name is taken",
    "create_dataset",
    lambda a: a.but(json={**a.json, "name": a.json["name"] or "unnamed"}),
    "names.length.empty",
    "validation.create_dataset.name",
)
requests(
    "validation",
    "type may be missing",
    "create_dataset",
    lambda a: a.but(json={"type": "custom", **a.json}),
    "validation.create_dataset.type",
)
requests(
    "validation",
    "props may be null",
    "create_dataset",
    lambda a: a.but(json={**a.json, "props": {} if a.json["props"] is None else a.json["props"]}),
    "validation.create_dataset.props",
)
requests(
    "validation",
    "source_data may be empty",
    "create_dataset_item",
    lambda a: a.but(json={**a.json, "source_data": a.json["source_data"] or [{"data_uri": "x"}]}),
    "validation.create_dataset_item.source_data",
)
requests(
    "validation",
    "height may be text",
    "create_dataset_item",
    lambda a: a.but(
        json={
            **a.json,
            "source_data": [
                {**e, "height": 1} if isinstance(e.get("height"), str) else e for e in a.json["source_data"]
            ],
        }
    ),
    "validation.create_dataset_item.source_data.height",
)
requests(
    "validation",
    "xmax may be missing",
    "update_dataset_item",
    _with_xmax,
    "validation.update_dataset_item.attributes.detection.rect*",
)
requests(
    "validation",
    "any media type is JSON",
    "create_dataset_item",
    lambda a: a.but(headers={**a.headers, "content-type": "application/json"}),
    "requests.create_dataset_item.media-type",
)
requests(
    "validation",
    "trailing commas are taken",
    "update_dataset_item",
    lambda a: a.but(body=re.sub(rb",}$", b"}", a.body)),
    "requests.update_dataset_item.not-json",
)
requests(
    "validation",
    "NaN becomes null",
    "create_dataset_item",
    lambda a: a.but(body=a.body.replace(b"NaN", b"null")),
    "requests.create_dataset_item.not-a-number",
)
requests(
    "validation",
    "surrogates are replaced",
    "bulk_update_dataset_item",
    lambda a: a.but(body=re.sub(rb"\\ud[89a-f]..", b"?", a.body)),
    "requests.bulk_update_dataset_item.not-unicode",
)
requests(
    "validation",
    "leading zeros are taken",
    ".*_dataset_item",
    lambda a: a.but(target=re.sub(r"/items/0+(\d)", r"/items/\1", a.target)),
    "identifiers.malformed-item.*",
)


def _no_labels(name: str, operation: str, key: str, *first: str) -> None:
    """Add a fault that takes labels which the dataset has not, by leaving them out."""

    async def wrap(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        if asked.operation != operation or b"has no label" not in told.body:
            return told
        body = asked.json
        known = [e for e in body["attributes"].get(key, ()) if (e["category_id"], e["label_id"]) in _PAIRS]
        return await ask(asked.but(json={**body, "attributes": {**body["attributes"], key: known}}))

    FAULTS.append(Fault("validation", name, first, wrap))


_PAIRS = {(0, 0), (0, 1), (7, 1), (7, 5)}
_no_labels(
    "unknown labels of a new item are taken",
    "create_dataset_item",
    "classification",
    "labels.create.classification.*",
)
_no_labels(
    "unknown labels of an updated item are taken",
    "update_dataset_item",
    "detection",
    "labels.update.detection.*",
)


@fault("validation", "requests.too-large")
async def too_large_is_413(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(status=413) if len(asked.body) > 10 * 1024 * 1024 else told


@fault("validation", "names.unique")
async def names_may_come_twice(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "create_dataset" and told.status == 400 and b"already exists" in told.body:
        return await ask(asked.but(json={**asked.json, "name": asked.json["name"] + "'"}))
    return told


@fault("validation", "names.exact")
async def names_are_unique_whatever_their_case(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "create_dataset":
        try:
            name = asked.json["name"]
            listed = (await ask(asked.reading())).json
            if any(r["name"].lower() == name.lower() for r in listed):
                return Told(400, [("content-type", "application/json")], json.dumps(ERROR).encode())
        except UNREADABLE:
            pass
    return await ask(asked)


requests(
    "validation",
    "a file may stand for a list of files",
    "create_dataset_item",
    lambda a: (
        a.but(json={**a.json, "source_data": [a.json["source_data"]]}) if "data_uri" in a.json["source_data"] else a
    ),
    "validation.create_dataset_item.source_data",
)
requests(
    "bulk",
    "an entry may stand for a list of entries",
    "bulk_update_dataset_item",
    lambda a: a.but(json=[a.json]) if "dataset_item_id" in a.json else a,
    "validation.bulk_update_dataset_item.body",
    "bulk.*",
)
