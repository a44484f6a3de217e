"""Whom a client speaks for: which credential is used, how it stands on the wire, and which are refused."""

import base64
from typing import TYPE_CHECKING, Any

import pytest

from abeja_datasets import APIClient
from abeja_datasets.exceptions import CredentialNotFound, Error, Unauthorized

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wrapper.faces import Face
    from tests.wrapper.operations import Operation
    from tests.wrapper.scripted import ScriptedServer

VARIABLES = [
    "PLATFORM_AUTH_TOKEN",
    "ABEJA_PLATFORM_USER_ID",
    "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN",
    "ABEJA_PLATFORM_DATASOURCE_ID",
    "ABEJA_PLATFORM_DATASOURCE_SECRET",
]
KEYS = ["auth_token", "user_id", "personal_access_token", "datasource_id", "datasource_secret"]
BEARER = "Bearer t0ken"
USER = "Basic " + base64.b64encode(b"user-12:pat").decode()
SOURCE = "Basic " + base64.b64encode(b"datasource-34:secret").decode()

COMPLETE: list[tuple[list[Any], str]] = [
    (["t0ken", None, None, None, None], BEARER),
    ([None, "12", "pat", None, None], USER),
    ([None, "user-12", "pat", None, None], USER),
    ([None, None, None, "34", "secret"], SOURCE),
    ([None, None, None, "datasource-34", "secret"], SOURCE),
    (["t0ken", "12", "pat", "34", "secret"], BEARER),
    ([None, "12", "pat", "34", "secret"], USER),
    # Half a pair does no harm where another credential of the same place is complete.
    (["t0ken", "12", None, None, "secret"], BEARER),
    ([None, "12", "pat", "34", None], USER),
    ([None, "12", None, "34", "secret"], SOURCE),
    ([None, None, "pat", "34", "secret"], SOURCE),
    (["", "", "", "34", "secret"], SOURCE),
]


def sent(client: APIClient, server: "ScriptedServer") -> str:
    server.answer({})
    client.get_dataset(1, 2)
    return server.requests[-1].headers["authorization"]


@pytest.mark.parametrize(("values", "header"), COMPLETE)
def test_the_first_complete_credential_given_is_sent(
    face: "Face", server: "ScriptedServer", values: list[Any], header: str
) -> None:
    credential = {key: value for key, value in zip(KEYS, values, strict=True) if value is not None}
    before = dict(credential)
    assert sent(face.open(server, credential=credential), server) == header
    assert credential == before
    assert list(credential) == list(before)


@pytest.mark.parametrize(("values", "header"), COMPLETE)
def test_the_first_complete_credential_of_the_environment_is_sent(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, values: list[Any], header: str
) -> None:
    for variable, value in zip(VARIABLES, values, strict=True):
        if value is not None:
            monkeypatch.setenv(variable, value)
    client = face.make(base_url=server.url)
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "too late: it was read at construction")
    assert sent(client, server) == header


@pytest.mark.parametrize(
    ("credential", "text"),
    [
        ({"user_id": 12, "personal_access_token": "pat"}, b"user-12:pat"),
        ({"user_id": 0, "personal_access_token": "pat"}, b"user-0:pat"),
        ({"datasource_id": 34, "datasource_secret": "s:e:c"}, b"datasource-34:s:e:c"),
        ({"user_id": "datasource-1", "personal_access_token": "pat"}, b"user-datasource-1:pat"),
        ({"user_id": "é", "personal_access_token": "pä t"}, "user-é:pä t".encode()),
        ({"user_id": "12", "personal_access_token": "x" * 300}, b"user-12:" + b"x" * 300),
    ],
)
def test_a_pair_is_sent_as_basic(face: "Face", server: "ScriptedServer", credential: Any, text: bytes) -> None:
    scheme, _, encoded = sent(face.open(server, credential=credential), server).partition(" ")
    assert (scheme, base64.b64decode(encoded, validate=True)) == ("Basic", text)


def test_the_argument_goes_before_the_environment(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", "other")
    # Half a pair in the place that is not looked at is nobody's mistake.
    monkeypatch.setenv("ABEJA_PLATFORM_USER_ID", "1")
    client = face.open(server, credential={"datasource_id": "34", "datasource_secret": "secret"})
    assert sent(client, server) == SOURCE


@pytest.mark.parametrize(
    ("values", "present", "missing"),
    [
        ([None, "12", None, None, None], 1, 2),
        ([None, "12", "", None, None], 1, 2),
        ([None, None, "pat-secret", None, None], 2, 1),
        ([None, None, None, "34", None], 3, 4),
        ([None, None, None, None, "secret"], 4, 3),
        ([None, "12", None, None, "secret"], 1, 2),
        (["", "12", None, None, None], 1, 2),
    ],
)
@pytest.mark.parametrize("place", ["argument", "environment"])
def test_half_a_pair_is_told_at_construction(
    *, face: "Face", monkeypatch: pytest.MonkeyPatch, values: list[Any], present: int, missing: int, place: str
) -> None:
    names = KEYS if place == "argument" else VARIABLES
    given = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    if place == "environment":
        for name, value in given.items():
            monkeypatch.setenv(name, value)
    else:
        monkeypatch.setenv("PLATFORM_AUTH_TOKEN", "complete, but in the other place")
    with pytest.raises(ValueError, match=f"{names[present]} is given without {names[missing]}") as caught:
        face.make(given if place == "argument" else None)
    assert "secret" not in str(caught.value).replace("datasource_secret", "")


@pytest.mark.parametrize("credential", [None, {}, {"auth_token": None}, {"auth_token": ""}, {"other": "x"}])
def test_without_a_credential_the_first_call_says_what_to_set(
    face: "Face", server: "ScriptedServer", operation: "Operation", credential: dict[str, Any] | None
) -> None:
    client = face.make(credential, base_url=server.url)
    assert "credential=None" in repr(client)
    with pytest.raises(CredentialNotFound) as caught:
        operation.call(client)
    assert not server.requests
    error = caught.value
    assert isinstance(error, Unauthorized)
    assert isinstance(error, Error)
    assert (error.status_code, error.url, error.outcome, error.attempts) == (None, None, "not_sent", ())
    for name in [*VARIABLES, *KEYS]:
        assert name in str(error)


def test_an_empty_credential_does_not_fall_back_on_the_environment(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATFORM_AUTH_TOKEN", "t0ken")
    with pytest.raises(CredentialNotFound):
        face.make({}, base_url=server.url).get_dataset(1, 2)


@pytest.mark.parametrize("bad", ["\n", "\r\nX-Injected: yes", "\0", "\x1f", "\x7f", "\udcff"])
@pytest.mark.parametrize("place", ["argument", "environment"])
@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4])
def test_what_no_header_can_carry_is_refused_without_being_shown(
    face: "Face", monkeypatch: pytest.MonkeyPatch, bad: str, place: str, kind: int
) -> None:
    names = KEYS if place == "argument" else VARIABLES
    secret = f"hush{bad}hush"
    pair = {0: [0], 1: [1, 2], 2: [1, 2], 3: [3, 4], 4: [3, 4]}[kind]
    given = {names[i]: secret if i == kind else "fine" for i in pair}
    if place == "environment":
        if bad == "\0":
            return  # no environment can hold it
        for name, value in given.items():
            monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"^{names[kind]}: ") as caught:
        face.make(given if place == "argument" else None)
    assert "hush" not in repr(caught.value)
    assert not isinstance(caught.value, UnicodeError)


@pytest.mark.parametrize("token", ["two words", "tokén", "トークン"])
def test_a_token_that_no_header_can_carry_is_refused(face: "Face", token: str) -> None:
    with pytest.raises(ValueError, match=r"^auth_token: holds a space or a character that is not ASCII") as caught:
        face.make({"auth_token": token})
    assert token not in str(caught.value)


def test_an_id_with_a_colon_is_refused(face: "Face") -> None:
    # It would end the id early (RFC 7617) and speak for somebody else.
    with pytest.raises(ValueError, match=r"^user_id: holds a colon"):
        face.make({"user_id": "1:2", "personal_access_token": "pat"})


@pytest.mark.parametrize(
    ("credential", "problem"),
    [
        ("token", "credential: a dict is needed, not str"),
        (["auth_token"], "credential: a dict is needed, not list"),
        ({"auth_token": 12345}, "auth_token: a str is needed, not int"),
        ({"auth_token": b"token"}, "auth_token: a str is needed, not bytes"),
        ({"user_id": 1, "personal_access_token": 12345}, "personal_access_token: a str is needed, not int"),
        ({"user_id": True, "personal_access_token": "pat"}, "user_id: a str or an int is needed, not bool"),
        ({"user_id": 1.5, "personal_access_token": "pat"}, "user_id: a str or an int is needed, not float"),
        ({"datasource_id": b"1", "datasource_secret": "s"}, "datasource_id: a str or an int is needed, not bytes"),
    ],
)
def test_wrong_types_are_named(face: "Face", credential: Any, problem: str) -> None:
    with pytest.raises(TypeError) as caught:
        face.make(credential)
    assert str(caught.value) == problem


def test_netrc_is_never_read(
    face: "Face", server: "ScriptedServer", monkeypatch: pytest.MonkeyPatch, tmp_path: "Path"
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login mallory password other\ndefault login m password o\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert sent(face.open(server, credential={"auth_token": "t0ken"}), server) == BEARER
    with pytest.raises(CredentialNotFound):
        face.make(base_url=server.url).get_dataset(1, 2)
