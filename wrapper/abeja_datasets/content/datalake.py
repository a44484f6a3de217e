"""Content in the Data Lake: the API says where it can be downloaded."""

import contextlib
from typing import Any, Final

from abeja_datasets.calls.exchange import Result
from abeja_datasets.calls.identifiers import quoted
from abeja_datasets.content.uris import scheme_of, shown, unsupported
from abeja_datasets.content.web import SCHEMES, Place, Web
from abeja_datasets.exceptions import InvalidIdentifier, UnsupportedURI
from abeja_datasets.operations import Call

SCHEME: Final = "datalake"


def call(uri: str) -> Call:
    """Return the call that asks for the place of `datalake://CHANNEL/FILE`.

    Raises:
        UnsupportedURI: it names no channel and file.
    """
    _, separator, path = uri.partition("://")
    ids = path.split("/")
    if not separator or len(ids) != 2:  # noqa: PLR2004 - a channel and a file
        raise unsupported(uri, "datalake://CHANNEL/FILE is needed")
    try:
        channel, file = quoted("the channel", ids[0]), quoted("the file", ids[1])
    except InvalidIdentifier as error:
        raise unsupported(uri, str(error)) from error
    return Call("get_channel_file", "GET", f"/channels/{channel}/{file}", {}, None, False, True)


def download_place(result: Result, web: Web) -> Place:
    """Return where the API says that a file can be downloaded.

    Raises:
        InvalidResponse: it gives no URL of a web server.
    """
    body: Any = result.body
    url = body.get("download_uri") if isinstance(body, dict) else None
    if isinstance(url, str):
        with contextlib.suppress(UnsupportedURI, ValueError):
            if scheme_of(url) in SCHEMES:
                return web.place(url)
    raise result.unusable(f"but its download_uri is {shown(url)}, which is not a URL of a web server")
