"""What goes wrong, when and where, as data: a plan of faults, read from YAML, JSON or Python.

::

    seed: 7                              # of all that is left to chance; 0 where it is not given
    faults:
      - operations: [create_dataset]     # or one name; every request where it is left out
        methods: [POST]                  # the same
        after: 2                         # the first two that match pass
        count: 1                         # how many times it strikes; without end where it is left out
        probability: 0.5                 # of those that it may strike
        status: 503                      # what it does: see `effects.py`
        retry_after: 1
      - half_answer: true

A fault belongs to one of two levels: "server", done by the middleware, or "wire", done by the proxy. Its effects say
which. Faults are looked at in their order, on each level by itself, and the first one that strikes has the request to
itself: those of its level below it do not even count it. So two faults of `count: 1` on one level strike two requests,
one after the other.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from abeja_datasets_mock.document import operations

from .effects import SERVER_FIELDS, WIRE_FIELDS, Level, ServerEffect, WireEffect, WireKind, server_effect, wire_effect
from .fields import PlanError, number, shown, whole

_TRIGGERS = ("operations", "methods", "after", "count", "probability")
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        effect: what it does.
        operations: the operationIds it may strike; empty is every request, documented or not.
        methods: the methods it may strike; empty is all.
        after: how many that match pass before it may strike.
        count: how many times it strikes; None is without end.
        probability: of striking, each time that it may.
        given: the fault as it was written.
    """

    effect: ServerEffect | WireEffect
    operations: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    after: int = 0
    count: int | None = None
    probability: float = 1.0
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """Who does it: the middleware ("server") or the proxy ("wire")."""
        return "server" if isinstance(self.effect, ServerEffect) else "wire"

    @property
    def wire_kind(self) -> WireKind | None:
        """What it does on the wire; None for a fault in the server."""
        return self.effect.kind if isinstance(self.effect, WireEffect) else None

    def matches(self, method: str | None, operation: str | None) -> bool:
        """Tell whether it is meant for such a request."""
        return (not self.operations or operation in self.operations) and (not self.methods or method in self.methods)


@dataclass(frozen=True, slots=True)
class Plan:
    """All faults, in the order in which they are looked at. `seed` makes what is left to chance repeatable."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Give the plan as it was written; `load_plan` reads it back."""
        return {"seed": self.seed, "faults": [dict(fault.given) for fault in self.faults]}

    def with_fault(self, **fields: Any) -> "Plan":
        """Give a plan with one more fault below the others.

        Raises:
            PlanError: the fault is not valid.
        """
        return Plan((*self.faults, _fault(fields, f"faults[{len(self.faults)}]")), self.seed)


PlanSource = Plan | Mapping[str, Any] | Sequence[Any] | str | Path
"""A plan; or what `load_plan` makes one of: a mapping, a list of faults, or the path of a YAML file."""


def load_plan(source: PlanSource) -> Plan:
    """Make a plan of what a file or a caller says.

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
        if name not in _TRIGGERS and name not in SERVER_FIELDS and name not in WIRE_FIELDS:
            known = ", ".join((*_TRIGGERS, *SERVER_FIELDS, *WIRE_FIELDS))
            raise PlanError(f"{place}.{name}: a fault has no such field; it has {known}")
    on_server, on_wire = (
        {name: content[name] for name in fields if name in content} for fields in (SERVER_FIELDS, WIRE_FIELDS)
    )
    if on_server and on_wire:
        first, second = next(iter(on_server)), next(iter(on_wire))
        raise PlanError(
            f"{place}.{second}: done on the wire, and can't be in one fault with {first}, done in the server"
        )
    effect = wire_effect(on_wire, place) if on_wire else server_effect(on_server, place)
    if "refuse" in on_wire:
        for name in ("operations", "methods"):
            if name in content:
                raise PlanError(f"{place}.{name}: a refused connection carries no request to tell; leave it out")
    return Fault(
        effect=effect,
        operations=_names(content.get("operations"), f"{place}.operations", _known_operations()),
        methods=_names(content.get("methods"), f"{place}.methods", _METHODS),
        after=whole(content.get("after", 0), f"{place}.after"),
        count=whole(content["count"], f"{place}.count", least=1) if content.get("count") is not None else None,
        probability=number(content.get("probability", 1.0), f"{place}.probability", most=1.0),
        given=dict(content),
    )


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
