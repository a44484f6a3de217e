"""URIs of content, as the author of the item wrote them: any JSON."""

import re
from typing import Any, Final

from abeja_datasets.calls.values import is_unicode
from abeja_datasets.exceptions import UnsupportedURI, shortened

_SCHEME: Final = re.compile("([A-Za-z][A-Za-z0-9+.-]*):")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def scheme_of(uri: Any) -> str:
    """Return the scheme of a URI, in lower case.

    Raises:
        UnsupportedURI: it is not a URI.
    """
    if uri is None:
        raise unsupported(uri, "the source data has none; set its data_uri")
    if not isinstance(uri, str):
        raise unsupported(uri, f"a URI is text, not {type(uri).__name__}")
    found = _SCHEME.match(uri)
    if not found:
        raise unsupported(uri, "it has no scheme; a URI such as https://… or datalake://CHANNEL/FILE is needed")
    if _CONTROL.search(uri) or not is_unicode(uri):
        raise unsupported(uri, "it holds a control character or a lone surrogate; percent-encode it")
    return found[1].lower()


def unsupported(uri: Any, why: str) -> UnsupportedURI:
    """Return the error for a URI whose content can't be read."""
    return UnsupportedURI(f"data_uri: no content can be read from {shown(uri)}: {why}")


def shown(uri: Any) -> str:
    """Return a URI for a message: without its query, in which a presigned URL has its secret, and without a user."""
    if not isinstance(uri, str):
        return shortened(repr(uri))
    text = uri.partition("#")[0].partition("?")[0]
    # A password may hold a slash.
    return shortened(repr(re.sub("(?<=://).*@", "[hidden]@", text, flags=re.DOTALL)))
