"""How server and check follow the document: `python -m upkeep.left.serving` runs the check against the mock server.

Standard input has more requests to send, by operationId: for each parameter its name, its location, and the pairs of
name and text that give it a valid value. The output is described at `served`.
"""

import json
import logging
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

_ORGANIZATIONS = ("1102940376065", "1200000000000")
_SUCCESS = re.compile(r"status(es)? 2")
_TOKENS = ("token-of-the-first", "token-of-the-second")
Extra = dict[str, list[tuple[str, str, list[tuple[str, str]]]]]


def main() -> None:
    """Read what else to send, and write the outcome."""
    json.dump(served(json.load(sys.stdin)) | clauses(), sys.stdout)


def clauses() -> dict[str, Any]:
    """Return as `clauses` the name, the source, what is gone of that, and the place of each; or `unread`, the error."""
    try:
        from abeja_datasets_contract.check.document import Contract, document_path
        from abeja_datasets_contract.check.stages import entries
        from abeja_datasets_contract.openapi.reading import load_file

        path = document_path()
        listed = entries(Contract(load_file(path), path))
    except Exception as error:  # noqa: BLE001 - whatever keeps the check from reading the document is reported
        return {"unread": _words(error)}
    return {"clauses": [[one.clause.name, one.clause.source, one.gone, one.where] for one in listed]}


def served(extra: Extra) -> dict[str, Any]:
    """Start the mock server, check it by the document, and send the other requests.

    Returns:
        `error` and `where`, if one of them can't begin, and `failures`, the exceptions in the mock server by place. By
        operationId: `reads` (what a handler has read of query, head and body), `names` (of the properties in responses)
        and `headers` (of responses). Also `refused` (parameters with a valid value that are refused, with the
        response), `closed` (operations that refuse a request without the credential that they do not ask for),
        `causes` (each with why its request was wrong, or empty), and `unchecked` (clauses with the reasons why the
        check could not check them).
    """
    reads: dict[str, dict[str, list[str]]] = {}
    failures = _Failures()
    try:
        from abeja_datasets_contract.check import Mode, Options, check
        from abeja_datasets_contract.check.document import contract_of, document_path
        from abeja_datasets_mock import Credential, RunningServer
        from abeja_datasets_mock.operations import Operations

        _record(Operations, reads)
        contract = contract_of(document_path())
        accepted = [Credential.bearer(*pair) for pair in zip(_TOKENS, _ORGANIZATIONS, strict=True)]
        with tempfile.TemporaryDirectory() as folder, RunningServer(credentials=accepted) as server:
            options = Options(
                mode=Mode.WRITES, ledger=Path(folder, "ledger"), document=document_path(), keep=True,
                other_organization_id=_ORGANIZATIONS[1], other_authorization=f"Bearer {_TOKENS[1]}",
            )  # fmt: skip
            report = check(server.url, _ORGANIZATIONS[0], f"Bearer {_TOKENS[0]}", options)
            return _result(report, contract, extra) | {"reads": reads, "failures": failures.found}
    except Exception as error:  # noqa: BLE001 - whatever keeps one of them from its work is reported
        return {"error": _words(error), "where": _place(error), "failures": failures.found}


def _words(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _place(error: BaseException) -> str:
    """Return the last line of ours that an error went through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "abeja_datasets_" in frame.filename]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


class _Failures(logging.Handler):
    """Keeps the exceptions that the mock server logs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        logger = logging.getLogger("abeja_datasets_mock")
        logger.addHandler(self)
        logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            self.found.setdefault(_place(error), _words(error))


class _Read(dict[str, Any]):
    """A dict that keeps which of its keys were read."""

    def __init__(self, content: Mapping[str, Any], seen: list[str]) -> None:
        super().__init__(content)
        self._seen = seen

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._note(key)
        return super().get(key, default)

    def _note(self, key: str) -> None:
        if key not in self._seen:
            self._seen.append(key)


def _record(handlers: type, reads: dict[str, dict[str, list[str]]]) -> None:
    """Make each handler of the mock server record what it reads."""
    for name, handler in [*vars(handlers).items()]:
        if not name.startswith("_") and callable(handler):
            setattr(handlers, name, _recorded(handler, reads, name))


def _recorded(handler: Callable[..., Any], reads: dict[str, dict[str, list[str]]], name: str) -> Callable[..., Any]:
    async def handled(self: Any, request: Any) -> Any:
        seen = reads.setdefault(name, {"query": [], "body": []})
        request.query, request.head = (_Read(part, seen["query"]) for part in (request.query, request.head))
        if isinstance(request.body, dict):
            request.body = _Read(request.body, seen["body"])
        elif isinstance(request.body, list):
            request.body = [_Read(one, seen["body"]) if isinstance(one, dict) else one for one in request.body]
        return await handler(self, request)

    return handled


def _result(report: Any, contract: Any, extra: Extra) -> dict[str, Any]:
    from abeja_datasets_contract.check import Status

    labels = {name: known.label for name, known in contract.operations.items()}
    accepted: dict[str, Any] = {}
    found: dict[str, Any] = {"names": {}, "headers": {}}
    schemas = [known.request_schema or {} for known in contract.operations.values()]
    given = {name for schema in schemas for name in contract.schemas.given(schema)}
    for exchange in report.exchanges:
        name = labels.get(exchange.operation or "")
        if name is None:
            continue
        if exchange.received is not None and exchange.received.status // 100 == 2:  # noqa: PLR2004 - a success
            accepted[name] = exchange
            _add(found["names"], name, _names(exchange.received.body, given))
            _add(found["headers"], name, [key.lower() for key, _ in exchange.received.headers])
    causes = [
        [labels.get(one.operation, ""), one.came, one.promised, list(one.failing), _wrong_request(contract, one)]
        for one in report.causes
    ]
    unchecked = [
        [each.clause.name, each.reason] for each in report.verdicts if each.status is Status.NOT_CHECKED and each.reason
    ]
    open_ = [known.label for known in contract.operations.values() if not known.secured]
    return {
        "error": "", "where": "", "causes": causes, "unchecked": unchecked, "stopped": report.stopped or "",
        "refused": [*_refused(accepted, extra)], "closed": [name for name in open_ if _is_closed(accepted.get(name))],
        **{key: {name: sorted(names) for name, names in value.items()} for key, value in found.items()},
    }  # fmt: skip


def _wrong_request(contract: Any, cause: Any) -> str:
    """Return why the document does not allow a refused request whose clause expects a success; empty where it does."""
    from abeja_datasets_contract.check.options import Skip

    exchange = cause.exchange
    is_refused = exchange is not None and exchange.received is not None and exchange.received.status // 100 == 4  # noqa: PLR2004
    if not is_refused or exchange.operation is None or not _SUCCESS.search(cause.promised):
        return ""
    try:
        body = json.loads(exchange.sent.body) if exchange.sent.body else None
        # Such a value is here as the text that was sent, and not as a value that could be written again.
        as_json = {one.name for one in contract.operation(exchange.operation).parameters if "content" in one.raw}
        sent = [pair for pair in httpx.URL(exchange.sent.url).params.multi_items() if pair[0] not in as_json]
        contract.require_allowed(exchange.operation, sent, body)
    except (Skip, ValueError) as error:
        return str(error)
    return ""


def _add(found: dict[str, set[str]], name: str, more: list[str]) -> None:
    found.setdefault(name, set()).update(more)


def _names(body: bytes, given: set[str]) -> list[str]:
    """List the names of all properties in a JSON text, but of those inside what a request has given."""
    try:
        todo = [json.loads(body)]
    except ValueError:
        return []
    names = []
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            names += [*node]
            todo += [value for name, value in node.items() if name not in given]
        todo += node if isinstance(node, list) else ()
    return names


def _refused(accepted: Mapping[str, Any], extra: Extra) -> Iterator[list[Any]]:
    """Send an accepted request again, with a parameter and without; yield what is refused only with it."""
    for name, parameters in extra.items():
        exchange = accepted.get(name)
        for parameter, location, pairs in parameters if exchange is not None else ():
            response = _again(exchange, location, pairs)
            # A create may be refused the second time, whatever else is sent.
            if not response.is_success and _again(exchange).is_success:
                yield [name, parameter, pairs, response.status_code, _description(response)]


def _description(response: httpx.Response) -> str:
    try:
        return str(response.json()["error_description"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


def _again(
    exchange: Any, location: str = "", pairs: Sequence[tuple[str, str]] = (), *, credential: bool = True
) -> httpx.Response:
    """Send the request of an exchange again, with a parameter that has these names and texts."""
    sent = exchange.sent
    headers = {name: value for name, value in sent.headers if name.lower() not in ("authorization", "content-length")}
    url = httpx.URL(sent.url)
    if credential:
        headers["Authorization"] = f"Bearer {_TOKENS[0]}"
    if location == "header":
        headers.update(dict(pairs))
    elif location == "cookie":
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in pairs)
    elif location == "query":
        names = {name for name, _ in pairs}
        kept = [pair for pair in url.params.multi_items() if pair[0] not in names]
        url = url.copy_with(params=[*kept, *pairs])
    return httpx.request(sent.method, url, headers=headers, content=sent.body, timeout=10)


def _is_closed(exchange: Any) -> bool:
    return exchange is not None and not _again(exchange, credential=False).is_success


if __name__ == "__main__":
    main()
