"""Loading datasets and items into a database, all of them or none.

The format is JSON Lines, of the API's own responses: a line is a dataset (it has a `name`) or an item (it has
`source_data`)::

    {"name": "pets", "type": "classification", "props": {}}
    {"source_data": [{"data_uri": "datalake://1/a"}], "attributes": {"classification": []}}

An item belongs to the dataset above it that has the same `dataset_id`, or, where the item names none, to the last one.
`organization_id` may be on a dataset's line. A line must be valid as a request would have to be. Ids and timestamps are
new: those in the file only say which items belong to which dataset.

The datasets are hidden while they are filled, in short transactions between which other servers on the file write. One
transaction at the end shows them.
"""

import asyncio
import contextlib
import functools
import secrets
import time
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar, cast

from .errors import Refusal, bad_request
from .handling.request import Request
from .json_text import encode_large_json, parse_json, parse_large_json
from .large import LARGE, releasing
from .openapi.document import operations
from .operations import Operations
from .storage.datasets import NOBODY, Datasets
from .storage.index import Index
from .storage.store import Store
from .turns import without_collection

_GIVEN_ANEW = {"created_at", "updated_at", "dataset_id", "organization_id"}
_DATASET = {"name", "type", "props", "total_count"} | _GIVEN_ANEW
_ITEM = {"source_data", "attributes", "dataset_item_id"} | _GIVEN_ANEW
_Result = TypeVar("_Result")
_BATCH = 0.03
"""Seconds of work in one transaction."""

_GAP = 0.008
"""Seconds between two transactions. A server that waits for the lock asks for it every 5 to 7 ms."""

_REFRESHED = 60.0
"""Seconds after which the hidden datasets are marked as in use. Without a mark for an hour they count as abandoned."""

_CLEANING = 1.0
"""Seconds of removing what a load has written that is cancelled; another server removes the rest."""

Line = tuple[str, bytes | Mapping[str, Any]]
"""A place, for messages, and the JSON text or the object there."""


class LoadError(ValueError):
    """Data that is not valid, and was not loaded at all; the message is one line that begins with the place."""


async def load(
    store: Store,
    source: str | Path | Iterable[Mapping[str, Any]],
    organization_id: str,
    *,
    skip_existing: bool = False,
) -> list[dict[str, Any]]:
    """Load a JSONL file, or such objects.

    Args:
        store: the database of an application (`app.state.store`).
        source: the path of the file, or the objects that would be its lines.
        organization_id: the owner of datasets whose line names none.
        skip_existing: leave out each dataset, with its items, whose name its organization already has.

    Returns:
        The datasets that were created, as the API returns them.

    Raises:
        LoadError: something in it is not valid.
        OSError: the file can't be read.
    """
    with _lines(source) as lines:
        return await _Loading(store, organization_id, skip_existing=skip_existing).all(lines)


@contextlib.contextmanager
def _lines(source: str | Path | Iterable[Mapping[str, Any]]) -> Iterator[Iterable[Line]]:
    if isinstance(source, str | Path):
        # Read line by line, since it may be larger than the memory.
        with Path(source).open("rb") as file:
            yield _file_lines(file)
    else:
        yield [(f"[{index}]", content) for index, content in enumerate(source)]


def _file_lines(file: IO[bytes]) -> Iterator[Line]:
    for number, line in enumerate(file, 1):
        if text := (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip():
            yield f"{file.name}:{number}", text


class _Inside:
    """A store for operations that run inside an open transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.on_undo: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def read(self, work: Callable[[], _Result]) -> _Result:
        return work()

    async def write(self, work: Callable[[], _Result]) -> _Result:
        return work()


class _Content(NamedTuple):
    """What a line holds, as text and as JSON."""

    text: bytes
    fields: Any

    @property
    def is_large(self) -> bool:
        """Return whether it is handled in turns with other requests."""
        return len(self.text) >= LARGE


class _Made(NamedTuple):
    """A dataset that is hidden until the end of the load, and its place for messages."""

    place: str
    organization_id: str
    name: str
    number: int


class _Loading:
    """One load, with what it has created so far."""

    def __init__(self, store: Store, organization_id: str, *, skip_existing: bool) -> None:
        self._store = store
        self._operations = Operations(cast("Store", _Inside(store)))
        self._datasets = Datasets(store)
        self._index = Index(store)
        self._bodies = {operation.operation_id: operation.body for operation in operations()}
        self._organization_id = organization_id
        self._skip_existing = skip_existing
        # Of each dataset by its id in the file: its path, or None where it is left out. None is the last one's key.
        self._paths: dict[str | None, dict[str, str] | None] = {}
        # By organization and name.
        self._made: dict[tuple[str, str], _Made] = {}
        self._owners: dict[str, str] = {}
        self._refreshed = time.monotonic()

    async def all(self, lines: Iterable[Line]) -> list[dict[str, Any]]:
        try:
            await self._fill(self._steps(lines))
            shown = _or_error(await self._store.write(functools.partial(_caught, self._show)))
            return [await parse_large_json(text) for text in shown]
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLEANING):
                    await self._purge()
            raise
        except Exception:
            # Whatever has failed, nothing of what was loaded may stay behind.
            await self._purge()
            raise

    async def _fill(self, steps: Iterator[None]) -> None:
        def work() -> bool:
            self._refresh()
            end = time.perf_counter() + _BATCH
            return not any(time.perf_counter() > end for _ in steps)

        # An exception would undo what other requests write in the same transaction.
        while not _or_error(await self._store.write(functools.partial(_caught, work))):  # noqa: ASYNC110 - no event
            await asyncio.sleep(_GAP)

    def _steps(self, lines: Iterable[Line]) -> Iterator[None]:
        for place, value in lines:
            with _at(place):
                text = value if isinstance(value, bytes) else (yield from _steps_of(encode_large_json(value)))
                yield from self._line(text, place)
            yield
        # So that the first query needn't.
        for made in self._made.values():
            yield from self._index.index_all(made.number)

    def _line(self, text: bytes, place: str) -> Iterator[None]:
        if len(text) < LARGE:
            yield from self._carry_out(_Content(text, parse_json(text)), place)
            return
        with without_collection():
            fields = yield from _steps_of(parse_large_json(text))
            try:
                yield from self._carry_out(_Content(text, fields), place)
            except (Refusal, TypeError, ValueError):
                yield from releasing(fields)
                raise
            yield from releasing(fields)

    def _carry_out(self, content: _Content, place: str) -> Iterator[None]:
        yield from self._item(content) if _kind(content.fields) == "item" else self._dataset(content, place)

    def _refresh(self) -> None:
        if time.monotonic() - self._refreshed > _REFRESHED:
            self._refreshed = time.monotonic()
            for made in self._made.values():
                self._datasets.refresh(made.number)

    def _show(self) -> list[bytes]:
        """Make the datasets visible, unless one of the names has been taken meanwhile; return them as JSON text."""
        for made in self._made.values():
            with _at(made.place):
                if self._exists(made.organization_id, made.name):
                    raise _taken(made.name)
        return [
            self._datasets.show(made.number, made.organization_id, made.name).json() for made in self._made.values()
        ]

    async def _purge(self) -> None:
        await self._datasets.purge_all(*(made.number for made in self._made.values()))

    def _dataset(self, content: _Content, place: str) -> Iterator[None]:
        owner, path = _text(content.fields, "organization_id") or self._organization_id, None
        label = _text(content.fields, "dataset_id")
        if label is not None and label in self._paths:
            raise ValueError(f"dataset_id: {label!r} is on a line above already")
        body = yield from self._body("create_dataset", content, ("name", "type", "props"))
        if (owner, body["name"]) in self._made or self._exists(owner, body["name"]):
            if not self._skip_existing:
                raise _taken(body["name"])
        else:
            path = yield from self._hidden(body, owner, place, is_large=content.is_large)
        self._paths[None] = path
        if label is not None:
            self._paths[label] = path

    def _hidden(
        self, body: dict[str, Any], owner: str, place: str, *, is_large: bool
    ) -> Generator[None, None, dict[str, str]]:
        """Create a dataset that is hidden, and return the path of its items."""
        hidden = Request({"organization_id": NOBODY}, {}, {**body, "name": secrets.token_hex()}, is_large=is_large)
        response = yield from _steps_of(self._operations.create_dataset(hidden))
        created = yield from _steps_of(parse_large_json(response.body))
        path = {**hidden.path, "dataset_id": created["dataset_id"]}
        self._made[owner, body["name"]] = _Made(place, owner, body["name"], int(path["dataset_id"]))
        self._owners[path["dataset_id"]] = owner
        yield from releasing(created)
        return path

    def _item(self, content: _Content) -> Iterator[None]:
        label = _text(content.fields, "dataset_id")
        if label not in self._paths:
            reason = "an item needs a dataset on a line above" if label is None else f"no line above has {label!r}"
            raise ValueError(f"dataset_id: {reason}")
        path = self._paths[label]
        organization = _text(content.fields, "organization_id")
        if path is None:
            return
        if label is None and organization not in (None, self._owners[path["dataset_id"]]):
            raise ValueError("organization_id: not that of the dataset")
        body = yield from self._body("create_dataset_item", content, ("source_data", "attributes"))
        request = Request(path, {}, body, is_large=content.is_large)
        yield from _steps_of(self._operations.create_dataset_item(request))

    def _exists(self, organization_id: str, name: Any) -> bool:
        query = "SELECT 1 FROM datasets WHERE organization_id = ? AND name = ?"
        return self._store.execute(query, (organization_id, name)).fetchone() is not None

    def _body(
        self, operation_id: str, content: _Content, names: Sequence[str]
    ) -> Generator[None, None, dict[str, Any]]:
        body = {name: content.fields[name] for name in names if name in content.fields}
        schema = self._bodies[operation_id]
        if schema is not None and content.is_large:
            yield from schema.checking(body, "body", content.text)
        elif schema is not None:
            schema.check(body, "body")
        return body


@contextlib.contextmanager
def _at(place: str) -> Iterator[None]:
    """Raise the error of a place in the data for each reason that it is not valid."""
    try:
        yield
    except Refusal as refusal:
        raise LoadError(f"{place}: {str(refusal).removeprefix('body: ')}") from None
    except (TypeError, ValueError) as error:
        raise LoadError(f"{place}: {error}") from None


def _caught(work: Callable[[], _Result]) -> _Result | LoadError | OSError:
    try:
        return work()
    except (LoadError, OSError) as error:
        return error


def _or_error(outcome: _Result | LoadError | OSError) -> _Result:
    if isinstance(outcome, LoadError | OSError):
        raise outcome
    return outcome


def _taken(name: str) -> Refusal:
    return bad_request(f"name: a dataset named {name!r} already exists in this organization")


def _kind(content: Any) -> str:
    if not isinstance(content, dict):
        raise TypeError("not an object")
    is_item = "source_data" in content
    if is_item == ("name" in content):
        raise ValueError("a dataset has a name, an item has source_data, and this has both or neither")
    for key in content:
        if key not in (_ITEM if is_item else _DATASET):
            raise ValueError(f"{key}: {'an item' if is_item else 'a dataset'} has no such field")
    return "item" if is_item else "dataset"


def _text(content: Mapping[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise ValueError(f"{name}: a string is needed")
    return value


def _steps_of(coroutine: Coroutine[Any, Any, _Result]) -> Generator[None, None, _Result]:
    """Run a coroutine that waits for nothing, but may leave others their turn (`asyncio.sleep(0)`)."""
    try:
        while coroutine.send(None) is None:
            yield
    except StopIteration as end:
        return cast("_Result", end.value)
    coroutine.close()
    raise RuntimeError("an operation waits inside of a transaction")
