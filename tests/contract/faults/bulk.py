"""Bulk updates."""

import json

from tests.contract.faults.kit import (
    ERROR,
    UNREADABLE,
    fault,
    requests,
    responses,
)
from tests.contract.faulty import Ask, Asked, Told

responses(
    "bulk",
    "in the order of ids",
    "bulk_update_dataset_item",
    lambda v: sorted(v, key=lambda r: r["dataset_item_id"]),
    "bulk.order",
)
responses(
    "bulk", "responses without the last", "bulk_update_dataset_item", lambda v: v[:-1], "bulk.response", "fidelity.*"
)


@fault("bulk", "bulk.all-or-nothing.*")
async def bulk_does_what_it_can(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "bulk_update_dataset_item" and told.status == 400:
        try:
            for entry in asked.json:
                target = f"{asked.path.rstrip('/')}/{entry['dataset_item_id']}"
                done = await ask(asked.but(target=target, json={"attributes": entry["attributes"]}))
                if done.status != 200:
                    break
        except UNREADABLE:
            pass
    return told


@fault("bulk", "bulk.empty", "validation.*")
async def an_empty_bulk_is_refused(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "bulk_update_dataset_item" and asked.body == b"[]":
        return Told(400, [("content-type", "application/json")], json.dumps(ERROR).encode())
    return await ask(asked)


def _last_wins(asked: Asked) -> Asked:
    if not isinstance(asked.json, list):
        return asked
    return asked.but(json=list({entry["dataset_item_id"]: entry for entry in asked.json}.values()))


def _known_only(asked: Asked) -> Asked:
    if not isinstance(asked.json, list):
        return asked
    return asked.but(json=[entry for entry in asked.json if entry["dataset_item_id"] < 1_000])


requests(
    "bulk", "the last of repeated ids wins", "bulk_update_dataset_item", _last_wins, "bulk.all-or-nothing.repeated-id"
)
requests("bulk", "unknown ids are skipped", "bulk_update_dataset_item", _known_only, "bulk.all-or-nothing.unknown-id")


@fault("bulk", "bulk.replaces")
async def bulk_merges(asked: Asked, ask: Ask) -> Told:
    if asked.operation == "bulk_update_dataset_item":
        try:
            body = []
            for entry in asked.json:
                old = await ask(asked.reading().but(target=f"{asked.path.rstrip('/')}/{entry['dataset_item_id']}"))
                kept = old.json["attributes"] if entry["attributes"] and "number" not in old.json["attributes"] else {}
                body.append({**entry, "attributes": {**kept, **entry["attributes"]}})
            return await ask(asked.but(json=body))
        except UNREADABLE:
            pass
    return await ask(asked)
