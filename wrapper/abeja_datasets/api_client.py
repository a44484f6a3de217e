# Generated from async_api_client.py by scripts/generate; do not edit.
"""The documented client: ten methods over the ABEJA Dataset API."""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from abeja_datasets import operations
from abeja_datasets.base import SyncClient
from abeja_datasets.calls.identifiers import Identifier
from abeja_datasets.lazy import LazyModule
from abeja_datasets.operations import Call

if TYPE_CHECKING:
    import httpx

    from abeja_datasets import paging, session, typed_dicts
    from abeja_datasets.calls import (
        attempts,
        entries,
        exchange,
        pages_ahead,
        raw_responses,
    )
    from abeja_datasets.transports import checks, choice, wire
else:
    httpx = LazyModule("httpx")
    session = LazyModule("abeja_datasets.session")
    paging = LazyModule("abeja_datasets.paging")
    typed_dicts = LazyModule("abeja_datasets.typed_dicts")
    entries = LazyModule("abeja_datasets.calls.entries")
    pages_ahead = LazyModule("abeja_datasets.calls.pages_ahead")
    raw_responses = LazyModule("abeja_datasets.calls.raw_responses")
    exchange = LazyModule("abeja_datasets.calls.exchange")
    attempts = LazyModule("abeja_datasets.calls.attempts")
    checks = LazyModule("abeja_datasets.transports.checks")
    choice = LazyModule("abeja_datasets.transports.choice")
    wire = LazyModule("abeja_datasets.transports.wire")


class APIClient(SyncClient):
    """The low-level client for the Dataset API.

    ::

        from abeja_datasets import APIClient

        with APIClient() as api_client:
            dataset = api_client.get_dataset("1102940376065", "1410805969256")

    JSON goes out and comes back as plain dicts and lists, untouched. One client keeps its connections open between
    calls, may be shared by threads, and still works in a forked process. Close it with `close()`, or use it in a
    `with` statement.

    A failed call is retried with growing delays, if it was not carried out, or if repeating it changes nothing. A
    create that may have been carried out is never repeated.

    A client can be pickled. The pickle contains its settings and its credential, with the secret. The unpickled client
    opens its own connections, and so does a copy. An `http_client` can't be pickled, and copies share it.

    Every method raises the errors of `abeja.exceptions`, each with `attempts` and `outcome`. Beside those that a method
    names, these are `ConnectionFailed`, `InvalidResponse`, and `InvalidIdentifier` for an invalid id.

    Args:
        credential: `{"auth_token": …}`, `{"user_id": …, "personal_access_token": …}` or
            `{"datasource_id": …, "datasource_secret": …}`. Without it the environment: `PLATFORM_AUTH_TOKEN`;
            `ABEJA_PLATFORM_USER_ID` and `ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN`; `ABEJA_PLATFORM_DATASOURCE_ID` and
            `ABEJA_PLATFORM_DATASOURCE_SECRET`. With none at all the first call raises `CredentialNotFound`. An
            `auth_token` that expires may be a function that returns it: it is called before the first request, and
            again after a 401.
        timeout: seconds for connecting and for each read; else `ABEJA_SDK_CONNECTION_TIMEOUT`, else 30.
        max_retry_count: how many times a call is repeated at most; else `ABEJA_SDK_MAX_RETRY_COUNT`, else 5. 0 means
            never.
        base_url: where the API is; else `ABEJA_API_URL`, else `https://api.abeja.io`.
        http_client: an `httpx.Client` to send with, for event hooks, a private CA or a test transport. Its own
            timeout holds unless one is set here, its `base_url` where there is neither `base_url` nor `ABEJA_API_URL`,
            and its `auth` or its header `Authorization` where no credential is configured; otherwise a warning is
            logged. Its headers, cookies, parameters, hooks, proxies and limits hold. Redirects are followed as without
            it, and it keeps no cookie of a response.
            It stays the caller's to close, and to keep out of forked processes.
        deadline: seconds for a whole call with its retries; else `ABEJA_SDK_DEADLINE`, else no limit.
        max_response_bytes: the largest body of a response to accept, decoded; default 256 MiB.
        user_agent: text such as `my-program/1.0`, sent behind the library's own `User-Agent`.
        on_attempt: a function that is called after each attempt with an `AttemptReport`: method, path, status or error,
            and seconds. Errors that it raises are logged, and the call continues. The asyncio client awaits it if it is
            a coroutine function; the other refuses that.
        transport: the HTTP library to send with: `httpx`. (The asyncio client takes `aiohttp` too.)

    Raises:
        ValueError: a setting is not usable, or the credential is incomplete. The message names the argument or the
            variable.
        TypeError: the credential or `http_client` is of a wrong type.
        ImportError: the extra of the transport is not installed.
    """

    def __init__(
        self,
        credential: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        max_retry_count: int | None = None,
        *,
        base_url: str | None = None,
        http_client: "httpx.Client | None" = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        user_agent: str | None = None,
        on_attempt: Callable[["attempts.AttemptReport"], object] | None = None,
        transport: Literal["httpx"] | None = None,
    ) -> None:
        try:
            super().__init__(
                credential,
                timeout,
                max_retry_count,
                base_url,
                deadline=deadline,
                max_response_bytes=max_response_bytes,
                user_agent=user_agent,
                on_attempt=on_attempt,
                is_async=False,
            )
            if http_client is not None or transport is not None:
                checks.check(http_client, transport, is_async=False)
            if http_client is not None:
                self._use(http_client, base_url)
        except BaseException as error:
            del credential, base_url  # error reporters show locals
            wire.forget_locals(error)
            raise
        self._http_client = http_client
        self._transport = transport

    def create_dataset(
        self,
        organization_id: Identifier,
        name: str,
        type: str,  # noqa: A002 - the documented name
        props: "typed_dicts.Props | Mapping[str, Any]",
    ) -> dict[str, Any]:
        """Create a dataset.

        API reference: POST /organizations/<organization_id>/datasets/

        Request syntax::

            organization_id = "1102940376065"
            dataset_name = "test-dataset"
            dataset_type = "classification"
            props = {
                "categories": [
                    {
                        "labels": [
                            {"label_id": 1, "label": "dog"},
                            {"label_id": 2, "label": "cat"},
                            {"label_id": 3, "label": "others"},
                        ],
                        "category_id": 1,
                        "name": "cats_dogs",
                    }
                ]
            }
            response = api_client.create_dataset(organization_id, dataset_name, dataset_type, props)

        Args:
            organization_id (str | int): the organization that owns the dataset.
            name (str): dataset name, unique within the organization, 1 to 255 characters.
            type (str): dataset type, e.g. classification, detection.
            props (dict): properties of the dataset.
                - categories (list): categories that are used as validation rules for the dataset's items
                    - category_id (int): identifier of the category
                    - name (str): name of the category
                    - labels (list):
                        - label_id (int): identifier of the label
                        - label (str): name of the label [optional]

        Return type:
            dict

        Returns:
            The dataset that was created::

                {
                    "created_at": "2018-04-10T07:49:30.514794",
                    "dataset_id": "1410805969256",
                    "name": "test-dataset",
                    "organization_id": "1102940376065",
                    "props": {
                        "categories": [
                            {
                                "labels": [
                                    {"label_id": 1, "label": "dog"},
                                    {"label_id": 2, "label": "cat"},
                                    {"label_id": 3, "label": "others"},
                                ],
                                "category_id": 1,
                                "name": "cats_dogs",
                            }
                        ]
                    },
                    "type": "classification",
                    "updated_at": "2018-04-10T07:49:30.514794",
                }

        Raises:
            BadRequest: the resource already exists, or parameters are insufficient or invalid.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        dataset: dict[str, Any] = self._send(operations.create_dataset(organization_id, name, type, props))
        return dataset

    def get_dataset(self, organization_id: Identifier, dataset_id: Identifier) -> dict[str, Any]:
        """Get a dataset, with its number of items.

        API reference: GET /organizations/<organization_id>/datasets/<dataset_id>

        Request syntax::

            response = api_client.get_dataset(organization_id='1102940376065', dataset_id='1410805969256')

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): dataset_id of the requested dataset.

        Return type:
            dict

        Returns:
            The dataset; `total_count` is the number of its items::

                {
                    "created_at": "2018-04-10T07:49:30.514794",
                    "dataset_id": "1410805969256",
                    "total_count": 3670,
                    "name": "test-dataset",
                    "organization_id": "1102940376065",
                    "props": {
                        "categories": [
                            {
                                "labels": [
                                    {"label_id": 1, "label": "dog"},
                                    {"label_id": 2, "label": "cat"},
                                    {"label_id": 3, "label": "others"},
                                ],
                                "category_id": 1,
                                "name": "cats_dogs",
                            }
                        ]
                    },
                    "type": "classification",
                    "updated_at": "2018-04-10T07:49:30.514794",
                }

        Raises:
            NotFound: dataset not found.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        dataset: dict[str, Any] = self._send(operations.get_dataset(organization_id, dataset_id))
        return dataset

    def list_datasets(
        self, organization_id: Identifier, max_results: int | None = None, next_token: str | None = None
    ) -> list[dict[str, Any]]:
        """List an organization's datasets: one page of them, in the order of creation.

        API reference: GET /organizations/<organization_id>/datasets/

        The token of the next page comes in a header, which this list can't show; `iter_datasets` follows it through all
        pages.

        Request syntax::

            response = api_client.list_datasets(organization_id='1102940376065')

        Args:
            organization_id (str | int): the organization that owns the datasets.
            max_results (int): the largest number of datasets to return, 1 to 1,000 [optional].
            next_token (str): to get the next list of datasets [optional].

        Return type:
            list

        Returns:
            The datasets, without their numbers of items::

                [
                    {
                        "created_at": "2018-03-03T09:04:58.274324",
                        "dataset_id": "1377232365920",
                        "name": "cats-dogs",
                        "organization_id": "1102940376065",
                        "props": {
                            "categories": [
                                {
                                    "labels": [
                                        {"label_id": 1, "label": "dog"},
                                        {"label_id": 2, "label": "cat"},
                                        {"label_id": 3, "label": "others"},
                                    ],
                                    "category_id": 1,
                                    "name": "cats_dogs",
                                }
                            ]
                        },
                        "type": "classification",
                        "updated_at": "2018-03-03T09:04:58.274324",
                    },
                    ...
                ]

        Raises:
            BadRequest: `max_results` or `next_token` is not valid.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        datasets: list[dict[str, Any]] = self._send(operations.list_datasets(organization_id, max_results, next_token))
        return datasets

    def delete_dataset(self, organization_id: Identifier, dataset_id: Identifier) -> dict[str, Any]:
        """Delete a dataset, with all of its items.

        API reference: DELETE /organizations/<organization_id>/datasets/<dataset_id>

        Request syntax::

            response = api_client.delete_dataset(organization_id='1102940376065', dataset_id='1410805969256')

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): the dataset.

        Return type:
            dict

        Returns:
            The dataset that was deleted::

                {
                    "created_at": "2018-04-10T07:49:30.514794",
                    "dataset_id": "1410805969256",
                    "name": "test-dataset",
                    "organization_id": "1102940376065",
                    "props": {
                        "categories": [
                            {
                                "labels": [
                                    {"label_id": 1, "label": "dog"},
                                    {"label_id": 2, "label": "cat"},
                                    {"label_id": 3, "label": "others"},
                                ],
                                "category_id": 1,
                                "name": "cats_dogs",
                            }
                        ]
                    },
                    "type": "classification",
                    "updated_at": "2018-04-10T07:49:30.514794",
                }

        Raises:
            NotFound: dataset not found. With `outcome` "unknown" an earlier attempt of this call may have deleted it.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        dataset: dict[str, Any] = self._send(operations.delete_dataset(organization_id, dataset_id))
        return dataset

    def create_dataset_item(
        self,
        organization_id: Identifier,
        dataset_id: Identifier,
        source_data: "Sequence[typed_dicts.SourceData | Mapping[str, Any]]",
        attributes: "typed_dicts.Attributes | Mapping[str, Any] | None" = None,
    ) -> dict[str, Any]:
        """Create an item in a dataset.

        API reference: POST /organizations/<organization_id>/datasets/<dataset_id>/items/

        Request syntax::

            source_data = [
                {
                    "data_type": "image/jpeg",
                    "data_uri": "datalake://1200123803688/20170815T044617-f20dde80-1e3b-4496-bc06-1b63b026b872",
                    "height": 500,
                    "width": 200,
                }
            ]
            attributes = {
                "classification": [{"category_id": 1, "label_id": 1}],
                "custom": [{"anything": "something"}],
                "detection": [
                    {
                        "category_id": 1,
                        "label_id": 2,
                        "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                    }
                ],
            }
            response = api_client.create_dataset_item(
                organization_id="1102940376065",
                dataset_id="1410805969256",
                source_data=source_data,
                attributes=attributes,
            )

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): the dataset.
            source_data (list): the files that the item refers to, at least one.
                - data_type (str): MIME type of the file
                - data_uri (str): reference identifier of the source file, e.g.
                  datalake://1200000000000/20170815T044617-f20dde80-1e3b-4496-bc06-1b63b026b872
                - height (int): height of the image, if the source file is an image [optional]
                - width (int): width of the image, if the source file is an image [optional]
            attributes (dict): attributes of the item [optional].
                - classification (list): labels of the item, if the dataset's type is classification
                    - category_id (int): identifier of the category
                    - label_id (int): identifier of the label, as registered in the dataset's props
                    - label (str): name of the label, as registered in the dataset's props [optional]
                - detection (list): labels of parts of the item, if the dataset's type is detection
                    - category_id (int): identifier of the category
                    - label_id (int): identifier of the label, as registered in the dataset's props
                    - label (str): name of the label, as registered in the dataset's props [optional]
                    - rect (dict): coordinates of a bounding box; ints or floats
                        - xmin (int), ymin (int), xmax (int), ymax (int)
                - segmentation (list): labels of regions, if the dataset's type is segmentation; any JSON
                - custom (any): anything that JSON can hold, if the dataset's type is custom
                - any other key, such as custom_format or video: kept as given

        Return type:
            dict

        Returns:
            The item that was created::

                {
                    "attributes": {
                        "classification": [{"category_id": 1, "label_id": 1}],
                        "custom": [{"anything": "something"}],
                        "detection": [
                            {
                                "category_id": 1,
                                "label_id": 2,
                                "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                            }
                        ],
                    },
                    "created_at": "2017-12-27T06:25:00.394026",
                    "dataset_id": "1410805969256",
                    "dataset_item_id": 0,
                    "source_data": [
                        {
                            "data_type": "image/jpeg",
                            "data_uri": "datalake://1200123803688/20170815T044617-f20dde80-1e3b-4496-bc06-1b63b026b872",
                            "height": 500,
                            "width": 200,
                        }
                    ],
                    "organization_id": "1102940376065",
                    "updated_at": "2017-12-27T06:25:00.394026",
                }

        Raises:
            BadRequest: the specified dataset id does not exist or the dataset item id already exists, parameters are
                insufficient or invalid, or the input data exceeded the max limit.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
            Error: with `outcome` "unknown" the item may have been created; the call was not repeated.
        """
        item: dict[str, Any] = self._send(
            operations.create_dataset_item(organization_id, dataset_id, source_data, attributes)
        )
        return item

    def get_dataset_item(
        self, organization_id: Identifier, dataset_id: Identifier, dataset_item_id: Identifier
    ) -> dict[str, Any]:
        """Get an item in a dataset.

        API reference: GET /organizations/<organization_id>/datasets/<dataset_id>/items/<dataset_item_id>

        Request syntax::

            response = api_client.get_dataset_item(
                organization_id='1102940376065', dataset_id='1410805969256', dataset_item_id=0
            )

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): the dataset.
            dataset_item_id (str | int): the item, by its number within the dataset.

        Return type:
            dict

        Returns:
            The item::

                {
                    "attributes": {
                        "classification": [{"category_id": 1, "label_id": 1}],
                        "custom": [{"anything": "something"}],
                        "detection": [
                            {
                                "category_id": 1,
                                "label_id": 2,
                                "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                            }
                        ],
                    },
                    "created_at": "2017-12-27T06:25:00.394026",
                    "dataset_id": "1410805969256",
                    "dataset_item_id": 0,
                    "source_data": [
                        {
                            "data_type": "image/jpeg",
                            "data_uri": "datalake://1200123803688/20170815T044617-f20dde80-1e3b-4496-bc06-1b63b026b872",
                            "height": 500,
                            "width": 200,
                        }
                    ],
                    "organization_id": "1102940376065",
                    "updated_at": "2017-12-27T06:25:00.394026",
                }

        Raises:
            NotFound: dataset not found, or no such item in it.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        item: dict[str, Any] = self._send(operations.get_dataset_item(organization_id, dataset_id, dataset_item_id))
        return item

    def list_dataset_items(
        self, organization_id: Identifier, dataset_id: Identifier, params: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Get the list of items in a dataset: one page of them, in the order of creation.

        API reference: GET /organizations/<organization_id>/datasets/<dataset_id>/items/

        `iter_dataset_items` walks through all pages.

        Request syntax::

            response = api_client.list_dataset_items(
                organization_id='1102940376065', dataset_id='1410805969256', params={'q': 'label_id:1', 'limit': 1000}
            )

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): the dataset.
            params (dict): what to list; every key is sent in the query, except those that are None [optional].
                - next_page_token (str): token to get the next page; it carries its `q`, which may be left out
                - q (str): search query, e.g. label_id:1 AND label:dog OR tag:A
                - limit (int): the largest number of items to return, 1 to 1,000; 100 without it

        Return type:
            dict

        Returns:
            A page of items::

                {
                    "items": [
                        {
                            "attributes": {
                                "classification": [{"category_id": 1, "label_id": 1}],
                                "custom": [{"anything": "something"}],
                                "detection": [
                                    {
                                        "category_id": 1,
                                        "label_id": 2,
                                        "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                                    }
                                ],
                            },
                            "created_at": "2017-12-27T06:25:00.394026",
                            "dataset_id": "1410805969256",
                            "dataset_item_id": 0,
                            "source_data": [
                                {
                                    "data_type": "image/jpeg",
                                    "data_uri": "datalake://1200123803688/20170815T044617-f20dde80-1e3b-4496-bc06-1b63b026b872",
                                    "height": 500,
                                    "width": 200,
                                }
                            ],
                            "organization_id": "1102940376065",
                            "updated_at": "2017-12-27T06:25:00.394026",
                        },
                        ...
                    ],
                    "total_count": 1000,
                    "next_page_token": "xxx",
                }

            - items (list): the items, dicts; a server may leave out `organization_id`
            - total_count (int): total number of filtered dataset items, whatever the page
            - next_page_token (str): token to get the next page; absent or None on the last one, which may be empty

        Raises:
            BadRequest: the query or the token is not valid.
            NotFound: dataset not found.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        page: dict[str, Any] = self._send(operations.list_dataset_items(organization_id, dataset_id, params))
        return page

    def update_dataset_item(
        self,
        organization_id: Identifier,
        dataset_id: Identifier,
        dataset_item_id: Identifier,
        attributes: "typed_dicts.Attributes | Mapping[str, Any] | None" = None,
    ) -> dict[str, Any]:
        """Update an item in a dataset: the new attributes replace the old ones as a whole.

        API reference: PUT /organizations/<organization_id>/datasets/<dataset_id>/items/<dataset_item_id>

        Request syntax::

            attributes = {
                "classification": [{"category_id": 1, "label_id": 1}],
                "custom": [{"anything": "something"}],
                "detection": [
                    {
                        "category_id": 1,
                        "label_id": 2,
                        "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                    }
                ],
            }
            response = api_client.update_dataset_item(
                organization_id='1102940376065',
                dataset_id='1410805969256',
                dataset_item_id=0,
                attributes=attributes,
            )

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): the dataset.
            dataset_item_id (str | int): the item, by its number within the dataset.
            attributes (dict): the new attributes [optional; the server refuses an update without them].
                - classification (list): labels of the item, if the dataset's type is classification
                    - category_id (int): identifier of the category
                    - label_id (int): identifier of the label, as registered in the dataset's props
                    - label (str): name of the label, as registered in the dataset's props [optional]
                - detection (list): labels of parts of the item, if the dataset's type is detection
                    - category_id (int): identifier of the category
                    - label_id (int): identifier of the label, as registered in the dataset's props
                    - label (str): name of the label, as registered in the dataset's props [optional]
                    - rect (dict): coordinates of a bounding box; ints or floats
                        - xmin (int), ymin (int), xmax (int), ymax (int)
                - segmentation (list): labels of regions, if the dataset's type is segmentation; any JSON
                - custom (any): anything that JSON can hold, if the dataset's type is custom
                - any other key, such as custom_format or video: kept as given

        Return type:
            dict

        Returns:
            The item as it is now::

                {
                    "attributes": {
                        "classification": [{"category_id": 1, "label_id": 1}],
                        "custom": [{"anything": "something"}],
                        "detection": [
                            {
                                "category_id": 1,
                                "label_id": 2,
                                "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                            }
                        ],
                    },
                    "created_at": "2017-12-27T06:25:00.394026",
                    "dataset_id": "1410805969256",
                    "dataset_item_id": 0,
                    "source_data": [
                        {
                            "data_type": "image/jpeg",
                            "data_uri": "datalake://1200123803688/20170815T044617-f20dde80-1e3b-4496-bc06-1b63b026b872",
                            "height": 500,
                            "width": 200,
                        }
                    ],
                    "organization_id": "1102940376065",
                    "updated_at": "2017-12-27T06:25:00.394026",
                }

        Raises:
            BadRequest: the specified dataset id does not exist, or parameters are insufficient or invalid.
            NotFound: dataset not found, or no such item in it.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        item: dict[str, Any] = self._send(
            operations.update_dataset_item(organization_id, dataset_id, dataset_item_id, attributes)
        )
        return item

    def bulk_update_dataset_item(
        self,
        organization_id: Identifier,
        dataset_id: Identifier,
        bulk_attributes: "Sequence[typed_dicts.BulkUpdateEntry | Mapping[str, Any]] | None" = None,
    ) -> list[dict[str, Any]]:
        """Update many items in a dataset at once: all of them or, where one entry is not valid, none.

        API reference: PUT /organizations/<organization_id>/datasets/<dataset_id>/items

        Request syntax::

            bulk_attributes = [
                {
                    "dataset_item_id": 1111111111111,
                    "attributes": {
                        "classification": [{"category_id": 1, "label_id": 1}],
                        "custom_format": {"anything": "something"},
                        "detection": [
                            {
                                "category_id": 1,
                                "label_id": 2,
                                "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                            }
                        ],
                    },
                }
            ]
            api_client.bulk_update_dataset_item(
                organization_id='1102940376065', dataset_id='1410805969256', bulk_attributes=bulk_attributes
            )

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): the dataset.
            bulk_attributes (list): the items and their new attributes, which replace the old ones as a whole; without
                it an empty list is sent [optional].
                - dataset_item_id (int): the item; each only once
                - attributes (dict): its new attributes
                    - classification (list): labels of the item, if the dataset's type is classification
                        - category_id (int): identifier of the category
                        - label_id (int): identifier of the label, as registered in the dataset's props
                        - label (str): name of the label, as registered in the dataset's props [optional]
                    - detection (list): labels of parts of the item, if the dataset's type is detection
                        - category_id (int): identifier of the category
                        - label_id (int): identifier of the label, as registered in the dataset's props
                        - label (str): name of the label, as registered in the dataset's props [optional]
                        - rect (dict): coordinates of a bounding box; ints or floats
                            - xmin (int), ymin (int), xmax (int), ymax (int)
                    - segmentation (list): labels of regions, if the dataset's type is segmentation; any JSON
                    - custom (any): anything that JSON can hold, if the dataset's type is custom
                    - any other key, such as custom_format or video: kept as given

        Return type:
            list

        Returns:
            The items as they are now, in the order of the request; `classification` may come as a single label::

                [
                    {
                        "organization_id": "1200000000000",
                        "dataset_id": "1440000000000",
                        "dataset_item_id": 101554,
                        "source_data": [
                            {
                                "data_type": "image/jpeg",
                                "data_uri": "datalake://1230000000000/20180520T133855-10051aa4-d7aa-43a1-8d5e-4d59dae5bb83",
                            }
                        ],
                        "attributes": {
                            "classification": {"category_id": 1, "label_id": 1},
                            "detection": [
                                {
                                    "category_id": 1,
                                    "label_id": 2,
                                    "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                                }
                            ],
                        },
                        "created_at": "2018-05-20T13:51:16.010344",
                        "updated_at": "2018-05-20T13:51:16.010344",
                    }
                ]

        Raises:
            BadRequest: the specified dataset id does not exist, an item does not exist or appears twice, or
                parameters are insufficient or invalid.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        items: list[dict[str, Any]] = self._send(
            operations.bulk_update_dataset_item(organization_id, dataset_id, bulk_attributes)
        )
        return items

    def delete_dataset_item(
        self, organization_id: Identifier, dataset_id: Identifier, dataset_item_id: Identifier
    ) -> dict[str, Any]:
        """Delete an item in a dataset.

        API reference: DELETE /organizations/<organization_id>/datasets/<dataset_id>/items/<dataset_item_id>

        Request syntax::

            api_client.delete_dataset_item(
                organization_id='1102940376065', dataset_id='1410805969256', dataset_item_id=0
            )

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): the dataset.
            dataset_item_id (str | int): the item, by its number within the dataset.

        Return type:
            dict

        Returns:
            The deleted dataset item::

                {
                    "attributes": {
                        "classification": [{"category_id": 1, "label_id": 1}],
                        "custom": [{"anything": "something"}],
                        "detection": [
                            {
                                "category_id": 1,
                                "label_id": 2,
                                "rect": {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": 220},
                            }
                        ],
                    },
                    "created_at": "2017-12-27T06:25:00.394026",
                    "dataset_id": "1410805969256",
                    "dataset_item_id": 0,
                    "source_data": [
                        {
                            "data_type": "image/jpeg",
                            "data_uri": "datalake://1200123803688/20170815T044617-f20dde80-1e3b-4496-bc06-1b63b026b872",
                            "height": 500,
                            "width": 200,
                        }
                    ],
                    "organization_id": "1102940376065",
                    "updated_at": "2017-12-27T06:25:00.394026",
                }

        Raises:
            NotFound: dataset not found, or no such item in it. With `outcome` "unknown" an earlier attempt of this
                call may have deleted it.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        item: dict[str, Any] = self._send(operations.delete_dataset_item(organization_id, dataset_id, dataset_item_id))
        return item

    def iter_datasets(
        self,
        organization_id: Identifier,
        page_size: int | None = None,
        *,
        start: Mapping[str, Any] | None = None,
        ahead: int = 0,
    ) -> "entries.Entries":
        """Iterate over all datasets of an organization, in the order of creation, loading a page at a time.

        API reference: GET /organizations/<organization_id>/datasets/

        Request syntax::

            for dataset in api_client.iter_datasets("1102940376065"):
                print(dataset["name"])

        Args:
            organization_id (str | int): the organization that owns the datasets.
            page_size (int): the largest number of datasets to load at once, 1 to 1,000 [optional].
            start (dict): a cursor that `checkpoint()` of an earlier iterator over this list returned, to continue from
                there; the page size may differ [optional].
            ahead (int): 1 to load the next page while the caller works on a page, in a thread; 0 to load it when it is
                needed [optional].

        Return type:
            iterator of dict

        Returns:
            The datasets, as `list_datasets` returns them. Nothing is sent before the first one is asked for. After an
            error the next step asks for the same page again. `checkpoint()` of the iterator returns a cursor: the place
            of the iteration, as a dict that JSON can hold. An error that it raises has it as `cursor`.

        Raises:
            ValueError: `start` is not a cursor, or one of another list.
            InvalidResponse: a page is not a list, or the server repeats a page's token.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        first = operations.list_datasets(organization_id, max_results=page_size, size_name="page_size")
        return self._entries(paging.Walk(first, paging.DATASETS, start), ahead)

    def iter_dataset_items(
        self,
        organization_id: Identifier,
        dataset_id: Identifier,
        params: dict[str, Any] | None = None,
        *,
        start: Mapping[str, Any] | None = None,
        ahead: int = 0,
    ) -> "entries.Entries":
        """Iterate over all items of a dataset, or all that match a query, loading a page at a time.

        API reference: GET /organizations/<organization_id>/datasets/<dataset_id>/items/

        Request syntax::

            for item in api_client.iter_dataset_items("1102940376065", "1410805969256", {"q": "label:dog"}):
                print(item["source_data"][0]["data_uri"])

        Args:
            organization_id (str | int): the organization that owns the dataset.
            dataset_id (str | int): the dataset.
            params (dict): what to list, as in `list_dataset_items`; `limit` is the size of a page, and
                `next_page_token` the page to start from [optional].
            start (dict): a cursor that `checkpoint()` of an earlier iterator over this list returned, to continue from
                there; the page size may differ [optional].
            ahead (int): 1 to load the next page while the caller works on a page, in a thread; 0 to load it when it is
                needed [optional].

        Return type:
            iterator of dict

        Returns:
            The items, as `list_dataset_items` returns them. Nothing is sent before the first one is asked for. After an
            error the next step asks for the same page again. `checkpoint()` of the iterator returns a cursor: the place
            of the iteration, as a dict that JSON can hold. An error that it raises has it as `cursor`.

        Raises:
            ValueError: `start` is not a cursor, or one of another list.
            InvalidResponse: a page is malformed, or the server repeats a page's token.
            BadRequest: the query or the token is not valid.
            NotFound: dataset not found.
            Unauthorized: authentication failed.
            InternalServerError: the server failed.
        """
        first = operations.list_dataset_items(organization_id, dataset_id, params)
        return self._entries(paging.Walk(first, paging.ITEMS, start), ahead)

    @property
    def with_raw_response(self) -> "raw_responses.RawResponses":
        """The same methods, each of which returns a `RawResponse`: status, headers, data, attempts and seconds.

        ::

            response = api_client.with_raw_response.get_dataset(organization_id, dataset_id)
            print(response.headers["X-Request-Id"], response.data["name"])
        """
        return raw_responses.RawResponses(self._view(_is_raw=True))

    def close(self) -> None:
        """Close the connections; later calls raise RuntimeError.

        An `http_client` that was given stays open.
        """
        for loader in self._shared.to_close():
            loader.close()
        self._session().close()

    def __enter__(self) -> Self:
        self._session().open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _entries(self, walk: "paging.Walk", ahead: int) -> "entries.Entries":
        if paging.is_ahead(ahead):
            loader = pages_ahead.Ahead(self._answer)
            self._shared.close_first(loader)
            return entries.Entries(walk, self._answer, loader)
        return entries.Entries(walk, self._answer)

    def _send(self, call: Call) -> Any:
        result = self._session().send(call, self._settings)
        return result.raw() if self._is_raw else result.body

    def _answer(self, call: Call) -> "exchange.Result":
        return self._session().send(call, self._settings)

    def _session(self) -> "session.Session":
        # No property: tools that look at every attribute would open it. Threads may come here together; setdefault is
        # atomic, so that all of them get the same one.
        opened: session.Session = self._shared.get("session") or self._shared.setdefault("session", self._open())
        return opened

    def _open(self) -> "session.Session":
        return session.Session(choice.Choice(self._settings.origin, self._http_client, self._transport))
