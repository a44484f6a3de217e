"""The table of the environment variables, from the modules that read them."""

import re
from collections.abc import Iterator
from typing import Final

from docs.site.making import table

from abeja_datasets import APIClient, client
from abeja_datasets.configuration import credentials, settings
from abeja_datasets.content import cache
from abeja_datasets.transports import trust
from abeja_datasets_cli import shared

_DEFAULTS: Final = {
    "timeout": f"{settings.TIMEOUT:g}",
    "max_retry_count": str(settings.MAX_RETRY_COUNT),
    "base_url": f"`{settings.BASE_URL}`",
    "deadline": "no limit",
}
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def variables() -> str:
    """Return the table, in Markdown."""
    return table(("variable", "argument", "default", "meaning"), [*_rows()])


def _rows() -> Iterator[tuple[str, ...]]:
    for source in credentials.sources({}):
        argument = "{" + ", ".join(f'"{key}": …' for key in source.keys) + "}"
        yield _code(source.variables), f"`credential`: `{argument}`", "none", "the credential"
    for argument, variable in settings.VARIABLES.items():
        yield f"`{variable}`", f"`{argument}`", _DEFAULTS[argument], _meaning(argument)
    yield f"`{client.VARIABLE}`", "`organization_id` of `Client`", "none", "the organization"
    yield (
        f"`{cache.VARIABLE}`",
        "`cache_dir` of `Client`",
        "the user's cache folder",
        "the folder of the cache of content",
    )
    yield (
        _code(trust.VARIABLES),
        "`http_client`",
        "certifi's",
        "the certificates to trust; the first that is set is used",
    )
    yield _code(_PROXIES), "`http_client`", "no proxy", "the proxy, as for all of Python"
    yield f"`{shared.ADMIN_TOKEN}`", "`--admin-token-file`", "none", "the token for the mock server's fault routes"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _meaning(argument: str) -> str:
    """Return the first sentence that the docstring of `APIClient` has about an argument, without the variable."""
    _, _, after = (APIClient.__doc__ or "").partition(f" {argument}: ")
    return " ".join(re.split(r"[;.]\s", after)[0].split())
