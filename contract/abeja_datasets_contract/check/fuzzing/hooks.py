"""Hooks that give schemathesis what it can't guess, and spare what others have: ids that exist, names not in use.

Loaded by schemathesis itself, in the process that `run` starts; the environment says what to work with.
"""

import contextlib
import itertools
import json
import os
import ssl
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from schemathesis import Case, HookContext
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

from abeja_datasets_contract.check.document import contract_of
from abeja_datasets_contract.check.document.ids import PLACEHOLDER, InvalidIdentifier, MadeUp, ordered, path_of

_ORGANIZATION = os.environ["CONTRACT_ORGANIZATION_ID"]
_PREFIX = os.environ["CONTRACT_NAME_PREFIX"]
_COUNTS = Path(os.environ["CONTRACT_COUNTS"])
_URL = os.environ["CONTRACT_URL"]
_CONTRACT = contract_of(Path(os.environ["CONTRACT_DOCUMENT"]))
_NAMES = {(known.method, known.path): name for name, known in _CONTRACT.operations.items()}
_ITEM = {"source_data": [{"data_uri": "datalake://contract-check/0", "data_type": "image/jpeg"}]}
_READS = ("GET", "HEAD", "OPTIONS", "TRACE")
_ABSENT = (404, 410)

_LEDGER = os.environ.get("CONTRACT_LEDGER", "")
_CA_BUNDLE = os.environ.get("CONTRACT_CA_BUNDLE", "")


def _end_with_parent() -> None:
    """End this process when the check that started it is gone, so that nothing goes on writing."""
    os.read(0, 1)  # not sys.stdin, whose lock would be held while the interpreter ends
    os._exit(1)


threading.Thread(target=_end_with_parent, daemon=True).start()
_client = httpx.Client(
    headers={"Authorization": os.environ["CONTRACT_AUTHORIZATION"]},
    timeout=30,
    verify=ssl.create_default_context(cafile=_CA_BUNDLE) if _CA_BUNDLE else True,
)
_lock = threading.Lock()
_numbers = itertools.count(1)
_cases = itertools.count(1)
_counts: dict[str, Counter[str]] = {}
_names: set[str] = set()
"""The names of the datasets whose creates were sent."""
_own: set[str] = set()
"""The ids of the datasets that a read shows to have one of them."""


def _send(operation: str, dataset_id: str = "", body: Any = None) -> httpx.Response:
    """Send a request of an operation that is in order."""
    known = _CONTRACT.operation(operation)
    return _client.request(
        known.method,
        _URL + path_of(known.path, {"organization_id": _ORGANIZATION, "dataset_id": dataset_id}),
        params=_CONTRACT.within(operation, ()),
        headers=_CONTRACT.required(operation, "header", ()),
        json=None if body is None else _CONTRACT.completed(operation, body),
    )


def _create(operation: str, body: dict[str, Any], dataset_id: str = "") -> Any:
    response = _send(operation, dataset_id, body)
    response.raise_for_status()
    return response.json()


def _new_dataset() -> str:
    body = {"name": f"{_PREFIX}{next(_numbers)}", "type": "custom", "props": {}}
    _announce(body["name"])
    dataset_id: str = _create("create_dataset", body)["dataset_id"]
    _note({"dataset": dataset_id, "organization_id": _ORGANIZATION, "name": body["name"]})
    if not _is_own(dataset_id):
        raise RuntimeError(f"a read of the new dataset {dataset_id!r} does not show its name")
    return dataset_id


def _announce(name: Any) -> None:
    """Record the name of a dataset before its create is sent."""
    if isinstance(name, str) and name not in _names:
        _names.add(name)
        _note({"creating": name, "organization_id": _ORGANIZATION})


def _is_own(dataset_id: Any) -> bool:
    """Return whether a read shows that a dataset has a name that was sent."""
    text = str(dataset_id)
    if text not in _own and _read(text)[1] in _names:
        _own.add(text)
    return text in _own


def _read(dataset_id: str) -> tuple[int, Any]:
    """Read a dataset; return the status and the name."""
    try:
        response = _send("get_dataset", MadeUp(dataset_id))
        return response.status_code, response.json()["name"]
    except (httpx.HTTPError, httpx.InvalidURL, InvalidIdentifier):
        return 0, None
    except (ValueError, TypeError, LookupError, RecursionError):
        return response.status_code, None


def _spare(case: Case[Any]) -> None:
    """Insert an id that nothing has in the place of a dataset's that others may have."""
    name, path = _ids(case).get("dataset_id"), case.path_parameters
    if case.method.upper() in _READS or name not in path or _is_own(path[name]):
        return
    text = str(path[name])
    if text in ("", ".", "..") or _read(text)[0] not in _ABSENT:
        path[name] = f"{_PREFIX}none"


def _ids(case: Case[Any]) -> dict[str, str]:
    """Return what the document calls the ids in the path, by what the check calls them."""
    path = case.operation.path
    return dict(zip(ordered(path), PLACEHOLDER.findall(path), strict=True)) if _CONTRACT.paths.fits(path) else {}


def _note(entry: dict[str, Any]) -> None:
    """Add a line to the ledger of the check, if there is one."""
    if _LEDGER:
        with Path(_LEDGER).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _new_item(dataset_id: str) -> int:
    item_id: int = _create("create_dataset_item", _ITEM, dataset_id)["dataset_item_id"]
    return item_id


_dataset_id = _new_dataset()
_item_ids = [_new_item(_dataset_id) for _ in range(5)] if "create_dataset_item" in _CONTRACT.operations else []


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:  # noqa: ARG001 - the hook's form
    """Insert live ids and unused names into a case, wherever its point is not that they are wrong."""
    _adapt_to_server(case)
    _spare(case)
    if _operation(case) == "create_dataset" and isinstance(case.body, dict):
        _announce(case.body.get("name"))


def _adapt_to_server(case: Case[Any]) -> None:
    meta = case.meta
    if meta is None:
        return
    operation = _operation(case)
    # The stateful phase has ids of its own making, and must see what becomes of just those.
    if meta.phase.name is TestPhase.STATEFUL:
        if "organization_id" in _ids(case):
            case.path_parameters[_ids(case)["organization_id"]] = _ORGANIZATION
        _rename(operation, case.body)
        return
    # Every fourth case keeps its generated ids, so that unknown ones are asked for too.
    if not meta.is_negative_at(ParameterLocation.PATH) and next(_cases) % 4:
        _pin(operation, case.path_parameters, _ids(case))
    if not meta.is_negative_at(ParameterLocation.BODY):
        _rename(operation, case.body)
        _adapt(operation, case.body)


def _pin(operation: str, path: dict[str, Any], ids: dict[str, str]) -> None:
    live: dict[str, Any] = {"organization_id": _ORGANIZATION, "dataset_id": _dataset_id}
    if operation == "delete_dataset":
        live["dataset_id"] = _new_dataset()
    elif operation == "delete_dataset_item":
        live["dataset_item_id"] = _new_item(_dataset_id)
    elif _item_ids:
        live["dataset_item_id"] = _item_ids[0]
    path.update({ids[name]: value for name, value in live.items() if ids.get(name) in path})


def _rename(operation: str, body: Any) -> None:
    """Insert an unused name into the body of a create, which shows later that the dataset is the run's."""
    if operation == "create_dataset" and isinstance(body, dict) and isinstance(body.get("name"), str):
        unused = f"{_PREFIX}{next(_numbers)}-"
        # As long as the generated one where that is long, since its length may be what the case is about.
        body["name"] = unused + body["name"][len(unused) :]


def _adapt(operation: str, body: Any) -> None:
    if operation == "bulk_update_dataset_item" and isinstance(body, list):
        del body[len(_item_ids) :]
        for entry, item_id in zip(body, _item_ids, strict=False):
            if isinstance(entry, dict) and "dataset_item_id" in entry:
                entry["dataset_item_id"] = item_id


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: schemathesis.Response) -> None:  # noqa: ARG001 - likewise
    """Count what each operation accepted and refused."""
    if case.method.upper() != case.operation.method.upper():
        return  # a probe of a method that the document does not have
    kind = "accepted" if response.status_code < 300 else "refused"  # noqa: PLR2004 - the range of successes
    if kind == "accepted" and _operation(case) == "create_dataset":
        _note_created(response)
    with _lock:
        _counts.setdefault(_operation(case), Counter())[kind] += 1
        _COUNTS.write_text(json.dumps(_counts), encoding="utf-8")


def _note_created(response: schemathesis.Response) -> None:
    """Insert a dataset into the ledger, so that the check's clean-up finds it."""
    with contextlib.suppress(ValueError, TypeError, LookupError):
        record = json.loads(response.content)
        _note({"dataset": record["dataset_id"], "organization_id": _ORGANIZATION, "name": record["name"]})


def _operation(case: Case[Any]) -> str:
    method, path = case.operation.method.upper(), case.operation.path
    return _NAMES.get((method, path), f"{method} {path}")
