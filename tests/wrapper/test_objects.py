"""Clients as objects: pickled, copied, compared, and looked at by tools, none of which sends or opens anything."""

import asyncio
import concurrent.futures
import copy
import inspect
import multiprocessing
import pickle
import pkgutil
import pydoc
import subprocess
import sys
import typing
import weakref
from collections.abc import Callable
from importlib import import_module
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from unittest import mock

import httpx
import pytest
from tests.sampling import every
from tests.wrapper.scripted import Reply

import abeja_datasets
from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import CredentialNotFound, NotFound

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import ScriptedServer

SECRET = "a-token-of-these-tests"
CREDENTIALS = [
    {"auth_token": SECRET},
    {"user_id": 12, "personal_access_token": SECRET},
    {"datasource_id": "34", "datasource_secret": SECRET},
]
CLIENTS = [APIClient, AsyncAPIClient]
REPLY = Reply()
CALLS = 0


def token() -> str:
    return SECRET


def hook(report: Any) -> None:
    global CALLS  # noqa: PLW0603 - a function that pickles has no other place
    CALLS += bool(report)


def outcome(client: Any) -> Any:
    """Call a client of either kind, on an event loop of its own if it needs one, and close it."""
    if isinstance(client, APIClient):
        with client:
            return client.get_dataset(1, 2)

    async def main() -> Any:
        async with client:
            return await client.get_dataset(1, 2)

    return asyncio.run(main())


def made(client_class: Any, server: "ScriptedServer", **settings: Any) -> Any:
    return client_class(**{"credential": {"auth_token": SECRET}, "base_url": server.url, **settings})


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": lambda client, n=n: pickle.loads(pickle.dumps(client, n)) for n in range(6)},  # type: ignore[misc] # the default binds n
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("when", ["unused", "used", "closed"])
@pytest.mark.parametrize("client_class", CLIENTS)
def test_a_copy_has_the_settings_and_a_pool_of_its_own(
    server: "ScriptedServer", client_class: Any, when: str, how: str
) -> None:
    server.always = lambda _request: REPLY
    client = made(client_class, server, timeout=7, max_retry_count=2, deadline=9, user_agent="me/1")
    if client_class is APIClient:
        if when != "unused":
            client.get_dataset(1, 2)
        if when == "closed":
            client.close()
    elif when != "unused":
        asyncio.run(client.get_dataset(1, 2))
        if when == "closed":
            asyncio.run(client.close())
    before = len(server.requests)
    copied = COPIES[how](client)
    assert type(copied) is client_class
    assert repr(copied) == repr(client)
    assert outcome(copied) == {}
    request = server.requests[before]
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["user-agent"].endswith(" me/1")
    assert request.connection == (1 if when == "unused" else 2)
    if client_class is APIClient and when == "used":
        # The copy was closed, and the original was not.
        client.get_dataset(1, 2)
        assert server.requests[-1].connection == 1
        client.close()


@pytest.mark.parametrize("how", COPIES)
def test_closing_the_original_leaves_its_copy_open(server: "ScriptedServer", how: str) -> None:
    server.answer({})
    server.answer({})
    client = made(APIClient, server)
    client.get_dataset(1, 2)
    with COPIES[how](client) as copied:
        client.close()
        assert copied.get_dataset(1, 2) == {}
        with pytest.raises(RuntimeError, match="closed"):
            client.get_dataset(1, 2)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda credential: next(iter(credential)))
def test_a_copy_sends_the_same_credential(server: "ScriptedServer", credential: Any, how: str) -> None:
    for _ in range(2):
        server.answer({})
    client = made(APIClient, server, credential=credential)
    for each in (client, COPIES[how](client)):
        outcome(each)
    first, second = server.requests
    assert first.headers == second.headers


@pytest.mark.parametrize("how", COPIES)
def test_views_and_methods_can_be_copied(server: "ScriptedServer", how: str) -> None:
    server.always = lambda _request: REPLY
    client = made(APIClient, server)
    view = client.with_options(headers={"X-Trace": "7"}, timeout=3)
    client.get_dataset(1, 2)
    with COPIES[how](view) as copied:
        copied.get_dataset(1, 2)
    assert server.requests[-1].headers["x-trace"] == "7"
    view.close()
    if how not in ("copy", "pickle 0", "pickle 1"):
        assert COPIES[how](client.get_dataset)(1, 2) == {}
        raw = COPIES[how](view.with_raw_response).get_dataset(1, 2)
        assert (raw.status, raw.data) == (200, {})
        assert COPIES[how](raw) == raw
        assert COPIES[how](raw).headers["Content-Type"] == "application/json"


def test_a_client_and_its_view_that_are_copied_together_belong_together(server: "ScriptedServer") -> None:
    client = made(APIClient, server)
    pair = client, client.with_options(timeout=3)
    for first, second in (copy.deepcopy(pair), pickle.loads(pickle.dumps(pair))):
        first.close()
        with pytest.raises(RuntimeError, match="closed"):
            second.get_dataset(1, 2)
    client.close()


def test_functions_that_a_module_defines_go_along(server: "ScriptedServer") -> None:
    client = made(APIClient, server, credential={"auth_token": token}, on_attempt=hook)
    for how, make in COPIES.items():
        server.answer({})
        before = CALLS
        outcome(make(client))
        assert before + 1 == CALLS, how
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {SECRET}"}


@pytest.mark.parametrize("client_class", CLIENTS)
@pytest.mark.parametrize(
    ("argument", "settings"),
    [
        ("credential", {"credential": {"auth_token": lambda: SECRET}}),
        ("on_attempt", {"on_attempt": lambda report: report}),
        ("http_client", {"http_client": None}),
    ],
)
def test_what_can_not_be_pickled_is_named(client_class: Any, argument: str, settings: dict[str, Any]) -> None:
    if argument == "http_client":
        kind = httpx.Client if client_class is APIClient else httpx.AsyncClient
        settings = {"http_client": kind(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={})))}
    client = client_class(**{"credential": {"auth_token": SECRET}, **settings})
    for protocol in range(6):
        with pytest.raises(TypeError, match=f"^{argument}: .*can't be pickled"):
            pickle.dumps(client, protocol)
    for make in (copy.copy, copy.deepcopy):
        assert outcome(make(client)) == {} if argument == "http_client" else make(client)


CLOUDPICKLE = """
import io, pickle

class Pickler(pickle.Pickler):
    def reducer_override(self, value):
        return (by_name, ("",)) if getattr(value, "__name__", "") == "<lambda>" else NotImplemented

def dumps(value):
    file = io.BytesIO()
    Pickler(file).dump(value)
    return file.getvalue()
"""
"""What counts of cloudpickle: it pickles functions that pickle refuses."""


def by_name(_: str) -> Callable[..., Any]:
    return lambda *_: SECRET


def test_picklers_that_take_any_function_may(server: "ScriptedServer") -> None:
    server.answer({})
    module: dict[str, Any] = {"__name__": "joblib.externals.cloudpickle.cloudpickle", "by_name": by_name}
    exec(CLOUDPICKLE, module)
    client = made(APIClient, server, credential={"auth_token": lambda: SECRET}, on_attempt=lambda report: report)
    assert outcome(pickle.loads(module["dumps"](client))) == {}


@pytest.mark.parametrize(("client_class", "method"), every(3, product(CLIENTS, ["spawn", "forkserver"])))
def test_processes_take_a_client_that_was_used(server: "ScriptedServer", client_class: Any, method: str) -> None:
    server.always = lambda _request: REPLY
    client = made(client_class, server)
    outcome(client)
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        assert executor.submit(outcome, client).result(30) == {}
    assert len(server.requests) == 2


def test_an_error_comes_back_from_another_process(server: "ScriptedServer") -> None:
    server.answer({"error": "not_found", "error_description": "gone"}, 404, {"X-Request-Id": "r7"})
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor, pytest.raises(NotFound) as caught:
        executor.submit(outcome, made(APIClient, server)).result(30)
    assert (caught.value.outcome, caught.value.request_id, len(caught.value.attempts)) == ("rejected", "r7", 1)


def functions() -> dict[str, Any]:
    """Every function and class of the library, by name."""
    found: dict[str, Any] = {}
    for module in pkgutil.walk_packages(abeja_datasets.__path__, "abeja_datasets."):
        if module.name.endswith(("__main__", "takeover")):
            continue
        for name, value in vars(import_module(module.name)).items():
            if getattr(value, "__module__", None) == module.name:
                found[f"{module.name}.{name}"] = value
                members = vars(value) if inspect.isclass(value) else {}
                found |= {f"{module.name}.{name}.{key}": member for key, member in members.items()}
    return found


def test_type_hints_can_be_read_of_everything() -> None:
    models = abeja_datasets.models
    values = [*functions().values(), *(getattr(models, name) for name in models.__all__)]
    assert len(values) > 300
    for value in values:
        read = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
        if inspect.isfunction(read) or inspect.isclass(read):
            typing.get_type_hints(read)
    hints = typing.get_type_hints(APIClient.__init__)
    assert hints["http_client"] == httpx.Client | None
    assert typing.get_type_hints(AsyncAPIClient.__init__)["http_client"] == httpx.AsyncClient | None


def test_type_hints_load_the_http_library_when_they_are_read_and_not_before() -> None:
    program = """
import sys, typing, inspect, abeja.datasets
from abeja.datasets import APIClient
inspect.signature(APIClient), inspect.getmembers(abeja.datasets), inspect.getmembers(inspect.getmodule(APIClient))
assert "httpx" not in sys.modules
assert typing.get_type_hints(APIClient.__init__)["http_client"] == __import__("httpx").Client | None
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=30)


@runtime_checkable
class Datasets(Protocol):
    def get_dataset(self, organization_id: str, dataset_id: str) -> Any: ...
    def close(self) -> Any: ...


LOOKS: dict[str, Callable[[Any], Any]] = {
    "members": inspect.getmembers,
    "static members": inspect.getmembers_static,
    "every attribute": lambda client: [getattr(client, name) for name in dir(client)],
    "autospec": lambda client: mock.seal(mock.create_autospec(client, instance=True)),
    "spec": lambda client: mock.Mock(spec=client, wraps=client),
    "help": pydoc.render_doc,
    "notebooks": lambda client: [
        hasattr(client, name)
        for name in ("_repr_html_", "_ipython_display_", "_ipython_canary_method_should_not_exist_", "__rich__")
    ],
    "equality": lambda client: (client == client.with_options(), hash(client), {client: 1}, bool(client)),
    "weak references": lambda client: weakref.ref(client)(),
    "a protocol": lambda client: isinstance(client, Datasets),
    "text": lambda client: (repr(client), str(client), f"{client}", vars(client)),
    "raw members": lambda client: inspect.getmembers(client.with_raw_response),
    "raw autospec": lambda client: mock.create_autospec(client.with_raw_response, instance=True),
    "copies": lambda client: (copy.copy(client), pickle.dumps(client)),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("client_class", CLIENTS)
def test_looking_at_a_client_opens_and_sends_nothing(
    server: "ScriptedServer", client_class: Any, look: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = made(client_class, server)

    def fail(*_: Any) -> Any:
        raise AssertionError("a session was opened")

    monkeypatch.setattr(client_class, "_open", fail)
    assert LOOKS[look](client) is not False
    assert server.requests == []


def test_a_mock_of_a_client_checks_arguments() -> None:
    mocked = mock.create_autospec(APIClient({"auth_token": SECRET}), instance=True)
    mocked.get_dataset.return_value = {"dataset_id": "1"}
    assert mocked.get_dataset("1", dataset_id="2") == {"dataset_id": "1"}
    with pytest.raises(TypeError):
        mocked.get_dataset("1")
    asynchronous = mock.create_autospec(AsyncAPIClient({"auth_token": SECRET}), instance=True)
    asynchronous.get_dataset.return_value = {}
    assert asyncio.run(asynchronous.get_dataset(1, 2)) == {}


def test_views_are_objects_of_their_own() -> None:
    client = APIClient({"auth_token": SECRET})
    view = client.with_options()
    assert view != client
    assert len({client, view}) == 2


def test_names_that_load_late_are_listed_under_the_documented_name() -> None:
    program = "import abeja.datasets as d; print(sorted({'APIClient', *d.__all__} - set(dir(d))))"
    done = subprocess.run([sys.executable, "-c", program], check=True, timeout=30, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_an_error_that_is_copied_keeps_what_it_carries(face: "Face", server: "ScriptedServer") -> None:
    server.reply(429, headers={"Retry-After": "70", "X-Request-Id": "r1"})
    with pytest.raises(abeja_datasets.exceptions.TooManyRequests) as caught:
        face.open(server).create_dataset(1, "a", "b", {})
    for made_again in (copy.deepcopy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert made_again != caught.value
        assert (made_again.retry_after, made_again.request_id) == (70, "r1")
        assert vars(made_again) == vars(caught.value)


def test_errors_without_a_request_have_the_common_fields() -> None:
    error = CredentialNotFound("a", "b")
    assert (error.attempts, error.outcome, error.hint, error.request_id) == ((), "not_sent", "", None)
