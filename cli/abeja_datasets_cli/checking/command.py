"""`abeja-datasets check`: check whether a server keeps the contract."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from abeja_datasets_cli.checking.options import Declaring
from abeja_datasets_cli.extras import require

if TYPE_CHECKING:
    from rich.console import Console

    from abeja_datasets_contract.check import Clause, Options, Report

KEEPS, BREAKS, NOT_CHECKED, INTERRUPTED = 0, 1, 3, 130
_INTERRUPTED = "interrupted"
"""The reason that a report gives for a check that Ctrl-C ended."""
OTHER = "OTHER_"
_VARIABLES = (
    "PLATFORM_AUTH_TOKEN; or ABEJA_PLATFORM_USER_ID with ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN; or "
    "ABEJA_PLATFORM_DATASOURCE_ID with ABEJA_PLATFORM_DATASOURCE_SECRET"
)
_EPILOG = f"""\b
Example:
  abeja-datasets check http://127.0.0.1:8080 --organization-id 1102940376065

The credential comes from the environment, as it does for the client: {_VARIABLES}. It never comes from the command
line, which every process on the machine can read. The credential of the second organization comes from the same
variables with {OTHER} before their names, or from a file.

Exit codes: 0 the server keeps all that was checked, except for known failures; 1 it breaks a promise; 2 wrong use; 3 it
could not be checked, or not to the end; 130 interrupted. A known failure that passes again is reported, and does not
change the exit code.
"""


@dataclass(frozen=True)
class _Asked:
    """The arguments of the command, without the options of the check itself."""

    url: str | None
    organization_id: str | None
    report: Path | None
    plain: bool
    verbose: bool


@click.command(cls=Declaring, epilog=_EPILOG)
@click.argument("url", required=False, metavar="URL")
@click.option("--read-only", is_flag=True, help="Send only GET requests (the default).")
@click.option(
    "--other-credential",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f'The credential of the second organization, as JSON such as {{"auth_token": "…"}}. Without it, the variables'
    f" that begin with {OTHER} are read.",
)
@click.option("--list", "listing", is_flag=True, help="List the clauses and exit.")
@click.option(
    "--clean-up",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="LEDGER",
    help="Remove what an earlier check left on the server, and exit. Pass the same URL and organizations.",
)
@click.option("--verbose", is_flag=True, help="Also print the promises that are kept, and those that were not checked.")
@click.option("--plain", is_flag=True, help="Print without colours and without a progress display.")
@click.pass_context
def check(context: click.Context, /, **asked: Any) -> None:
    """Check whether the server at URL keeps the contract, and show each promise that it breaks.

    The check writes nothing to the server without --allow-writes.
    """
    _reconfigure()
    require("check", "rich", "abeja_datasets_contract.check")
    context.exit(_carry_out(asked))


def _carry_out(asked: Mapping[str, Any]) -> int:
    document = asked["document"]
    _readable(document)
    clauses = _clauses(asked["select"], asked["skip"], document)
    _known(asked["known"], document)
    if asked["listing"]:
        return _list(clauses, _console(plain=asked["plain"]))
    if asked["clean_up"]:
        return _clean_up(asked["clean_up"], asked["url"], asked["organization_id"], _options(asked))
    if not asked["url"]:
        raise click.UsageError("Missing argument 'URL'.")
    if not asked["organization_id"]:
        raise click.UsageError("Missing option '--organization-id'.")
    return _check(
        _Asked(
            **{
                **{name: asked[name] for name in ("organization_id", "report", "plain", "verbose")},
                "url": _url(asked["url"]),
            }
        ),
        _options(asked),
    )


def _check(asked: _Asked, options: "Options") -> int:
    from abeja_datasets_contract.check import CheckFailed, check
    from abeja_datasets_contract.check.report.progress import Progress

    assert asked.url is not None and asked.organization_id is not None  # noqa: S101, PT018 - checked before
    authorization = _authorization(None, os.environ, _VARIABLES)
    _prepare(asked.report)
    errors = _console(plain=asked.plain, stderr=True)
    report: Report | None
    problem, code = None, KEEPS
    try:
        with Progress(errors, live=errors.is_terminal) as progress:
            report = check(asked.url, asked.organization_id, authorization, options, progress)
    except CheckFailed as failed:
        report, problem, code = failed.report, str(failed), NOT_CHECKED
    except KeyboardInterrupt:
        _say(
            "interrupted before the clean-up ended; if there is a ledger, --clean-up LEDGER, with the "
            "same URL and --organization-id, removes what it names"
        )
        return INTERRUPTED
    except OSError as error:
        _say(str(error))
        return NOT_CHECKED
    except Exception:  # noqa: BLE001 - must not exit with 1, which means that the server breaks a promise
        traceback.print_exc()
        _say("this is a defect of the check, and says nothing of the server")
        return NOT_CHECKED
    if report is not None:
        _show(report, asked)
        code = INTERRUPTED if report.stopped == _INTERRUPTED else max(report.exit_code, code)
    if problem is not None:
        _say(problem)
    return code


def _show(report: "Report", asked: _Asked) -> None:
    from abeja_datasets_contract.check.report import write
    from abeja_datasets_contract.check.report.terminal import show

    console = _console(plain=asked.plain)
    show(report, console, verbose=asked.verbose)
    if asked.report is not None:
        try:
            paths = write(report, asked.report)
        except OSError as error:
            _say(f"the reports can't be written: {error}")
        else:
            console.print(f"Reports: {', '.join(map(str, paths))}", soft_wrap=True, markup=False, highlight=False)


def _list(clauses: "tuple[Clause, ...]", console: "Console") -> int:
    from rich.text import Text

    for clause in clauses:
        note = "" if not clause.writes else " (writes)"
        text = Text.assemble((clause.name, "bold"), f"  {clause.promise}", (note, "yellow"))
        console.print(text, soft_wrap=True)
    return KEEPS


def _clean_up(ledger: Path, url: str | None, organization_id: str | None, options: "Options") -> int:
    from abeja_datasets_contract.check import CheckFailed, clean_up

    if not url or not organization_id:
        # A ledger may come from anybody, and the credential goes to the server that is named.
        raise click.UsageError("--clean-up needs the server and the organization of the run: URL --organization-id ID.")
    authorization = _authorization(None, os.environ, _VARIABLES)
    try:
        left = clean_up(
            ledger,
            authorization,
            url,
            options,
            organization_id=organization_id,
            removed=lambda what: click.echo(f"removed: {what}"),
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except (CheckFailed, OSError) as error:
        _say(str(error))
        return NOT_CHECKED
    except KeyboardInterrupt:
        _say("interrupted; the ledger names what is still left")
        return INTERRUPTED
    for what in left:
        _say(f"left behind: {what}")
    if not left:
        click.echo("Nothing that the ledger names is left.")
    return NOT_CHECKED if left else KEEPS


def _options(asked: Mapping[str, Any]) -> "Options":
    from abeja_datasets_contract.check_options import OPTIONS, Options, mode

    if asked["read_only"] and asked["allow_writes"]:
        raise click.UsageError("--read-only and --allow-writes exclude each other.")
    if asked["disposable"] and not asked["allow_writes"]:
        raise click.UsageError("--disposable needs --allow-writes.")
    return Options(
        mode=mode(allow_writes=asked["allow_writes"], disposable=asked["disposable"]),
        other_authorization=_other(asked["other_organization_id"], asked["other_credential"]),
        **{option.field: asked[option.field] for option in OPTIONS},
    )


def _other(organization_id: str | None, file: Path | None) -> str | None:
    """Find the second organization's `Authorization`; None where there is no such organization."""
    if organization_id is None:
        if file is not None:
            raise click.UsageError("--other-credential needs --other-organization-id.")
        return None
    if file is None:
        others = {name.removeprefix(OTHER): value for name, value in os.environ.items() if name.startswith(OTHER)}
        return _authorization(None, others, f"those of the first one with {OTHER} before their names")
    try:
        argument = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        # The message of json contains no text of the file.
        raise click.UsageError(f"{file}: can't be read as JSON ({error}).") from None
    return _authorization(argument, {}, f"{file} holds none")


def _authorization(argument: Any, environ: Mapping[str, str], where: str) -> str:
    from abeja_datasets.configuration.credentials import resolve

    try:
        credential = resolve(argument, environ)
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from error
    if credential is None:
        raise click.UsageError(f"No credential: {where}." if argument is not None else f"No credential; set {where}.")
    return credential.authorization


def _url(url: str) -> str:
    from abeja_datasets_contract.check.options import base_url

    try:
        return base_url(url)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _clauses(select: tuple[str, ...], skip: tuple[str, ...], document: Path | None) -> "tuple[Clause, ...]":
    from abeja_datasets_contract.check import clauses

    try:
        found = clauses(select, skip, document)
    except ValueError as error:
        raise click.UsageError(f"{error}; --list names them all.") from error
    if not found:
        raise click.UsageError("--select and --skip leave no clause.")
    return found


def _readable(document: Path | None) -> None:
    """Check that the document can be read."""
    from abeja_datasets_contract.check.document import contract_of

    try:
        contract_of(document)
    except ValueError as error:
        raise click.UsageError(f"--document: {error}") from error


def _known(path: Path | None, document: Path | None) -> None:
    """Check that the known failures can be read, before the check runs for minutes."""
    from abeja_datasets_contract.check.known import load

    try:
        load(path, document)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--known: {error}") from error


def _prepare(folder: Path | None) -> None:
    """Check that reports can be written, before the check runs for minutes."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"--report: {error}") from error
    if not os.access(folder, os.W_OK):
        raise click.UsageError(f"--report: {folder} can't be written to.")


def _console(*, plain: bool, stderr: bool = False) -> "Console":
    from rich.console import Console

    still = plain or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Console(stderr=stderr, force_terminal=False if still else None, highlight=False, markup=False, emoji=False)


def _reconfigure() -> None:
    """Escape the characters that the terminal's encoding lacks, instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _say(text: str) -> None:
    from abeja_datasets_contract.check.report.printable import one_line

    click.echo(f"abeja-datasets check: {one_line(text)}", err=True)
