"""Run the reference server: `python -m abeja_datasets_mock --port 0`.

It accepts the credential in the client's environment variables, so that a client from the same shell is authorized.
Without one it accepts the demo credential: user 1234567890123 with the personal access token
demo-personal-access-token. Either is valid for any organization.
"""

import sys

_UNUSABLE = 2
_INTERRUPTED = 130

try:
    import argparse
    import logging
    import os
    from collections.abc import Sequence
    from typing import get_args

    from .app import create_app
    from .http.authentication import DEMO, Credential, credential_from_environment
    from .likeness import Like
    from .program import MAX_PORT, CannotListen, Listening, check_host, credential_lines, run, url_lines
    from .storage.database import UnusableDatabase
except ModuleNotFoundError as missing:  # pip installs this package without its extra too
    print(
        f"python -m abeja_datasets_mock: needs {missing.name}, which is not installed:"
        " pip install 'abeja-datasets[mock]'",
        file=sys.stderr,
    )
    sys.exit(_UNUSABLE)
except KeyboardInterrupt:
    sys.exit(_INTERRUPTED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the exit code is 0 then, 2 where it can't start, and 130 for SIGINT before."""
    try:
        return _serve(arguments)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _serve(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m abeja_datasets_mock", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="the port; 0, the default, chooses a free one")
    parser.add_argument("--database", metavar="FILE", help="keep the data in this SQLite file (default: in memory)")
    parser.add_argument(
        "--like",
        choices=get_args(Like),
        default="documented",
        help="respond as the platform is documented, or as it is deployed (default: %(default)s)",
    )
    parser.add_argument(
        "--content",
        metavar="DIR",
        help="serve the files DIR/CHANNEL/FILE as content of the Data Lake, datalake://CHANNEL/FILE",
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    try:
        credential = credential_from_environment(os.environ)
        check_host(options.host, [credential])
        app = create_app(
            database=options.database, credentials=[credential], like=options.like, content=options.content
        )
    except (UnusableDatabase, ValueError) as error:
        print(error, file=sys.stderr)
        return _UNUSABLE
    try:
        run(app, options.host, options.port, lambda listening: _announce(listening, credential))
    except CannotListen as error:
        print(error, file=sys.stderr)
        return _UNUSABLE
    return 0


def _announce(listening: Listening, credential: Credential) -> None:
    """Print lines to copy. A secret that came from the environment stays there."""
    lines = [*url_lines(listening)]
    if credential is DEMO:
        lines += credential_lines(credential)
    else:
        lines.append(f"# It takes the credential in {' and '.join(credential.environment)}.")
    print(*lines, sep="\n", flush=True)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"a port is 0 to {MAX_PORT}")
    return number


if __name__ == "__main__":
    sys.exit(main())
