"""Content of the Data Lake: a test aid outside the contract."""

import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from abeja_datasets import APIClient
from abeja_datasets.content import ContentReader
from abeja_datasets_mock import DEMO, Credential, RunningServer, create_app

IMAGE = b"\x89PNG" + bytes(range(256)) * 4000
AUTH = (DEMO.owner or "", DEMO.secret)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "12").mkdir(parents=True)
    (folder / "12" / "cat.png").write_bytes(IMAGE)
    (folder / "12" / "猫 %2F?#.txt").write_text("にゃあ")
    (folder / "12" / "sub").mkdir()
    (folder / "top").write_text("top")
    (tmp_path / "secret").write_text("secret")
    (folder / "12" / "link").symlink_to("../../secret")
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "12" / "fifo")
    return folder


@pytest.fixture
def server(folder: Path) -> Iterator[RunningServer]:
    with RunningServer(content=folder) as server:
        yield server


def ask(server: RunningServer, path: str, **options: Any) -> httpx.Response:
    return httpx.request(options.pop("method", "GET"), f"{server.url}{path}", **{"auth": AUTH, **options})


def test_the_response_is_that_of_the_platform(server: RunningServer) -> None:
    response = ask(server, "/channels/12/cat.png")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    information = response.json()
    assert set(information) == {
        "url_expires_on", "uploaded_at", "metadata", "file_id", "download_uri", "content_type",
    }  # fmt: skip
    assert information["file_id"] == "cat.png"
    assert information["content_type"] == "image/png"
    assert information["metadata"] == {"x-abeja-meta-filename": "cat.png"}
    times = [datetime.fromisoformat(information[name]) for name in ("uploaded_at", "url_expires_on")]
    assert times[0] < times[1]
    download = httpx.get(information["download_uri"])
    assert (download.content, download.headers["content-type"]) == (IMAGE, "image/png")
    assert httpx.head(information["download_uri"]).headers["content-length"] == str(len(IMAGE))


def test_the_file_is_read_when_it_is_asked_for(server: RunningServer, folder: Path) -> None:
    link = ask(server, "/channels/12/cat.png").json()["download_uri"]
    (folder / "12" / "cat.png").write_bytes(b"other")
    assert httpx.get(link).content == b"other"
    (folder / "12" / "cat.png").unlink()
    assert httpx.get(link).status_code == 404
    (folder / "new").mkdir()
    (folder / "new" / "file").write_bytes(b"")
    assert ask(server, "/channels/new/file").json()["content_type"] == "application/octet-stream"


def test_a_name_of_any_characters(server: RunningServer) -> None:
    response = ask(server, "/channels/12/%E7%8C%AB%20%252F%3F%23.txt")
    assert httpx.get(response.json()["download_uri"]).text == "にゃあ"
    assert response.json()["metadata"]["x-abeja-meta-filename"].isascii()


@pytest.mark.parametrize("auth", [None, ("user-1", "wrong")])
def test_a_link_is_given_to_who_has_a_credential(server: RunningServer, auth: Any) -> None:
    for path in ("/channels/12/cat.png", "/channels/12/nothing"):
        response = ask(server, path, auth=auth)
        assert response.status_code == 401
        assert "www-authenticate" in response.headers
        assert response.json()["error"] == "unauthorized"


def test_a_credential_of_any_organization_is_valid(folder: Path) -> None:
    with RunningServer(content=folder, credentials=[Credential.bearer("t", "7")]) as server:
        response = ask(server, "/channels/12/cat.png", auth=None, headers={"Authorization": "Bearer t"})
        assert response.status_code == 200


def test_a_link_is_for_one_file_of_one_server_and_for_a_time(
    server: RunningServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "12" / "dog.png").write_bytes(b"dog")
    link = httpx.URL(ask(server, "/channels/12/cat.png").json()["download_uri"])
    with RunningServer(content=folder) as other:
        assert httpx.get(link.copy_with(port=httpx.URL(other.url).port)).status_code == 403
    wrong = [
        link.copy_with(path="/_content/12/dog.png"),
        link.copy_with(query=None),
        link.copy_set_param("expires", "999999999999"),
        link.copy_set_param("expires", "1e9"),
        link.copy_set_param("signature", "é"),
        link.copy_remove_param("signature"),
    ]
    for one in wrong:
        response = httpx.get(one)
        assert (response.status_code, response.json()["error"]) == (403, "forbidden")
    later = time.time() + 3700
    monkeypatch.setattr("time.time", lambda: later)
    assert httpx.get(link).status_code == 403


TRAVERSALS = [
    "/channels/../secret", "/channels/12/..", "/channels/12/.", "/channels/%2e%2e/secret", "/channels/12/%2e%2e",
    "/channels/12/..%2F..%2Fsecret", "/channels/12/%2e%2e%2f%2e%2e%2fsecret", "/channels/12/..%5C..%5Csecret",
    "/channels/up/secret", "/channels/12/link", "/channels/12/%2Fetc%2Fpasswd", "/channels/%2Fetc/passwd",
    "/channels/12%2Fcat.png/", "/channels//top", "/channels/./top", "/channels/12/sub", "/channels/12/fifo",
    "/channels/12/a%00", "/channels/12/" + "a" * 300, "/channels/top/top", "/channels/12/cat.png/", "/channels/12",
    "/channels/", "/channels", "/channels/12/sub/x", "//12/cat.png", "/channels/12/%FF", "/channels/12/%zz",
]  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_folder(server: RunningServer, path: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    for sent in (path, path.replace("/channels", "/_content", 1) + "?expires=99999999999&signature=x"):
        # As it is: httpx would normalize it.
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            head = f"GET {sent} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n"
            connection.sendall(head.replace("Bearer t", _basic()).encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.split(b" ")[1] in (b"404", b"403"), answer
        assert b"secret" not in answer.partition(b"\r\n\r\n")[2].replace(b"signature", b"")
        assert json.loads(answer.partition(b"\r\n\r\n")[2]).keys() == {"error", "error_description"}


def _basic() -> str:
    import base64

    return f"Basic {base64.b64encode(':'.join(AUTH).encode()).decode()}"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/channels/12/upload", "GET"), ("DELETE", "/channels/12/cat.png", "GET"),
     ("PUT", "/_content/12/cat.png", "GET, HEAD")],
)  # fmt: skip
def test_nothing_else_of_the_data_lake_is_served(server: RunningServer, method: str, path: str, allowed: str) -> None:
    response = ask(server, path, method=method)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    assert ask(server, "/channels/12").status_code == 404


def test_without_a_folder_there_is_no_such_path() -> None:
    with RunningServer() as server:
        for path in ("/channels/12/cat.png", "/_content/12/cat.png"):
            assert ask(server, path).status_code == 404
            assert ask(server, path, method="POST").status_code == 404


@pytest.mark.parametrize("value", ["/nowhere", 1, b"x", __file__])
def test_what_is_no_folder(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^content: .* is not a folder"):
        create_app(content=value)


def test_the_client_reads_it(server: RunningServer, tmp_path: Path) -> None:
    with APIClient(server.credential, base_url=server.url) as api:
        reader = ContentReader(api, cache_dir=tmp_path / "cache")
        assert reader.read("datalake://12/cat.png") == IMAGE
        assert reader.read("datalake://12/猫 %2F?#.txt").decode() == "にゃあ"
        reader.close()
