"""The program `abeja-datasets`. pip installs it without the extra `cli` too, and then it says so."""

import sys

from abeja_datasets_cli.extras import explain

_WRONG_USE = 2
_EXTRAS = {"check": "check,cli", "diff": "check,cli", "fault-proxy": "mock,cli", "mock": "mock,cli"}
"""What each command needs in all, so that one install is enough."""


def main() -> None:
    """Run the command."""
    try:
        from abeja_datasets_cli.main import main as command
    except ModuleNotFoundError as error:
        extras = next((_EXTRAS[word] for word in sys.argv[1:] if word in _EXTRAS), "cli")
        print(f"abeja-datasets: {explain(error, extras)}", file=sys.stderr)
        sys.exit(_WRONG_USE)
    command()


if __name__ == "__main__":
    main()
