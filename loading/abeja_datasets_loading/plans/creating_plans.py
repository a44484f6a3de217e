"""Making a plan: the sources are counted, and the baseline is taken."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from os import PathLike
from typing import Any, Final

from abeja_datasets import APIClient
from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.formats.sources.uris import Uris
from abeja_datasets_loading.options import Identifier, Options, path_text, place_of, seconds, whole
from abeja_datasets_loading.plans import row_ranges, sources
from abeja_datasets_loading.plans.objects import encoded
from abeja_datasets_loading.plans.plan import BASELINE, PLAN, Plan, Settings, marks_name
from abeja_datasets_loading.plans.row_ranges import Counted
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.running.interruptible import interruptible
from abeja_datasets_loading.running.synchronous import run_sync
from abeja_datasets_loading.sending.clients import async_client
from abeja_datasets_loading.settling.baseline import IdRanges, take_baseline
from abeja_datasets_loading.settling.listing import Reader
from abeja_datasets_loading.settling.marker import check_key

FEWEST_ROWS: Final = 250
MOST_ROWS: Final = 1000
_LARGEST_BODY: Final = 10 << 20
"""The limit of the reference server; the document names none."""

Path = str | PathLike[str]


def create_plan(
    client: APIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    paths: Path | Iterable[Path],
    plan: Path,
    *,
    format: str | None = None,  # noqa: A002 - the field's word
    uri: str | None = None,
    encoding: str | None = None,
    unit_rows: int = 500,
    concurrency: int = 64,
    rate: float | None = None,
    marker: str | None = None,
    settle_after: float | None = None,
    lease_seconds: float = 30,
    max_body_bytes: int = _LARGEST_BODY,
) -> Plan:
    """Make a plan of loading files into a dataset from many machines.

    ::

        with APIClient() as api_client:
            create_plan(api_client, "1102940376065", "1410805969256", "s3://bucket/cats/*.parquet", "s3://bucket/plan")

    Nothing is sent but reads: `get_dataset`, and a list of the items where the dataset is not empty.

    Args:
        client: the server, and the timeout of all workers. No credential is kept in the plan.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        paths: the source files, local or such as `s3://bucket/rows/*.parquet`: Parquet, JSON lines, CSV or JSON.
        plan: the folder of the plan, on storage that all workers share.
        format: of all sources; None takes it from each name.
        uri: a template of source URIs with `{path}` in it.
        encoding: of text without a byte order mark; else UTF-8.
        unit_rows: rows of a unit, 250 to 1,000. The last unit of a file has the rest.
        concurrency: the most requests at once of all workers together.
        rate: the most requests a second of all workers together; None for no limit.
        marker: the key of an attribute to write into each item, with `PLAN-POSITION` as its value.
        settle_after: seconds after which a request can't be carried out any more; None for twice the client's timeout
            and one second.
        lease_seconds: seconds without a sign of life after which a worker counts as ended.
        max_body_bytes: the size of a row as JSON above which it is rejected.

    Raises:
        PlanError: there is a plan already, a source can't be used, or the storage can't.
        NotFound: there is no such dataset.
        Error: the dataset can't be read.
        ValueError: an option is not usable.
        TypeError: an option is of a wrong type.
    """
    place = place_of(organization_id, dataset_id)
    whole("unit_rows", unit_rows, least=FEWEST_ROWS, most=MOST_ROWS)
    whole("max_body_bytes", max_body_bytes, least=1)
    Options(concurrency=concurrency, rate=rate, settle_after=settle_after)  # which checks them
    seconds("lease_seconds", lease_seconds)
    settings = Settings(
        unit_rows=unit_rows, concurrency=concurrency, rate=rate, timeout=client.timeout,
        marker=None if marker is None else check_key("marker", marker), lease_seconds=lease_seconds,
        settle_after=2 * client.timeout + 1 if settle_after is None else settle_after,
        max_body_bytes=max_body_bytes, uri=uri, encoding=encoding,
    )  # fmt: skip
    Uris(uri)  # which checks it
    storage = Storage(path_text("plan", plan))
    dataset: Any = client.get_dataset(*place)
    _check_free(storage)
    draft = Plan(
        url=storage.url, id=secrets.token_hex(4), base_url=client.base_url, organization_id=place[0],
        dataset_id=place[1], dataset_type=dataset.get("type"), props=dataset.get("props"), settings=settings,
    )  # fmt: skip
    found = list(_counted(draft, [paths] if isinstance(paths, str | PathLike) else paths, format))
    baseline = run_sync(_baseline, client, *place)
    return _write(storage, replace(draft, sources=[each.source for each in found]), found, baseline)


def _write(storage: Storage, plan: Plan, found: list[Counted], baseline: list[Any]) -> Plan:
    """Write the objects of a plan, the plan itself at last: without it there is none."""
    if not plan.rows:
        raise PlanError(plan.url, "the sources have no rows, so that there is nothing to load", "source")
    storage.put(BASELINE, encoded({"plan": plan.id, "ids": baseline}))
    for number, each in enumerate(found):
        if each.marks:
            storage.put(marks_name(number), encoded({"plan": plan.id, "marks": each.marks}))
    if not storage.create(PLAN, encoded(plan.to_json())):
        raise _exists(storage)
    return plan


def _check_free(storage: Storage) -> None:
    if storage.read(PLAN) is not None:
        raise _exists(storage)
    if storage.names(""):
        raise PlanError(storage.url, "the folder is not empty; give the plan a folder of its own", "exists")
    storage.check()


def _exists(storage: Storage) -> PlanError:
    return PlanError(
        storage.url,
        "there is a plan already; run it (abeja-datasets plan run), or give a new one another folder",
        "exists",
    )


def _counted(made: Plan, paths: Iterable[Path], form: str | None) -> Iterator[Counted]:
    for path in sources.expanded(path_text("paths", each) for each in paths):
        found, kind = sources.stat(path), sources.format_of(path, form)
        counted = row_ranges.count(path, found, kind, made.options, made.settings.unit_rows)
        sources.check_unchanged(counted.source)  # it may have been written while it was counted
        yield counted


async def _baseline(client: APIClient, organization_id: str, dataset_id: str) -> list[Any]:
    class Kept:
        baseline: Any = None

    kept = Kept()
    opened = async_client(client)
    try:
        ids: IdRanges = await interruptible(take_baseline(Reader(opened.client, organization_id, dataset_id), kept))
    finally:
        if opened.must_close:
            await opened.client.close()
    return ids.to_json()
