"""What the sync and the async client have in common: how they are made, and how they look."""

import os
from collections.abc import Mapping
from typing import Any

from abeja_datasets.settings import settle


class BaseClient:
    """A client's settings. Making one sends nothing and opens nothing."""

    def __init__(
        self,
        credential: Mapping[str, Any] | None,
        timeout: float | None,
        max_retry_count: int | None,
        base_url: str | None,
    ) -> None:
        self._settings = settle(credential, timeout, max_retry_count, base_url, os.environ)

    def __repr__(self) -> str:
        settings = self._settings
        return (
            f"<{type(self).__name__} base_url={settings.base_url!r} credential={settings.credential!r} "
            f"timeout={settings.timeout:g} max_retry_count={settings.max_retry_count}>"
        )
