"""Run the reference server: `python -m abeja_datasets_mock --port 0`.

It takes the credential that the client's environment variables name, so that a client and a server started from one
shell fit. Without one it takes the demo credential: user 1234567890123 with the personal access token
demo-personal-access-token. Either is good for any organization.
"""

import argparse
import asyncio
import logging
import os
import shlex
import signal
import sys
from collections.abc import Sequence

import uvloop

from .app import create_app
from .authentication import DEMO, Credential, credential_from_environment
from .database import UnusableDatabase
from .server import Server, serve

_MAX_PORT = 65535
_UNUSABLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the exit code is 0 then, and 2 where it can't start."""
    parser = argparse.ArgumentParser(
        prog="python -m abeja_datasets_mock", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="the port; 0, the default, is one that is free")
    parser.add_argument("--database", metavar="FILE", help="keep the data in this SQLite file (default: in memory)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    try:
        credential = credential_from_environment(os.environ)
        app = create_app(database=options.database, credentials=[credential])
    except (UnusableDatabase, ValueError) as error:
        print(error, file=sys.stderr)
        return _UNUSABLE
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(Server(app, options.host, options.port), credential))
    except OSError as error:
        print(f"{options.host}:{options.port}: can't listen: {error.strerror or error}", file=sys.stderr)
        return _UNUSABLE
    return 0


async def _serve(server: Server, credential: Credential) -> None:
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, end.set)
    await serve(server, lambda url: _announce(url, credential), end)


def _announce(url: str, credential: Credential) -> None:
    """Print lines to copy. A secret that came from the environment stays there."""
    print("# The reference server of the ABEJA Dataset API listens. To use it, copy:", flush=True)
    print(f"export ABEJA_API_URL={url}", flush=True)
    if credential is DEMO:
        for name, value in credential.environment.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
    else:
        print(f"# It takes the credential in {' and '.join(credential.environment)}.", flush=True)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _MAX_PORT:
        raise argparse.ArgumentTypeError(f"a port is 0 to {_MAX_PORT}")
    return number


if __name__ == "__main__":
    sys.exit(main())
