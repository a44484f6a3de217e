"""Which certificates a client trusts: those that an environment variable names, else those of certifi."""

import base64
import errno
import functools
import os
import re
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The first that is set wins. Two are OpenSSL's, and two those of requests, for programs written for abeja-sdk."""

_FIRST: Final = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([^-]*)-----END ")


def certificates(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the variable that names the certificates to trust, with its value; None where no variable does.

    The value is a file of certificates in PEM format, or a folder of them as `openssl rehash` makes it.
    """
    return next(((name, value) for name in VARIABLES if (value := environ.get(name))), None)


def check(environ: Mapping[str, str]) -> None:
    """Check that the certificates which a variable names are there, without reading all of them.

    Raises:
        ValueError: they are not. The message names the variable and its value.
    """
    if named := certificates(environ):
        variable, path = named
        try:
            _check_path(path, may_be_several=variable == "SSL_CERT_DIR")
        except (OSError, ValueError) as error:
            raise _unreadable(variable, path, error) from error


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
        _check_path(path, may_be_several=variable == "SSL_CERT_DIR")
        return _read(path, is_folder=variable == "SSL_CERT_DIR" or Path(path).is_dir())
    except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
        raise _unreadable(variable, path, error) from error


def _check_path(path: str, *, may_be_several: bool) -> None:
    """Raise OSError or ValueError unless a path names a folder, or a file that begins like one of certificates.

    Reading anything else, such as a pipe, may take for ever.
    """
    if any(os.path.isdir(one) for one in (path.split(os.pathsep) if may_be_several else [path])):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
        return
    if may_be_several:
        raise NotADirectoryError(errno.ENOTDIR, "no such folder")
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise ValueError("it is neither a file nor a folder")
    found = _FIRST.search(Path(path).read_bytes())
    if not found:
        raise ValueError("there is no certificate in PEM format")
    base64.b64decode(b"".join(found[1].split()), validate=True)


def _unreadable(variable: str, path: str, error: Exception) -> ValueError:
    why = (error.strerror if isinstance(error, OSError) else None) or error
    return ValueError(f"{variable}: no certificates can be read from {path!r:.200}: {why}")


def _read(path: str, *, is_folder: bool) -> ssl.SSLContext:
    if is_folder:
        return _folder(path)
    found = Path(path).stat()
    return _file(path, (found.st_mtime_ns, found.st_size, found.st_ino))


@functools.cache
def _certifi() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=False)


# A file that was replaced is read again by the next client.
@functools.lru_cache(maxsize=8)
def _file(path: str, _changed: tuple[int, ...]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)


# OpenSSL looks a certificate up in a folder when it needs one, so that a change is seen at once.
@functools.lru_cache(maxsize=8)
def _folder(path: str) -> ssl.SSLContext:
    return ssl.create_default_context(capath=path)
