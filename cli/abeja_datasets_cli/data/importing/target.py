"""The dataset that an import is for: one that is there, or one that the import creates."""

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from abeja_datasets_cli.data.shared.api import Api, Failure


def created(api: Api, name: str, dataset_type: str, props: Mapping[str, Any], journal: Path) -> dict[str, Any]:
    """Return the dataset of an import with `--create`, which exists once, whatever became of earlier runs.

    What is to be created is recorded beside the journal before the request leaves, and its id after the response. Where
    the id is not recorded, a dataset of that name is the one: names are unique within an organization.

    Raises:
        Failure: an earlier run of the journal created a dataset of another name.
    """
    record = _record_of(journal)
    known = _read(record)
    if known is not None and (known.get("name") != name or known.get("organization_id") != api.organization_id):
        raise Failure(f"{record}: an earlier run created {known.get('name')!r}; pass another --journal", 2)
    wanted = {"organization_id": api.organization_id, "name": name, "type": dataset_type, "dataset_id": None}
    dataset = None if known is None else _found(api, known, journal)
    if dataset is None:
        _write(record, wanted)
        dataset = _create(api, wanted, props, journal, known)
    _write(record, wanted | {"dataset_id": dataset["dataset_id"]})
    return dataset


def existing(api: Api, dataset_id: Any, journal: Path) -> dict[str, Any]:
    """Return a dataset that was created before.

    Raises:
        Failure: there is a journal of loading it, and it does not exist any more.
        NotFound: it does not exist, and there is no journal.
    """
    from abeja_datasets.exceptions import NotFound

    try:
        return api.client.get_dataset(api.organization_id, dataset_id)
    except NotFound as error:
        files = [str(path) for path in (journal, _record_of(journal)) if path.exists()]
        if not files:
            raise
        remedy = f"to import into another dataset, remove the journal: {shlex.join(['rm', *files])}"
        raise Failure(f"the dataset {dataset_id} does not exist any more (404); {remedy}", 2) from error


def _create(
    api: Api, wanted: Mapping[str, Any], props: Mapping[str, Any], journal: Path, known: Mapping[str, Any] | None
) -> dict[str, Any]:
    from abeja_datasets.exceptions import BadRequest, Conflict, Error

    try:
        return api.client.create_dataset(api.organization_id, wanted["name"], wanted["type"], dict(props))
    except Error as error:
        # The request of a run that was killed may arrive after this one has looked for the name.
        is_refused = isinstance(error, BadRequest | Conflict)
        if known is not None and is_refused and (late := _found(api, known, journal)) is not None:
            return late
        if error.outcome != "unknown":  # else the next run would take the dataset of another, which has the name
            _record_of(journal).unlink()
        raise


def dataset_id_of(journal: Path) -> str | None:
    """Return the id of the dataset that an import with this journal created; None where there is none."""
    known = _read(_record_of(journal))
    found = None if known is None else known.get("dataset_id")
    return None if found is None else str(found)


def _found(api: Api, known: Mapping[str, Any], journal: Path) -> dict[str, Any] | None:
    if known.get("dataset_id") is not None:
        return existing(api, known["dataset_id"], journal)
    for dataset in api.client.iter_datasets(api.organization_id):
        if dataset.get("name") == known["name"]:
            return dataset
    return None


def _record_of(journal: Path) -> Path:
    return journal.with_name(f"{journal.name}.dataset")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        known = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Failure(f"{path}: can't be read: {error}", 2) from error
    return known if isinstance(known, dict) else None


def _write(path: Path, record: Mapping[str, Any]) -> None:
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(record, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
