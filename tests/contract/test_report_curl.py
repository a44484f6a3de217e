"""The lines that show a request again: run by real shells, and compared with what a server receives."""

import datetime as dt
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from abeja_datasets.configuration.credentials import resolve
from abeja_datasets_contract.check.probes.access.credentials import (
    ALIKE,
    ANOTHER_USER,
    WRONG_SECRET,
    basic,
    crossed,
    kind_of,
    spoilt,
)
from abeja_datasets_contract.check.redaction import Redaction
from abeja_datasets_contract.check.report.again.curl import curl, quote
from abeja_datasets_contract.check.report.figures import exports
from abeja_datasets_contract.check.report.har import har
from abeja_datasets_contract.check.results import AUTHORIZATION, OTHER_AUTHORIZATION, Exchange, Mode, Report, Sent

SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)]
NOW = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
JSON = ("Content-Type", "application/json")

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


class Recorder(ThreadingHTTPServer):
    seen: list[tuple[str, str, dict[str, str], bytes]]


class Handler(BaseHTTPRequestHandler):
    server: Recorder

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.command, self.path, headers, body))
        self.send_response(204)
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder(("127.0.0.1", 0), Handler) as server:
        server.seen = []
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def url_of(recorder: Recorder) -> str:
    return f"http://127.0.0.1:{recorder.server_address[1]}"


def exchange(method: str, url: str, headers: tuple[tuple[str, str], ...] = (), body: bytes | None = None) -> Exchange:
    return Exchange(7, "items", None, Sent(method, url, headers, body), None, "no response", NOW, 0.1)


def run(line: str, shell: str, folder: Path, **variables: str) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "AUTHORIZATION": "Basic dXNlcjpzM2NyZXQ=",
        "OTHER_AUTHORIZATION": "Bearer o$`\"'",
        **variables,
    }
    done = subprocess.run(
        [shell, "-c", line], env=environment, cwd=folder, capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


BODIES = {
    "json": b'{"name": "it\'s $HOME `id` \\" %s %% \\\\n !x"}',
    "unicode": '{"name": "😀 naïve 日本"}'.encode(),
    "combining": '{"name": "e\u0301 \u200d \u202e"}'.encode(),
    "every byte": bytes(range(256)),
    "nul": b'{"name":"a\x00b"}',
    "at": b"@/etc/hostname",
    "dash": b"-n\n",
    "newlines": b"\r\n{\r\n}\n\n",
    "digits behind an escape": b"\x001\x0078",
    "empty": b"",
    "long run": b'{"name":"' + b"a" * 200_000 + b'"}',
    "long run of bytes": b"[" * 60_000 + b"\xff" * 60_000 + b"'",
    "long end": b"a" * 200_000,
}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", BODIES)
def test_any_body_is_sent_again(recorder: Recorder, tmp_path: Path, shell: str, name: str) -> None:
    line = curl(exchange("POST", f"{url_of(recorder)}/d/", (JSON,), BODIES[name]))
    assert all(character.isprintable() for character in line)
    run(line, shell, tmp_path)
    [(method, path, headers, body)] = recorder.seen
    assert (method, path, headers["content-type"]) == ("POST", "/d/", "application/json")
    assert body == BODIES[name]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "target",
    [
        "/d/?q=a:%22b%22&x='y'&z=$HOME",
        "/d/../e/./f",
        "/d/[1-3]{a,b}",
        "/d/%2e%2e/`id`",
        "/d/!!;ls|cat",
        "/d/?next_token=a==",
    ],
)
def test_any_url_is_asked_for_again(recorder: Recorder, tmp_path: Path, shell: str, target: str) -> None:
    run(curl(exchange("GET", url_of(recorder) + target)), shell, tmp_path)
    [(method, path, headers, body)] = recorder.seen
    assert (method, path, body) == ("GET", target, b"")
    assert "content-type" not in headers
    assert "authorization" not in headers


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        (AUTHORIZATION, "Basic dXNlcjpzM2NyZXQ="),
        (OTHER_AUTHORIZATION, "Bearer o$`\"'"),
        ("Bearer ${AUTHORIZATION#* }", "Bearer dXNlcjpzM2NyZXQ="),
        ("Digest '$HOME' ${OTHER_AUTHORIZATION#* }x", "Digest '$HOME' o$`\"'x"),
        ("Basic $(id)", "Basic $(id)"),
        ("", ""),
    ],
)
def test_credentials_come_from_variables(
    recorder: Recorder, tmp_path: Path, shell: str, recorded: str, sent: str
) -> None:
    line = curl(
        exchange("GET", f"{url_of(recorder)}/", (("Authorization", recorded), ("Accept", "*/*"), ("Host", "x")))
    )
    run(line, shell, tmp_path)
    assert recorder.seen[0][2]["authorization"] == sent
    assert "Host: x" not in line


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("scheme", ["Basic", "Bearer"])
def test_wrong_credentials_are_made_of_the_right_ones(
    recorder: Recorder, tmp_path: Path, shell: str, scheme: str
) -> None:
    right = basic("user-1:s3Cret~xyz") if scheme == "Basic" else "Bearer s3Cret~xyz"
    other = basic("user-2:0ther~secret")
    redaction = Redaction(right, other)
    wrong = [value for slips in (WRONG_SECRET, ANOTHER_USER, ALIKE) for value in spoilt(right, slips, redaction)]
    wrong += crossed(right, other, redaction)
    assert len(wrong) == (14 if scheme == "Basic" else 5)
    for value in wrong:
        sent = redaction.sent(Sent("GET", f"{url_of(recorder)}/", (("Authorization", value),), None))
        line = curl(exchange("GET", sent.url, sent.headers))
        assert "s3Cret" not in line
        assert value not in line
        run(line, shell, tmp_path, AUTHORIZATION=right, OTHER_AUTHORIZATION=other)
    assert [seen[2]["authorization"] for seen in recorder.seen] == wrong


@pytest.mark.parametrize(("method", "length"), [("POST", "0"), ("PUT", "0"), ("DELETE", None), ("FOO", None)])
def test_a_body_that_is_missing_stays_missing(
    recorder: Recorder, tmp_path: Path, method: str, length: str | None
) -> None:
    run(curl(exchange(method, f"{url_of(recorder)}/d/")), "bash", tmp_path)
    [(seen, _, headers, body)] = recorder.seen
    assert (seen, body, headers.get("content-length")) == (method, b"", length)
    assert "content-type" not in headers


def test_a_body_without_a_media_type_gets_none(recorder: Recorder, tmp_path: Path) -> None:
    run(curl(exchange("DELETE", f"{url_of(recorder)}/d/", (), b"{}")), "bash", tmp_path)
    assert "content-type" not in recorder.seen[0][2]


LONG = "t%\\0'$`\"" + "x" * 200


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("prefix", ["", "OTHER_"])
@pytest.mark.parametrize(
    "variables",
    [
        {"PLATFORM_AUTH_TOKEN": LONG},
        {"ABEJA_PLATFORM_USER_ID": "1234567890123", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": LONG},
        {"ABEJA_PLATFORM_USER_ID": "user-1234567890123", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": f"{LONG}é"},
        {"ABEJA_PLATFORM_DATASOURCE_ID": "1", "ABEJA_PLATFORM_DATASOURCE_SECRET": LONG},
    ],
)
def test_the_lines_of_a_report_set_the_credential_of_the_check(
    recorder: Recorder, tmp_path: Path, shell: str, prefix: str, variables: dict[str, str]
) -> None:
    credential = resolve(None, variables)
    assert credential
    other = kind_of(credential.authorization) if prefix else None
    kind = kind_of("Basic !" if prefix else credential.authorization)
    report = Report("http://x", "1", "r", Mode.WRITES, 0, NOW, 1.0, (), (), credential=kind, other_credential=other)
    line = curl(exchange("GET", url_of(recorder), (("Authorization", f"${prefix}AUTHORIZATION"),)))
    set_before = {f"{prefix}{name}": value for name, value in variables.items()}
    run(f"{exports(report)}\n{line}", shell, tmp_path, **set_before)
    assert recorder.seen[0][2]["authorization"] == credential.authorization


@pytest.mark.parametrize("value", ["Basic bWU6c2VjcmV0", "Digest secret", "secret", "Basic secret!"])
def test_a_credential_of_another_kind_is_left_to_the_reader_and_not_shown(value: str) -> None:
    report = Report("http://x", "1", "r", Mode.WRITES, 0, NOW, 1.0, (), (), credential=kind_of(value))
    assert exports(report) == "export AUTHORIZATION='VALUE OF THE HEADER'"


def test_head_is_asked_for_as_such() -> None:
    assert curl(exchange("HEAD", "http://x/")) == "curl -i --head http://x/"


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("unit", [b'{"a\x00":"\xc3\xa9"},', b"\xff\x00\x01"])
def test_a_long_body_comes_from_the_har(recorder: Recorder, tmp_path: Path, unit: bytes) -> None:
    body = unit * 20_000
    shown = exchange("PUT", f"{url_of(recorder)}/d", (JSON,), body)
    line = curl(shown)
    assert len(line) < 1000
    assert "jq" in line
    report = Report("http://x", "1", "r", Mode.WRITES, 0, NOW, 1.0, (), (shown,))
    (tmp_path / "traffic.har").write_text(har(report), encoding="utf-8")
    run(line, "bash", tmp_path)
    assert recorder.seen[0][3] == body


def test_a_body_that_the_record_cut_says_so(recorder: Recorder, tmp_path: Path) -> None:
    line = curl(exchange("POST", f"{url_of(recorder)}/d/", (JSON,), b"a" * 262_144 + b"... (10485761 bytes)"))
    assert line.startswith("# the record holds 262,144 of the 10,485,761 bytes")
    run(line, "bash", tmp_path)
    assert recorder.seen[0][3] == b"a" * 262_144


@pytest.mark.parametrize("text", ["", "plain", "it's", "tab\there", "e\u0301", "\u202e", "-n", "$(id)"])
def test_an_argument_arrives_as_it_is(text: str) -> None:
    done = subprocess.run(["dash", "-c", f"printf %s {quote(text)}"], capture_output=True, check=True)
    assert done.stdout.decode() == text


def test_lone_surrogates_do_not_end_it() -> None:
    shown: Any = curl(exchange("GET", "http://x/\ud800"))
    assert "\\355\\240\\200" in shown
