"""What the reference server costs, against bare Starlette endpoints on the same server program under the same load.

Both serve from a process each. One more process sends the load over many kept-alive connections and turns to them in
short rounds; each ratio is of two rounds that followed each other, so a machine that gets slower for a while does so
for both. The reference server keeps its data in a file, with synced commits.
"""

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import uvloop
from servers import ITEM

CONNECTIONS = 64
ROUNDS = 15
SECONDS = 0.6
PAGING_ITEMS = 100_000
BULK = 2000
AUTHORIZATION = base64.b64encode(b"user-1:benchmark").decode()
PROPS = {
    "categories": [
        {
            "labels": [{"label_id": 1, "label": "dog"}, {"label_id": 2, "label": "cat"}],
            "category_id": 1,
            "name": "cats_dogs",
        }
    ]
}

# Responds with as many bytes as its argument says, from the same stack.
BARE = """
import asyncio, sys
import uvicorn, uvloop
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

content = b"x" * int(sys.argv[1])

async def get(request):
    return Response(content, media_type="application/json")

async def post(request):
    await request.body()
    return Response(content, status_code=201, media_type="application/json")

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}", flush=True)

app = Starlette(routes=[Route("/{item}", get, methods=["GET"]), Route("/", post, methods=["POST"])])
config = uvicorn.Config(app, port=0, loop="uvloop", http="httptools", log_config=None, access_log=False,
                        server_header=False, lifespan="off", proxy_headers=False)
Server(config).run()
"""
# Not through `python -m`, since the benchmark must not depend on the environment's credentials.
OURS = """
import sys, threading
from abeja_datasets_mock import Credential, RunningServer
with RunningServer(database=sys.argv[1], credentials=[Credential.user("1", "benchmark")]) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


class Connection(asyncio.Protocol):
    """Sends one request again and again, each when the response to the one before is whole."""

    def __init__(self, request: bytes, latencies: list[float]) -> None:
        """Take the request and the list that responses' seconds go to."""
        self.request, self.latencies = request, latencies
        self.done = asyncio.get_running_loop().create_future()
        self.end = 0.0
        self.buffer = b""
        self.response = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # sockets have this kind
        """Keep the transport."""
        self.transport = transport

    def run(self, end: float) -> "asyncio.Future[None]":
        """Send until the time `end`."""
        self.end, self.done = end, asyncio.get_running_loop().create_future()
        self.send()
        return self.done

    def send(self) -> None:
        """Send the request once."""
        self.sent = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Read a response, and send the next request after it."""
        self.buffer += data
        head, _, body = self.buffer.partition(b"\r\n\r\n")
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if not length or len(body) < int(length):
            return
        now = time.perf_counter()
        self.latencies.append(now - self.sent)
        self.response, self.buffer = self.buffer, b""
        if not self.response.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            self.done.set_exception(RuntimeError(self.response.decode()))
        elif now < self.end:
            self.send()
        else:
            self.done.set_result(None)


class Load:
    """Many connections that send one request to one server."""

    def __init__(self, url: str, method: str, path: str, body: bytes = b"") -> None:
        """Build the request that is sent, and where it goes."""
        headers = f"Host: bench\r\nAuthorization: Basic {AUTHORIZATION}\r\n"
        if body:
            headers += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.request = f"{method} {path} HTTP/1.1\r\n{headers}\r\n".encode() + body
        self.port = int(url.rpartition(":")[2])
        self.latencies: list[float] = []

    async def connect(self, connections: int = CONNECTIONS) -> "Load":
        """Open the connections."""
        loop = asyncio.get_running_loop()
        self.connections = [
            (await loop.create_connection(lambda: Connection(self.request, self.latencies), "127.0.0.1", self.port))[1]
            for _ in range(connections)
        ]
        return self

    async def once(self) -> bytes:
        """Send one request, and return the response's body."""
        await self.connections[0].run(0)
        return self.connections[0].response.partition(b"\r\n\r\n")[2]

    async def round(self) -> float:
        """Send from all connections, and return the responses a second."""
        before, start = len(self.latencies), time.perf_counter()
        await asyncio.gather(*(connection.run(start + SECONDS) for connection in self.connections))
        return (len(self.latencies) - before) / (time.perf_counter() - start)

    def p99(self) -> float:
        """Return the milliseconds within which 99 of 100 responses came."""
        return round(sorted(self.latencies)[len(self.latencies) * 99 // 100] * 1000, 1)


def measure() -> dict[str, Any]:
    """Return the responses a second, their ratios to the bare endpoints', and the time of a page at 100,000 items."""
    with tempfile.TemporaryDirectory() as folder:
        ours, url = _start(OURS, str(Path(folder) / "bench.sqlite"))
        try:
            return uvloop.run(_measure(url))
        finally:
            _stop(ours)


async def _measure(url: str) -> dict[str, Any]:
    datasets = "/organizations/1102940376065/datasets/"
    create = json.dumps({"name": "bench", "type": "custom", "props": PROPS}).encode()
    dataset = json.loads(await (await Load(url, "POST", datasets, create).connect(1)).once())["dataset_id"]
    items, item = f"{datasets}{dataset}/items/", json.dumps(ITEM).encode()
    length = len(await (await Load(url, "POST", items, item).connect(1)).once()) + 4
    bare, bare_url = _start(BARE, str(length))
    try:
        loads = {
            "create": await Load(url, "POST", items, item).connect(),
            "bare POST": await Load(bare_url, "POST", "/", item).connect(),
            "read": await Load(url, "GET", f"{items}0").connect(),
            "bare GET": await Load(bare_url, "GET", "/0").connect(),
        }
        for load in loads.values():
            await load.round()
            load.latencies.clear()
        rounds = [{name: await load.round() for name, load in loads.items()} for _ in range(ROUNDS)]
    finally:
        _stop(bare)
    return {
        "connections": CONNECTIONS,
        "responses a second": {name: round(median(r[name] for r in rounds)) for name in loads},
        "p99 in ms (must be under 50)": {name: load.p99() for name, load in loads.items()},
        "creates, ratio to a bare POST (must reach 0.40)": _ratio(rounds, "create", "bare POST"),
        "reads, ratio to a bare GET (must reach 0.60)": _ratio(rounds, "read", "bare GET"),
        **await _paging(url, items),
    }


def _ratio(rounds: list[dict[str, float]], ours: str, bare: str) -> float:
    return round(median(r[ours] / r[bare] for r in rounds), 3)


async def _paging(url: str, items: str) -> dict[str, Any]:
    """Walk over 100,000 items in pages of 100, and compare the first and the last pages."""
    creator = await Load(url, "POST", items, json.dumps(ITEM).encode()).connect()
    while json.loads(await _get(url, f"{items}?limit=1"))["total_count"] < PAGING_ITEMS:
        await creator.round()
    times: list[float] = []
    token: str | None = ""
    while token is not None:
        path = f"{items}?limit=100" + (f"&next_page_token={token}" if token else "")
        start = time.perf_counter()
        body = await _get(url, path)
        times.append((time.perf_counter() - start) * 1000)
        token = json.loads(body).get("next_page_token")
    return {
        "items paged": PAGING_ITEMS,
        "first 100 pages, ms a page": round(median(times[:100]), 2),
        "last 100 pages, ms a page": round(median(times[-101:-1]), 2),
    }


async def _get(url: str, path: str) -> bytes:
    load = await Load(url, "GET", path).connect(1)
    body = await load.once()
    load.connections[0].transport.close()
    return body


def _start(program: str, argument: str) -> "tuple[subprocess.Popen[str], str]":
    process = subprocess.Popen(
        [sys.executable, "-c", program, argument], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, process.stdout.readline().strip()


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.communicate()


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
