"""The command, as its user meets it: what it prints, what it writes, and how it ends."""

import json
import runpy
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import abeja_datasets_contract.check as core
from abeja_datasets_cli.checking.command import check
from abeja_datasets_contract.check import CheckFailed, Mode, Options, Report, Status
from abeja_datasets_contract.check.document import document_path
from abeja_datasets_mock import Credential, RunningServer

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "browser" / "sample.py"))
ORGANIZATION = "1102940376065"
SECRET = "a-token-nobody-may-see"
URL = ("http://127.0.0.1:1", "--organization-id", ORGANIZATION)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for prefix in ("", "OTHER_"):
        for name in ("ABEJA_PLATFORM_USER_ID", "ABEJA_PLATFORM_DATASOURCE_ID", "PLATFORM_AUTH_TOKEN"):
            monkeypatch.delenv(prefix + name, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", SECRET)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with RunningServer(credentials=[Credential.bearer(SECRET)]) as running:
        yield running


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(check, arguments)
    assert SECRET not in result.output
    assert "Traceback" not in result.output
    return result


def on(server: RunningServer, *arguments: str) -> Result:
    return run(server.url, "--organization-id", ORGANIZATION, *arguments)


class Core:
    """Stands in for the library's `check`, and remembers how it was called."""

    def __init__(self, outcome: Report | BaseException) -> None:
        self.outcome = outcome
        self.calls: list[tuple[str, str, str, Options]] = []

    def __call__(self, url: str, organization_id: str, authorization: str, options: Options, progress: Any) -> Report:
        self.calls.append((url, organization_id, authorization, options))
        progress.stage("items", 1, 1)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[[Report | BaseException], Core]:
    def install(outcome: Report | BaseException) -> Core:
        made = Core(outcome)
        monkeypatch.setattr(core, "check", made)
        return made

    return install


@pytest.fixture
def sample() -> Report:
    made: Report = SAMPLE["report"]()
    return made


def test_a_server_that_keeps_the_contract(server: RunningServer, tmp_path: Path) -> None:
    result = on(server, "--allow-writes", "--select", "preflight*", "--select", "responses*", "--report", "out/reports")
    assert result.exit_code == 0, result.output
    assert "Keeps all" in result.stdout
    assert "FAIL" not in result.output
    assert "[1/" in result.stderr
    names = {path.name for path in (tmp_path / "out/reports").iterdir()}
    assert names == {"report.html", "junit.xml", "report.json", "traffic.har"}
    for path in (tmp_path / "out/reports").iterdir():
        assert SECRET not in path.read_text(encoding="utf-8")


def test_read_only_is_the_default(server: RunningServer, tmp_path: Path) -> None:
    result = on(server, "--report", "r", "--plain")
    assert result.exit_code == 0, result.output
    assert "not checked" in result.stdout
    entries = json.loads((tmp_path / "r/traffic.har").read_text(encoding="utf-8"))["log"]["entries"]
    assert {entry["request"]["method"] for entry in entries} == {"GET"}


def test_broken_promises_end_with_1(fake: Callable[..., Core], sample: Report) -> None:
    fake(sample)
    result = run(*URL)
    assert result.exit_code == 1
    assert "FAIL items.update.replaces" in result.stdout
    assert 'curl -i -H "Authorization: $AUTHORIZATION" ' in result.stdout


def test_nothing_checked_ends_with_3(fake: Callable[..., Core], sample: Report) -> None:
    fake(replace(sample, verdicts=()))
    assert run(*URL).exit_code == 3


@pytest.mark.parametrize("report", [True, False])
def test_what_could_not_be_checked_ends_with_3(fake: Callable[..., Core], sample: Report, *, report: bool) -> None:
    kept = replace(sample, verdicts=tuple(v for v in sample.verdicts if v.status is Status.PASS))
    fake(CheckFailed("the credential is refused", kept if report else None))
    result = run(*URL)
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1] == "abeja-datasets check: the credential is refused"
    assert ("Keeps all 93" in result.stdout) == report


def test_interrupted_with_a_report(fake: Callable[..., Core], sample: Report) -> None:
    fake(replace(sample, stopped="interrupted"))
    result = run(*URL)
    assert result.exit_code == 130
    assert "ended early: interrupted" in result.stdout


def test_interrupted_again(fake: Callable[..., Core]) -> None:
    fake(KeyboardInterrupt())
    result = run(*URL)
    assert result.exit_code == 130
    assert "--clean-up LEDGER" in result.stderr


def test_a_defect_does_not_accuse_the_server(fake: Callable[..., Core]) -> None:
    fake(RuntimeError("oops"))
    result = CliRunner().invoke(check, URL)
    assert result.exit_code == 3
    assert "RuntimeError: oops" in result.stderr
    assert result.stderr.splitlines()[-1].endswith("this is a defect of the check, and says nothing of the server")


def test_a_ledger_that_cannot_be_written(fake: Callable[..., Core]) -> None:
    fake(PermissionError(13, "Permission denied", "x.jsonl"))
    result = run(*URL)
    assert result.exit_code == 3
    assert "Permission denied" in result.stderr


def test_reports_that_cannot_be_written(fake: Callable[..., Core], sample: Report, tmp_path: Path) -> None:
    fake(sample)
    (tmp_path / "r" / "report.html").mkdir(parents=True)
    result = run(*URL, "--report", "r")
    assert result.exit_code == 1
    assert "the reports can't be written" in result.stderr


def test_options_reach_the_check(
    fake: Callable[..., Core], sample: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = fake(sample)
    monkeypatch.setenv("OTHER_PLATFORM_AUTH_TOKEN", "the-token-of-the-other")
    (tmp_path / "ca.pem").touch()
    run(
        "https://api.example.com/base/", "--organization-id", "1", "--allow-writes", "--disposable", "--seed", "-3",
        "--concurrency", "8", "--rate", "2.5", "--max-requests", "7", "--max-seconds", "9", "--timeout", "1.5",
        "--fuzz-examples", "4", "--max-body", "5",
        "--select", "preflight.*", "--select", "responses.*", "--skip", "*.body", "--ledger", "l",
        "--ca-bundle", "ca.pem", "--other-organization-id", "2",
    )  # fmt: skip
    [(url, organization, authorization, options)] = made.calls
    assert (url, organization, authorization) == ("https://api.example.com/base", "1", f"Bearer {SECRET}")
    assert options == Options(
        mode=Mode.DISPOSABLE, seed=-3, concurrency=8, rate=2.5, max_requests=7, max_seconds=9, timeout=1.5,
        fuzz_examples=4, max_body=5, select=("preflight.*", "responses.*"), skip=("*.body",), ledger=Path("l"),
        ca_bundle=Path("ca.pem"), other_organization_id="2", other_authorization="Bearer the-token-of-the-other",
    )  # fmt: skip


def test_the_other_credential_may_come_from_a_file(fake: Callable[..., Core], sample: Report, tmp_path: Path) -> None:
    made = fake(sample)
    (tmp_path / "other.json").write_text('{"auth_token": "from-a-file"}', encoding="utf-8")
    run(*URL, "--other-organization-id", "2", "--other-credential", "other.json")
    assert made.calls[0][3].other_authorization == "Bearer from-a-file"


WRONG = {
    "": "Missing argument 'URL'",
    "http://h": "Missing option '--organization-id'",
    "nonsense --organization-id 1": "is not a URL",
    "ftp://h --organization-id 1": "is not a URL",
    "http://h:99999 --organization-id 1": "is not a URL",
    "http://user:pw@h --organization-id 1": "without a user",
    "http://h --organization-id 1 --disposable": "--disposable needs --allow-writes",
    "http://h --organization-id 1 --read-only --allow-writes": "exclude each other",
    "http://h --organization-id 1 --select nope.*": "nope.*: no clause has a name like this; --list names them all",
    "http://h --organization-id 1 --skip *": "leave no clause",
    "http://h --organization-id 1 --rate nan": "'nan' is not a number above 0",
    "http://h --organization-id 1 --timeout 0": "is not a number above 0",
    "http://h --organization-id 1 --timeout soon": "is not a number above 0",
    "http://h --organization-id 1 --concurrency 0": "Invalid value",
    "http://h --organization-id 1 --ca-bundle missing.pem": "does not exist",
    "http://h --organization-id 1 --clean-up missing": "does not exist",
    "http://h --organization-id 1 --other-organization-id 2": "No credential; set those of the first one with OTHER_",
    "http://h --organization-id 1 --other-credential file": "needs --other-organization-id",
    "http://h --organization-id 1 --other-organization-id 2 --other-credential file": "can't be read as JSON",
    "http://h --organization-id 1 --other-organization-id 2 --other-credential empty": "No credential: empty holds",
    "http://h --organization-id 1 --other-organization-id 2 --other-credential half": "incomplete credential",
    "http://h --organization-id 1 --other-organization-id 2 --other-credential list": "a dict is needed",
    "http://h --organization-id 1 --report file": "is a file",
    "http://h --organization-id 1 --report file/below": "--report: ",
    "http://h --organization-id 1 --clean-up file": "not a ledger",
    "--list --document missing.yaml": "'missing.yaml' does not exist",
    "--list --document file": "--document: file, line 2, column 1: broken YAML",
    "http://h --organization-id 1 --document empty": "empty, line 1, #/openapi: not an OpenAPI 3.0, 3.1 or 3.2",
    "--clean-up file": "needs the server and the organization",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_use_is_explained(line: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{not json", encoding="utf-8")
    (tmp_path / "empty").write_text("{}", encoding="utf-8")
    (tmp_path / "half").write_text('{"user_id": 1}', encoding="utf-8")
    (tmp_path / "list").write_text("[1]", encoding="utf-8")
    result = run(*shlex.split(line.replace("*", r"\*")))
    assert result.exit_code == 2, result.output
    assert WRONG[line] in " ".join(result.stderr.split())


def test_the_clauses_of_another_document(tmp_path: Path) -> None:
    text = document_path().read_text(encoding="utf-8").replace("operationId: get_dataset\n", "operationId: read_it\n")
    (tmp_path / "changed.yaml").write_text(text, encoding="utf-8")
    result = run("--list", "--document", "changed.yaml", "--select", "responses.*.status")
    assert result.exit_code == 0, result.output
    assert "responses.read_it.status" in result.stdout
    assert "responses.get_dataset.status" not in result.stdout


def test_a_folder_that_is_not_ours_is_found_out_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    result = run(*URL, "--report", "r")
    assert result.exit_code == 2
    assert "can't be written to" in result.stderr


def test_without_a_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLATFORM_AUTH_TOKEN")
    result = run(*URL)
    assert result.exit_code == 2
    assert "ABEJA_PLATFORM_USER_ID with ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN" in result.stderr


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "abeja_datasets_contract.check", None)
    result = run(*URL)
    assert result.exit_code == 2
    assert result.stderr == (
        "abeja-datasets check: needs abeja_datasets_contract.check, which is not installed:"
        " pip install 'abeja-datasets[check,cli]'\n"
    )


def test_the_list_of_clauses() -> None:
    result = run("--list", "--select", "preflight.*")
    assert result.exit_code == 0
    assert [line.split("  ")[0] for line in result.stdout.splitlines()] == [
        clause.name for clause in core.clauses(("preflight.*",))
    ]
    assert " (writes)" in run("--list").stdout


def test_colours_are_for_terminals(fake: Callable[..., Core], sample: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(sample)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run(*URL).stdout
    assert "\x1b[" not in run(*URL, "--plain").output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run(*URL).output


class Odd(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>hello</h1>")

    def log_message(self, *_: object) -> None:
        pass


class Silent(Odd):
    def do_GET(self) -> None:
        time.sleep(1)
        self.close_connection = True


class Closing(Odd):
    def do_GET(self) -> None:
        self.close_connection = True


@pytest.mark.parametrize("handler", [Odd, Silent, Closing])
def test_servers_that_are_something_else(handler: type[Odd]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        result = run(url, "--organization-id", "1", "--timeout", "0.3")
        server.shutdown()
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1].startswith("abeja-datasets check: ")


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        result = run(f"http://127.0.0.1:{taken.getsockname()[1]}", "--organization-id", "1")
    assert result.exit_code == 3
    assert "no connection" in result.stderr


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_certificate_nobody_knows(tmp_path: Path) -> None:
    subprocess.run(
        shlex.split("openssl req -x509 -newkey rsa:2048 -nodes -days 1 -keyout k.pem -out c.pem -subj /CN=localhost"),
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # the handshake is meant to fail
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        result = run(f"https://127.0.0.1:{server.server_address[1]}", "--organization-id", "1")
        server.shutdown()
    assert result.exit_code == 3
    assert "certificate" in result.stderr


def test_a_ca_bundle_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")
    result = run(*URL, "--ca-bundle", "ca.pem")
    assert result.exit_code in (2, 3)


def test_a_wrong_organization_and_a_refused_credential(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", "another-token-nobody-knows")
    result = on(server)
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1


def test_clean_up(server: RunningServer, tmp_path: Path) -> None:
    first = {"run": "contract-check-x", "url": server.url, "organization_id": ORGANIZATION}
    (tmp_path / "ledger").write_text(json.dumps(first) + "\n", encoding="utf-8")
    named = ("--organization-id", ORGANIZATION)
    result = run("--clean-up", "ledger", server.url, *named)
    assert result.exit_code == 0, result.output
    assert "Nothing that the ledger names is left." in result.stdout
    for wrong in ((), (server.url,), ("http://127.0.0.1:1", *named), (server.url, "--organization-id", "2")):
        assert run("--clean-up", "ledger", *wrong).exit_code == 2


def test_clean_up_that_leaves_something(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ledger").touch()
    asked: list[Any] = []

    def clean_up(*given: Any, **_more: Any) -> tuple[str, ...]:
        asked.extend(given)
        return ("dataset 7",)

    monkeypatch.setattr(core, "clean_up", clean_up)
    result = run(
        "--clean-up", "ledger", "http://h", "--organization-id", "1", "--ca-bundle", "ledger", "--timeout", "5"
    )
    assert asked[-1] == core.Options(ca_bundle=Path("ledger"), timeout=5)
    assert result.exit_code == 3
    assert "left behind: dataset 7" in result.stderr


def test_ctrl_c_ends_with_what_is_known(tmp_path: Path) -> None:
    program = "from abeja_datasets_cli.main import main; main()"
    with RunningServer(credentials=[Credential.bearer(SECRET)]) as server:
        arguments = [server.url, "--organization-id", ORGANIZATION, "--allow-writes", "--rate", "30"]
        process = subprocess.Popen(
            [sys.executable, "-c", program, "check", *arguments], cwd=tmp_path, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        process.stderr.readline()  # the first stage has ended
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "ended early: interrupted" in out
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
