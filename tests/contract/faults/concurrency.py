"""Requests at the same time."""

import asyncio
import json
from typing import Any

from tests.contract.faults.kit import (
    UNREADABLE,
    fault,
)
from tests.contract.faulty import Ask, Asked, Told

_state: dict[str, Any] = {}


@fault("concurrency", "concurrency.names", concurrency=8)
async def names_race(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if (
        asked.operation == "create_dataset"
        and told.status == 400
        and b"already exists" in told.body
        and "-race" in asked.json["name"]
    ):
        return await ask(asked.but(json={**asked.json, "name": f"{asked.json['name']}{id(asked)}"}))
    return told


@fault("concurrency", "concurrency.bulk", concurrency=8)
async def bulk_is_one_by_one(asked: Asked, ask: Ask) -> Told:
    if asked.operation != "bulk_update_dataset_item":
        return await ask(asked)
    try:
        entries = asked.json
        if not entries or (await ask(asked)).status != 200:
            return await ask(asked)
        records = []
        for entry in entries:
            await asyncio.sleep(0.003)
            records += (await ask(asked.but(json=[entry]))).json
        return Told(200, [("content-type", "application/json")], json.dumps(records).encode())
    except UNREADABLE:
        return await ask(asked)


@fault("concurrency", "concurrency.create-items", concurrency=8)
async def responses_are_mixed_up(asked: Asked, ask: Ask) -> Told:
    if asked.operation != "create_dataset_item":
        return await ask(asked)
    _state["busy"] = _state.get("busy", 0) + 1
    try:
        await asyncio.sleep(0)
        told = await ask(asked)
        await asyncio.sleep(0.005)
        if _state["busy"] > 1 and "last" in _state:
            return Told(201, told.headers, _state["last"])
        _state["last"] = told.body
        return told
    finally:
        _state["busy"] -= 1


@fault("concurrency", "concurrency.delete", concurrency=8)
async def each_deletion_succeeds(asked: Asked, ask: Ask) -> Told:
    if asked.operation != "delete_dataset_item":
        return await ask(asked)
    before = await ask(asked.reading())
    await asyncio.sleep(0.01)
    told = await ask(asked)
    return before if before.status == 200 and told.status == 404 else told


@fault("concurrency", "concurrency.update*", concurrency=8)
async def updates_are_lost(asked: Asked, ask: Ask) -> Told:
    if asked.operation != "update_dataset_item":
        return await ask(asked)
    key = "updating"
    if _state.get(key):
        old = await ask(asked.reading())
        try:
            return old.but(json={**old.json, "attributes": asked.json["attributes"]})
        except UNREADABLE:
            return await ask(asked)
    _state[key] = True
    try:
        told = await ask(asked)
        await asyncio.sleep(0.01)
        return told
    finally:
        _state[key] = False


_last: dict[str, bytes] = {}


@fault("concurrency", "concurrency.read", "concurrency.create-datasets", concurrency=8)
async def readers_share_an_response(asked: Asked, ask: Ask) -> Told:
    if asked.operation != "get_dataset_item":
        return await ask(asked)
    told = await ask(asked)
    _last["busy"] = _last.get("busy", b"") + b"x"
    await asyncio.sleep(0.01)
    busy, _last["busy"] = _last["busy"], _last["busy"][1:]
    if len(busy) > 1 and told.status == 200:
        return told.but(body=_last.setdefault("body", told.body))
    return told
