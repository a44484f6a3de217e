"""Which certificates a client trusts: those that an environment variable names, else those of certifi."""

import errno
import functools
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The first that is set wins. Two are OpenSSL's, and two those of requests, for programs written for abeja-sdk."""


def certificates(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the variable that names the certificates to trust, with its value; None where no variable does.

    The value is a file of certificates in PEM format, or a folder of them as `openssl rehash` makes it.
    """
    return next(((name, value) for name in VARIABLES if (value := environ.get(name))), None)


def check(environ: Mapping[str, str]) -> None:
    """Check that the certificates which a variable names are there, without reading them.

    Raises:
        ValueError: they are not. The message names the variable and its value.
    """
    named = certificates(environ)
    paths = named[1].split(os.pathsep) if named and named[0] == "SSL_CERT_DIR" else [named[1]] if named else []
    if named and not any(Path(path).exists() for path in paths):
        variable, path = named
        raise ValueError(f"{variable}: no certificates can be read from {path!r}: {os.strerror(errno.ENOENT)}")


def ssl_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return what a connection checks certificates with. Reading them takes long, so it is done once a process.

    Raises:
        ValueError: the certificates can't be read. The message names the variable and its value.
    """
    named = certificates(environ)
    if named is None:
        return _certifi()
    variable, path = named
    try:
        return _read(path, is_folder=variable == "SSL_CERT_DIR" or Path(path).is_dir())
    except OSError as error:  # an ssl.SSLError is one too
        raise ValueError(f"{variable}: no certificates can be read from {path!r}: {error.strerror or error}") from error


def _read(path: str, *, is_folder: bool) -> ssl.SSLContext:
    if not is_folder:
        return _file(path, Path(path).stat().st_mtime_ns)
    # OpenSSL takes several, and says nothing of a folder that is missing.
    if not any(Path(folder).is_dir() for folder in path.split(os.pathsep)):
        raise NotADirectoryError(errno.ENOTDIR, "no such folder")
    return _folder(path)


@functools.cache
def _certifi() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=False)


# A file that was replaced is read again by the next client.
@functools.lru_cache(maxsize=8)
def _file(path: str, _changed: int) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)


# OpenSSL looks a certificate up in a folder when it needs one, so that a change is seen at once.
@functools.lru_cache(maxsize=8)
def _folder(path: str) -> ssl.SSLContext:
    return ssl.create_default_context(capath=path)
