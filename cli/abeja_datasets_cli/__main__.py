"""The program `abeja-datasets`. pip installs it without the extra `cli` too; it then names that extra."""

import os
import sys


def main() -> None:
    """Run the command. Ctrl-C ends it with one line at any moment, also while it loads."""
    try:
        _open_what_is_closed()
        _run()
    except KeyboardInterrupt:
        sys.exit(_interrupted())


def _run() -> None:
    from abeja_datasets_cli.commands import COMMANDS
    from abeja_datasets_cli.extras import WRONG_USE, explain

    try:
        from abeja_datasets_cli.main import CLOSED_PIPE, discard_output
        from abeja_datasets_cli.main import main as command
    except ModuleNotFoundError as error:
        extras = next((COMMANDS[word].extras for word in sys.argv[1:] if word in COMMANDS), "cli")
        print(f"abeja-datasets: {explain(error, extras)}", file=sys.stderr)
        sys.exit(WRONG_USE)
    try:
        command()
    except BrokenPipeError:  # of an error message: stderr is closed
        discard_output(sys.stdout, sys.stderr)
        sys.exit(CLOSED_PIPE)
    except OSError as error:  # click's own output, such as a help text on a disk that is full
        discard_output()
        print(f"Error: {error.filename or 'standard output'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(WRONG_USE)


def _open_what_is_closed() -> None:
    """Connect streams that a shell has closed, as by `>&-`, to nothing: Python has None for them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - pathlib loads slowly; open until the end


def _interrupted() -> int:
    from abeja_datasets_cli.interrupts import INTERRUPTED, message

    print(f"Error: {message()}", file=sys.stderr)
    return INTERRUPTED


if __name__ == "__main__":
    main()
