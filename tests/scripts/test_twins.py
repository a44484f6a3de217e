"""The sync modules that are written from async sources, and the imports that are deferred in generated code."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from tests.scripts.project import ROOT, Project

from upkeep.generation import twins
from upkeep.generation.deferring import deferred

SOURCE = '''"""Calls, awaited."""

from collections.abc import AsyncIterator, Awaitable, Callable

from abeja_datasets.async_session import AsyncSession
from abeja_datasets.calls.exchange import Response


class AsyncThing:
    """An example::

        async with AsyncThing() as thing:
            await thing.send()
    """

    def __init__(self, session: AsyncSession, hook: Callable[[int], Awaitable[list[int]]]) -> None:
        self._session = session

    async def __aenter__(self) -> "AsyncThing":
        await self._session.open()
        return self

    async def each(self) -> AsyncIterator[Response]:
        async for one in self._session:
            yield await one.send()

    async def aclose(self) -> None:
        await self._session.transport.handle_async_request(is_async=True)
'''
TWIN = '''# Generated from async_thing.py by scripts/generate; do not edit.
"""Calls, awaited."""

from collections.abc import Callable, Iterator

from abeja_datasets.calls.exchange import Response
from abeja_datasets.session import Session


class Thing:
    """An example::

    with Thing() as thing:
        thing.send()
    """

    def __init__(self, session: Session, hook: Callable[[int], list[int]]) -> None:
        self._session = session

    def __enter__(self) -> "Thing":
        self._session.open()
        return self

    def each(self) -> Iterator[Response]:
        for one in self._session:
            yield one.send()

    def close(self) -> None:
        self._session.transport.handle_request(is_async=False)
'''


def test_a_twin_is_its_source_without_async_and_await(tmp_path: Path) -> None:
    source = tmp_path / "async_thing.py"
    source.write_text(SOURCE, encoding="utf-8")
    assert twins.twin_of(source) == TWIN


def test_each_twin_is_as_it_would_be_written_and_awaits_nothing() -> None:
    found = twins.twins(ROOT)
    assert len(found) == len(twins.TWINS) + 1
    for twin, text in found.items():
        assert (ROOT / twin).read_text(encoding="utf-8") == text, f"{twin}: run scripts/generate"
        awaiting = (ast.Await, ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith)
        assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, awaiting)]


def test_a_sentence_that_is_gone_is_told(tmp_path: Path) -> None:
    source = tmp_path / "async_session.py"
    source.write_text(SOURCE, encoding="utf-8")
    with pytest.raises(twins.UnknownSource, match="of the running process and event loop' any more; correct"):
        twins.twin_of(source)


@pytest.mark.slow
def test_check_names_a_twin_that_was_changed_by_hand_and_generating_mends_it(project: Project) -> None:
    twin = project.root / "wrapper/abeja_datasets/session.py"
    before = twin.read_text(encoding="utf-8")
    twin.write_text(before + "# by hand\n", encoding="utf-8")
    run = project.generate("--check")
    assert (run.returncode, run.stdout) == (1, "wrapper/abeja_datasets/session.py: differs\n")
    assert "run scripts/generate" in run.stderr
    run = project.generate("--no-list")
    assert "wrapper/abeja_datasets/session.py: written\n" in run.stdout
    assert twin.read_text(encoding="utf-8") == before


GENERATED = '''"""Docs."""
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...models.item import Item
from ...types import UNSET, Response, Unset


def _get_kwargs(name: str, item: Item, *, limit: int | Unset = UNSET) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"name": name, "limit": limit}
    return kwargs


def parse(*, response: httpx.Response) -> Response[Item]:
    """Parse."""
    if response.status_code == HTTPStatus.OK:
        item: Item = Item.from_dict(response.json())
        return Response(item)
    raise errors.Unexpected(httpx.codes.OK)
'''


def test_what_only_functions_use_is_imported_in_them() -> None:
    tree = ast.parse(deferred(GENERATED))
    eager = [ast.unparse(node) for node in tree.body if isinstance(node, ast.ImportFrom | ast.Import)]
    assert eager == [
        "from __future__ import annotations",
        "from typing import TYPE_CHECKING",
        "from http import HTTPStatus",
        "from typing import Any",
        "from ...unset import UNSET",
    ]
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert not [node for node in ast.walk(functions["_get_kwargs"]) if isinstance(node, ast.ImportFrom)]
    assert [ast.unparse(node) for node in functions["parse"].body[1:5]] == [
        "from ...models.item import Item",
        "from ...types import Response",
        "from ... import errors",
        "import httpx",
    ]
    assert ast.get_docstring(functions["parse"]) == "Parse."


def test_a_module_without_functions_stays_as_it_is() -> None:
    assert deferred("import httpx\n") == "import httpx\n"


@pytest.mark.parametrize("operation", ["dataset_items.get_dataset_item", "datasets.list_datasets"])
def test_a_generated_module_loads_neither_models_nor_httpx(operation: str) -> None:
    program = (
        f"import sys, abeja_datasets_openapi.api.{operation} as module; "
        "print([name for name in ('attrs', 'attr', 'httpx') if name in sys.modules], "
        "[name for name in sys.modules if '.models' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "[] []\n"
