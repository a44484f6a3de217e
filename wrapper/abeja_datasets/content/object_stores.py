"""Content in object stores, through fsspec and its packages for each of them, where they are installed."""

from typing import Any, Final

from abeja_datasets.content.uris import shown, unsupported
from abeja_datasets.exceptions import ConnectionFailed, Forbidden, NotFound

PACKAGES: Final = {"s3": "s3fs", "gs": "gcsfs"}
"""The schemes, each with the package that fsspec needs for it."""


def read(uri: str, scheme: str, limit: int) -> bytes:
    """Return the content of an object, or one byte more than the limit.

    Raises:
        UnsupportedURI: fsspec or its package for the scheme is not installed.
        NotFound: there is no such object.
        Forbidden: the object store does not allow to read it.
        ConnectionFailed: anything else that went wrong.
    """
    try:
        import fsspec

        # Not by the URI: s3://a::file:///b would name a second file system.
        files: Any = fsspec.filesystem(scheme)
    except ImportError as error:
        package = PACKAGES[scheme]
        why = f"{error.name or package} is not installed; pip install 'abeja-datasets[content]' {package}"
        raise unsupported(uri, why) from error
    try:
        # They know their scheme in lower case alone.
        with files.open(f"{scheme}:{uri.partition(':')[2]}", "rb") as file:
            content: bytes = file.read(limit + 1)
    except FileNotFoundError as error:
        raise NotFound("not_found", f"data_uri: {shown(uri)}: there is no such object") from error
    except PermissionError as error:
        raise Forbidden("forbidden", f"data_uri: {shown(uri)}: {error}") from error
    except Exception as error:
        # The packages raise errors of many libraries.
        raise ConnectionFailed(f"data_uri: {shown(uri)}: {type(error).__name__}: {error}") from error
    return content
