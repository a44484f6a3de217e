"""The report for programs. Its form is described by `report.schema.json`, beside this module."""

import base64
import json
from pathlib import Path
from typing import Any

from abeja_datasets_contract.check.report.again.replay import again
from abeja_datasets_contract.check.report.again.traffic import Traffic
from abeja_datasets_contract.check.results import Cause, Exchange, Failure, Report, Status, Verdict

from .figures import outcome, stages, utc

SCHEMA = Path(__file__).with_name("report.schema.json")
FORMAT = 1
"""Raised when a reader of the form before could go wrong; additions leave it."""


def as_json(report: Report) -> dict[str, Any]:
    """Turn a report into plain data: its outcome, every clause, and the exchanges that failures refer to by number."""
    traffic = Traffic(report)
    shown = {each.number: each for failure in report.failures for each in _exchanges(failure)}
    return {
        "format": FORMAT,
        "url": report.url,
        "organization_id": report.organization_id,
        "run": report.run,
        "mode": report.mode.value,
        "seed": report.seed,
        "started": utc(report.started).isoformat(),
        "seconds": round(report.seconds, 6),
        "outcome": outcome(report),
        "exit_code": report.exit_code,
        "summary": {status.name.lower(): report.count(status) for status in Status},
        "requests": len(report.exchanges),
        "stopped": report.stopped,
        "left_behind": list(report.left_behind),
        "kept": report.kept,
        "causes": [_cause(cause) for cause in report.causes],
        "stages": [
            {"name": each.name, "clauses": each.clauses, "requests": each.requests, "seconds": round(each.seconds, 6)}
            for each in stages(report)
        ],
        "clauses": [_clause(verdict, traffic) for verdict in report.verdicts],
        "exchanges": [_exchange(shown[number]) for number in sorted(shown)],
    }


def dumps(value: Any) -> str:
    """Write JSON that any parser takes: a lone surrogate, which most refuse, stands as the text of its escape."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    # Inside a JSON string the backslash that is put in has to be one of the text.
    return "".join(f"\\\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text) + "\n"


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "what": cause.what,
        "operation": cause.operation,
        "promised": cause.promised,
        "came": cause.came,
        "failing": list(cause.failing),
        "following": list(cause.following),
        "exchange": cause.exchange.number if cause.exchange else None,
    }


def _clause(verdict: Verdict, traffic: Traffic) -> dict[str, Any]:
    clause = verdict.clause
    return {
        "name": clause.name,
        "promise": clause.promise,
        "source": clause.source,
        "line": clause.line,
        "stage": clause.stage,
        "writes": clause.writes,
        "status": verdict.status.value,
        "reason": verdict.reason,
        "checks": verdict.checks,
        "failed": verdict.failed,
        "follows": verdict.follows,
        "known": verdict.known,
        "note": verdict.note,
        "failures": [_failure(failure, traffic) for failure in verdict.failures],
    }


def _failure(failure: Failure, traffic: Traffic) -> dict[str, Any]:
    return {
        "promised": failure.promised,
        "came": failure.came,
        "exchange": failure.exchange.number if failure.exchange else None,
        "context": [exchange.number for exchange in failure.context],
        "curl": again(failure, traffic).splitlines(),
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    received = exchange.received
    return {
        "number": exchange.number,
        "stage": exchange.stage,
        "operation": exchange.operation,
        "started": utc(exchange.started).isoformat(),
        "seconds": round(exchange.seconds, 6),
        "request": {
            "method": exchange.sent.method,
            "url": exchange.sent.url,
            "headers": [list(header) for header in exchange.sent.headers],
            **_body(exchange.sent.body),
        },
        "response": None
        if received is None
        else {
            "status": received.status,
            "reason": received.reason,
            "headers": [list(header) for header in received.headers],
            **_body(received.body),
        },
        "error": exchange.error,
    }


def _body(body: bytes | None) -> dict[str, str | None]:
    """Return a body as `body` where it is UTF-8 or missing, else as `body_base64`."""
    if body is None:
        return {"body": None}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _exchanges(failure: Failure) -> tuple[Exchange, ...]:
    return failure.context if failure.exchange is None else (*failure.context, failure.exchange)
