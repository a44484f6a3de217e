"""Credentials that are not looked at, and what is seen through other paths."""

import base64
from urllib.parse import unquote

from tests.contract.faults.kit import (
    fault,
    requests,
)
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, OTHER_AUTHORIZATION, Ask, Asked, Told


def signed(asked: Asked) -> Asked:
    return asked.but(headers={**asked.headers, "authorization": AUTHORIZATION})


for _operation in (
    "get_dataset",
    "delete_dataset",
    "delete_dataset_item",
    "list_dataset_items",
    "bulk_update_dataset_item",
    "create_dataset",
):
    requests("authentication", f"{_operation} needs none", _operation, signed, f"auth.*.{_operation}")


def _any_secret(asked: Asked) -> Asked:
    user = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).partition(b":")[0]
    return signed(asked) if user == b"user-1" else asked


def _any_scheme(asked: Asked) -> Asked:
    return signed(asked) if asked.headers["authorization"].split()[-1] == AUTHORIZATION.split()[-1] else asked


def _any_organization(asked: Asked) -> Asked:
    return (
        signed(asked)
        if asked.headers["authorization"] in (AUTHORIZATION, OTHER_AUTHORIZATION) and ORGANIZATION in asked.path
        else asked
    )


requests(
    "authentication",
    "the secret is not compared",
    "update_dataset_item",
    _any_secret,
    "auth.wrong-secret.update_dataset_item",
)
requests(
    "authentication",
    "the scheme is not compared",
    "get_dataset_item",
    _any_scheme,
    "auth.other-scheme.get_dataset_item",
)
requests(
    "authentication", "a credential is good for each organization", ".*", _any_organization, "auth.other-organization.*"
)


@fault("authentication", "auth.none.delete_dataset_item")
async def deletes_before_it_looks(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "delete_dataset_item" and told.status == 401 and "authorization" not in asked.headers:
        await ask(signed(asked))
    return told


_homes: dict[str, str] = {}


@fault("isolation", "isolation.datasets.get_dataset_item")
async def items_are_found_by_number_alone(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "create_dataset_item" and told.status == 201:
        _homes[str(told.json["dataset_item_id"])] = asked.path
    number = unquote(asked.path.rpartition("/")[2])
    if asked.operation == "get_dataset_item" and told.status == 404 and b"no item" in told.body and number in _homes:
        _, dataset = asked.path.split("/items/")[0], _homes[number]
        for home in {dataset}:
            again = await ask(asked.but(target=f"{home.rstrip('/')}/{number}"))
            if again.status == 200 and _alive(asked, home):
                return again
    return told


def _alive(asked: Asked, home: str) -> bool:
    return asked.path.split("/items/")[0] != home.rstrip("/").removesuffix("/items")
