"""`abeja-datasets mock`, run as a program and spoken to over HTTP."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import yaml
from click.testing import CliRunner

from abeja_datasets_cli.mock import LIKE, mock
from abeja_datasets_mock import DEMO, Like, RunningServer
from abeja_datasets_mock.demo_data import demo_data

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("ABEJA_", "PLATFORM_AUTH_TOKEN"))}
AUTH = ("user-1234567890123", "demo-personal-access-token")
DATASETS = "/organizations/1102940376065/datasets/"
SECONDS = 20
Run = Callable[..., "Running"]


class Running:
    """The command in a process of its own; it listens."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], environ: dict[str, str]) -> None:
        self.ready = folder / "ready"
        command = [sys.executable, "-c", "from abeja_datasets_cli.mock import mock; mock()"]
        command += ["--ready-file", str(self.ready), *arguments]
        self.process = subprocess.Popen(
            command, env={**CLEAN, **environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + SECONDS
        while not self.ready.exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self.url = self.ready.read_text(encoding="utf-8").strip()

    def get(self, path: str = DATASETS, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, **{"auth": AUTH, **options})

    def end(self) -> tuple[str, str]:
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=SECONDS)
        assert self.process.returncode == 0, err
        assert not self.ready.exists()
        return out, err


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started: list[Running] = []

    def start(*arguments: str, **environ: str) -> Running:
        started.append(Running(tmp_path, arguments, environ))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.communicate()


def write(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    return str(path)


def test_it_prints_lines_to_copy(run: Run) -> None:
    server = run()
    assert server.get().json() == []
    out, err = server.end()
    assert f"export ABEJA_API_URL={server.url}\n" in out
    assert all(f"export {name}={value}\n" in out for name, value in DEMO.environment.items())
    assert err == ""


def test_it_serves_the_document_to_anyone(run: Run) -> None:
    server = run()
    text = (Path(__file__).parents[2] / "openapi.yaml").read_bytes()
    response = server.get("/openapi.yaml", auth=None)
    assert (response.content, response.headers["content-type"]) == (text, "application/yaml")
    assert server.get("/openapi.json", auth=None).json() == yaml.safe_load(text)
    assert httpx.head(f"{server.url}/openapi.json").content == b""
    assert httpx.post(f"{server.url}/openapi.json").status_code == 404


@pytest.mark.parametrize(("options", "names"), [((), True), (("--like", "deployed"), False)])
def test_what_it_is_like(run: Run, options: tuple[str, ...], names: bool) -> None:
    server = run("--demo", *options)
    dataset = server.get().json()[0]["dataset_id"]
    page = server.get(f"{DATASETS}{dataset}/items/").json()
    assert page["items"]
    assert {"organization_id" in item for item in page["items"]} == {names}
    assert ("next_page_token" in page) is not names


def test_it_serves_content_of_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "content" / "12").mkdir(parents=True)
    (tmp_path / "content" / "12" / "a.txt").write_text("content")
    server = run("--content", str(tmp_path / "content"), "--log-format", "text")
    link = server.get("/channels/12/a.txt").json()["download_uri"]
    assert link.startswith(f"{server.url}/_content/12/a.txt?")
    assert httpx.get(link).text == "content"
    _, err = server.end()
    assert "signature" not in err
    result = CliRunner().invoke(mock, ["--content", str(tmp_path / "nowhere")])
    assert (result.exit_code, "--content" in result.output) == (2, True)


def test_the_choices_of_like_are_those_of_the_server() -> None:
    assert get_args(Like) == LIKE
    result = CliRunner().invoke(mock, ["--like", "depolyed"])
    assert result.exit_code == 2
    assert "'depolyed' is not one of 'documented', 'deployed'" in result.output


def test_organizations_with_credentials_of_their_own(run: Run, tmp_path: Path) -> None:
    content = "- {organization_id: '3', auth_token: in-file}\n- {user_id: 7, personal_access_token: t}\n"
    file = write(tmp_path / "credentials.yaml", content + "- {datasource_id: '8', datasource_secret: s}")
    given = ["bearer:a:b@1", "user:5:c@d@", "datasource:6:e@2", "env:TEAM_@4"]
    options = [part for text in given for part in ("--credential", text)]
    server = run(*options, "--credentials", file, TEAM_PLATFORM_AUTH_TOKEN="in-environment")

    def organizations(token: str | None = None, **options: Any) -> str:
        if token:
            options = {"auth": None, "headers": {"Authorization": f"Bearer {token}"}}
        return "".join(n for n in "12345" if server.get(f"/organizations/{n}/datasets", **options).status_code == 200)

    assert organizations("a:b") == "1"
    assert organizations(auth=("user-5", "c@d")) == "12345"
    assert organizations(auth=("datasource-6", "e")) == "2"
    assert organizations("in-file") == "3"
    assert organizations("in-environment") == "4"
    assert organizations(auth=("user-7", "t")) == organizations(auth=("datasource-8", "s")) == "12345"
    assert organizations(auth=AUTH) == ""
    out, _ = server.end()
    assert "export PLATFORM_AUTH_TOKEN=a:b\n" in out
    assert "# export ABEJA_PLATFORM_USER_ID=5\n" in out
    assert f"# It accepts the credential in {file}, for organization 3.\n" in out
    assert "# It accepts the credential in TEAM_PLATFORM_AUTH_TOKEN, for organization 4.\n" in out
    assert "in-file" not in out
    assert "in-environment" not in out


def test_the_demo_is_put_in_once(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "data.sqlite")
    for _ in range(2):
        server = run("--demo", "--database", file)
        datasets = {entry["type"]: entry for entry in server.get().json()}
        assert set(datasets) == {"classification", "detection", "segmentation", "custom", "video"}
        path = f"{DATASETS}{datasets['classification']['dataset_id']}"
        assert server.get(path).json()["total_count"] == 12
        assert server.get(f"{path}/items?q=label:dog").json()["total_count"] == 12
        server.end()


def test_what_the_api_responses_can_be_loaded(run: Run, tmp_path: Path) -> None:
    server = run("--demo")
    datasets = server.get().json()
    items = [server.get(f"{DATASETS}{entry['dataset_id']}/items").json()["items"] for entry in datasets]
    server.end()
    lines = [json.dumps(entry) for entry in [*datasets, *(item for page in items for item in page)]]
    server = run("--load", write(tmp_path / "f.jsonl", "\ufeff" + "\r\n\n".join(lines)))
    loaded = server.get().json()
    assert [(d["name"], d["props"]) for d in loaded] == [(d["name"], d["props"]) for d in datasets]
    for entry, expected in zip(loaded, items, strict=True):
        found = server.get(f"{DATASETS}{entry['dataset_id']}/items").json()["items"]
        assert [i["attributes"] for i in found] == [i["attributes"] for i in expected]


DATASET = '{"name": "n", "type": "t", "props": {}, "dataset_id": "1"}'
RULED = '{"name": "r", "type": "t", "props": {"categories": []}}'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not an object"),
        ("{}", "a dataset has a name"),
        ('{"name": "m", "type": "t", "props": {}, "nmae": 1}', "nmae: a dataset has no such field"),
        ('{"source_data": [{"data_uri": "u"}], "atributes": {}}', "atributes: an item has no such field"),
        ('{"name": "m", "type": "t"}', '"props" is a required property'),
        ('{"name": "n", "type": "t", "props": {}}', "name: a dataset named 'n' already exists"),
        ('{"source_data": []}', "source_data: "),
        ('{"source_data": [{"data_uri": "u"}], "dataset_id": "9"}', "dataset_id: no line above has '9'"),
        ('{"source_data": [{"data_uri": "u"}], "dataset_id": 1}', "dataset_id: a string is needed"),
        ('{"source_data": [{"data_uri": "u"}], "organization_id": "9"}', "organization_id: not that of the dataset"),
        (DATASET.replace('"n"', '"m"'), "dataset_id: '1' is on a line above already"),
        (
            '{"source_data": [{"data_uri": "u"}], "attributes": {"detection": [{"category_id": 1, "label_id": 2}]}}',
            "attributes.detection[0]: the dataset has no label 2 in category 1",
        ),
    ],
)
def test_a_malformed_line_loads_nothing(tmp_path: Path, line: str, told: str) -> None:
    database = str(tmp_path / "data.sqlite")
    file = write(tmp_path / "f.jsonl", f"{DATASET}\n\n{RULED}\n{line}\n")
    result = CliRunner().invoke(mock, ["--database", database, "--load", file], env={**CLEAN})
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {file}:4: ")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT count(*) FROM datasets").fetchone() == (0,)
    connection.close()


def test_a_failed_start_leaves_the_handlers_of_signals(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    result = CliRunner().invoke(mock, ["--load", write(tmp_path / "f.jsonl", "{")], env={**CLEAN})
    assert result.exit_code == 2
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_item_without_a_dataset(tmp_path: Path) -> None:
    file = write(tmp_path / "f.jsonl", json.dumps(demo_data()[1]))
    result = CliRunner().invoke(mock, ["--load", file], env=CLEAN)
    assert result.stderr == f"Error: {file}:1: dataset_id: an item needs a dataset on a line above\n"


def test_a_log_line_for_each_request(run: Run) -> None:
    for form in ("text", "json"):
        server = run("--log-format", form, "--max-body", "10")
        server.get(DATASETS + "?q=a%0Ab")
        assert httpx.post(server.url + DATASETS, auth=AUTH, json={"name": "n" * 20}).status_code == 400
        server.get("/x%0Ay")
        lines = server.end()[1].splitlines()
        assert len(lines) == 3
        assert "demo" not in str(lines)
        if form == "text":
            assert f" GET {DATASETS} list_datasets 200 " in lines[0]
            assert " GET /x%0Ay - 404 " in lines[2]
        else:
            assert [json.loads(line)["status"] for line in lines] == [200, 400, 404]
            assert json.loads(lines[0])["query"] == [["q", "a\nb"]]


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_latency_is_a_number_of_seconds(value: str) -> None:
    result = CliRunner().invoke(mock, ["--latency", value], env=CLEAN)
    assert result.exit_code == 2
    assert "Invalid value for '--latency': " in result.stderr


@pytest.mark.slow
def test_latency_waits_for_clients_that_stay(run: Run) -> None:
    server = run("--latency", "0.3", "--log-format", "text")
    start = time.monotonic()
    server.get()
    assert 0.3 <= time.monotonic() - start < 15
    server.end()
    server = run("--latency", "600", "--log-format", "text")
    with pytest.raises(httpx.ReadTimeout):
        server.get(timeout=0.2)
    start = time.monotonic()
    server.end()
    assert time.monotonic() - start < 15


def test_faults_and_their_route(run: Run, tmp_path: Path) -> None:
    plan = write(tmp_path / "plan.yaml", "faults: [{operations: list_datasets, status: 503, count: 1}]")
    server = run("--faults", plan, ABEJA_DATASETS_MOCK_ADMIN_TOKEN="open")
    assert [server.get().status_code for _ in range(2)] == [503, 200]
    assert server.get("/_mock/applied").status_code == 401
    response = server.get("/_mock/applied", auth=None, headers={"Authorization": "Bearer open"})
    assert len(response.json()["applied"]) == 1
    assert server.end()[1].startswith("fault: faults[0] ")
    token = write(tmp_path / "token", "sesame\n")
    server = run("--admin-token-file", token)
    assert server.get("/_mock/faults", auth=None, headers={"Authorization": "Bearer sesame"}).status_code == 200


def test_the_fault_proxy(run: Run, tmp_path: Path) -> None:
    plan = write(tmp_path / "plan.yaml", "faults: [{half_answer: true, count: 1}, {status: 503, after: 1, count: 1}]")
    server = run(
        "--fault-proxy", "--faults", plan, "--log-format", "json", ABEJA_DATASETS_MOCK_ADMIN_TOKEN="open",
    )  # fmt: skip
    with pytest.raises(httpx.RemoteProtocolError):
        server.get()
    assert [server.get().status_code for _ in range(2)] == [503, 200]
    admin = httpx.Client(headers={"Authorization": "Bearer open"}, trust_env=False, verify=False)
    with admin:
        # The route is reached through the proxy, and spared by all faults but one that leaves no way through it.
        assert admin.put(f"{server.url}/_mock/faults", json=[{"reset_before": True}]).status_code == 200
        with pytest.raises(httpx.ReadError):
            server.get()
        assert admin.get(f"{server.url}/_mock/applied").json()["applied"][0]["effect"] == "reset_before"
        assert admin.put(f"{server.url}/_mock/faults", json=[{"refuse": True}]).status_code == 200
        with pytest.raises(httpx.ConnectError):
            server.get()
        out, err = server.end()
    behind = "# The reference server of the ABEJA Dataset API listens behind the fault proxy. To use it, copy:"
    assert out.splitlines()[:2] == [behind, f"export ABEJA_API_URL={server.url}"]
    assert out.splitlines()[2].startswith(
        "# The server itself, for clients that must not meet faults on the wire: http://127."
    )
    faults = [line["fault"] for line in map(json.loads, err.splitlines()) if "fault" in line]
    effects = [(fault["effect"], fault["operation"]) for fault in faults]
    listing = "list_datasets"
    assert effects == [
        ("half_answer", listing), ("status 503", listing), ("reset_before", listing), ("refuse", None),
    ]  # fmt: skip


def test_the_server_itself_is_there_while_the_proxy_refuses(run: Run, tmp_path: Path) -> None:
    server = run("--fault-proxy", "--faults", write(tmp_path / "plan.yaml", "faults: [{refuse: true}]"))
    with pytest.raises(httpx.ConnectError):
        server.get()
    assert server.process.stdout is not None
    lines = [server.process.stdout.readline() for _ in range(3)]
    assert httpx.get(lines[2].split()[-1] + DATASETS, auth=AUTH).status_code == 200
    server.end()


def test_a_log_that_nobody_reads_does_no_harm(tmp_path: Path) -> None:
    code = (
        "import os, sys; from abeja_datasets_cli.shared import log; reader, writer = os.pipe(); os.close(reader);"
        "os.dup2(writer, 2); log('a line'); print('goes on')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "goes on\n"


def test_what_keeps_it_from_starting_is_one_line(tmp_path: Path) -> None:
    text = write(tmp_path / "text", "no database" * 100)
    empty = write(tmp_path / "empty", "")
    files = {
        "odd: [": "not YAML",
        "{}": "a list of credentials is needed",
        "[secret]": "[0]: an object of strings is needed",
        "[{user_id: secret}]": "[0]: it needs one of: ",
        "[{auth_token: ''}]": "[0]: credential: the secret is empty",
    }
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        cases = [
            (["--port", port], f"127.0.0.1:{port}: can't listen: "),
            (["--port", port, "--fault-proxy"], f"127.0.0.1:{port}: can't listen: "),
            (["--database", text], f"{text}: file is not a database"),
            (["--admin-token-file", empty], f"{empty}: has no token"),
            (["--ready-file", str(tmp_path / "no" / "ready")], f"{tmp_path / 'no'}"),
            (["--faults", write(tmp_path / "p", "[{status: secret}]")], f"{tmp_path / 'p'}: faults[0]"),
            (
                ["--faults", write(tmp_path / "wire", "[{reset_after: true}]")],
                f"{tmp_path / 'wire'}: faults[0]: reset_after needs the fault proxy: `abeja-datasets mock --fault-",
            ),
            (["--credential", "secret"], "--credential 1: use bearer:TOKEN, "),
            (["--credential", "bearer:"], "--credential 1: credential: the secret is empty"),
            (
                ["--credential", "env:NOBODY_"],
                "--credential 1: no credential is in the variables that begin with NOBOD",
            ),
            *(
                (["--credentials", write(tmp_path / f"c{n}", text)], told)
                for n, (text, told) in enumerate(files.items())
            ),
        ]
        for arguments, told in cases:
            result = CliRunner().invoke(mock, arguments, env=CLEAN)
            assert result.exit_code == 2, arguments
            assert told in result.stderr
            assert result.stderr.count("\n") == 1
            assert "secret'" not in result.stderr or "--faults" in arguments


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "abeja_datasets_mock.program", None)
    result = CliRunner().invoke(mock, [])
    assert result.exit_code == 2
    assert "pip install 'abeja-datasets[mock,cli]'" in result.stderr


def test_nothing_acknowledged_is_lost_by_a_kill(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "data.sqlite")
    server = run("--database", file)
    for number in range(20):
        body = {"name": f"n{number}", "type": "custom", "props": {}}
        assert httpx.post(server.url + DATASETS, auth=AUTH, json=body).status_code == 201
    server.process.kill()
    server.process.wait(SECONDS)
    # What it left behind is not taken for the next server's.
    assert server.ready.exists()
    server.ready.unlink()
    assert len(run("--database", file).get().json()) == 20


def test_a_client_that_goes_before_the_response_is_logged(run: Run) -> None:
    server = run("--log-format", "text")
    address = httpx.URL(server.url)
    head = "Content-Type: application/json\r\nContent-Length: 9\r\n"
    login = "Authorization: Basic " + httpx.BasicAuth(*AUTH)._auth_header.partition(" ")[2]
    with socket.create_connection((address.host, address.port or 80)) as connection:
        connection.sendall(f"POST {DATASETS} HTTP/1.1\r\nHost: x\r\n{login}\r\n{head}\r\n{{".encode())
        time.sleep(0.2)
    time.sleep(0.2)
    assert f" POST {DATASETS} create_dataset gone " in server.end()[1]


def test_a_stopped_server_runs_nothing() -> None:
    async def nothing() -> None:
        """Be never awaited, without a warning."""

    server = RunningServer()
    with pytest.raises(RuntimeError, match="does not run"):
        server.run(nothing())
    server.stop()


def test_the_database_is_closed_when_it_cannot_start(tmp_path: Path) -> None:
    file = tmp_path / "data.sqlite"
    plan = write(tmp_path / "plan", "[{half_answer: true}]")
    assert CliRunner().invoke(mock, ["--database", str(file), "--faults", plan], env=CLEAN).exit_code == 2
    assert not file.with_name("data.sqlite-wal").exists()
