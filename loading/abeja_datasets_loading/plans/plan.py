"""A plan: which rows of which sources make which unit, and where they go. It is one object, which never changes."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from itertools import accumulate
from os import PathLike
from typing import Any, Final, NamedTuple, Self

from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.sources.uris import Uris
from abeja_datasets_loading.journal.records import Target
from abeja_datasets_loading.options import path_text, whole
from abeja_datasets_loading.plans import row_ranges, sources
from abeja_datasets_loading.plans.objects import decoded
from abeja_datasets_loading.plans.sources import Source
from abeja_datasets_loading.plans.storage import Storage

VERSION: Final = 1
PLAN: Final = "plan.json"
BASELINE: Final = "baseline.json"
"""The ids that were in the dataset when the plan was made."""


class Unit(NamedTuple):
    """A range of rows of one source, which one worker creates."""

    number: int
    """In the plan, from 0. (A tuple has an `index` of its own.)"""
    id: str
    """Made of the source and the rows, so that no engine decides it."""
    source: int
    """The index of its source."""
    start: int
    """The first row in the source, from 0."""
    stop: int
    """The row behind the last one."""
    first: int
    """The position of the first row among all rows of the plan."""

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.stop - self.start

    @property
    def name(self) -> str:
        """The name of its objects."""
        return f"{self.number:08d}-{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a plan is carried out, by all of its workers.

    Attributes:
        unit_rows: the rows of a unit.
        concurrency: the most requests at once of all workers together.
        rate: the most requests a second of all workers together; None for no limit.
        marker: the key of an attribute that holds `PLAN-POSITION`; None writes nothing into the items.
        timeout: of the clients, in seconds.
        settle_after: seconds after which a request can't be carried out any more.
        lease_seconds: seconds without a sign of life after which a worker counts as ended.
        max_body_bytes: the size of a row as JSON above which it is rejected.
        uri: the template of source URIs.
        encoding: of text without a byte order mark.
    """

    unit_rows: int
    concurrency: int
    rate: float | None
    marker: str | None
    timeout: float
    settle_after: float
    lease_seconds: float
    max_body_bytes: int
    uri: str | None
    encoding: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan on shared storage. `create_plan` makes one, and `open_plan` opens it.

    Attributes:
        url: of its folder.
        id: a random name.
        base_url: of the server.
        organization_id: the owner of the dataset.
        dataset_id: the dataset.
        dataset_type: its type.
        props: its props when the plan was made, which give labels their ids.
        sources: the files.
        settings: how it is carried out.
    """

    url: str
    id: str
    base_url: str
    organization_id: str
    dataset_id: str
    dataset_type: str | None
    props: Mapping[str, Any] | None
    sources: Sequence[Source] = ()
    settings: Settings
    _first_rows: Sequence[int] = field(init=False, repr=False, compare=False)
    _first_units: Sequence[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        size = self.settings.unit_rows
        counts = [source.rows for source in self.sources]
        object.__setattr__(self, "_first_rows", [0, *accumulate(counts)])
        object.__setattr__(self, "_first_units", [0, *accumulate(-(-count // size) for count in counts)])

    @property
    def rows(self) -> int:
        """How many rows all sources have."""
        return self._first_rows[-1]

    @property
    def units(self) -> int:
        """How many units there are."""
        return self._first_units[-1]

    @property
    def target(self) -> Target:
        """Where the items go."""
        return Target("create", self.base_url, self.organization_id, self.dataset_id, self.settings.marker)

    def unit(self, number: int) -> Unit:
        """Return a unit.

        Raises:
            PlanError: there is none of this number.
            TypeError: it is not an int.
        """
        whole("unit", number, least=0)
        if number >= self.units:
            raise PlanError(self.url, f"has no unit {number:,}; it has {self.units:,}, from 0", "unit")
        place = bisect_right(self._first_units, number) - 1
        source, size = self.sources[place], self.settings.unit_rows
        start = (number - self._first_units[place]) * size
        stop = min(source.rows, start + size)
        name = json.dumps([source.path, source.size, source.etag, start, stop]).encode("utf-8", "surrogatepass")
        return Unit(
            number, blake2b(name, digest_size=8).hexdigest(), place, start, stop, self._first_rows[place] + start
        )

    def number_of(self, position: int) -> int:
        """Return the number of the unit that has a row, given its position among all rows."""
        place = bisect_right(self._first_rows, position) - 1
        return self._first_units[place] + (position - self._first_rows[place]) // self.settings.unit_rows

    def read(self, unit: Unit, storage: Storage) -> Iterator[Mapping[str, Any]]:
        """Iterate over the rows of a unit as items.

        Raises:
            SourceChanged: the source is another file than the plan was made of.
            PlanError: it can't be read.
        """
        source = self.sources[unit.source]
        sources.check_unchanged(source)
        yield from row_ranges.read(source, self.options, unit.start, unit.stop, self._marks(unit, storage))
        sources.check_unchanged(source)  # it may have been replaced meanwhile

    def read_all(self) -> Iterator[Mapping[str, Any]]:
        """Iterate over all rows as items; see `read`."""
        for source in self.sources:
            sources.check_unchanged(source)
            yield from row_ranges.read(source, self.options, 0, source.rows, [(0, 0)])

    @property
    def options(self) -> Options:
        """How the sources are read."""
        given = self.settings
        return Options(uris=Uris(given.uri), encoding=given.encoding, dataset_type=self.dataset_type, props=self.props)

    def _marks(self, unit: Unit, storage: Storage) -> Sequence[row_ranges.Mark]:
        source = self.sources[unit.source]
        if source.form != "jsonl" or not source.is_seekable:
            return ()
        marks = decoded(storage, marks_name(unit.source))["marks"]
        number = unit.start // self.settings.unit_rows
        return [(int(mark[0]), int(mark[1])) for mark in marks[number : number + 2]]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as it is kept."""
        return {
            "version": VERSION, "id": self.id, "base_url": self.base_url, "organization_id": self.organization_id,
            "dataset_id": self.dataset_id, "dataset_type": self.dataset_type, "props": self.props,
            "settings": asdict(self.settings), "sources": [list(source) for source in self.sources],
        }  # fmt: skip

    @classmethod
    def from_json(cls, url: str, kept: Mapping[str, Any]) -> Self:
        """Return the plan that was kept as JSON.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        names = ("id", "base_url", "organization_id", "dataset_id", "dataset_type", "props")
        return cls(
            url=url, sources=[Source(*each) for each in kept["sources"]], settings=Settings(**kept["settings"]),
            **{name: kept[name] for name in names},
        )  # fmt: skip


def as_plan(plan: Plan | str | PathLike[str]) -> Plan:
    """Return a plan, or the one in a folder; see `open_plan`."""
    return plan if isinstance(plan, Plan) else open_plan(plan)


def open_plan(url: str | PathLike[str]) -> Plan:
    """Return the plan in a folder.

    Raises:
        PlanError: there is none, or it can't be used.
        ValueError: nothing can be there.
        TypeError: it is not a path.
    """
    storage = Storage(path_text("plan", url))
    kept = decoded(storage, PLAN, missing="there is no plan here; make one: abeja-datasets plan create", kind="no_plan")
    if kept.get("version") != VERSION:
        raise PlanError(
            storage.url_of(PLAN),
            f"is of version {kept.get('version')!r:.20}, and this release reads {VERSION}; finish it with the release "
            "that made it",
            "other_version",
        )
    try:
        return Plan.from_json(storage.url, kept)
    except (KeyError, TypeError, ValueError) as error:
        raise PlanError(storage.url_of(PLAN), f"is damaged: {error!r}; restore it from a copy", "damaged") from error


def marks_name(source: int) -> str:
    """Return the name of the object with the marks of a source."""
    return f"marks/{source:06d}.json"
