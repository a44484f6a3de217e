"""Schemathesis where it can't run; what it does against the reference server, tests/contract/test_check.py shows."""

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from abeja_datasets_contract.check.fuzzing import fuzz


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(RuntimeError, match="could not run"):
        fuzz("http://127.0.0.1:1", "1", "Bearer secret-token", seed=1, phases=("examples",))


def test_a_run_that_takes_too_long_is_told() -> None:
    with pytest.raises(RuntimeError, match="not done in 0 seconds"):
        fuzz("http://127.0.0.1:1", "1", "Bearer secret-token", seed=1, phases=("examples",), seconds=0.01)


@pytest.mark.slow
def test_it_ends_with_the_process_that_began_it() -> None:
    began, ended = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            began.set()
            # The connection comes to its end when the process that fuzzes does.
            self.connection.settimeout(60)
            self.rfile.read()
            ended.set()

    program = """
from abeja_datasets_contract.check.fuzzing import fuzz
fuzz("http://127.0.0.1:{}", "1", "Bearer x", seed=1)
"""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run = subprocess.Popen([sys.executable, "-c", program.format(server.server_port)])
        assert began.wait(60)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        assert ended.wait(20)
        server.shutdown()
