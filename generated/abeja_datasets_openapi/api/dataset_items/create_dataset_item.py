# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import httpx

    from ... import errors
    from ...client import AuthenticatedClient, Client
    from ...models.create_dataset_item_request import CreateDatasetItemRequest
    from ...models.dataset_item import DatasetItem
    from ...models.error import Error
    from ...types import Response


def _get_kwargs(
    organization_id: str,
    dataset_id: str,
    *,
    body: CreateDatasetItemRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/organizations/{organization_id}/datasets/{dataset_id}/items/".format(
            organization_id=quote(str(organization_id), safe=""),
            dataset_id=quote(str(dataset_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DatasetItem | Error | None:
    from ... import errors
    from ...models.dataset_item import DatasetItem
    from ...models.error import Error

    if response.status_code == 200:
        response_200 = DatasetItem.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = DatasetItem.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = Error.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Error.from_dict(response.json())

        return response_401

    if response.status_code == 500:
        response_500 = Error.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[DatasetItem | Error]:
    from ...types import Response

    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    organization_id: str,
    dataset_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: CreateDatasetItemRequest,
) -> Response[DatasetItem | Error]:
    """Create an item

     Adds an item to a dataset. If the dataset's `props` have `categories`, each `classification` and
    `detection`
    entry must use a pair of `category_id` and `label_id` from them.

    Args:
        organization_id (str):
        dataset_id (str):
        body (CreateDatasetItemRequest): An item to create. Missing or null `attributes` are
            stored as `{}`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DatasetItem | Error]
    """

    kwargs = _get_kwargs(
        organization_id=organization_id,
        dataset_id=dataset_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    organization_id: str,
    dataset_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: CreateDatasetItemRequest,
) -> DatasetItem | Error | None:
    """Create an item

     Adds an item to a dataset. If the dataset's `props` have `categories`, each `classification` and
    `detection`
    entry must use a pair of `category_id` and `label_id` from them.

    Args:
        organization_id (str):
        dataset_id (str):
        body (CreateDatasetItemRequest): An item to create. Missing or null `attributes` are
            stored as `{}`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DatasetItem | Error
    """

    return sync_detailed(
        organization_id=organization_id,
        dataset_id=dataset_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    organization_id: str,
    dataset_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: CreateDatasetItemRequest,
) -> Response[DatasetItem | Error]:
    """Create an item

     Adds an item to a dataset. If the dataset's `props` have `categories`, each `classification` and
    `detection`
    entry must use a pair of `category_id` and `label_id` from them.

    Args:
        organization_id (str):
        dataset_id (str):
        body (CreateDatasetItemRequest): An item to create. Missing or null `attributes` are
            stored as `{}`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DatasetItem | Error]
    """

    kwargs = _get_kwargs(
        organization_id=organization_id,
        dataset_id=dataset_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    organization_id: str,
    dataset_id: str,
    *,
    client: AuthenticatedClient | Client,
    body: CreateDatasetItemRequest,
) -> DatasetItem | Error | None:
    """Create an item

     Adds an item to a dataset. If the dataset's `props` have `categories`, each `classification` and
    `detection`
    entry must use a pair of `category_id` and `label_id` from them.

    Args:
        organization_id (str):
        dataset_id (str):
        body (CreateDatasetItemRequest): An item to create. Missing or null `attributes` are
            stored as `{}`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DatasetItem | Error
    """

    return (
        await asyncio_detailed(
            organization_id=organization_id,
            dataset_id=dataset_id,
            client=client,
            body=body,
        )
    ).parsed
