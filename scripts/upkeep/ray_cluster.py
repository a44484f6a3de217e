"""A Ray of this machine, for tests and benchmarks: it outlives its drivers, and no other Ray is touched."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_OBJECTS: Final = 100 << 20
"""Bytes of Ray's object store; the least is 75 MiB."""


@contextmanager
def ray_cluster(environment: Mapping[str, str], processors: int) -> Iterator[str]:
    """Run a Ray, whose workers have an environment, and return its address.

    Args:
        environment: of the workers.
        processors: how many tasks run at the same time.
    """
    command = [
        str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--port", "0",
        "--num-cpus", str(processors), "--object-store-memory", str(_OBJECTS), "--include-dashboard", "false",
        "--disable-usage-stats",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(  # noqa: S603 - a program of our environment
            [*command, "--temp-dir", folder],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            yield _address(process)
        finally:
            process.terminate()  # it ends all processes that it has started
            process.communicate()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"--address='([^']+)'", line):
            return found[1]
    raise RuntimeError(f"Ray did not start: {said}")
