"""What the commands that call the API share: its options, its client, and the exit codes of its errors."""

import contextlib
import errno
import functools
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from abeja_datasets_cli.data.shared.output import note
from abeja_datasets_cli.interrupts import INTERRUPTED, again, message, terminal_line

if TYPE_CHECKING:
    from abeja_datasets import APIClient
    from abeja_datasets_loading.errors import LoadingStopped

REJECTED: Final = 1
"""Exit code: some items were rejected, or their outcome is not known."""
NOT_ALLOWED: Final = 3
"""Exit code: the server can't be reached, or refused the credential."""

EXIT_CODES: Final = """Exit codes: 0 all done, 1 some items rejected or unknown, 2 wrong use, 3 the server can't be
reached or refused the credential, 130 interrupted, 141 the output was closed, as by `head`.

The credential comes from the environment: PLATFORM_AUTH_TOKEN, or ABEJA_PLATFORM_USER_ID and
ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Failure(click.ClickException):
    """A command that ends with one line and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it of the instance


class Api:
    """The server and organization that a command is for, made when they are first needed.

    Args:
        organization_id: the organization; None where it was not given.
        options: of the client.
    """

    def __init__(self, organization_id: str | None, **options: Any) -> None:
        self._organization_id = organization_id
        self._options = options
        self._exit = contextlib.ExitStack()

    @functools.cached_property
    def client(self) -> "APIClient":
        """The client."""
        from abeja_datasets import APIClient

        return self._exit.enter_context(APIClient(**self._options))

    @property
    def organization_id(self) -> str:
        """The organization.

        Raises:
            Failure: it was not given.
        """
        if self._organization_id is None:
            raise Failure("the organization is missing; pass --organization-id ID or set ABEJA_ORGANIZATION_ID", 2)
        return self._organization_id

    def close(self) -> None:
        """Close the connections."""
        self._exit.close()


def with_api(command: _Command) -> _Command:
    """Add the options of the API to a command, and pass it an `Api` as its first argument."""

    @click.option(
        "--organization-id",
        envvar="ABEJA_ORGANIZATION_ID",
        show_envvar=True,
        metavar="ID",
        help="The organization that owns the dataset.",
    )
    @click.option("--base-url", metavar="URL", help="The server; else ABEJA_API_URL, else https://api.abeja.io.")
    @click.option("--timeout", type=int, metavar="SECONDS", help="Seconds to connect, and for each read.")
    @functools.wraps(command)
    def run(*args: Any, organization_id: str | None, base_url: str | None, timeout: int | None, **options: Any) -> Any:
        with failures(), contextlib.closing(Api(organization_id, timeout=timeout, base_url=base_url)) as api:
            return command(api, *args, **options)

    return run  # type: ignore[return-value]  # click's decorators take and give any function


@contextlib.contextmanager
def failures() -> Iterator[None]:
    """Turn the errors of the library into one line and an exit code."""
    from abeja_datasets.exceptions import Error
    from abeja_datasets_loading.errors import LoadingError, LoadingStopped

    try:
        yield
    except LoadingStopped as error:
        note(error.report.summary())
        raise stopped(error) from error
    except KeyboardInterrupt:
        # During a run the first Ctrl-C stops it in order; this one came before it, after it, or was the second.
        raise Failure(message(), INTERRUPTED) from None
    except LoadingError as error:
        # A unit may have failed for the server's sake.
        raise Failure(str(error), _code(error.__cause__, click.UsageError.exit_code)) from error
    except (Error, ValueError) as error:
        raise Failure(str(error), _code(error, click.UsageError.exit_code)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(_told(error), 2) from error


def _told(error: OSError) -> str:
    if error.errno == errno.ENOSPC and error.filename is None:
        import tempfile

        return f"{error.strerror} for temporary files in {tempfile.gettempdir()}; set TMPDIR to a folder with more"
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def is_interrupted(error: "LoadingStopped") -> bool:
    """Return whether Ctrl-C or the like stopped a run."""
    return error.reason.startswith("interrupted")


def stopped(error: "LoadingStopped") -> Failure:
    """Return the failure of a run that stopped, with the command that resumes it."""
    code = INTERRUPTED if is_interrupted(error) else _code(error.__cause__, REJECTED)
    return Failure(f"{error.reason}; {again()}", code)


def _code(error: BaseException | None, otherwise: int) -> int:
    """Return `NOT_ALLOWED` where the server could not be reached, or refused the credential."""
    from abeja_datasets.exceptions import ConnectionFailed, Forbidden, Unauthorized

    return NOT_ALLOWED if isinstance(error, ConnectionFailed | Unauthorized | Forbidden) else otherwise


def confirm(question: str, *, is_agreed: bool) -> None:
    """Ask before something is deleted.

    Args:
        question: what to ask.
        is_agreed: whether `--yes` was given.

    Raises:
        Failure: there is no terminal to ask on, or the answer is no, or Ctrl-C.
    """
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise Failure("there is no terminal to ask on; pass --yes to delete without a question", 2)
    try:
        click.echo(f"{question} [y/N]: ", nl=False, err=True)
        answer = terminal_line()
    except KeyboardInterrupt:
        answer = ""
    if not answer:  # Ctrl-C, or the end of the input
        raise Failure("interrupted; nothing was deleted", INTERRUPTED)
    if answer.strip().lower() not in ("y", "yes"):
        raise Failure("nothing was deleted", REJECTED)
