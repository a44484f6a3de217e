"""Plans of faults, parsed from YAML, JSON or Python.

::

    seed: 7                              # of all that is left to chance; 0 where it is not given
    faults:
      - operations: [create_dataset]     # or one name; every request where it is left out
        methods: [POST]                  # the same
        after: 2                         # the first two that match pass
        count: 1                         # how many times it strikes; without end where it is left out
        probability: 0.5                 # of those that it may strike
        status: 503                      # what it does: any of `kinds/`
        retry_after: 1
      - half_answer: true

A fault belongs to one of two levels: "server", done by the middleware, or "wire", done by the proxy. Its kinds say
which. On each level faults are tried in their order. When one strikes a request, those after it do not count that
request. So two faults of `count: 1` on one level strike two requests, one after the other.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from abeja_datasets_mock.openapi.document import operations

from .effects import Between, Change, Detail, InServer, Level, OnWire, Replacement, ServerEffect, in_order
from .fields import PlanError, number, shown, whole
from .kinds import KINDS, SERVER_KINDS, WIRE_KINDS

_TRIGGERS = ("operations", "methods", "after", "count", "probability")
_IN_SERVER = ("when", *SERVER_KINDS)
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        effect: what it does.
        operations: the operationIds it may apply to; empty is every request, documented or not.
        methods: the methods it may apply to; empty is all.
        after: how many requests that match pass before it may apply.
        count: how many times it applies; None is without limit.
        probability: that it applies, each time that it may.
        given: the fault as it was written.
    """

    effect: ServerEffect | OnWire
    operations: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    after: int = 0
    count: int | None = None
    probability: float = 1.0
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """Where it acts: in the middleware ("server") or in the proxy ("wire")."""
        return "server" if isinstance(self.effect, ServerEffect) else "wire"

    def matches(self, method: str | None, operation: str | None) -> bool:
        """Return whether it may apply to such a request."""
        return (not self.operations or operation in self.operations) and (not self.methods or method in self.methods)


@dataclass(frozen=True, slots=True)
class Plan:
    """All faults, in the order in which they are tried. `seed` makes chance repeatable."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the plan as it was written; `load_plan` parses it."""
        return {"seed": self.seed, "faults": [dict(fault.given) for fault in self.faults]}

    def with_fault(self, **fields: Any) -> "Plan":
        """Return a plan with one more fault after the others.

        Raises:
            PlanError: the fault is not valid.
        """
        return Plan((*self.faults, _fault(fields, f"faults[{len(self.faults)}]")), self.seed)


PlanSource = Plan | Mapping[str, Any] | Sequence[Any] | str | Path
"""A plan, or what `load_plan` parses: a mapping, a list of faults, or the path of a YAML file."""


def load_plan(source: PlanSource) -> Plan:
    """Parse a plan from a file or from Python objects.

    Raises:
        PlanError: something in it is not valid; the message is one line and names the place.
        OSError: the file can't be read.
    """
    if isinstance(source, Plan):
        return source
    if not isinstance(source, str | Path):
        return _plan(source)
    path = Path(source)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise PlanError(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or 'characters'}") from None
    except UnicodeDecodeError:
        raise PlanError(f"{path}: not UTF-8") from None
    try:
        return _plan({} if content is None else content)
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from None


def _plan(content: Any) -> Plan:
    if isinstance(content, Mapping):
        for name in content:
            if name not in ("seed", "faults"):
                raise PlanError(f"{shown(name)}: a plan has no such part; it has seed and faults")
        faults, seed = content.get("faults") or (), whole(content.get("seed", 0), "seed", least=None)
    else:
        faults, seed = content, 0
    if not isinstance(faults, Sequence) or isinstance(faults, str | bytes):
        raise PlanError(f"faults: a list is needed, not {shown(faults)}")
    return Plan(tuple(_fault(entry, f"faults[{index}]") for index, entry in enumerate(faults)), seed)


def _fault(content: Any, place: str) -> Fault:
    if not isinstance(content, Mapping):
        raise PlanError(f"{place}: an object is needed, not {shown(content)}")
    for name in content:
        if name not in (*_TRIGGERS, "when", *KINDS):
            known = ", ".join((*_TRIGGERS, "when", *KINDS))
            raise PlanError(f"{place}.{name}: a fault has no such field; it has {known}")
    effect = _effect({name: value for name, value in content.items() if name not in _TRIGGERS}, place)
    if isinstance(effect, Between) and effect.at_start:
        for name in ("operations", "methods"):
            if name in content:
                raise PlanError(f"{place}.{name}: {effect.name} does not depend on a request; leave it out")
    return Fault(
        effect=effect,
        operations=_names(content.get("operations"), f"{place}.operations", _known_operations()),
        methods=_names(content.get("methods"), f"{place}.methods", _METHODS),
        after=whole(content.get("after", 0), f"{place}.after"),
        count=whole(content["count"], f"{place}.count", least=1) if content.get("count") is not None else None,
        probability=number(content.get("probability", 1.0), f"{place}.probability", most=1.0),
        given=dict(content),
    )


def _effect(given: Mapping[str, Any], place: str) -> ServerEffect | OnWire:
    """Parse what a fault does: any number of kinds in the server, or one on the wire."""
    in_server = [name for name in given if name in _IN_SERVER]
    on_wire = [name for name in WIRE_KINDS if name in given]
    if in_server and on_wire:
        raise PlanError(
            f"{place}.{on_wire[0]}: done on the wire, and can't be in one fault with {in_server[0]}, done in the server"
        )
    if len(on_wire) > 1:
        first, second = on_wire[:2]
        raise PlanError(f"{place}.{second}: a fault does one thing on the wire, and there is {first} already")
    parsed = [KINDS[name].parse(value, f"{place}.{name}") for name, value in given.items() if name != "when"]
    for effect in parsed:
        if isinstance(effect, OnWire):
            return effect
    return _server_effect([effect for effect in parsed if isinstance(effect, InServer)], given, place)


def _server_effect(parts: list[InServer], given: Mapping[str, Any], place: str) -> ServerEffect:
    replaces = any(isinstance(part, Replacement) for part in parts)
    for part in parts:
        if isinstance(part, Detail) and not replaces:
            raise PlanError(f"{place}.{part.name}: needs a status")
        if isinstance(part, Change) and replaces:
            raise PlanError(f"{place}.{part.name}: there is no response to change beside a status")
    if not parts:
        raise PlanError(f"{place}: it does nothing; name an effect, such as status or reset_after")
    when = given.get("when", "before")
    if when not in ("before", "after"):
        raise PlanError(f"{place}.when: before or after is needed, not {shown(when)}")
    return ServerEffect(in_order(parts), after=when == "after")


@functools.cache
def _known_operations() -> tuple[str, ...]:
    return tuple(sorted(operation.operation_id for operation in operations()))


def _names(value: Any, place: str, known: Iterable[str]) -> frozenset[str]:
    if value is None:
        return frozenset()
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, Sequence) or not names:
        raise PlanError(f"{place}: a name or a list of names is needed, not {shown(value)}")
    for name in names:
        if name not in known:
            raise PlanError(f"{place}: there is no {shown(name)}; there are {', '.join(known)}")
    return frozenset(names)
