"""The credential reaches no report, in whatever form a server sends it back."""

import base64
import json
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, SECRET, URL, Ask, Asked, Told, basic, spoilt
from tests.sampling import every

from abeja_datasets_contract.check import Mode, Options, Report, Status, check
from abeja_datasets_contract.check.redaction import Redaction
from abeja_datasets_contract.check.report import write
from abeja_datasets_contract.check.results import Received
from abeja_datasets_mock import Credential

_TOKEN = AUTHORIZATION.split()[1]
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda secret: base64.b64encode(b"user-1:" + secret.encode() + b"!").decode(),
    "base64 for a URL": lambda secret: base64.urlsafe_b64encode(b"\xff\xfe" + secret.encode()).decode(),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "JSON escapes": lambda secret: "".join(f"\\u{ord(character):04X}" for character in secret),
    "some JSON escapes": lambda secret: secret.replace("e", "\\u0065"),
    "percent": lambda secret: "".join(f"%{ord(character):02x}" for character in secret),
    "some percent": lambda secret: urllib.parse.quote(secret).replace("-", "%2D"),
    "HTML": lambda secret: "".join(f"&#{ord(character)};" for character in secret),
    "HTML in hexadecimal": lambda secret: "".join(f"&#x{ord(character):X};" for character in secret),
    "as Python shows bytes": lambda secret: "".join(f"\\x{ord(character):02x}" for character in secret),
    "a half": lambda secret: secret[: len(secret) // 2],
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_hidden_everywhere(form: str) -> None:
    redaction = Redaction(AUTHORIZATION)
    for secret in (SECRET, _TOKEN):
        shown = f"<{FORMS[form](secret)}>"
        came = redaction.received(Received(200, shown, (("X", shown), (shown, "x")), shown.encode()))
        for text in (came.reason, came.headers[0][1], came.headers[1][0], came.body.decode(), redaction.text(shown)):
            assert "AUTHORIZATION" in text
            assert shown[1:-1] not in text


@pytest.mark.parametrize("form", every(3, FORMS))
def test_no_report_has_a_secret_that_a_server_echoes(form: str, tmp_path: Path) -> None:
    echo = FORMS[form](SECRET)

    async def echoes(asked: Asked, ask: Ask) -> Told:
        told = await ask(asked)
        quoted = echo if "\\" in echo else json.dumps(echo)[1:-1]
        body = told.body.replace(b"{", f'{{"echo": "{quoted}", '.encode(), 1)
        return told.but(headers=[*told.headers, ("X-Echo", echo)], body=body)

    with spoilt(echoes) as server:
        select = ("operations.*", "auth.none.*", "responses.secrets")
        given = Options(mode=Mode.WRITES, transport=server, ledger=tmp_path / "ledger", select=select)
        report = check(URL, ORGANIZATION, AUTHORIZATION, given)
    write(report, tmp_path / "reports")
    assert {failure.clause.name for failure in report.failures} == {"responses.secrets"}
    for path in (tmp_path / "ledger", *(tmp_path / "reports").iterdir()):
        assert echo not in path.read_text(encoding="utf-8"), path.name


def _checked(secret: str, tmp_path: Path) -> Report:
    with spoilt(credentials=[Credential.user("1", secret, ORGANIZATION)]) as server:
        given = Options(mode=Mode.WRITES, transport=server, ledger=tmp_path / "ledger", select=_ABOUT_SECRETS)
        return check(URL, ORGANIZATION, basic("1", secret), given)


_ABOUT_SECRETS = ("auth.*", "responses.*", "operations.*")


@pytest.mark.parametrize("secret", every(3, ["1", "a", "-", "é", "custom", "contract-check", "dataset_id", "000000"]))
def test_a_secret_that_is_an_ordinary_word_makes_no_promise_fail(secret: str, tmp_path: Path) -> None:
    report = _checked(secret, tmp_path)
    assert [f"{failure.clause.name}: {failure.came}" for failure in report.failures] == []
    assert report.count(Status.PASS) > 20


def test_a_short_secret_is_hidden_as_a_word_alone() -> None:
    redaction = Redaction(basic("1", "123456"))
    assert redaction.text('"a": "123456", 1234567, 2026-01-01T00:00:00.123456Z\\n') == (
        '"a": "$AUTHORIZATION", 1234567, 2026-01-01T00:00:00.123456Z\\n'
    )
    assert redaction.text("%31%32%33%34%35%36") == "$AUTHORIZATION"
