# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import httpx

    from ... import errors
    from ...client import AuthenticatedClient, Client
    from ...models.dataset_item import DatasetItem
    from ...models.error import Error
    from ...models.update_dataset_item_request import UpdateDatasetItemRequest
    from ...types import Response


def _get_kwargs(
    organization_id: str,
    dataset_id: str,
    dataset_item_id: int,
    *,
    body: UpdateDatasetItemRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/organizations/{organization_id}/datasets/{dataset_id}/items/{dataset_item_id}".format(
            organization_id=quote(str(organization_id), safe=""),
            dataset_id=quote(str(dataset_id), safe=""),
            dataset_item_id=quote(str(dataset_item_id), safe=""),
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

    if response.status_code == 400:
        response_400 = Error.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Error.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = Error.from_dict(response.json())

        return response_404

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
    dataset_item_id: int,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateDatasetItemRequest,
) -> Response[DatasetItem | Error]:
    """Update an item

     Replaces all attributes of the item; no old attribute is kept. `updated_at` changes, and
    `created_at` does
    not. Missing or null `attributes` are refused with 400 and change nothing; `{}` removes all
    attributes.

    Args:
        organization_id (str):
        dataset_id (str):
        dataset_item_id (int):
        body (UpdateDatasetItemRequest): The new attributes of an item, which replace the old ones
            as a whole.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DatasetItem | Error]
    """

    kwargs = _get_kwargs(
        organization_id=organization_id,
        dataset_id=dataset_id,
        dataset_item_id=dataset_item_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    organization_id: str,
    dataset_id: str,
    dataset_item_id: int,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateDatasetItemRequest,
) -> DatasetItem | Error | None:
    """Update an item

     Replaces all attributes of the item; no old attribute is kept. `updated_at` changes, and
    `created_at` does
    not. Missing or null `attributes` are refused with 400 and change nothing; `{}` removes all
    attributes.

    Args:
        organization_id (str):
        dataset_id (str):
        dataset_item_id (int):
        body (UpdateDatasetItemRequest): The new attributes of an item, which replace the old ones
            as a whole.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DatasetItem | Error
    """

    return sync_detailed(
        organization_id=organization_id,
        dataset_id=dataset_id,
        dataset_item_id=dataset_item_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    organization_id: str,
    dataset_id: str,
    dataset_item_id: int,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateDatasetItemRequest,
) -> Response[DatasetItem | Error]:
    """Update an item

     Replaces all attributes of the item; no old attribute is kept. `updated_at` changes, and
    `created_at` does
    not. Missing or null `attributes` are refused with 400 and change nothing; `{}` removes all
    attributes.

    Args:
        organization_id (str):
        dataset_id (str):
        dataset_item_id (int):
        body (UpdateDatasetItemRequest): The new attributes of an item, which replace the old ones
            as a whole.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DatasetItem | Error]
    """

    kwargs = _get_kwargs(
        organization_id=organization_id,
        dataset_id=dataset_id,
        dataset_item_id=dataset_item_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    organization_id: str,
    dataset_id: str,
    dataset_item_id: int,
    *,
    client: AuthenticatedClient | Client,
    body: UpdateDatasetItemRequest,
) -> DatasetItem | Error | None:
    """Update an item

     Replaces all attributes of the item; no old attribute is kept. `updated_at` changes, and
    `created_at` does
    not. Missing or null `attributes` are refused with 400 and change nothing; `{}` removes all
    attributes.

    Args:
        organization_id (str):
        dataset_id (str):
        dataset_item_id (int):
        body (UpdateDatasetItemRequest): The new attributes of an item, which replace the old ones
            as a whole.

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
            dataset_item_id=dataset_item_id,
            client=client,
            body=body,
        )
    ).parsed
