"""`abeja-datasets mock`: the reference server as a program."""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from abeja_datasets_mock.program import Accepted

_FILE = click.Path(path_type=Path, dir_okay=False)
_EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)
_ADMIN_TOKEN = "ABEJA_DATASETS_MOCK_ADMIN_TOKEN"
_MAX_BODY = 10 * 1024 * 1024
_ORGANIZATION = "1102940376065"


class Unusable(click.ClickException):
    """What keeps the server from starting, on one line."""

    exit_code = 2


@click.command(epilog="Without any credential it takes the one in the environment, as a client would, or a demo one.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0, the default, is one that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--database", type=_FILE, metavar="FILE", help="Keep the data in this SQLite file. [default: in memory]")
@click.option(
    "--credential",
    "given",
    multiple=True,
    metavar="KIND:...[@ORGANIZATION]",
    help="Take this credential; repeatable. bearer:TOKEN, user:ID:TOKEN or datasource:ID:SECRET is for throwaway"
    " secrets, which others on this machine can see. env:PREFIX reads the client's variables, with PREFIX before their"
    " names. It is good for the organization behind the last @; for any without one, or with nothing behind it.",
)
@click.option(
    "--credentials",
    type=_EXISTING,
    metavar="FILE",
    help="Take the credentials in this YAML file: a list of objects such as {organization_id: '1', auth_token: ...},"
    " {user_id: ..., personal_access_token: ...}, {datasource_id: ..., datasource_secret: ...}.",
)
@click.option(
    "--load",
    type=_EXISTING,
    metavar="FILE",
    help="Put the datasets and items of this JSONL file in, or none of them. A line is a dataset or an item as the API"
    " answers with it; ids are given anew, and an item belongs to the dataset above with its dataset_id, or the last.",
)
@click.option("--demo", is_flag=True, help="Put in a dataset of every type, with items; those that are there stay.")
@click.option(
    "--max-body", type=click.IntRange(1), default=_MAX_BODY, show_default=True, help="Bytes of the largest body taken."
)
@click.option("--latency", type=click.FloatRange(0), default=0.0, help="Seconds that each answer waits.")
@click.option("--log-format", type=click.Choice(["text", "json"]), help="Write a line for each request to stderr.")
@click.option(
    "--ready-file", type=_FILE, metavar="FILE", help="Write the URL to this file when it listens; removed at the end."
)
@click.option("--faults", type=_EXISTING, metavar="PLAN", help="Go wrong as this YAML plan says.")
@click.option(
    "--admin-token-file",
    type=_EXISTING,
    metavar="FILE",
    help=f"Open the route /_mock/, which sets faults, to who shows the token in this file (or in {_ADMIN_TOKEN}).",
)
def mock(**options: Any) -> None:
    """Run a reference server of the ABEJA Dataset API, until it is interrupted.

    It keeps the contract of openapi.yaml, which it serves at /openapi.json and /openapi.yaml. What it prints can be
    copied into a shell where clients start.
    """
    with _explained():
        _run(**options)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn what can go wrong into one line and the exit code 2."""
    try:
        from abeja_datasets_mock import UnusableDatabase
        from abeja_datasets_mock.program import CannotListen
    except ModuleNotFoundError as error:
        raise Unusable(f"the server needs more: pip install 'abeja-datasets[mock]' ({error})") from error
    try:
        yield
    except OSError as error:
        raise Unusable(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    except (UnusableDatabase, CannotListen, ValueError) as error:
        raise Unusable(str(error)) from error


def _run(  # noqa: PLR0917 - click hands the options over by name
    port: int,
    host: str,
    database: Path | None,
    given: tuple[str, ...],
    credentials: Path | None,
    load: Path | None,
    demo: bool,
    max_body: int,
    latency: float,
    log_format: Any,
    ready_file: Path | None,
    faults: Path | None,
    admin_token_file: Path | None,
) -> None:
    from abeja_datasets_mock import create_app, program
    from abeja_datasets_mock.loading import load as load_into

    taken = program.accepted(given, credentials, os.environ)
    admin_token = _admin_token(admin_token_file)
    app = create_app(database=database, credentials=[entry.credential for entry in taken], max_body=max_body)
    organization = taken[0].credential.organization_id or _ORGANIZATION
    prepare: list[program.Prepare] = []
    with contextlib.ExitStack() as stack:
        on_error = stack.enter_context(contextlib.ExitStack())
        on_error.callback(app.state.store.close)
        _install(app, faults, admin_token, latency, log_format)
        if demo:
            from abeja_datasets_mock.demo_data import demo_data

            prepare.append(functools.partial(load_into, app.state.store, demo_data(), organization, skip_existing=True))
        if load is not None:
            prepare.append(functools.partial(load_into, app.state.store, load, organization))
        write = stack.enter_context(program.ready_file(ready_file)) if ready_file else None
        on_error.pop_all()

        def announce(url: str) -> None:
            for line in _lines(url, taken):
                click.echo(line)
            if write is not None:
                write(url)

        program.run(app, host, port, announce, prepare)


def _install(app: "Starlette", faults: Path | None, admin_token: str | None, latency: float, log_format: Any) -> None:
    """Put middleware into the application; what is added last stands outermost."""
    from abeja_datasets_mock.recording import Latency, Recorder, log_line

    if faults is not None or admin_token is not None:
        from abeja_datasets_mock.faults.live import Faults
        from abeja_datasets_mock.faults.middleware import install

        live = Faults(faults or (), levels=("server",))
        live.on_applied(lambda record: click.echo(f"fault: {record}", err=True))
        install(app, live, admin_token)
    if latency:
        app.add_middleware(Latency, seconds=latency)
    if log_format:
        app.add_middleware(
            Recorder, listener=lambda request: click.echo(log_line(request, log_format), err=True), bodies=False
        )


def _admin_token(path: Path | None) -> str | None:
    if path is None:
        return os.environ.get(_ADMIN_TOKEN) or None
    token = path.read_text(encoding="utf-8").strip()
    if not token:
        raise ValueError(f"{path}: holds no token")
    return token


def _lines(url: str, taken: "list[Accepted]") -> Iterator[str]:
    """Write what is printed at the start: the first credential to be copied, the others to be uncommented."""
    from abeja_datasets_mock.program import credential_lines, url_lines

    yield from url_lines(url)
    for index, entry in enumerate(taken):
        organization = entry.credential.organization_id
        good_for = f"organization {organization}" if organization else "any organization"
        if entry.source is not None:
            yield f"# It takes the credential in {entry.source}, for {good_for}."
        else:
            yield f"# For {good_for}:"
            yield from credential_lines(entry.credential, "# export " if index else "export ")
