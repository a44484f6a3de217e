"""`abeja-datasets mock`: the reference server as a program."""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from abeja_datasets_cli.faults.help import FaultsCommand
from abeja_datasets_cli.shared import ADMIN_TOKEN, EXISTING, FILE, PORT, admin_token, explained, fault_line, finite, log

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from abeja_datasets_mock.faults import Faults
    from abeja_datasets_mock.program import Accepted, Listening

_MAX_BODY = 10 * 1024 * 1024
_ORGANIZATION = "1102940376065"
LIKE = ("documented", "deployed")
"""The choices of `abeja_datasets_mock.Like`, which would take long to import for `--help`."""


@click.command(
    cls=FaultsCommand,
    levels=("server", "wire"),
    epilog="\b\nExample:\n  abeja-datasets mock --port 8080 --database data.sqlite --faults plan.yaml\n\n"
    "Without --credential and --credentials it accepts the credential in the client's variables, or else a demo"
    " credential.",
)
@click.option("--port", type=PORT, default=0, help="The port; 0, the default, chooses a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--database", type=FILE, metavar="FILE", help="Keep the data in this SQLite file. [default: in memory]")
@click.option(
    "--credential",
    "given",
    multiple=True,
    metavar="KIND:...[@ORGANIZATION]",
    help="Accept this credential; repeatable. bearer:TOKEN, user:ID:TOKEN and datasource:ID:SECRET are for throwaway"
    " secrets, since other users of this machine can see them. env:PREFIX reads the client's variables, with PREFIX"
    " before their names. The credential is valid for the organization after the last @; without one, for any.",
)
@click.option(
    "--credentials",
    type=EXISTING,
    metavar="FILE",
    help="Accept the credentials in this YAML file: a list of objects such as {organization_id: '1', auth_token: ...},"
    " {user_id: ..., personal_access_token: ...}, {datasource_id: ..., datasource_secret: ...}.",
)
@click.option(
    "--load",
    type=EXISTING,
    metavar="FILE",
    help="Load the datasets and items of this JSONL file, all or none. A line is a dataset or an item as in a response."
    " Each gets a new id. An item belongs to the dataset above it with the same dataset_id, or else to the last one.",
)
@click.option("--demo", is_flag=True, help="Load a dataset of every type, with items, unless it is there already.")
@click.option(
    "--max-body",
    type=click.IntRange(1),
    default=_MAX_BODY,
    show_default=True,
    help="The largest body that is accepted, in bytes.",
)
@click.option(
    "--like",
    type=click.Choice(LIKE),
    default=LIKE[0],
    show_default=True,
    help="Respond as the platform is documented, or as it is deployed: without organization_id in items, with a token"
    " on each page of items, and with an empty page and a token of null at the end of a list.",
)
@click.option(
    "--content",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Serve the files DIR/CHANNEL/FILE as content of the Data Lake, datalake://CHANNEL/FILE. This is a test aid"
    " outside the contract. A file is read when it is asked for.",
)
@click.option(
    "--latency",
    type=click.FloatRange(0),
    callback=finite,
    default=0.0,
    help="Seconds by which each response is delayed.",
)
@click.option("--log-format", type=click.Choice(["text", "json"]), help="Write a line for each request to stderr.")
@click.option(
    "--ready-file",
    type=FILE,
    metavar="FILE",
    help="Write the URL to this file when it listens, and remove the file at the end.",
)
@click.option("--faults", type=EXISTING, metavar="PLAN", help="Cause the faults of this YAML plan, and log each one.")
@click.option(
    "--fault-proxy",
    is_flag=True,
    help="Listen through a proxy that also causes faults on the wire, such as resets and incomplete responses.",
)
@click.option(
    "--admin-token-file",
    type=EXISTING,
    metavar="FILE",
    help="Open the route /_mock/, which sets faults, for requests that carry the token in this file (or in the variable"
    f" {ADMIN_TOKEN}).",
)
def mock(**options: Any) -> None:
    """Run a reference server of the ABEJA Dataset API, until it is interrupted.

    It keeps the contract of openapi.yaml, which it serves at /openapi.json and /openapi.yaml. It prints lines that can
    be pasted into the shell where clients start.
    """
    with explained("the server", options["log_format"]):
        _run(**options)


def _run(  # noqa: PLR0917 - click hands the options over by name
    port: int,
    host: str,
    database: Path | None,
    given: tuple[str, ...],
    credentials: Path | None,
    load: Path | None,
    demo: bool,
    max_body: int,
    like: Any,
    content: Path | None,
    latency: float,
    log_format: Any,
    ready_file: Path | None,
    faults: Path | None,
    fault_proxy: bool,
    admin_token_file: Path | None,
) -> None:
    from abeja_datasets_mock import create_app, program
    from abeja_datasets_mock.loading import load as load_into

    taken = program.accepted(given, credentials, os.environ)
    program.check_host(host, [entry.credential for entry in taken])
    token = admin_token(admin_token_file)
    accepted = [entry.credential for entry in taken]
    app = create_app(database=database, credentials=accepted, max_body=max_body, like=like, content=content)
    organization = taken[0].credential.organization_id or _ORGANIZATION
    prepare: list[program.Prepare] = []
    with contextlib.ExitStack() as stack:
        on_error = stack.enter_context(contextlib.ExitStack())
        on_error.callback(app.state.store.close)
        live = _faults(faults, log_format, on_wire=fault_proxy) if faults or token or fault_proxy else None
        _install(app, live, token, latency, log_format)
        if demo:
            from abeja_datasets_mock.demo_data import demo_data

            prepare.append(functools.partial(load_into, app.state.store, demo_data(), organization, skip_existing=True))
        if load is not None:
            prepare.append(functools.partial(load_into, app.state.store, load, organization))
        write = stack.enter_context(program.ready_file(ready_file)) if ready_file else None
        on_error.pop_all()

        def announce(listening: "Listening") -> None:
            if write is not None:
                write(listening.url)
            for line in _lines(listening, taken):
                click.echo(line)

        program.run(app, host, port, announce, prepare, proxied=live if fault_proxy else None)


def _faults(plan: Path | None, log_format: Any, *, on_wire: bool) -> "Faults":
    from abeja_datasets_mock.faults import Faults

    live = Faults(plan or (), levels=("server", "wire") if on_wire else ("server",))
    live.on_applied(lambda record: log(fault_line(record, log_format)))
    return live


def _install(app: "Starlette", faults: "Faults | None", token: str | None, latency: float, log_format: Any) -> None:
    """Add the middleware to the application; the last one added is outermost."""
    from abeja_datasets_mock.http.recording import Latency, Recorder, log_line, refusal_line

    if faults is not None:
        from abeja_datasets_mock.faults import install

        install(app, faults, token)
    if latency:
        app.add_middleware(Latency, seconds=latency)
    if log_format:
        app.add_middleware(Recorder, listener=lambda request: log(log_line(request, log_format)), bodies=False)
        app.state.on_refusal = lambda status, text: log(refusal_line(status, text, log_format))


def _lines(listening: "Listening", taken: "list[Accepted]") -> Iterator[str]:
    """Return the lines printed at the start: the first credential to paste, the others as comments."""
    from abeja_datasets_mock.program import credential_lines, url_lines

    yield from url_lines(listening)
    for index, entry in enumerate(taken):
        organization = entry.credential.organization_id
        good_for = f"organization {organization}" if organization else "any organization"
        if entry.source is not None:
            yield f"# It accepts the credential in {entry.source}, for {good_for}."
        else:
            yield f"# For {good_for}:"
            yield from credential_lines(entry.credential, "# export " if index else "export ")
