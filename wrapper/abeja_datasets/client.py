"""The high-level client: datasets and items as objects, and the content of items."""

import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from abeja_datasets.api_client import APIClient
from abeja_datasets.calls.identifiers import Identifier
from abeja_datasets.dataset import Dataset, Datasets
from abeja_datasets.exceptions import InvalidIdentifier
from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    import copy

    import httpx

    from abeja_datasets import content
    from abeja_datasets.calls import attempts
else:
    copy = LazyModule("copy")
    httpx = LazyModule("httpx")
    content = LazyModule("abeja_datasets.content")
    attempts = LazyModule("abeja_datasets.calls.attempts")

VARIABLE: Final = "ABEJA_ORGANIZATION_ID"
_NONE: Final = (None, "")


class Client:
    """The high-level client for the Dataset API.

    ::

        from abeja_datasets import Client

        with Client("1102940376065") as client:
            for item in client.get_dataset("1410805969256").dataset_items.list(prefetch=True):
                print(item.attributes, len(item.source_data[0].get_content()))

    Making one sends nothing. It may be shared by threads, and still works in a forked process. It can be pickled and
    copied, as its `APIClient` can.

    Attributes:
        api: the `APIClient` that sends the requests.

    Args:
        organization_id: the organization whose datasets these are; else `ABEJA_ORGANIZATION_ID`. Without either the
            first use raises `InvalidIdentifier`.
        credential: as for `APIClient`, and so are the others up to `transport`.
        timeout: seconds for connecting and for each read.
        max_retry_count: how many times a call is repeated at most.
        base_url: where the API is.
        http_client: an `httpx.Client` to send with. Content is downloaded without it.
        deadline: seconds for a whole call with its retries.
        max_response_bytes: the largest body of a response to accept, decoded.
        user_agent: text that is sent behind the library's own `User-Agent`.
        on_attempt: a function that is called after each attempt.
        transport: the HTTP library to send with: `httpx`.
        content_root: the folder below which content of `file://` is read; without one it is not.
        content_handlers: functions by scheme, such as `{"ftp": fetch}`. Each takes a URI and returns its content as
            bytes.
        max_content_bytes: the largest content to accept; else the same as `max_response_bytes`.
        cache_dir: the folder in which content is kept, in a folder `abeja-datasets`; else `ABEJA_STORAGE_DIR_PATH`,
            else the user's cache folder.
        max_cached_bytes: the largest content to keep; default 256 MiB.

    Raises:
        ValueError: a setting is not usable, or the credential is incomplete.
        TypeError: a setting is of a wrong type.
    """

    def __init__(
        self,
        organization_id: Identifier | None = None,
        credential: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        *,
        max_retry_count: int | None = None,
        base_url: str | None = None,
        http_client: "httpx.Client | None" = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        user_agent: str | None = None,
        on_attempt: Callable[["attempts.AttemptReport"], object] | None = None,
        transport: Literal["httpx"] | None = None,
        content_root: str | os.PathLike[str] | None = None,
        content_handlers: Mapping[str, Callable[[str], bytes]] | None = None,
        max_content_bytes: int | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        max_cached_bytes: int | None = None,
    ) -> None:
        self._organization_id = os.environ.get(VARIABLE) if organization_id in _NONE else organization_id
        try:
            self.api = APIClient(
                credential,
                timeout,
                max_retry_count,
                base_url=base_url,
                http_client=http_client,
                deadline=deadline,
                max_response_bytes=max_response_bytes,
                user_agent=user_agent,
                on_attempt=on_attempt,
                transport=transport,
            )
        finally:
            del credential, base_url  # error reporters show locals
        self._content_settings: dict[str, Any] = {
            "content_root": content_root,
            "content_handlers": content_handlers,
            "max_content_bytes": max_content_bytes,
            "cache_dir": cache_dir,
            "max_cached_bytes": max_cached_bytes,
        }
        self._made: dict[str, content.ContentReader] = {}
        self._is_closed = False
        if any(value is not None for value in self._content_settings.values()):
            self.content_reader()  # a setting that is not usable fails here, and not at the first content

    @property
    def organization_id(self) -> Identifier:
        """The organization whose datasets these are.

        Raises:
            InvalidIdentifier: there is none.
        """
        if self._organization_id in _NONE:
            raise InvalidIdentifier(
                f"organization_id: the client has none; make it as Client(organization_id=…), or set {VARIABLE}"
            )
        return self._organization_id

    @property
    def datasets(self) -> Datasets:
        """The datasets of the organization. Nothing is sent."""
        return Datasets(self)

    def get_dataset(self, dataset_id: Identifier) -> Dataset:
        """Get a dataset, with the number of its items.

        Args:
            dataset_id: the dataset.

        Raises:
            NotFound: there is no such dataset.
        """
        return self.datasets.get(dataset_id)

    def content_reader(self) -> "content.ContentReader":
        """Return what reads the content of items, with the settings of this client."""
        if "reader" not in self._made:
            reader = content.ContentReader(self.api, **self._content_settings)
            if self._is_closed:
                reader.close()
            # Threads may come here together; setdefault is atomic, so that all of them get the same one.
            self._made.setdefault("reader", reader)
        return self._made["reader"]

    def close(self) -> None:
        """Close the connections; later calls, and the content of items, raise RuntimeError."""
        self._is_closed = True
        for reader in self._made.values():
            reader.close()
        self.api.close()

    def __getstate__(self) -> dict[str, Any]:
        self.content_reader()  # items that are pickled one by one share it, and its connections
        # The reader first: it names a function that can't be pickled.
        return {"_made": self._made, **self.__dict__, "_is_closed": False}

    def __copy__(self) -> Self:
        return self._with(copy.copy(self.api))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied = memo[id(self)] = self._with(copy.deepcopy(self.api, memo))
        return copied

    def __enter__(self) -> Self:
        self.api.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        api = self.__dict__.get("api")
        if api is None:  # an error reporter looks at a client whose constructor failed
            return f"<{type(self).__name__}, which could not be made>"
        return f"<{type(self).__name__} organization_id={self._organization_id!r} api={api!r}>"

    def _with(self, api: APIClient) -> Self:
        made = object.__new__(type(self))
        made.__dict__.update({**self.__dict__, "api": api, "_made": {}, "_is_closed": False})
        return made
