"""An answer with an error status, as the error that it is raised as."""

import json
from http.client import responses as status_names
from typing import Any

import httpx

from abeja_datasets.credentials import Credential
from abeja_datasets.exceptions import HttpError, error_class


def http_error(response: httpx.Response, credential: Credential) -> HttpError:
    """Make the error that an answer stands for, whatever its body is."""
    status = response.status_code
    text, content = _error_body(response, credential)
    if not isinstance(content, dict):
        content = {}
    reason = credential.redact(response.reason_phrase) or status_names.get(status) or f"HTTP {status}"
    description = content.get("error_description")
    return error_class(status)(
        str(content.get("error") or reason),
        text if description is None else str(description),
        error_detail=content.get("error_detail"),
        status_code=status,
        url=str(response.url),
    )


def _error_body(response: httpx.Response, credential: Credential) -> tuple[str, Any]:
    """Return the text of an error's body and, where it is JSON, its value.

    A server that repeats the credential must not bring it into a log.
    """
    text = _text(response)
    try:
        said = json.loads(text)
        content = _redacted(said, credential)
    except (ValueError, RecursionError):
        return credential.redact(text), None
    # JSON can write a secret in more ways than one.
    return text if content == said else json.dumps(content, ensure_ascii=False), content


def _text(response: httpx.Response) -> str:
    """Return the text of a body in its declared charset, or in UTF-8 where that one makes nothing of it."""
    try:
        text = response.text
    except Exception:  # noqa: BLE001 - a server may declare any of Python's codecs, and each fails in its own way
        text = ""
    return text or response.content.decode("utf-8", "replace")


def _redacted(value: Any, credential: Credential) -> Any:
    if isinstance(value, str):
        return credential.redact(value)
    if isinstance(value, list):
        return [_redacted(entry, credential) for entry in value]
    if isinstance(value, dict):
        return {credential.redact(key): _redacted(entry, credential) for key, entry in value.items()}
    return value
