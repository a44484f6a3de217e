"""A client of httpx that the caller gave: what it is set to is used wherever ours is not given."""

import logging
from collections.abc import Mapping
from typing import Any

import httpx

from abeja_datasets.configuration.credentials import Credential, OfHttpClient
from abeja_datasets.configuration.settings import VARIABLES, Settings, with_base_url
from abeja_datasets.transports.over_httpx.httpx_messages import headers_beside, timeouts
from abeja_datasets.transports.over_httpx.steps import watching
from abeja_datasets.transports.privacy import keep_no_cookies
from abeja_datasets.transports.wire import Request


def settings_beside(
    settings: Settings, client: "httpx.Client | httpx.AsyncClient", base_url: object, environ: Mapping[str, str]
) -> Settings:
    """Return settings with the base URL and the authentication of a given client where there are none of ours.

    Args:
        settings: without the client.
        client: the caller's.
        base_url: the argument, or None.
        environ: the environment variables.

    Raises:
        ValueError: the base URL of the client can't be used.
    """
    theirs = str(client.base_url)
    if theirs and base_url is None and not environ.get(VARIABLES["base_url"]):
        settings = with_base_url(settings, "http_client: its base_url", theirs)
    elif theirs and theirs.rstrip("/") != settings.base_url:
        _warn("base_url", f"the client has the base_url {settings.base_url}")
    authorization = client.headers.get("Authorization")
    if settings.credential is None and (client.auth is not None or authorization is not None):
        return settings._replace(credential=OfHttpClient(authorization))
    if client.auth is not None:
        _warn("auth", f"the client has a credential, {settings.credential!r}")
    return settings


def build(client: "httpx.Client | httpx.AsyncClient", request: Request) -> httpx.Request:
    """Return a request of ours as the client sends it, with its headers, cookies and parameters.

    Raises:
        ValueError: a cookie or a header of the client can't be sent.
    """
    keep_no_cookies(client.cookies.jar)
    path, _, query = request.target.partition("?")
    url = httpx.URL(request.origin + request.target)
    try:
        built = client.build_request(
            request.method,
            url,
            content=request.content,
            headers=headers_beside(client.headers, request.headers),
            timeout=timeouts(request, client.timeout),
            extensions={"trace": steps} if (steps := watching.get()) else None,
        )
    except UnicodeEncodeError:
        problem = "http_client: it has a cookie or a header that is not ASCII, which can't be sent"
    else:
        if client.params:
            # httpx would let the client's replace those of the call.
            merged = client.params.merge(httpx.QueryParams(query))
            built.url = httpx.URL(request.origin + path).copy_with(query=str(merged).encode("ascii"))
        return built
    raise ValueError(problem)


def auth(credential: Credential) -> Any:
    """Return what a client authenticates a request with: our credential, or what it is set to itself."""
    return httpx.USE_CLIENT_DEFAULT if isinstance(credential, OfHttpClient) else _Authorization(credential)


class _Authorization(httpx.Auth):
    """Puts the credential on a request at the last moment, so that no dict of headers shows it in a traceback."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def auth_flow(self, request: httpx.Request) -> Any:
        """Set the header, as httpx asks for it."""
        request.headers["Authorization"] = self._credential.authorization
        yield request


def _warn(name: str, why: str) -> None:
    log = logging.getLogger("abeja.datasets")
    if not log.handlers:
        # A program that has set up no logging would otherwise get the warning on its standard error.
        log.addHandler(logging.NullHandler())
    log.warning("http_client: its %s is not used, since %s", name, why)
