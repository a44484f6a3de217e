"""`abeja-datasets fault-proxy`: a proxy that breaks connections to any server."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from abeja_datasets_cli.faults.help import FaultsCommand
from abeja_datasets_cli.shared import ADMIN_TOKEN, EXISTING, FILE, PORT, admin_token, explained, fault_line, log

if TYPE_CHECKING:
    from abeja_datasets_mock.faults import Faults, Proxy
    from abeja_datasets_mock.server import Server

_LOOPBACK = "127.0.0.1"


@click.command(
    "fault-proxy",
    cls=FaultsCommand,
    levels=("wire",),
    epilog="\b\nExample:\n  abeja-datasets fault-proxy http://127.0.0.1:8080 --faults plan.yaml",
)
@click.argument("url")
@click.option("--faults", type=EXISTING, metavar="PLAN", help="The YAML plan of faults; without it there are none.")
@click.option("--seed", type=int, metavar="N", help="The seed of what is left to chance, in place of the plan's.")
@click.option("--host", default=_LOOPBACK, show_default=True, help="The address to listen on.")
@click.option("--port", type=PORT, default=0, help="The port; 0, the default, chooses a free one.")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="How faults are logged. [default: text]")
@click.option(
    "--ready-file",
    type=FILE,
    metavar="FILE",
    help="Write the URL to this file when it listens, and remove the file at the end.",
)
@click.option(
    "--admin-token-file",
    type=EXISTING,
    metavar="FILE",
    help="Open the route /_mock/, which sets faults, for requests that carry the token in this file (or in the variable"
    f" {ADMIN_TOKEN}). It has its own port on loopback, so that no fault closes it.",
)
@click.option("--admin-port", type=PORT, default=0, help="The port of that route; 0, the default, chooses a free one.")
def fault_proxy(**options: Any) -> None:
    """Forward requests to the server at URL, and break connections as a plan says, until interrupted.

    The proxy causes the faults of a plan that are on the wire. It logs each one to stderr, with the request that it
    struck. What goes to the server carries the client's credential: so name only a server that may receive it.
    """
    with explained("the proxy", options["log_format"]):
        _run(**options)


def _run(  # noqa: PLR0917 - click hands the options over by name
    url: str,
    faults: Path | None,
    seed: int | None,
    host: str,
    port: int,
    log_format: Any,
    ready_file: Path | None,
    admin_token_file: Path | None,
    admin_port: int,
) -> None:
    from abeja_datasets_mock import program
    from abeja_datasets_mock.faults import Proxy, admin_app
    from abeja_datasets_mock.server import Server

    if not host:
        # It would mean every address of the machine.
        raise ValueError("--host: an address is needed, such as 127.0.0.1; 0.0.0.0 for other machines too")
    live = _faults(faults, seed, log_format)
    token = admin_token(admin_token_file)
    proxy = Proxy(url, live, host=host, port=port)
    admin = None if token is None else Server(admin_app(live, token), _LOOPBACK, admin_port)
    with program.ready_file(ready_file) if ready_file else contextlib.nullcontext() as write:

        def announce(listens: str, route: str | None) -> None:
            if write is not None:
                write(listens)
            for line in _lines(url, listens, route):
                click.echo(line)

        asyncio.run(_serve(proxy, f"{host}:{port}", admin, f"{_LOOPBACK}:{admin_port}", announce))


def _faults(plan: Path | None, seed: int | None, log_format: Any) -> "Faults":
    from abeja_datasets_mock.faults import Faults, Plan

    live = Faults(plan or (), levels=("wire",))
    if seed is not None:
        live.plan = Plan(live.plan.faults, seed)
    live.on_applied(lambda record: log(fault_line(record, log_format)))
    return live


async def _serve(
    proxy: "Proxy",
    address: str,
    admin: "Server | None",
    admin_address: str,
    announce: Callable[[str, str | None], None],
) -> None:
    from abeja_datasets_mock.platforms import allow_files
    from abeja_datasets_mock.program import CONNECTIONS, interrupted, listen

    allow_files(CONNECTIONS)
    end = interrupted()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(proxy.stop)
        listens = await listen(proxy, address)
        route = None
        if admin is not None:
            stack.push_async_callback(admin.stop)
            route = await listen(admin, admin_address)
        announce(listens, route)
        await end.wait()


def _lines(url: str, listens: str, route: str | None) -> Iterator[str]:
    yield f"# This address forwards to {url}, with faults:"
    yield f"export ABEJA_API_URL={listens}"
    if route is not None:
        yield f"# Set faults at {route}/_mock/faults; {route}/_mock/applied lists those that were applied."
