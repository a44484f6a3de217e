"""The program `abeja-datasets`. pip installs it without the extra `cli` too; it then names that extra."""

import sys

from abeja_datasets_cli.commands import COMMANDS
from abeja_datasets_cli.extras import WRONG_USE, explain


def main() -> None:
    """Run the command."""
    try:
        from abeja_datasets_cli.main import main as command
    except KeyboardInterrupt:
        sys.exit(_interrupted())
    except ModuleNotFoundError as error:
        extras = next((COMMANDS[word].extras for word in sys.argv[1:] if word in COMMANDS), "cli")
        print(f"abeja-datasets: {explain(error, extras)}", file=sys.stderr)
        sys.exit(WRONG_USE)
    command()


def _interrupted() -> int:
    from abeja_datasets_cli.interrupts import INTERRUPTED, message

    print(f"Error: {message()}", file=sys.stderr)
    return INTERRUPTED


if __name__ == "__main__":
    main()
