"""`--log-format json`, `--ready-file` and `--host`: what the program writes, and where it refuses to start."""

import base64
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from click import Command
from click.testing import CliRunner
from tests.sampling import every

from abeja_datasets_cli.faults.proxy import fault_proxy
from abeja_datasets_cli.mock import mock
from abeja_datasets_mock import DEMO

AUTH = ("user-1234567890123", "demo-personal-access-token")
_PAIR = base64.b64encode(":".join(AUTH).encode())
DATASETS = "/organizations/1102940376065/datasets/"
PROGRAM = [sys.executable, "-c", "from abeja_datasets_cli.mock import mock; mock()"]
UNEXPECTED = """
import threading, warnings
from abeja_datasets_mock.http.logs import write_json
write_json()
warnings.warn("a warning")
class Unraisable:
    def __del__(self): raise KeyError("unraisable")
Unraisable()
def fail(): raise KeyError("in a thread")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
raise KeyError("at the end")
"""


def test_every_line_of_a_server_that_fails_is_json(tmp_path: Path) -> None:
    ready, database = tmp_path / "ready", tmp_path / "data.sqlite"
    command = [*PROGRAM, "--log-format", "json", "--ready-file", str(ready), "--database", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 20
        while not ready.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        url = ready.read_text(encoding="utf-8").strip()
        with sqlite3.connect(database) as connection:
            connection.execute("DROP TABLE datasets")
        connection.close()
        assert httpx.get(url + DATASETS, auth=AUTH).status_code == 500
        assert httpx.get(f"{url}/x", headers={"Connection": "Upgrade", "Upgrade": "websocket"}).status_code == 404
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    lines = [json.loads(line) for line in err.splitlines()]
    assert any("no such table" in line.get("message", "") for line in lines)
    assert [line["status"] for line in lines if "status" in line] == [500, 404]
    assert all("time" in line for line in lines)


def test_what_nobody_catches_is_json_too() -> None:
    done = subprocess.run([sys.executable, "-c", UNEXPECTED], check=False, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 1
    for word in ("a warning", "unraisable", "in a thread", "at the end"):
        assert any(word in line["message"] for line in lines), word
    assert all("Traceback" in line["exception"] for line in lines if "unexpected" in line["message"])


@pytest.mark.parametrize("command", [mock, fault_proxy])
def test_what_keeps_it_from_starting_is_json(tmp_path: Path, command: object) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("faults: 3", encoding="utf-8")
    module, name, url = (
        ("mock", "mock", []) if command is mock else ("faults.proxy", "fault_proxy", ["http://127.0.0.1:1"])
    )
    code = f"from abeja_datasets_cli.{module} import {name}; {name}()"
    arguments = [*url, "--log-format", "json", "--faults", str(plan)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = map(json.loads, done.stderr.splitlines())
    assert line["level"] == "error"
    assert "faults" in line["message"]


@pytest.mark.parametrize("host", every(3, ["", "0.0.0.0", "::", "0", "0x0", "::ffff:0.0.0.0"]))
def test_the_demo_credential_is_for_this_machine_alone(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DEMO.environment:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PLATFORM_AUTH_TOKEN", raising=False)
    result = CliRunner().invoke(mock, ["--host", host])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: --host {host!r}: ")
    assert "--credential" in result.stderr
    assert result.stderr.count("\n") == 1
    done = subprocess.run(
        [sys.executable, "-m", "abeja_datasets_mock", "--host", host], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("host", "arguments"), [("0.0.0.0", ["--credential", "bearer:own"]), ("127.1", []), ("localhost", [])]
)
def test_other_addresses_are_served(tmp_path: Path, host: str, arguments: list[str]) -> None:
    ready = tmp_path / "ready"
    command = [*PROGRAM, "--host", host, "--ready-file", str(ready), *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_the_ready_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious", encoding="utf-8")
    ready = tmp_path / "ready"
    ready.symlink_to(target)
    (tmp_path / "ready.draft").symlink_to(target)
    command = [*PROGRAM, "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not ready.exists() or ready.is_symlink():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert ready.read_text(encoding="utf-8").startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
    assert target.read_text(encoding="utf-8") == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ready.draft", "target"]


@pytest.mark.parametrize("command", [mock, fault_proxy])
def test_a_ready_file_never_replaces_a_device_or_a_pipe(tmp_path: Path, command: Command) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    arguments = ["http://127.0.0.1:1"] if command is fault_proxy else []
    # The last one does not exist, so that a mistake here harms nothing.
    for path in (pipe, link, Path("/dev/abeja-datasets-no-such-device")):
        result = CliRunner().invoke(command, [*arguments, "--ready-file", str(path)])
        assert result.exit_code == 2
        assert f"--ready-file {path}: not a regular file; name a file that is new or may be replaced" in result.output
    assert pipe.is_fifo()
    assert link.is_symlink()


@pytest.mark.parametrize("form", ["text", "json"])
def test_bytes_that_are_not_a_request_are_logged(tmp_path: Path, form: str) -> None:
    ready = tmp_path / "ready"
    command = [*PROGRAM, "--log-format", form, "--ready-file", str(ready)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        deadline = time.monotonic() + 20
        while not ready.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        address = httpx.URL(ready.read_text(encoding="utf-8").strip())
        broken_chunk = b"POST /organizations/1/datasets/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        broken_chunk += b"Content-Type: application/json\r\nAuthorization: Basic %b\r\n\r\nx" % _PAIR
        for request in (b"GET / HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n", broken_chunk):
            with socket.create_connection((address.host, address.port or 80), timeout=5) as connection:
                connection.sendall(request)
                assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    lines = err.splitlines()
    assert len(lines) == 3
    if form == "text":
        assert " - - - 400 HTTP: Host: missing" in lines[0]
        assert " - - - 400 HTTP: " in lines[1]
        assert " create_dataset 400 " in lines[2]
    else:
        parsed = [json.loads(line) for line in lines]
        assert [line["status"] for line in parsed] == [400, 400, 400]
        assert "Host: missing" in parsed[0]["message"]
        assert [line["operation"] for line in parsed] == [None, None, "create_dataset"]
