"""`abeja-datasets fault-proxy`, run as a program in front of a server."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from abeja_datasets_cli.faults.proxy import fault_proxy
from abeja_datasets_mock import RunningServer

PROGRAM = "from abeja_datasets_cli.main import main; main()"
LISTING = "GET /organizations/1/datasets/ (list_datasets)"
SECONDS = 20
Run = Callable[..., "Running"]


class Running:
    """The command in a process of its own; it listens."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "fault-proxy", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._watchdog = threading.Timer(SECONDS, self.process.kill)
        self._watchdog.start()
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()
        self.url = self.process.stdout.readline().strip().removeprefix("export ABEJA_API_URL=")

    def end(self, signal_number: int = signal.SIGTERM) -> tuple[str, str]:
        """Interrupt it, and give what it printed since."""
        self.process.send_signal(signal_number)
        out, err = self.process.communicate()
        assert self.process.returncode == 0, err
        return out, err

    def kill(self) -> None:
        self._watchdog.cancel()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with RunningServer() as server:
        yield server


@pytest.fixture
def run() -> Iterator[Run]:
    started: list[Running] = []

    def start(*arguments: str) -> Running:
        started.append(Running(*arguments))
        return started[-1]

    yield start
    for running in started:
        running.kill()


def write(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def statuses(url: str, calls: int) -> list[int]:
    """Ask some times; a response that breaks is 0."""
    found = []
    for _ in range(calls):
        try:
            found.append(httpx.get(f"{url}/organizations/1/datasets/", trust_env=False, verify=False).status_code)
        except httpx.TransportError:
            found.append(0)
    return found


def test_it_says_where_it_listens_and_what_it_does(server: RunningServer, run: Run, tmp_path: Path) -> None:
    plan = write(tmp_path / "plan.yaml", "faults: [{reset_after: true, count: 2, after: 1}]")
    ready = tmp_path / "ready"
    program = run(server.url, "--faults", plan, "--ready-file", str(ready))
    assert program.first == f"# This address forwards to {server.url}, with faults:\n"
    assert ready.read_text(encoding="utf-8") == f"{program.url}\n"
    assert statuses(program.url, 4) == [401, 0, 0, 401]
    out, err = program.end(signal.SIGINT)
    assert out == ""
    assert err.splitlines() == [f"fault: faults[0] reset_after: {LISTING}, time {time}" for time in (1, 2)]
    assert not ready.exists()


def test_the_seed_takes_the_place_of_the_plans_own(server: RunningServer, run: Run, tmp_path: Path) -> None:
    plan = write(tmp_path / "plan.yaml", "seed: 1\nfaults: [{reset_before: true, probability: 0.5}]")
    outcomes = []
    for seed in ("2", "2", "3"):
        program = run(server.url, "--faults", plan, "--seed", seed)
        outcomes.append(statuses(program.url, 20))
        program.end()
    assert outcomes[0] == outcomes[1]
    assert outcomes[0] != outcomes[2]


def test_without_a_plan_all_passes(server: RunningServer, run: Run) -> None:
    program = run(server.url)
    assert statuses(program.url, 2) == [401, 401]
    assert program.end() == ("", "")


def test_the_admin_route_has_a_port_that_no_fault_shuts(server: RunningServer, run: Run, tmp_path: Path) -> None:
    token = write(tmp_path / "token", "sesame\n")
    program = run(server.url, "--admin-token-file", token, "--log-format", "json")
    assert program.process.stdout is not None
    line = program.process.stdout.readline()
    assert line.startswith("# Set faults at http://127.0.0.1:")
    faults = line.split()[4].removesuffix(";")
    with httpx.Client(headers={"Authorization": "Bearer sesame"}, trust_env=False, verify=False) as admin:
        assert httpx.get(faults, trust_env=False, verify=False).status_code == 401
        assert admin.put(faults, json={"faults": [{"reset_after": True, "count": 1}]}).status_code == 200
        assert statuses(program.url, 2) == [0, 401]
        applied = admin.get(faults.replace("/faults", "/applied")).json()["applied"]
        assert [record["operation"] for record in applied] == ["list_datasets"]
        assert admin.put(faults, json=[{"refuse": True}]).status_code == 200
        assert statuses(program.url, 2) == [0, 0]
        assert admin.delete(faults).status_code == 200
        assert statuses(program.url, 1) == [401]
        # What the proxy can't do is refused, not ignored.
        assert admin.put(faults, json=[{"status": 503}]).status_code == 400
    out, err = program.end()
    assert "sesame" not in out + err
    first, second = (json.loads(line) for line in err.splitlines())
    assert (first["fault"]["effect"], first["fault"]["path"]) == ("reset_after", "/organizations/1/datasets/")
    assert (second["fault"]["effect"], second["fault"]["path"]) == ("refuse", None)


def test_a_server_that_is_not_there_is_told(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    program = run(url)
    assert statuses(program.url, 1) == [0]
    _, err = program.end()
    assert "the server can't be reached: " in err
    assert err.count("\n") == 1


def test_what_can_not_work_is_told_in_a_line(server: RunningServer, tmp_path: Path) -> None:
    plan = write(tmp_path / "plan.yaml", "faults: [{status: 503}]")
    broken = write(tmp_path / "broken.yaml", "faults: [{stall: x}]")
    token = write(tmp_path / "token", "sesame")
    (tmp_path / "odd").write_bytes(b"\xff")
    odd = str(tmp_path / "odd")
    empty = write(tmp_path / "empty", "")
    port = server.url.rpartition(":")[2]
    for arguments, message in (
        (["nowhere"], "'nowhere': the URL of a server is needed"),
        (["http://user:secret@127.0.0.1:1"], "URL: the URL of a server is needed"),
        ([server.url, "--faults", plan], f"{plan}: faults[0]: status 503 needs the server's own faults: `abeja-"),
        ([server.url, "--faults", broken], f"{broken}: faults[0].stall: a number"),
        ([server.url, "--faults", odd], f"{odd}: not UTF-8"),
        ([server.url, "--host", ""], "--host: an address is needed"),
        ([server.url, "--port", port], f"127.0.0.1:{port}: can't listen: "),
        ([server.url, "--admin-token-file", token, "--admin-port", port], f"127.0.0.1:{port}: can't listen: "),
        ([server.url, "--admin-token-file", empty], f"{empty}: has no token"),
        ([server.url, "--admin-token-file", odd], f"{odd}: not UTF-8"),
        ([server.url, "--ready-file", str(tmp_path / "no" / "ready")], f"{tmp_path / 'no'}"),
    ):
        result = CliRunner().invoke(fault_proxy, arguments)
        assert result.exit_code == 2, arguments
        assert result.stderr.startswith(f"Error: {message}")
        assert result.stderr.count("\n") == 1
        assert "secret" not in result.stderr


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "abeja_datasets_mock.program", None)
    result = CliRunner().invoke(fault_proxy, ["http://127.0.0.1:1"])
    assert result.exit_code == 2
    assert "the proxy needs abeja_datasets_mock.program, which is not installed" in result.output
    assert "pip install 'abeja-datasets[mock,cli]'" in result.output
