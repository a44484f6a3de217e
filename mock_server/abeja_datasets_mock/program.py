"""The server as a program: the part that `python -m abeja_datasets_mock` and `abeja-datasets mock` share."""

import asyncio
import contextlib
import ipaddress
import os
import secrets
import shlex
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from starlette.applications import Starlette

from .faults import Faults, Proxy
from .http.authentication import DEMO, Credential, credential_from_environment
from .platforms import allow_files, new_event_loop, on_signals
from .server import Server

MAX_PORT = 65535
Announce = Callable[["Listening"], None]
Prepare = Callable[[], Awaitable[object]]


_LOOPBACK = "127.0.0.1"
CONNECTIONS = 65536
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class CannotListen(Exception):
    """The address can't be listened on; the message is one line that names it and the reason."""


class Listening(NamedTuple):
    """The URL for clients and the URL of the server itself, which differ where a proxy is in front of it."""

    url: str
    server: str


def run(
    app: Starlette,
    host: str,
    port: int,
    announce: Announce,
    prepare: Sequence[Prepare] = (),
    *,
    proxied: Faults | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, and close the database.

    Args:
        app: what `create_app` made.
        host: the address to listen on.
        port: the port; 0 is one that is free.
        announce: called as soon as it listens.
        prepare: called in this order before it listens.
        proxied: the faults of a fault proxy at that address; the server itself then listens on a free port of loopback.

    Raises:
        CannotListen: the address is taken, or is not one of this machine.
        Exception: what `prepare` and `announce` raise.
    """

    async def main() -> None:
        end = interrupted()
        server = Server(app, *((host, port) if proxied is None else (_LOOPBACK, 0)))
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(app.state.store.close)
            stack.push_async_callback(server.stop)
            if not await _prepared(prepare, end):
                return
            inner = url = await listen(server, f"{host}:{port}")
            if proxied is not None:
                proxy = Proxy(inner, proxied, host=host, port=port, keep_host=True)
                stack.push_async_callback(proxy.stop)
                url = await listen(proxy, f"{host}:{port}")
            announce(Listening(url, inner))
            await end.wait()

    allow_files(CONNECTIONS)
    _run_and_restore_signals(main())


def _run_and_restore_signals(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that may call `interrupted`, and restore the handlers of its signals.

    uvloop leaves its own handler when a loop closes early; Ctrl-C would then do nothing in a program that goes on.
    """
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(main)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


async def _prepared(prepare: Sequence[Prepare], end: asyncio.Event) -> bool:
    """Run the preparations; return False where a signal interrupted one, which is then undone."""
    interruption = asyncio.ensure_future(end.wait())
    try:
        for step in prepare:
            work = asyncio.ensure_future(step())
            await asyncio.wait((work, interruption), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                return False
            work.result()
    finally:
        interruption.cancel()
    return True


def interrupted() -> asyncio.Event:
    """Return an event of the running event loop that is set at SIGINT or SIGTERM."""
    end = asyncio.Event()
    on_signals(_SIGNALS, end.set)
    return end


async def listen(server: Server | Proxy, address: str) -> str:
    """Start a server or a proxy, and return its URL; `address` is for the message.

    Raises:
        CannotListen: the address is taken, or is not one of this machine.
    """
    try:
        return await server.start()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CannotListen(f"{address}: can't listen: {reason}") from error


def check_host(host: str, credentials: Sequence[Credential]) -> None:
    """Refuse the demo credential, which is public, where other machines reach the server.

    Raises:
        ValueError: other machines reach an address of the host, and no option asks for the demo credential.
    """
    if not any(credential is DEMO for credential in credentials):
        return
    try:
        found = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        return  # Starting the server raises the reason.
    if not all(_is_loopback(str(address[0])) for *_, address in found):
        raise ValueError(
            f"--host {host!r}: other machines reach this address, and the demo credential is public;"
            " set one of your own (--credential, --credentials or PLATFORM_AUTH_TOKEN), or listen on 127.0.0.1"
        )


def _is_loopback(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def url_lines(listening: Listening) -> Iterator[str]:
    """Return the first lines that the program prints: what it is, and its URL as a line for a shell."""
    if listening.server == listening.url:
        yield "# The reference server of the ABEJA Dataset API listens. To use it, copy:"
    else:
        yield "# The reference server of the ABEJA Dataset API listens behind the fault proxy. To use it, copy:"
    yield f"export ABEJA_API_URL={listening.url}"
    if listening.server != listening.url:
        yield f"# The server itself, for clients that must not meet faults on the wire: {listening.server}"


def credential_lines(credential: Credential, prefix: str = "export ") -> Iterator[str]:
    """Return a credential, with its secret, as lines for a shell."""
    for name, value in credential.environment.items():
        yield f"{prefix}{name}={shlex.quote(value)}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A credential, and the place that holds its secret; None where the program may print it."""

    credential: Credential
    source: str | None


def accepted(given: Sequence[str], file: Path | None, environ: Mapping[str, str]) -> list[Accepted]:
    """Parse the credentials that a server accepts; without any it is the environment's, or the demo one.

    Args:
        given: each as `bearer:TOKEN`, `user:ID:TOKEN`, `datasource:ID:SECRET` or `env:PREFIX`, with or without `@` and
            the organization that it is valid for.
        file: YAML, a list of objects in the client's own form, each with or without `organization_id`.
        environ: the environment variables.

    Raises:
        ValueError: one is not valid. The message, of one line, holds no secret.
        OSError: the file can't be read.
    """
    taken = [_from_text(text, f"--credential {number}", environ) for number, text in enumerate(given, 1)]
    if file is not None:
        taken += _from_file(file)
    if not taken:
        taken.append(_from_environment(environ, "", None))
    return taken


def _from_environment(environ: Mapping[str, str], prefix: str, organization_id: str | None) -> Accepted:
    unprefixed = {name.removeprefix(prefix): value for name, value in environ.items() if name.startswith(prefix)}
    credential = credential_from_environment(unprefixed)
    if credential is DEMO and prefix:
        raise ValueError(f"no credential is in the variables that begin with {prefix}")
    source = None if credential is DEMO else " and ".join(prefix + name for name in credential.environment)
    return Accepted(replace(credential, organization_id=organization_id) if organization_id else credential, source)


def _from_text(text: str, place: str, environ: Mapping[str, str]) -> Accepted:
    head, separator, organization = text.rpartition("@")
    kind, *parts = (head if separator else text).split(":", 2)
    try:
        match kind, parts:
            case "env", [prefix]:
                return _from_environment(environ, prefix, organization if separator else None)
            case "bearer", [_, *_]:
                credential = Credential.bearer(":".join(parts))
            case "user", [owner, secret]:
                credential = Credential.user(owner, secret)
            case "datasource", [owner, secret]:
                credential = Credential.datasource(owner, secret)
            case _:
                raise ValueError("use bearer:TOKEN, user:ID:TOKEN, datasource:ID:SECRET or env:PREFIX")  # noqa: TRY301
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
    return Accepted(replace(credential, organization_id=(organization if separator else "") or None), None)


_KINDS: dict[frozenset[str], Callable[..., Credential]] = {
    frozenset({"auth_token"}): Credential.bearer,
    frozenset({"user_id", "personal_access_token"}): Credential.user,
    frozenset({"datasource_id", "datasource_secret"}): Credential.datasource,
}


def _from_file(file: Path) -> list[Accepted]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        # Their messages would quote secrets.
        raise ValueError(f"{file}: not YAML") from None
    if not isinstance(content, list) or not content:
        raise ValueError(f"{file}: a list of credentials is needed")
    taken = []
    for index, entry in enumerate(content):
        place = f"{file}: [{index}]"
        if not isinstance(entry, dict) or not all(isinstance(value, str | int) for value in entry.values()):
            raise ValueError(f"{place}: an object of strings is needed")
        values = {str(key): str(value) for key, value in entry.items()}
        organization_id = values.pop("organization_id", None)
        make = _KINDS.get(frozenset(values))
        if make is None:
            known = "; ".join(" and ".join(sorted(keys)) for keys in _KINDS)
            raise ValueError(f"{place}: it needs one of: {known}")
        try:
            taken.append(Accepted(make(**values, organization_id=organization_id), str(file)))
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
    return taken


@contextlib.contextmanager
def ready_file(path: Path) -> Iterator[Callable[[str], None]]:
    """Return a function that writes the URL to a file; the file exists only while the server listens.

    The file appears whole. It replaces one of the same name; a symbolic link is replaced, not followed. A file of an
    earlier server is removed first, so that no program reads a stale URL.

    Raises:
        ValueError: a device, a pipe or a link of /dev is there, which all programs share; removing it harms them.
        OSError: the file can't be removed; or, from the function, it can't be written.
    """
    if (path.exists() and not path.is_file()) or path.absolute().parent == Path("/dev"):
        raise ValueError(f"--ready-file {path}: not a regular file; name a file that is new or may be replaced")
    path.unlink(missing_ok=True)

    def write(url: str) -> None:
        # In a folder that other users can write to, a predictable name could be a link that they made.
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as file:
            file.write(f"{url}\n")
        draft.replace(path)

    try:
        yield write
    finally:
        path.unlink(missing_ok=True)
