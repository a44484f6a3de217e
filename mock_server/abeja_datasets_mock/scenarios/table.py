"""The table of scenarios, read from scenarios.yaml: a row for each fault and operation."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from abeja_datasets_mock.faults.effects import Between
from abeja_datasets_mock.faults.kinds import KINDS
from abeja_datasets_mock.likeness import Like

_REJECTED = range(400, 500)
_UNAIMED = {name for name, kind in KINDS.items() if issubclass(kind, Between)}
"""Faults of connections that carry no request yet, and so no operation."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected result of a call.

    Attributes:
        raises: the name of the error in `abeja.exceptions`; None where the call succeeds.
        kind: of the error, for clients with errors of their own: "status 503", "connection" or "invalid".
        outcome: the attribute of the error: "not_sent", "rejected" or "unknown"; None where the call succeeds.
        attempts: how often the client tries; None is any number.
        arrived: how many requests reach the server.
        changed: whether the server holds the change afterwards; exactly once, then.
    """

    raises: str | None
    kind: str | None
    outcome: str | None
    attempts: int | None
    arrived: int
    changed: bool

    def __str__(self) -> str:
        end = f"raises {self.raises} ({self.outcome})" if self.raises else "succeeds"
        return f"{end}, {counted(self.attempts, self.arrived)}, {'changed' if self.changed else 'unchanged'}"


@dataclass(frozen=True, slots=True)
class Row:
    """A fault that meets an operation.

    Attributes:
        scenario: its name.
        operation: the operationId.
        fault: the fault, as in a plan; empty where nothing goes wrong.
        timeout: the client's timeout, in seconds.
        retries: how often it may repeat a call.
        expected: the expected result.
        like: how the server responds; see `abeja_datasets_mock.create_app`.
        walks: whether the list is read to its end.
    """

    scenario: str
    operation: str
    fault: Mapping[str, Any]
    timeout: float
    retries: int
    expected: Expectation
    like: Like = "documented"
    walks: bool = False

    def __str__(self) -> str:
        return f"{self.scenario}: {self.operation}"


def counted(attempts: int | None, arrived: int) -> str:
    """Return the two numbers in the words of the tables."""
    tries = "any number of attempts" if attempts is None else f"{attempts} attempt{'' if attempts == 1 else 's'}"
    return f"{tries}, {arrived} arrived"


def load_rows() -> tuple[Row, ...]:
    """Read the table that comes with this package."""
    text = files(__package__).joinpath("scenarios.yaml").read_text(encoding="utf-8")
    return tuple(_rows(yaml.safe_load(text)))


def _rows(table: Mapping[str, Any]) -> Iterator[Row]:
    groups: Mapping[str, list[str]] = table["groups"]
    for scenario in table["scenarios"]:
        for value in scenario.get("each", [None]):
            name = scenario["name"] if value is None else f"{value} {scenario['name']}"
            fault = {key: value if entry == "each" else entry for key, entry in scenario["fault"].items()}
            for operation in _members(groups, "all"):
                # Groups are in order from the smallest to the largest.
                group = next(group for group in groups if group in scenario and operation in _members(groups, group))
                yield Row(
                    scenario=name,
                    operation=operation,
                    fault={**fault, "operations": operation} if fault and not _UNAIMED & fault.keys() else fault,
                    timeout=scenario.get("timeout", table["timeout"]),
                    retries=table["retries"],
                    expected=_expectation(
                        scenario[group], fault.get("status"), table["errors"], operation in groups["reads"]
                    ),
                    like=scenario.get("like", "documented"),
                    walks=scenario[group].get("walk", False),
                )


def _members(groups: Mapping[str, list[str]], name: str) -> list[str]:
    members: list[str] = []
    for entry in groups[name]:
        members += _members(groups, entry) if entry in groups else [entry]
    return members


def _expectation(given: Mapping[str, Any], status: int | None, errors: Mapping[int, str], is_read: bool) -> Expectation:
    raises, outcome = given.get("raises"), given.get("outcome")
    kind: str | None
    if raises == "status" and status is not None:
        raises, kind = errors.get(status, "HttpError"), f"status {status}"
        outcome = "rejected" if status in _REJECTED else "unknown"
    else:
        statuses = {name: number for number, name in errors.items()}
        kind = f"status {statuses[raises]}" if raises in statuses else _KINDS.get(raises)
    attempts = given.get("attempts", 1)
    return Expectation(
        raises=raises,
        kind=kind,
        outcome=outcome,
        attempts=attempts,
        arrived=given.get("arrived", attempts),
        changed=not is_read and given.get("changed", raises is None),
    )


_KINDS: Mapping[str | None, str | None] = {
    None: None,
    "ConnectionFailed": "connection",
    "RequestTimeout": "connection",
    "InvalidResponse": "invalid",
}


def shortened(value: Any) -> str:
    """Return a value as a report shows it."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 120 else f"{text[:120]}…"  # noqa: PLR2004 - a line of a report
