"""Content over HTTP: fetched without any credential, from any server."""

from typing import Final, NamedTuple, TypeVar
from urllib.parse import quote, unquote_plus, urljoin, urlsplit

from abeja_datasets.calls import targets
from abeja_datasets.calls.exchange import MAX_REDIRECTS, Exchange, Result
from abeja_datasets.calls.headers import Headers
from abeja_datasets.configuration.credentials import Credential
from abeja_datasets.configuration.settings import Settings, with_base_url
from abeja_datasets.content.uris import shown
from abeja_datasets.exceptions import Error
from abeja_datasets.operations import Call
from abeja_datasets.session import Session
from abeja_datasets.transports.choice import ContentChoice
from abeja_datasets.transports.wire import Response

SCHEMES: Final = ("http", "https")
_EXAMPLE: Final = "https://example.com"
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_WHOLE: Final = (200, 203)
_UNQUOTED: Final = "/%:@!$&'()*+,;=~"
_E = TypeVar("_E", bound=Error)


class Web:
    """Fetches content from web servers.

    Args:
        settings: of the client. Its timeout, deadline, retries, user agent and hook hold; its credential and its
            headers are not sent.
        limit: bytes of the largest content, decoded.
    """

    def __init__(self, settings: Settings, limit: int) -> None:
        self._settings = settings._replace(headers=(), max_response_bytes=limit)
        self._session = Session(ContentChoice(), _ContentExchange)

    def place(self, url: str) -> "Place":
        """Return where the content of a URL is.

        Raises:
            ValueError: it is not a URL of a web server.
        """
        return _placed(self._settings, url)

    def get(self, place: "Place") -> bytes:
        """Return the content that is there.

        Raises:
            Error: it can't be fetched.
        """
        call = Call("get_content", "GET", place.target, {}, None, False, True)
        content: bytes = self._session.send(call, place.settings).body
        return content

    def close(self) -> None:
        """Close the connections of this process."""
        self._session.close()


class Place(NamedTuple):
    """A place on a web server. Its repr shows no secret."""

    settings: Settings
    """For requests to that server."""
    target: str
    """The path and the query, quoted."""

    def __repr__(self) -> str:
        return f"<Place {self.settings.origin}{self.target.partition('?')[0]}>"


def _placed(settings: Settings, url: str) -> Place:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError("it has a user or a password in it, and content is fetched without a credential")
    target = quote(parts.path, safe=_UNQUOTED) or "/"
    if parts.query:
        target += f"?{quote(parts.query, safe=f'{_UNQUOTED}?')}"
    settings = with_base_url(settings, "URL", f"{parts.scheme}://{parts.netloc}", _EXAMPLE)
    return Place(settings._replace(credential=_NoCredential(parts.query)), targets.target(target, {}))


class _NoCredential(Credential):
    """Stands for no credential: nothing is sent. It blanks out the secrets of presigned URLs.

    Args:
        queries: of the URLs that are asked for, which have the secrets.
    """

    __slots__ = ("_queries",)

    def __init__(self, *queries: str) -> None:
        self.authorization = ""
        self.owner = "nobody"
        self._queries = queries
        values = [part.rpartition("=")[2] for query in queries for part in query.split("&")]
        # The longest first: a part of it would leave the rest in sight.
        self._secrets = tuple(sorted({*queries, *values, *map(unquote_plus, values)}, key=len, reverse=True))

    def with_query(self, query: str) -> "_NoCredential":
        """Return one that blanks out the secrets of another URL too."""
        return _NoCredential(*self._queries, query)


class _ContentExchange(Exchange):
    """The attempts to fetch content. A redirect may lead to another server, since there is nothing to protect."""

    accept = "*/*"
    size_limit = "max_content_bytes"
    _refused_redirect = ""

    @property
    def _place(self) -> str:
        return self._settings.origin + self._path

    def _succeeded(self, response: Response) -> Result:
        elapsed = self._report(response.status, None)
        if response.status in _WHOLE:
            return Result(response.body, response, elapsed, self)
        self.succeeded(str(response.status), response.status, elapsed)
        raise self.unusable("which is not whole content", response.headers)

    def _redirect(self, response: Response) -> str | None:
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or location is None:
            return None
        here = self._settings.origin
        assert isinstance(self._credential, _NoCredential)  # noqa: S101 - `_placed` sees to it
        self._credential = self._credential.with_query(location.partition("?")[2])
        if self._redirects == MAX_REDIRECTS:
            self._refused_redirect = f"{MAX_REDIRECTS} redirects were followed, and no more are"
            return None
        try:
            there = _placed(self._settings, urljoin(here + self._target, location))
        except ValueError:
            self._refused_redirect = f"the redirect to {shown(location)} is not followed: not a URL of a web server"
            return None
        if here.startswith("https:") and not there.settings.origin.startswith("https:"):
            self._refused_redirect = f"the redirect to {shown(location)} is not followed: it leaves https"
            return None
        self._settings = there.settings
        return there.target

    def _completed(self, error: _E, headers: Headers) -> _E:
        completed = super()._completed(error, headers)
        completed.hint = completed.hint or self._refused_redirect
        return completed
