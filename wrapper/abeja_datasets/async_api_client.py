"""The documented client for asyncio: the same methods, awaited."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from abeja_datasets import operations
from abeja_datasets.api_client import APIClient
from abeja_datasets.base import BaseClient
from abeja_datasets.identifiers import Identifier

if TYPE_CHECKING:
    import httpx

    from abeja_datasets.exchange import Answer
    from abeja_datasets.operations import Call
    from abeja_datasets.paging import Walk
    from abeja_datasets.session import AsyncSession

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _documented_as(twin: Callable[..., Any]) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Copy the docstring of a method's twin in `APIClient`, with its example awaited."""

    def documented(method: Callable[_P, _R]) -> Callable[_P, _R]:
        text = re.sub(r"for (\w+) in api_client\b", r"async for \1 in api_client", twin.__doc__ or "")
        # A call stands at a line's start or after "=". From Python 3.13 on docstrings come without their indentation.
        method.__doc__ = re.sub(r"^( *|.*= )(api_client\.\w+\()", r"\1await \2", text, flags=re.MULTILINE)
        return method

    return documented


class AsyncAPIClient(BaseClient):
    """The low-level client for the Dataset API, for asyncio.

    ::

        from abeja_datasets import AsyncAPIClient

        async with AsyncAPIClient() as api_client:
            dataset = await api_client.get_dataset("1102940376065", "1410805969256")

    It is made with the same arguments as `APIClient`, but that `http_client` is an `httpx.AsyncClient`; it has the same
    methods, awaited, and raises the same errors. One client may be shared by tasks, threads and event loops: each loop
    gets connections of its own, which close with `close()` or when `asyncio.run` ends the loop.
    """

    def __init__(
        self,
        credential: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        max_retry_count: int | None = None,
        *,
        base_url: str | None = None,
        http_client: "httpx.AsyncClient | None" = None,
    ) -> None:
        super().__init__(credential, timeout, max_retry_count, base_url)
        self._http_client = http_client
        if http_client is not None:
            import httpx

            if not isinstance(http_client, httpx.AsyncClient):
                raise TypeError(f"http_client: an httpx.AsyncClient is needed, not {type(http_client).__name__}")

    @_documented_as(APIClient.create_dataset)
    async def create_dataset(
        self,
        organization_id: Identifier,
        name: str,
        type: str,  # noqa: A002 - the documented name
        props: dict[str, Any],
    ) -> dict[str, Any]:
        dataset: dict[str, Any] = (await self._send(operations.create_dataset(organization_id, name, type, props))).body
        return dataset

    @_documented_as(APIClient.get_dataset)
    async def get_dataset(self, organization_id: Identifier, dataset_id: Identifier) -> dict[str, Any]:
        dataset: dict[str, Any] = (await self._send(operations.get_dataset(organization_id, dataset_id))).body
        return dataset

    @_documented_as(APIClient.list_datasets)
    async def list_datasets(
        self, organization_id: Identifier, max_results: int | None = None, next_token: str | None = None
    ) -> list[dict[str, Any]]:
        datasets: list[dict[str, Any]] = (
            await self._send(operations.list_datasets(organization_id, max_results, next_token))
        ).body
        return datasets

    @_documented_as(APIClient.delete_dataset)
    async def delete_dataset(self, organization_id: Identifier, dataset_id: Identifier) -> dict[str, Any]:
        dataset: dict[str, Any] = (await self._send(operations.delete_dataset(organization_id, dataset_id))).body
        return dataset

    @_documented_as(APIClient.create_dataset_item)
    async def create_dataset_item(
        self,
        organization_id: Identifier,
        dataset_id: Identifier,
        source_data: list[dict[str, Any]],
        attributes: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        item: dict[str, Any] = (
            await self._send(operations.create_dataset_item(organization_id, dataset_id, source_data, attributes))
        ).body
        return item

    @_documented_as(APIClient.get_dataset_item)
    async def get_dataset_item(
        self, organization_id: Identifier, dataset_id: Identifier, dataset_item_id: Identifier
    ) -> dict[str, Any]:
        item: dict[str, Any] = (
            await self._send(operations.get_dataset_item(organization_id, dataset_id, dataset_item_id))
        ).body
        return item

    @_documented_as(APIClient.list_dataset_items)
    async def list_dataset_items(
        self, organization_id: Identifier, dataset_id: Identifier, params: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        page: dict[str, Any] = (
            await self._send(operations.list_dataset_items(organization_id, dataset_id, params))
        ).body
        return page

    @_documented_as(APIClient.update_dataset_item)
    async def update_dataset_item(
        self,
        organization_id: Identifier,
        dataset_id: Identifier,
        dataset_item_id: Identifier,
        attributes: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        item: dict[str, Any] = (
            await self._send(operations.update_dataset_item(organization_id, dataset_id, dataset_item_id, attributes))
        ).body
        return item

    @_documented_as(APIClient.bulk_update_dataset_item)
    async def bulk_update_dataset_item(
        self,
        organization_id: Identifier,
        dataset_id: Identifier,
        bulk_attributes: list[dict[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (
            await self._send(operations.bulk_update_dataset_item(organization_id, dataset_id, bulk_attributes))
        ).body
        return items

    @_documented_as(APIClient.delete_dataset_item)
    async def delete_dataset_item(
        self, organization_id: Identifier, dataset_id: Identifier, dataset_item_id: Identifier
    ) -> dict[str, Any]:
        item: dict[str, Any] = (
            await self._send(operations.delete_dataset_item(organization_id, dataset_id, dataset_item_id))
        ).body
        return item

    @_documented_as(APIClient.iter_datasets)
    def iter_datasets(self, organization_id: Identifier, page_size: int | None = None) -> AsyncIterator[dict[str, Any]]:
        from abeja_datasets import paging

        first = operations.list_datasets(organization_id, max_results=page_size)
        return self._walk(paging.Walk(first, "next_token", paging.read_datasets))

    @_documented_as(APIClient.iter_dataset_items)
    def iter_dataset_items(
        self, organization_id: Identifier, dataset_id: Identifier, params: dict[str, Any] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        from abeja_datasets import paging

        first = operations.list_dataset_items(organization_id, dataset_id, params)
        return self._walk(paging.Walk(first, "next_page_token", paging.read_items))

    async def close(self) -> None:
        """Close the running loop's connections; later calls raise RuntimeError.

        An `http_client` that was given stays open.
        """
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _walk(self, walk: "Walk") -> AsyncIterator[dict[str, Any]]:
        while walk.call is not None:
            for entry in walk.receive(await self._send(walk.call)):
                yield entry

    async def _send(self, call: "Call") -> "Answer":
        return await self._session.send(call)

    @property
    def _session(self) -> "AsyncSession":
        # Threads may come here together; setdefault is atomic, so that all of them get the same one.
        session: AsyncSession = self.__dict__.get("_opened") or self.__dict__.setdefault("_opened", self._open())
        return session

    def _open(self) -> "AsyncSession":
        from abeja_datasets.session import AsyncSession

        return AsyncSession(self._settings, self._http_client)
