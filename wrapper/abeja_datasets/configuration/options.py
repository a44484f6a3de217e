"""Checking what a client or a view of it may be given beside its settings: headers, a user agent, a hook, a decoder."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from abeja_datasets.calls.attempts import Hook
from abeja_datasets.calls.values import plain

# RFC 9110, sections 5.5 and 5.6.2.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_OURS = {
    "authorization": "pass `credential` instead",
    "accept": "the API accepts only JSON",
    "accept-encoding": "the client decodes responses itself",
    "user-agent": "pass `user_agent` instead",
    "content-type": "bodies are JSON",
    **dict.fromkeys(("connection", "content-length", "host", "transfer-encoding"), "the client sets it"),
    "proxy-authorization": "pass the proxy's user and password in its URL",
    # The response to it would be another than the one to the call.
    **dict.fromkeys(("expect", "upgrade"), "the client does not speak what it asks for"),
}


def merged(old: tuple[tuple[str, str], ...], new: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the headers of a view: those that were there, unless new ones have the same name, and the new ones."""
    replaced = {name.lower() for name in new}
    return (*((name, value) for name, value in old if name.lower() not in replaced), *new.items())


def headers(given: object) -> dict[str, str]:
    """Check the headers that a view adds.

    Raises:
        ValueError: a name or a value can't be sent, or the header is the client's own.
        TypeError: a name or a value is not a str.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"headers: a dict is needed, not {type(given).__name__}")
    checked = {plain(name): plain(value) for name, value in given.items()}
    for name, value in checked.items():
        for text in (name, value):
            if not isinstance(text, str):
                raise TypeError(f"headers: names and values are str, not {type(text).__name__}, as at {name!r:.80}")
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"headers: {name!r:.80} is not the name of a header")
        if reason := _OURS.get(name.lower()):
            raise ValueError(f"headers: {name} can't be set: {reason}")
        if value and not _HEADER_VALUE.fullmatch(value):
            # The value is not shown: it may be a secret.
            raise ValueError(f"headers: the value of {name} holds what no header can carry; printable ASCII is needed")
    names = [plain(name).lower() for name in given]
    if twice := next((name for name in checked if names.count(name.lower()) > 1), None):
        raise ValueError(f"headers: {twice} is there twice; the case of a name does not matter")
    return checked


def user_agent(value: object) -> str:
    """Check the text that is put behind the library's own `User-Agent`.

    Raises:
        ValueError: it can't be sent.
    """
    text = plain(value)
    if not isinstance(text, str) or not _HEADER_VALUE.fullmatch(text):
        raise ValueError(f"user_agent: printable ASCII text such as 'my-program/1.0' is needed, not {value!r:.80}")
    return text


def decoder(given: Any) -> Callable[[bytes], Any]:
    """Check the function that decodes responses.

    Raises:
        TypeError: it can't be called.
    """
    if not callable(given):
        raise TypeError(f"decode: a function is needed, not {type(given).__name__}")
    decode: Callable[[bytes], Any] = given
    return decode


def hook(given: Any, *, is_async: bool) -> Hook:
    """Check the function that is called after each attempt.

    Raises:
        TypeError: it can't be called, or is a coroutine function where nothing can await it.
    """
    import inspect

    if not callable(given):
        raise TypeError(f"on_attempt: a function is needed, not {type(given).__name__}")
    if is_async:
        return Hook(given)
    if inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(getattr(given, "__call__", None)):  # noqa: B004 - the method is what is asked about
        raise TypeError("on_attempt: a coroutine function is for AsyncAPIClient; give APIClient a plain function")
    return Hook(given)
