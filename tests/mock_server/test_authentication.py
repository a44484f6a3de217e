"""Who may ask what."""

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from abeja_datasets_mock import DEMO, Credential, RunningServer, credential_from_environment

if TYPE_CHECKING:
    from tests.mock_server.conftest import Oracle

PATH = "/organizations/1/datasets/"


def basic(owner: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{owner}:{secret}".encode()).decode()


GOOD = basic("user-1234567890123", "demo-personal-access-token")


@pytest.fixture
def status(server: RunningServer, oracle: "Oracle") -> Callable[..., int]:
    def ask(*headers: str, url: str = "", path: str = PATH) -> int:
        fields = [("Authorization", value.encode("utf-8")) for value in headers]
        with httpx.Client(event_hooks={"response": [oracle.check]}) as client:
            request = client.build_request("GET", (url or server.url) + path)
            request.headers = httpx.Headers([(b"Host", b"x"), *((name.encode(), value) for name, value in fields)])
            response = client.send(request)
        if response.status_code == 401:
            assert response.json() == {"error": "unauthorized", "error_description": "Authentication failed"}
            assert re.fullmatch(
                'Basic realm="[^"]+", charset="UTF-8", Bearer realm="[^"]+"', response.headers["WWW-Authenticate"]
            )
        return response.status_code

    return ask


@pytest.mark.parametrize(
    "header", [GOOD, GOOD.replace("Basic", "BASIC"), GOOD.replace("Basic ", "basic   "), GOOD.rstrip("=")]
)
def test_the_right_credential(status: Callable[..., int], header: str) -> None:
    assert status(header) == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        GOOD[:-4],
        GOOD + "AAAA",
        GOOD.replace("Basic", "Bearer"),
        GOOD.replace("Basic ", "Basic"),
        GOOD.replace("Basic", "Digest"),
        GOOD.swapcase(),
        "Bearer demo-personal-access-token",
        basic("1234567890123", "demo-personal-access-token"),
        basic("user-1234567890123", ""),
        basic("user-1234567890123", "demo-personal-access-tokem"),
        basic("", ""),
        "Basic %%%",
        "Basic é",
        "x" * 20000,
        GOOD + ", " + GOOD,
    ],
)
def test_wrong_credentials(status: Callable[..., int], header: str | None) -> None:
    assert status(*([] if header is None else [header])) == 401


def test_headers_that_clients_would_not_send(send_raw: Callable[..., bytes]) -> None:
    for value in (b"Basic ", b"Basic \xff", b"Basic\t", b" "):
        answer = send_raw(
            b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: %b\r\n\r\n" % (PATH.encode(), value)
        )
        assert answer.startswith(b"HTTP/1.1 401 ")


def test_two_headers_are_refused(status: Callable[..., int]) -> None:
    assert status(GOOD, GOOD) == 401


def test_unknown_paths_and_methods_come_first_and_parameters_after(
    server: RunningServer, status: Callable[..., int]
) -> None:
    assert status(path="/") == 404
    assert status(path=f"{PATH}1/") == 404
    assert httpx.patch(server.url + PATH).status_code == 405
    assert status(path=f"{PATH}?max_results=x") == 401
    assert httpx.post(server.url + PATH, content=b"{").status_code == 401
    assert status(path=f"{PATH}1") == 401


def test_bearer_tokens(status: Callable[..., int]) -> None:
    with RunningServer(credentials=[Credential.bearer("tok=en")]) as server:
        assert server.credential == {"auth_token": "tok=en"}
        assert status("Bearer tok=en", url=server.url) == 200
        assert status("bearer tok=en", url=server.url) == 200
        for wrong in ("Bearer Tok=en", "Bearer tok=en=", "Bearer", "Basic tok=en", GOOD):
            assert status(wrong, url=server.url) == 401


def test_data_sources(status: Callable[..., int]) -> None:
    with RunningServer(credentials=[Credential.datasource("12", "é:secret")]) as server:
        assert server.credential == {"datasource_id": "12", "datasource_secret": "é:secret"}
        assert status(basic("datasource-12", "é:secret"), url=server.url) == 200
        assert status(basic("user-12", "é:secret"), url=server.url) == 401


def test_a_credential_of_one_organization(status: Callable[..., int]) -> None:
    credentials = [Credential.user("1", "s", "one"), Credential.user("user-2", "s", "two"), Credential.bearer("any")]
    with RunningServer(credentials=credentials) as server:
        for owner, one, two in (("user-1", 200, 401), ("user-2", 401, 200), ("user-3", 401, 401)):
            assert status(basic(owner, "s"), url=server.url, path="/organizations/one/datasets/") == one
            assert status(basic(owner, "s"), url=server.url, path="/organizations/t%77o/datasets/") == two
        assert status("Bearer any", url=server.url, path="/organizations/three/datasets/") == 200


def test_credentials_do_not_show_their_secret() -> None:
    for credential in (
        Credential.bearer("sesame"),
        Credential.user("1", "sesame"),
        Credential.datasource("1", "sesame"),
    ):
        assert "sesame" not in repr(credential)
        assert "sesame" in repr(credential.argument)
    with pytest.raises(AttributeError):
        Credential.bearer("x").secret = "y"  # type: ignore[misc] # which is what is tested


def test_credentials_that_are_none() -> None:
    for make in (
        lambda: Credential.bearer(""),
        lambda: Credential.user("a:b", "s"),
        lambda: RunningServer(credentials=[]),
    ):
        with pytest.raises(ValueError, match="credential"):
            make()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, DEMO),
        ({"PLATFORM_AUTH_TOKEN": ""}, DEMO),
        ({"PLATFORM_AUTH_TOKEN": "t", "ABEJA_PLATFORM_USER_ID": "1"}, Credential.bearer("t")),
        ({"ABEJA_PLATFORM_USER_ID": "1", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": "s"}, Credential.user("1", "s")),
        ({"ABEJA_PLATFORM_USER_ID": "user-1", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": "s"}, Credential.user("1", "s")),
        (
            {"ABEJA_PLATFORM_DATASOURCE_ID": "1", "ABEJA_PLATFORM_DATASOURCE_SECRET": "s"},
            Credential.datasource("1", "s"),
        ),
        (
            {
                "ABEJA_PLATFORM_USER_ID": "1",
                "ABEJA_PLATFORM_DATASOURCE_ID": "1",
                "ABEJA_PLATFORM_DATASOURCE_SECRET": "s",
            },
            Credential.datasource("1", "s"),
        ),
    ],
)
def test_the_environments_credential(environ: dict[str, str], expected: Credential) -> None:
    assert credential_from_environment(environ) == expected
    assert credential_from_environment(expected.environment) == expected


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"ABEJA_PLATFORM_USER_ID": "1"}, "ABEJA_PLATFORM_USER_ID is set without ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"),
        (
            {"ABEJA_PLATFORM_DATASOURCE_SECRET": "s"},
            "ABEJA_PLATFORM_DATASOURCE_SECRET is set without ABEJA_PLATFORM_DATASOURCE_ID",
        ),
    ],
)
def test_half_a_credential(environ: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        credential_from_environment(environ)
