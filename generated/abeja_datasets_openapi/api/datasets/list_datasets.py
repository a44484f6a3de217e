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
    from ...models.dataset import Dataset
    from ...models.error import Error
    from ...types import Response
    from ...unset import Unset


def _get_kwargs(
    organization_id: str,
    *,
    max_results: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["max_results"] = max_results

    params["next_token"] = next_token

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/organizations/{organization_id}/datasets/".format(
            organization_id=quote(str(organization_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | list[Dataset] | None:
    from ... import errors
    from ...models.dataset import Dataset
    from ...models.error import Error

    if response.status_code == 200:
        response_200 = []
        _response_200 = response.json()
        for response_200_item_data in _response_200:
            response_200_item = Dataset.from_dict(response_200_item_data)

            response_200.append(response_200_item)

        return response_200

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
) -> Response[Error | list[Dataset]]:
    from ...types import Response

    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    organization_id: str,
    *,
    client: AuthenticatedClient | Client,
    max_results: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
) -> Response[Error | list[Dataset]]:
    """List an organization's datasets

     Returns the datasets of an organization, in the order of creation. If there are more, the response
    has the
    header `X-Next-Token`: pass it as `next_token` to get the next page.

    Args:
        organization_id (str):
        max_results (int | Unset):
        next_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | list[Dataset]]
    """

    kwargs = _get_kwargs(
        organization_id=organization_id,
        max_results=max_results,
        next_token=next_token,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    organization_id: str,
    *,
    client: AuthenticatedClient | Client,
    max_results: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
) -> Error | list[Dataset] | None:
    """List an organization's datasets

     Returns the datasets of an organization, in the order of creation. If there are more, the response
    has the
    header `X-Next-Token`: pass it as `next_token` to get the next page.

    Args:
        organization_id (str):
        max_results (int | Unset):
        next_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | list[Dataset]
    """

    return sync_detailed(
        organization_id=organization_id,
        client=client,
        max_results=max_results,
        next_token=next_token,
    ).parsed


async def asyncio_detailed(
    organization_id: str,
    *,
    client: AuthenticatedClient | Client,
    max_results: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
) -> Response[Error | list[Dataset]]:
    """List an organization's datasets

     Returns the datasets of an organization, in the order of creation. If there are more, the response
    has the
    header `X-Next-Token`: pass it as `next_token` to get the next page.

    Args:
        organization_id (str):
        max_results (int | Unset):
        next_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | list[Dataset]]
    """

    kwargs = _get_kwargs(
        organization_id=organization_id,
        max_results=max_results,
        next_token=next_token,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    organization_id: str,
    *,
    client: AuthenticatedClient | Client,
    max_results: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
) -> Error | list[Dataset] | None:
    """List an organization's datasets

     Returns the datasets of an organization, in the order of creation. If there are more, the response
    has the
    header `X-Next-Token`: pass it as `next_token` to get the next page.

    Args:
        organization_id (str):
        max_results (int | Unset):
        next_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | list[Dataset]
    """

    return (
        await asyncio_detailed(
            organization_id=organization_id,
            client=client,
            max_results=max_results,
            next_token=next_token,
        )
    ).parsed
