"""`python -m abeja_datasets_mock`, and the server in a thread."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.middleware import Middleware

from abeja_datasets_mock import DEMO, Credential, RunningServer
from abeja_datasets_mock.__main__ import main
from abeja_datasets_mock.openapi import document
from abeja_datasets_mock.storage.clock import Clock

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("ABEJA_", "PLATFORM_AUTH_TOKEN"))}
AUTH = ("user-1234567890123", "demo-personal-access-token")
Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run() -> Iterator[Run]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environ: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "abeja_datasets_mock", *arguments]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, env={**CLEAN, **environ}, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def exports(process: "subprocess.Popen[str]", lines: int) -> dict[str, str]:
    assert process.stdout
    text = [process.stdout.readline().strip() for _ in range(lines)]
    return dict(line.removeprefix("export ").split("=", 1) for line in text if line.startswith("export "))


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_where_it_listens_and_stops_cleanly(run: Run, signal_number: int) -> None:
    process = run("--port", "0")
    values = exports(process, 4)
    assert set(values) == {"ABEJA_API_URL", "ABEJA_PLATFORM_USER_ID", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"}
    auth = (f"user-{values['ABEJA_PLATFORM_USER_ID']}", values["ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"])
    with httpx.Client(base_url=values["ABEJA_API_URL"], auth=auth) as client:
        assert client.get("/organizations/1/datasets/").json() == []
        process.send_signal(signal_number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_takes_the_environments_credential_and_does_not_print_it(run: Run) -> None:
    process = run(PLATFORM_AUTH_TOKEN="open-sesame")
    (url,) = exports(process, 2).values()
    path = f"{url}/organizations/1/datasets/"
    assert httpx.get(path, headers={"Authorization": "Bearer open-sesame"}).status_code == 200
    assert httpx.get(path, auth=AUTH).status_code == 401
    assert process.stdout
    told = process.stdout.readline()
    assert told == "# It takes the credential in PLATFORM_AUTH_TOKEN.\n"
    process.terminate()
    assert "sesame" not in "".join(process.communicate())


def test_it_is_like_the_deployed_platform_when_asked(run: Run) -> None:
    url = exports(run("--like", "deployed"), 4)["ABEJA_API_URL"]
    with httpx.Client(base_url=url, auth=AUTH) as client:
        body = {"name": "n", "type": "custom", "props": {}}
        dataset = client.post("/organizations/1/datasets/", json=body).json()["dataset_id"]
        page = client.get(f"/organizations/1/datasets/{dataset}/items/").json()
    assert page == {"items": [], "total_count": 0, "next_page_token": None}


def test_any_other_likeness_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--like", "depolyed"])
    assert "'depolyed' (choose from 'documented', 'deployed')" in capsys.readouterr().err


def test_it_keeps_its_data_in_the_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "data.sqlite"
    for number in range(2):
        process = run("--database", str(file), "--host", "localhost")
        url = exports(process, 4)["ABEJA_API_URL"]
        with httpx.Client(base_url=url, auth=AUTH) as client:
            assert len(client.get("/organizations/1/datasets").json()) == number
            body = {"name": "n", "type": "custom", "props": {}}
            assert client.post("/organizations/1/datasets", json=body).status_code == (201, 400)[number]
        process.terminate()
        assert process.wait(5) == 0


def test_quiet_by_default(run: Run) -> None:
    process = run()
    url = httpx.URL(exports(process, 4)["ABEJA_API_URL"])
    with socket.create_connection((url.host, url.port or 80)) as connection:
        connection.sendall(b"garbage\r\n\r\n")
        connection.recv(1000)
    httpx.get(f"{url}/x")
    process.terminate()
    assert process.communicate(timeout=5) == ("", "")


def test_what_keeps_it_from_starting_is_one_line(run: Run, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no database" * 100)
    foreign = tmp_path / "foreign"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        cases: list[tuple[list[str], dict[str, str], str]] = [
            (["--port", port], {}, f"127.0.0.1:{port}: can't listen: "),
            (["--host", "host.invalid"], {}, "host.invalid:0: can't listen: "),
            (["--database", str(text)], {}, f"{text}: file is not a database"),
            (["--database", str(foreign)], {}, f"{foreign}: is the database of another program"),
            ([], {"ABEJA_PLATFORM_USER_ID": "1"}, "ABEJA_PLATFORM_USER_ID is set without "),
        ]
        processes = [run(*arguments, **environ) for arguments, environ, _ in cases]
        for process, (_, _, told) in zip(processes, cases, strict=True):
            out, err = process.communicate(timeout=20)
            assert process.returncode == 2
            assert out == ""
            assert err.startswith(told)
            assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--port", "70000"], ["--port", "-1"], ["extra"]])
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: " in capsys.readouterr().err


def test_the_demo_credential_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert all(value in told for value in DEMO.argument.values())


def test_running_server_tells_where_it_is() -> None:
    server = RunningServer()
    assert server.url == ""
    assert repr(server) == "<RunningServer not started>"
    with server:
        assert repr(server) == f"<RunningServer {server.url}>"
        assert "demo" not in repr(server)
        assert threading.active_count() >= 2
    server.stop()
    RunningServer().stop()


def test_running_server_on_a_port_that_is_taken() -> None:
    with RunningServer() as server:
        port = httpx.URL(server.url).port
        with pytest.raises(OSError, match="address already in use"):
            RunningServer(port=port or 0).start()


def test_running_server_on_ipv6() -> None:
    with RunningServer(host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert httpx.get(f"{server.url}/x").status_code == 404


def test_middleware_may_be_added_before_the_start() -> None:
    class Marking:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def marked(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].append((b"x-marked", b"1"))
                await send(message)

            await self.app(scope, receive, marked)

    server = RunningServer(credentials=[Credential.bearer("t")])
    server.app.user_middleware.insert(0, Middleware(Marking))
    with server:
        assert httpx.get(f"{server.url}/x").headers["x-marked"] == "1"


def test_the_date_moves(server: RunningServer) -> None:
    first = httpx.get(f"{server.url}/x").headers["date"]
    time.sleep(1.1)
    assert httpx.get(f"{server.url}/x").headers["date"] != first


def test_clocks_that_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([2_000_000_000, 2_000_000_000, 1_000_000_000, 3_000_000_000])
    monkeypatch.setattr(time, "time_ns", lambda: next(times))
    clock = Clock()
    assert [clock.now() for _ in range(4)] == [
        "1970-01-01T00:00:02.000000",
        "1970-01-01T00:00:02.000001",
        "1970-01-01T00:00:02.000002",
        "1970-01-01T00:00:03.000000",
    ]
    monkeypatch.undo()
    assert Clock().after("2999-12-31T23:59:59.999999") == "3000-01-01T00:00:00.000000"
    assert Clock().after("1999-12-31T23:59:59.999999") > "2020"


def test_without_the_package_that_holds_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(FileNotFoundError, match="abeja_datasets_openapi"):
        document.locate()


def test_an_operation_without_a_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    from abeja_datasets_mock.operations import Operations

    monkeypatch.delattr(Operations, "list_datasets")
    with RunningServer() as server:
        response = httpx.get(f"{server.url}/organizations/1/datasets/", auth=AUTH)
    assert response.status_code == 200
    assert [dataset["name"] for dataset in response.json()] == ["cats-dogs"], "the document's example"


def test_no_other_package_of_ours_is_imported() -> None:
    code = (
        "import sys, abeja_datasets_mock.__main__;"
        "print([name for name in sys.modules if name.split('.')[0] in ('abeja', 'abeja_datasets_openapi')])"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out == "[]\n"


def test_content_of_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "12").mkdir()
    (tmp_path / "12" / "a").write_text("content")
    url = exports(run("--content", str(tmp_path)), 4)["ABEJA_API_URL"]
    assert httpx.get(httpx.get(f"{url}/channels/12/a", auth=AUTH).json()["download_uri"]).text == "content"
    assert main(["--content", str(tmp_path / "nowhere")]) == 2


_INTERRUPT = """
import builtins, runpy, sys
import abeja_datasets_mock
ours = builtins.__import__
def load(name, *others, **more):
    if name == {name!r}:
        raise KeyboardInterrupt
    return ours(name, *others, **more)
builtins.__import__ = load
sys.argv[1:] = ["--port", "0"]
runpy.run_module("abeja_datasets_mock", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("name", ["argparse", "app"])
def test_ctrl_c_while_it_loads(name: str) -> None:
    command = [sys.executable, "-c", _INTERRUPT.format(name=name)]
    done = subprocess.run(command, env=CLEAN, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_ctrl_c_before_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("abeja_datasets_mock.__main__.create_app", stop)
    assert main([]) == 130
