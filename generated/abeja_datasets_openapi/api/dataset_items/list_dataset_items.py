# Generated from openapi.yaml by scripts/generate; do not edit.
from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...unset import UNSET

if TYPE_CHECKING:
    import httpx

    from ... import errors
    from ...client import AuthenticatedClient, Client
    from ...models.dataset_item_page import DatasetItemPage
    from ...models.error import Error
    from ...types import Response
    from ...unset import Unset


def _get_kwargs(
    organization_id: str,
    dataset_id: str,
    *,
    next_page_token: str | Unset = UNSET,
    q: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["next_page_token"] = next_page_token

    params["q"] = q

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/organizations/{organization_id}/datasets/{dataset_id}/items/".format(
            organization_id=quote(str(organization_id), safe=""),
            dataset_id=quote(str(dataset_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DatasetItemPage | Error | None:
    from ... import errors
    from ...models.dataset_item_page import DatasetItemPage
    from ...models.error import Error

    if response.status_code == 200:
        response_200 = DatasetItemPage.from_dict(response.json())

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
) -> Response[DatasetItemPage | Error]:
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
    next_page_token: str | Unset = UNSET,
    q: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Response[DatasetItemPage | Error]:
    """List or search a dataset's items

     Returns the items of a dataset, or those that match `q`, in the order of creation. If there are
    more, the
    response has a `next_page_token`: pass it to get the next page. The last page has no token, or a
    null token.
    Only the last page may be empty.

    Args:
        organization_id (str):
        dataset_id (str):
        next_page_token (str | Unset):
        q (str | Unset):
        limit (int | Unset): Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DatasetItemPage | Error]
    """

    kwargs = _get_kwargs(
        organization_id=organization_id,
        dataset_id=dataset_id,
        next_page_token=next_page_token,
        q=q,
        limit=limit,
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
    next_page_token: str | Unset = UNSET,
    q: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> DatasetItemPage | Error | None:
    """List or search a dataset's items

     Returns the items of a dataset, or those that match `q`, in the order of creation. If there are
    more, the
    response has a `next_page_token`: pass it to get the next page. The last page has no token, or a
    null token.
    Only the last page may be empty.

    Args:
        organization_id (str):
        dataset_id (str):
        next_page_token (str | Unset):
        q (str | Unset):
        limit (int | Unset): Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DatasetItemPage | Error
    """

    return sync_detailed(
        organization_id=organization_id,
        dataset_id=dataset_id,
        client=client,
        next_page_token=next_page_token,
        q=q,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    organization_id: str,
    dataset_id: str,
    *,
    client: AuthenticatedClient | Client,
    next_page_token: str | Unset = UNSET,
    q: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Response[DatasetItemPage | Error]:
    """List or search a dataset's items

     Returns the items of a dataset, or those that match `q`, in the order of creation. If there are
    more, the
    response has a `next_page_token`: pass it to get the next page. The last page has no token, or a
    null token.
    Only the last page may be empty.

    Args:
        organization_id (str):
        dataset_id (str):
        next_page_token (str | Unset):
        q (str | Unset):
        limit (int | Unset): Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DatasetItemPage | Error]
    """

    kwargs = _get_kwargs(
        organization_id=organization_id,
        dataset_id=dataset_id,
        next_page_token=next_page_token,
        q=q,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    organization_id: str,
    dataset_id: str,
    *,
    client: AuthenticatedClient | Client,
    next_page_token: str | Unset = UNSET,
    q: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> DatasetItemPage | Error | None:
    """List or search a dataset's items

     Returns the items of a dataset, or those that match `q`, in the order of creation. If there are
    more, the
    response has a `next_page_token`: pass it to get the next page. The last page has no token, or a
    null token.
    Only the last page may be empty.

    Args:
        organization_id (str):
        dataset_id (str):
        next_page_token (str | Unset):
        q (str | Unset):
        limit (int | Unset): Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DatasetItemPage | Error
    """

    return (
        await asyncio_detailed(
            organization_id=organization_id,
            dataset_id=dataset_id,
            client=client,
            next_page_token=next_page_token,
            q=q,
            limit=limit,
        )
    ).parsed
