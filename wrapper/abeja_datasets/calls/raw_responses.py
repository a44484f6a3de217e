# Generated from async_raw_responses.py by scripts/generate; do not edit.
"""The methods of a client, each of which returns the whole response beside the data."""

from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar, cast

from abeja_datasets.api_client import APIClient
from abeja_datasets.calls.attempts import RawResponse, without_raw_response

_P = ParamSpec("_P")
_R = TypeVar("_R")


class RawResponses:
    """The documented methods, with `RawResponse`: status, headers, data, attempts and seconds.

    Args:
        view: a view of a client whose methods return raw responses.
    """

    def __init__(self, view: APIClient) -> None:
        self.create_dataset = _raw(view.create_dataset)
        self.get_dataset = _raw(view.get_dataset)
        self.list_datasets = _raw(view.list_datasets)
        self.delete_dataset = _raw(view.delete_dataset)
        self.create_dataset_item = _raw(view.create_dataset_item)
        self.get_dataset_item = _raw(view.get_dataset_item)
        self.list_dataset_items = _raw(view.list_dataset_items)
        self.update_dataset_item = _raw(view.update_dataset_item)
        self.bulk_update_dataset_item = _raw(view.bulk_update_dataset_item)
        self.delete_dataset_item = _raw(view.delete_dataset_item)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(without_raw_response(name), name=name, obj=self)


def _raw(method: Callable[_P, _R]) -> Callable[_P, RawResponse[_R]]:
    """Return a method of such a view, with the type of what it returns."""
    return cast("Callable[_P, RawResponse[_R]]", method)
