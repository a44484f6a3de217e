"""That no secret gets into what people print, log, report or store."""

import base64
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import Error, HttpError, InvalidResponse
from abeja_datasets.transports.wire import causes

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

CREDENTIALS = [
    {"auth_token": "hush+hush/tok=="},
    {"user_id": "12", "personal_access_token": 'hush"hüsh\\/>>>???'},
    {"datasource_id": "34", "datasource_secret": "hush hush & <hush>"},
]


def secrets(credential: dict[str, str]) -> list[str]:
    """All the forms that a credential's secret must not be seen in."""
    values = list(credential.values())
    prefix = {"auth_token": "", "user_id": "user-", "datasource_id": "datasource-"}[next(iter(credential))]
    basic = [base64.b64encode(f"{prefix}{values[0]}:{values[1]}".encode()).decode()] if len(values) == 2 else []
    plain = [values[-1], *basic]
    escaped = [json.dumps(secret)[1:-1] for secret in plain]
    return [*plain, *escaped, *(secret.replace("/", "\\/") for secret in escaped)]


def gson(text: str) -> str:
    """JSON text as some servers write it, with more escapes than there need be."""
    return text.replace("/", "\\/").replace("=", "\\u003d").replace("+", "\\u002b").replace("<", "\\u003c")


@pytest.fixture(params=CREDENTIALS, ids=lambda credential: next(iter(credential)))
def credential(request: pytest.FixtureRequest) -> dict[str, str]:
    given: dict[str, str] = request.param
    return given


@pytest.fixture
def client(face: "Face", server: "ScriptedServer", credential: dict[str, str]) -> APIClient:
    return face.open(server, credential=credential, max_retry_count=1)


def echoed(credential: dict[str, str]) -> str:
    """What a server has to tell that repeats all it was given."""
    return " and ".join(secrets(credential)[: 2 if len(credential) == 2 else 1])


def failure(call: Callable[[], Any]) -> Error:
    """The error that a call raises; its traceback starts here, where no local holds a secret."""
    try:
        call()
    except Error as error:
        return error
    raise AssertionError("no error")


def shown(error: BaseException) -> str:
    """All that anybody might show of an error, its locals and its causes among it."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    fields = repr([vars(cause) for cause in (error, error.__cause__, error.__context__) if cause])
    pickled = pickle.dumps(error, 0).decode("latin-1") + repr(pickle.loads(pickle.dumps(error)).args)
    return "\n".join([str(error), repr(error), fields, pickled, "".join(report.format()), str(error.args)])


def assert_absent(text: str, credential: dict[str, str]) -> None:
    for secret in secrets(credential):
        assert secret not in text
        assert secret.encode("unicode_escape").decode() not in text
    assert "hush" not in text


FAULTS = ["unread", "silent", "reset", "half", "stall"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lost_connection_shows_no_secret(
    face: "Face", server: "ScriptedServer", credential: dict[str, str], fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = face.open(server, credential=credential, max_retry_count=1, timeout=0.05)
    server.reply(fault=fault)
    server.reply(fault=fault)
    error = failure(lambda: client.update_dataset_item(1, 2, 3, {}))
    server.script.clear()  # on a busy machine even a connection may take longer than the timeout
    assert len(error.attempts) == 2
    assert face.library in shown(error)
    assert_absent(shown(error), credential)
    assert_absent(caplog.text, credential)


def test_a_failed_connection_shows_no_secret(
    face: "Face", late_server: "ScriptedServer", credential: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = face.open(late_server, credential=credential, max_retry_count=0)
    error = failure(lambda: client.create_dataset(1, "a", "b", {}))
    assert ("ClientConnectorError" if face.name == "aiohttp" else "ConnectError") in shown(error)
    assert_absent(shown(error), credential)
    assert_absent(caplog.text, credential)


def test_the_locals_of_what_failed_below_show_no_secret(face: "Face", credential: dict[str, str]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        seen = request.headers["Authorization"]
        raise httpx.ReadError(f"{len(seen)} letters", request=request)

    http_client = face.http_client(transport=httpx.MockTransport(fail))
    client = face.open("http://unused", credential=credential, http_client=http_client, max_retry_count=1)
    error = failure(lambda: client.get_dataset(1, 2))
    assert ", in fail" in shown(error)
    assert_absent(shown(error), credential)


@pytest.mark.parametrize("value", ["hush-hush\n", "hush hush", b"hush"])
def test_the_locals_of_a_token_that_can_not_be_sent_show_no_secret(face: "Face", value: Any) -> None:
    values = [value]
    client = face.open("http://unused", credential={"auth_token": values.pop})
    error = failure(lambda: client.get_dataset(1, 2))
    assert "hush" not in shown(error)


@pytest.mark.parametrize("status", [400, 401, 429, 500, 520, 301])
@pytest.mark.parametrize("shape", ["documented", "escaped", "text", "list", "other", "key"])
def test_an_error_that_repeats_the_credential_shows_no_secret(
    *,
    client: APIClient,
    server: "ScriptedServer",
    credential: dict[str, str],
    status: int,
    shape: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    text = f"you said {echoed(credential)}!"
    documented = {"error": text, "error_description": text, "error_detail": {"deep": [{text: text}]}}
    body = {
        "documented": json.dumps(documented, ensure_ascii=False),
        "escaped": gson(json.dumps(documented)),
        "text": text,
        "list": gson(json.dumps([text])),
        "other": gson(json.dumps({"message": text})),
        "key": gson(json.dumps({text: 1})),
    }[shape]
    for _ in range(2):
        server.reply(status, body.encode())
    error = failure(lambda: client.create_dataset(1, "a", "b", {}))
    server.script.clear()
    assert isinstance(error, HttpError)
    assert "you said [secret]" in error.error_description
    assert_absent(shown(error), credential)
    assert_absent(caplog.text, credential)


def test_a_reason_that_repeats_the_credential_shows_no_secret(
    face: "Face", server: "ScriptedServer", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "abeja.datasets")
    credential = CREDENTIALS[0]
    for _ in range(2):
        server.reply(503, b"", reason="No Use Of hush+hush/tok==")
    client = face.open(server, credential=credential, max_retry_count=1)
    error = failure(lambda: client.get_dataset(1, 2))
    assert "503 No Use Of [secret]" in str(error)
    assert_absent(str(error) + repr(error) + repr(error.attempts), credential)
    assert_absent(caplog.text, credential)


@pytest.mark.parametrize("before", [0, 70, 75])
def test_a_success_that_is_no_json_and_repeats_the_credential_shows_no_secret(
    client: APIClient, server: "ScriptedServer", credential: dict[str, str], before: int
) -> None:
    server.reply(body=b"x" * before + echoed(credential).encode())
    error = failure(lambda: client.get_dataset(1, 2))
    assert isinstance(error, InvalidResponse)
    assert_absent(shown(error), credential)


def test_a_success_that_is_no_json_shows_no_secret_in_its_locals(
    client: APIClient, server: "ScriptedServer", credential: dict[str, str]
) -> None:
    server.reply(body=echoed(credential).encode())
    error = failure(lambda: client.get_dataset(1, 2))
    report = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "JSONDecodeError" in report
    assert_absent(report, credential)


def test_what_a_page_tells_wrongly_is_not_repeated(
    client: APIClient, server: "ScriptedServer", credential: dict[str, str]
) -> None:
    server.answer({"items": [], "next_page_token": [echoed(credential)]})
    error = failure(lambda: list(client.iter_dataset_items(1, 2)))
    assert isinstance(error, InvalidResponse)
    assert_absent(str(error) + repr(error), credential)


def test_a_client_shows_whose_it_is_and_no_secret(
    client: APIClient, server: "ScriptedServer", credential: dict[str, str]
) -> None:
    server.answer({})
    client.get_dataset(1, 2)
    owner = {"auth_token": "an auth_token", "user_id": "user-12", "datasource_id": "datasource-34"}
    assert f"credential=<Credential of {owner[next(iter(credential))]}>" in repr(client)
    members = vars(getattr(client, "_client", client))
    assert "_settings" in members
    assert_absent(repr(client) + str(client) + repr(members) + repr([*members.values()]), credential)


def test_logs_of_all_libraries_show_no_secret(
    client: APIClient, server: "ScriptedServer", credential: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply(503)
    server.answer({})
    client.get_dataset(1, 2)
    assert "abeja.datasets" in {record.name for record in caplog.records}
    assert_absent(caplog.text + repr([vars(record) for record in caplog.records]), credential)


def test_a_secret_of_a_few_letters_does_not_blank_out_what_an_error_says(
    face: "Face", server: "ScriptedServer"
) -> None:
    server.answer({"error": "bad", "error_description": "the dataset"}, 400)
    error = failure(lambda: face.open(server, credential={"auth_token": "the"}).get_dataset(1, 2))
    assert "the dataset" in str(error)


def frames(error: BaseException) -> str:
    """What error reporters show of an error: its text, and the locals of all frames but those of this file."""
    seen = [str(error), repr(error), repr(vars(error))]
    for cause in causes(error):
        seen.append(str(cause))
        for frame, _ in traceback.walk_tb(cause.__traceback__):
            if frame.f_code.co_filename != __file__:
                seen.append(repr(frame.f_locals))
    return "\n".join(seen)


USABLE = {"auth_token": "hush-usable"}
UNUSABLE: list[dict[str, Any]] = [
    *({"credential": USABLE, **more} for more in (
        {"timeout": -1}, {"max_retry_count": "x"}, {"deadline": 0}, {"max_response_bytes": -1}, {"user_agent": 3},
        {"on_attempt": 3}, {"http_client": 3}, {"transport": "x"}, {"base_url": "http://u:hush@x"},
        {"base_url": "http://[::hush"},
    )),
    *({"credential": credential} for credential in (
        {"auth_token": "hush hush"}, {"auth_token": b"hush"}, {"auth_token": "hush\ud800"}, "hush", ["hush"],
        {"user_id": 1.5, "personal_access_token": "hush"}, {"user_id": "a:b", "personal_access_token": "hush"},
        {"user_id": 1, "datasource_secret": "hush"}, {"user_id": 1, "personal_access_token": "hush\n"},
    )),
]  # fmt: skip


@pytest.mark.parametrize("client_class", [APIClient, AsyncAPIClient])
@pytest.mark.parametrize("settings", UNUSABLE, ids=repr)
def test_an_error_in_the_constructor_leaves_no_secret_in_its_frames(
    client_class: Any, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN", "hush-of-the-environment")
    with pytest.raises((TypeError, ValueError)) as caught:
        client_class(**settings)
    assert "hush" not in frames(caught.value)


@pytest.mark.parametrize(
    "headers",
    [{"X-Key": "hush\n"}, {"X-Key": b"hush"}, {"Authorization": "hush"}, {"a": "hush", "A": "hush"}, ["hush"]],
)
def test_an_error_in_with_options_leaves_no_secret_in_its_frames(headers: Any) -> None:
    client = APIClient(USABLE)
    with pytest.raises((TypeError, ValueError)) as caught:
        client.with_options(headers=headers)
    assert "hush" not in frames(caught.value)
