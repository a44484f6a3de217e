"""The sync functions, which are written from their async twins."""

import inspect
from typing import Any, get_type_hints

import pytest

import abeja_datasets_loading

ASYNC = [name for name in abeja_datasets_loading.__all__ if name.endswith("_async")]


def twins(name: str) -> tuple[Any, Any]:
    return getattr(abeja_datasets_loading, name.removesuffix("_async")), getattr(abeja_datasets_loading, name)


@pytest.mark.parametrize("name", ASYNC)
def test_a_twin_takes_the_same_and_returns_the_same(name: str) -> None:
    one, other = (inspect.signature(function) for function in twins(name))
    kinds = [[(each.name, each.kind, each.default) for each in found.parameters.values()] for found in (one, other)]
    assert kinds[0] == kinds[1]
    assert one.return_annotation == other.return_annotation


@pytest.mark.parametrize("name", ASYNC)
def test_a_twin_awaits_nothing_and_says_so(name: str) -> None:
    sync, twin = twins(name)
    assert not inspect.iscoroutinefunction(sync)
    assert inspect.iscoroutinefunction(twin)
    assert f"await {name}(" in twin.__doc__
    assert f"{sync.__name__}(" in sync.__doc__
    assert "async " not in sync.__doc__
    assert "await" not in sync.__doc__
    assert "AsyncIterable" not in str(get_type_hints(sync))
