"""What may be given as `http_client` and as `transport`."""

import sys
from typing import Any, Final

_NAMES: Final = ("httpx", "aiohttp")


def check(http_client: Any, transport: Any, *, is_async: bool) -> None:
    """Check the arguments that say what a client sends with.

    Raises:
        TypeError: `http_client` is not the client of httpx that this one can send with.
        ValueError: there is no such transport, or not for this client, or not beside `http_client`; or that is
            closed.
        ImportError: the transport's extra is not installed.
    """
    if transport is not None:
        _check_transport(transport, is_async=is_async)
    if http_client is not None:
        if transport is not None:
            raise ValueError(f"transport: {transport!r} and http_client can't both be given: the latter is a transport")
        _check_http_client(http_client, is_async=is_async)


def _check_transport(name: Any, *, is_async: bool) -> None:
    if name not in _NAMES:
        raise ValueError(f"transport: 'httpx' or 'aiohttp' is needed, not {name!r:.80}")
    if name == "aiohttp":
        if not is_async:
            raise ValueError("transport: 'aiohttp' is only for AsyncAPIClient; APIClient takes 'httpx'")
        import importlib.util

        # None in sys.modules is Python's own way to say that a module can't be imported.
        found = sys.modules["aiohttp"] if "aiohttp" in sys.modules else importlib.util.find_spec("aiohttp")
        if found is None:
            raise ImportError("transport: 'aiohttp' needs the extra [fast]: pip install 'abeja-datasets[fast]'")


def _check_http_client(given: Any, *, is_async: bool) -> None:
    from abeja_datasets.transports.http_libraries import load_httpx

    load_httpx()
    import httpx

    wanted: type[Any] = httpx.AsyncClient if is_async else httpx.Client
    if isinstance(given, wanted):
        if given.is_closed:
            raise ValueError(f"http_client: this httpx.{wanted.__name__} is closed; pass one that is open")
        return
    problem = f"http_client: an httpx.{wanted.__name__} is needed, not "
    if isinstance(given, type):
        raise TypeError(f"{problem}the class {given.__name__}; pass an instance of httpx.{wanted.__name__}")
    kind = type(given)
    package = kind.__module__.partition(".")[0]
    if isinstance(given, httpx.Client | httpx.AsyncClient):
        raise TypeError(f"{problem}{kind.__name__}, which {'APIClient' if is_async else 'AsyncAPIClient'} takes")
    if package.startswith("httpx") and package != "httpx":
        raise TypeError(f"{problem}{package}.{kind.__name__}: {package} is another package than httpx")
    raise TypeError(f"{problem}{kind.__name__}")
