"""The reference server of a soak, in a process of its own, with faults in it and a fault proxy before it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_PROGRAM: Final = """
import collections, json, logging, sys
logging.getLogger("abeja_datasets_mock.http").setLevel(logging.ERROR)  # a line for each mangled request
from abeja_datasets_mock import Credential, RunningServer
from abeja_datasets_mock.faults import FaultProxy, Faults, install
faults = Faults(json.loads(sys.argv[2]))
struck = collections.Counter()
faults.on_applied(lambda record: struck.update([record.effect]))
server = RunningServer(database=sys.argv[1], credentials=[Credential.user("1", "soak")])
install(server.app, faults)
with server, FaultProxy(server.url, faults) as faulty, FaultProxy(server.url) as plain:
    print(json.dumps([server.url, faulty.url, plain.url]), flush=True)
    sys.stdin.readline()
    print(json.dumps(struck), flush=True)
"""


@dataclass
class SoakServer:
    """A server that runs.

    Attributes:
        process: the number of its process.
        url: where the server listens; what is sent there meets the faults in the server.
        faulty_url: that of the proxy that does faults on the wire.
        plain_url: that of a proxy that does none.
        problems: what went wrong in the process, once it has ended.
    """

    process: int
    url: str
    faulty_url: str
    plain_url: str
    problems: list[str] = field(default_factory=list)


@contextmanager
def soak_server(plan: Mapping[str, Any]) -> Iterator[SoakServer]:
    """Run a server with a plan of faults; at the end, print how often each fault was done."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "stderr").open("w+") as stderr:
        command = [sys.executable, "-c", _PROGRAM, str(Path(folder) / "soak.sqlite"), json.dumps(plan)]
        with subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process:
            assert process.stdout  # noqa: S101 - a pipe was asked for
            try:
                server = SoakServer(process.pid, *json.loads(process.stdout.readline()))
                yield server
            finally:
                struck, _ = process.communicate("\n")
        print("faults: " + ", ".join(f"{count} of {effect}" for effect, count in sorted(json.loads(struck).items())))
        stderr.seek(0)
        server.problems += [f"on stderr: {line}" for line in stderr.read().splitlines()]
        if process.returncode:
            server.problems.append(f"the server ended with {process.returncode}")
