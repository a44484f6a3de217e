"""Forks in the middle of the first calls of other threads: the child makes calls all the same."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.sampling import every
from tests.wrapper.scripted import Reply

if TYPE_CHECKING:
    from tests.wrapper.scripted import ScriptedServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

PROGRAM = """
import faulthandler, os, sys, threading, time
from importlib.machinery import PathFinder
url, slow, how, kind = sys.argv[1:]
faulthandler.dump_traceback_later(20, exit=True)
from abeja_datasets import APIClient, AsyncAPIClient
if kind != "sync":
    import asyncio

def client():
    more = {"transport": "aiohttp"} if kind == "aiohttp" else {}
    return (APIClient if kind == "sync" else AsyncAPIClient)({"auth_token": "t"}, base_url=url, **more)

def call(client):
    answer = client.get_dataset(1, 2)
    assert (answer if kind == "sync" else asyncio.run(answer)) == {}

class Slow:
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = name == slow and not begun.is_set() and PathFinder.find_spec(name, path)
        if spec:
            run = spec.loader.exec_module

            def exec_module(module):
                begun.set()
                time.sleep(0.1)
                run(module)

            spec.loader.exec_module = exec_module
        return spec or None

begun = threading.Event()
sys.meta_path.insert(0, Slow)
assert slow not in sys.modules, "it is loaded already"
clients = [client() for _ in range(4)]
threads = [threading.Thread(target=call, args=[each]) for each in clients]
for thread in threads:
    thread.start()
assert begun.wait(10), "it was not loaded"

def child():
    call(clients[0])
    call(client())

if how == "fork":
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
else:
    import multiprocessing

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
    assert process.exitcode == 0
for thread in threads:
    thread.join()
"""

OURS = ["abeja_datasets_openapi.api.datasets.get_dataset", "abeja_datasets.transports.choice"]
SLOW = [
    *[("fork", "sync", name) for name in (*OURS, "abeja_datasets.session", "logging", "ssl", "httpx", "httpcore")],
    *[("fork", "async", name) for name in (*OURS, "abeja_datasets.async_session", "httpx._client", "httpcore")],
    *[("fork", "aiohttp", name) for name in (*OURS, "aiohttp", "aiohttp.connector", "yarl", "multidict")],
    *[("multiprocessing", kind, OURS[1]) for kind in ("sync", "async", "aiohttp")],
]


@pytest.mark.parametrize(("how", "kind", "slow"), every(7, SLOW), ids=lambda value: value)
def test_a_fork_during_first_calls_leaves_a_child_that_works(
    server: "ScriptedServer", kind: str, slow: str, how: str
) -> None:
    server.always = lambda _request: Reply()
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM, server.url, slow, how, kind]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.requests) == 6
