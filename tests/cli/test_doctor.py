"""`abeja-datasets doctor`: its exit codes and forms, and what it finds in environment variables."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from abeja_datasets_cli.doctor import configuration, network
from abeja_datasets_cli.doctor.findings import Finding
from abeja_datasets_cli.main import main

TOKEN = "token-of-the-doctor"
USER, PASSWORD = "ABEJA_PLATFORM_USER_ID", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"
SOURCE, SECRET = "ABEJA_PLATFORM_DATASOURCE_ID", "ABEJA_PLATFORM_DATASOURCE_SECRET"


@pytest.fixture(autouse=True)
def _in_its_place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    request.getfixturevalue("nothing_set")
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments])


def report(*arguments: str) -> Any:
    return json.loads(doctor("--format", "json", *arguments).stdout)


def levels(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.level, finding.topic) for finding in findings]


def credentials(**environ: str) -> list[Finding]:
    return list(configuration.credential_findings(environ))


def test_where_all_is_well_it_exits_with_0() -> None:
    result = doctor()
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert result.stdout.endswith("\nNo problems.\n")
    assert "\nok    PLATFORM_AUTH_TOKEN: complete, and used\n" in result.stdout
    assert TOKEN not in result.stdout
    # [all] holds the others, and who only uses the library builds no site.
    assert "extra [loading]" in result.stdout
    assert "extra [all]" not in result.stdout
    assert "extra [docs]" not in result.stdout


def test_a_problem_exits_with_1_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLATFORM_AUTH_TOKEN")
    result = doctor()
    assert result.exit_code == 1
    fix = result.stdout.partition("FAIL  credential: none in the environment")[2].splitlines()[1]
    assert fix.startswith(f"      fix: Set PLATFORM_AUTH_TOKEN; or {USER} with {PASSWORD}; or {SOURCE} with {SECRET}")
    assert result.stdout.endswith("\n1 problem.\n")


def test_json_has_the_same_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEJA_API_URL", "ftp://example.com")
    monkeypatch.setenv(USER, "12")
    found = report()
    assert (found["problems"], found["warnings"]) == (1, 1)
    by_topic = {finding["topic"]: finding for section in found["sections"] for finding in section["findings"]}
    assert by_topic["ABEJA_API_URL"]["level"] == "problem"
    assert by_topic["ABEJA_API_URL"]["text"] == "a URL such as https://api.abeja.io is needed, not 'ftp://example.com'"
    assert by_topic[USER]["level"] == "warning"
    assert all(finding["fix"] for finding in by_topic.values() if finding["level"] in ("problem", "warning"))


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, [("problem", "credential")]),
        ({"PLATFORM_AUTH_TOKEN": ""}, [("problem", "credential")]),
        ({"PLATFORM_AUTH_TOKEN": "a"}, [("ok", "PLATFORM_AUTH_TOKEN")]),
        ({USER: "1", PASSWORD: "b"}, [("ok", f"{USER} with {PASSWORD}")]),
        ({SOURCE: "1", SECRET: "b"}, [("ok", f"{SOURCE} with {SECRET}")]),
        ({USER: "1"}, [("problem", USER)]),
        ({SECRET: "s"}, [("problem", SECRET)]),
        ({USER: "1", SECRET: "s"}, [("problem", USER), ("problem", SECRET)]),
        ({USER: "1", SOURCE: "1", SECRET: "b"}, [("ok", f"{SOURCE} with {SECRET}"), ("warning", USER)]),
        (
            {"PLATFORM_AUTH_TOKEN": "a", USER: "1", PASSWORD: "b"},
            [("ok", "PLATFORM_AUTH_TOKEN"), ("note", f"{USER} with {PASSWORD}")],
        ),
        ({"PLATFORM_AUTH_TOKEN": "line\nend"}, [("problem", "PLATFORM_AUTH_TOKEN")]),
        ({"PLATFORM_AUTH_TOKEN": "Bearer a"}, [("problem", "PLATFORM_AUTH_TOKEN")]),
        ({USER: "1:2", PASSWORD: "b"}, [("problem", f"{USER} with {PASSWORD}")]),
        ({"PLATFORM_AUTH_TOKEN": '"quoted"'}, [("ok", "PLATFORM_AUTH_TOKEN"), ("warning", "PLATFORM_AUTH_TOKEN")]),
        ({USER: "1", PASSWORD: "b "}, [("ok", f"{USER} with {PASSWORD}"), ("warning", PASSWORD)]),
    ],
)
def test_the_credential_that_is_used_and_those_that_are_not(
    environ: dict[str, str], found: list[tuple[str, str]]
) -> None:
    assert levels(credentials(**environ)) == found


def test_half_a_pair_names_the_other_half() -> None:
    (half,) = credentials(**{USER: "1", PASSWORD: ""})
    assert half.text.startswith(f"set, but {PASSWORD} is empty")
    (half,) = credentials(**{PASSWORD: "a-secret-value"})
    assert half.text.startswith(f"set, but {USER} is not set")
    assert "a-secret-value" not in str(half)


@pytest.mark.parametrize(
    ("variable", "value", "level", "says"),
    [
        ("ABEJA_SDK_CONNECTION_TIMEOUT", "2.5", "ok", "2.5 (ABEJA_SDK_CONNECTION_TIMEOUT)"),
        ("ABEJA_SDK_CONNECTION_TIMEOUT", "0", "problem", "not '0'"),
        ("ABEJA_SDK_CONNECTION_TIMEOUT", "30s", "problem", "not '30s'"),
        ("ABEJA_SDK_MAX_RETRY_COUNT", "-1", "problem", "not '-1'"),
        ("ABEJA_SDK_MAX_RETRY_COUNT", "1.5", "problem", "not '1.5'"),
        ("ABEJA_API_URL", "http://127.0.0.1:8080/", "ok", "http://127.0.0.1:8080 (ABEJA_API_URL)"),
        ("ABEJA_API_URL", "", "ok", "https://api.abeja.io (the default; ABEJA_API_URL is not set)"),
        ("ABEJA_API_URL", "https://me:hidden@example.com", "problem", "without a user or a password"),
        ("ABEJA_API_URL", "http://example.com", "warning", "not encrypted"),
    ],
)
def test_each_setting_has_its_value_and_where_it_is_from(variable: str, value: str, level: str, says: str) -> None:
    found = [f for f in configuration.setting_findings({variable: value}) if says in f.text]
    assert [finding.level for finding in found] == [level]
    assert "hidden" not in str(found)


URL = "https://api.example.com"
PROXY = "http://me:p%40ssword@proxy.example.com:8080"


@pytest.mark.parametrize(
    ("environ", "level", "says"),
    [
        ({}, "ok", "directly: no proxy is set for it"),
        ({"HTTP_PROXY": PROXY}, "ok", "directly: no proxy is set for it"),
        ({"HTTPS_PROXY": PROXY}, "ok", "go through http://[secret]@proxy.example.com:8080"),
        ({"all_proxy": PROXY}, "ok", "go through http://[secret]@proxy.example.com:8080"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "example.com"}, "ok", "directly: NO_PROXY exempts it"),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "*"}, "ok", "directly: NO_PROXY exempts it"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "example.org"}, "ok", "go through"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "https://api.example.com"}, "ok", "go through"),  # as the client reads it
        ({"HTTPS_PROXY": "ftp://me:p%40ssword@proxy.example.com"}, "problem", "not a URL of a proxy"),
        ({"HTTPS_PROXY": "http://me:p%40ssword/x@proxy.example.com:8080"}, "problem", "not a URL of a proxy"),
        ({"HTTPS_PROXY": "http://proxy.example.com:port"}, "problem", "not a URL of a proxy"),
    ],
)
def test_the_proxy_that_requests_go_through(
    environ: dict[str, str], level: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    *variables, route = network.proxy_findings(os.environ, URL)
    assert route.level == level
    assert says in route.text
    assert sorted(finding.topic for finding in variables) == sorted(environ)
    assert "ssword" not in str([*variables, route])


@pytest.mark.parametrize(
    "url",
    [
        "http://user:pass@word@host:1",
        "http://user:pa://ssword@host:1",
        "user:password@host:1",
        "http://user:pa/ss?word@host:1",
        "//user:password@host:1",
    ],
)
def test_no_form_of_a_proxy_url_shows_its_password(url: str) -> None:
    shown = network.without_userinfo(url)
    assert shown.endswith("[secret]@host:1")
    assert "word" not in shown
    assert "user" not in shown


def test_certificates_that_are_trusted(certificate: Path, tmp_path: Path) -> None:
    def found(**environ: str) -> list[tuple[str, str, str]]:
        return [(f.level, f.topic, f.text) for f in network.certificate_findings(environ)]

    (default,) = found(SSL_CERT_FILE="")
    assert default[:2] == ("ok", "certificates")
    assert "certifi" in default[2]
    first, second = found(REQUESTS_CA_BUNDLE=str(certificate), CURL_CA_BUNDLE="/other")
    assert first == ("ok", "REQUESTS_CA_BUNDLE", f"the certificates in {certificate} are trusted (1), and no others")
    assert second == ("note", "CURL_CA_BUNDLE", "not used: REQUESTS_CA_BUNDLE goes first")
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    for value in (tmp_path / "none.pem", tmp_path / "text.pem"):
        assert [line[:2] for line in found(SSL_CERT_FILE=str(value))] == [("problem", "SSL_CERT_FILE")]
    ((level, topic, text),) = found(SSL_CERT_DIR=str(tmp_path))
    assert (level, topic) == ("problem", "SSL_CERT_DIR")
    assert "no certificate under the name" in text
    (tmp_path / "0a1b2c3d.0").write_bytes(certificate.read_bytes())
    assert found(SSL_CERT_DIR=str(tmp_path))[0][0] == "ok"


def test_no_secret_of_the_environment_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {PASSWORD: "the-access-token", SECRET: "the-datasource-secret", "PLATFORM_AUTH_TOKEN": TOKEN}
    for name, value in {**secrets, USER: "12", SOURCE: "34"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HTTPS_PROXY", "http://me:proxy-password@127.0.0.1:9")
    # The worst place that they could get into.
    leak = " ".join([*secrets.values(), "proxy-password", base64.b64encode(b"me:proxy-password").decode()])
    monkeypatch.setenv("ABEJA_SDK_CONNECTION_TIMEOUT", leak)
    printed = doctor().output + doctor("--format", "json").output
    assert "[secret] [secret] [secret]" in printed
    assert not [value for value in leak.split() if value in printed]


def test_what_steers_a_terminal_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABEJA_SDK_CONNECTION_TIMEOUT", "\x1b[31m\u202e")
    output = doctor().output
    assert "\x1b" not in output
    assert "\u202e" not in output


def test_online_without_an_organization_is_wrong_use() -> None:
    result = doctor("--online")
    assert result.exit_code == 2
    assert "--online needs an organization: set --organization-id, or ABEJA_ORGANIZATION_ID" in result.stderr


def test_as_a_program_it_fits_any_terminal_and_colours_none() -> None:
    command = [sys.executable, "-W", "error", "-c", "from abeja_datasets_cli.main import main; main()", "doctor"]
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "ABEJA_SDK_CONNECTION_TIMEOUT": "é"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "\x1b" not in done.stdout
    assert "FAIL  ABEJA_SDK_CONNECTION_TIMEOUT: a number is needed, not '\\xe9'\n" in done.stdout


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); "
    program += "from abeja_datasets_cli.main import main; main(['doctor'])"
    # As the installed program, it looks for no module in the current folder (-P); Python 3.13.0 itself fails there.
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
