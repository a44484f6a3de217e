"""The classes that a kind of fault derives from, and the effect of a fault in the server.

A kind is one module in `kinds/server/` or `kinds/wire/`, which is found by being there. It has one class `Kind`, a
frozen dataclass, whose instance is a kind with its value from a plan. The base class says when the fault acts:

- in the server: `Delay`, `Replacement`, `Detail` or `Change`; any number of them make one fault;
- on the wire: `OnRequest`, `OnResponse` or `Between`; a fault has one of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from .fields import true
from .response import Response

if TYPE_CHECKING:
    from .struck import StruckRequest, StruckResponse

Level = Literal["server", "wire"]


class Effect:
    """A kind of fault, with its value from a plan.

    Attributes:
        name: the field of a plan.
        takes: the values of that field, in a few words; true alone, unless a kind says otherwise.
        does: what it does, in one line.
        soak: faults of this kind for `scripts/soak`, each as in a plan. A client must recover from them at once, and
            each response in the server must keep the documented shape.
    """

    name: ClassVar[str]
    takes: ClassVar[str] = "true"
    does: ClassVar[str]
    level: ClassVar[Level]
    soak: ClassVar[tuple[Mapping[str, Any], ...]]

    @classmethod
    def parse(cls, value: Any, place: str) -> Self:
        """Parse the value that a plan gives.

        Raises:
            PlanError: it is not valid; the message begins with `place`.
        """
        true(value, place)
        return cls()

    def __str__(self) -> str:
        """Return the words of a log: the name, with the amount where the plan gives one."""
        return self.name


class InServer(Effect):
    """A kind that acts in the server.

    Attributes:
        order: which of the kinds of a fault is applied first.
    """

    level = "server"
    order: ClassVar[int]


class Delay(InServer):
    """A kind that makes the response wait."""

    order = 2
    seconds: float


class _Applied(InServer):
    def apply(self, response: Response) -> None:
        """Change the response that is about to be sent."""
        raise NotImplementedError


class Replacement(_Applied):
    """A kind that replaces the response."""

    order = 0


class Detail(_Applied):
    """A kind that completes a replacement, and is refused without one."""

    order = 1


class Change(_Applied):
    """A kind that changes the server's own response, within what the document allows."""

    order = 3


class OnWire(Effect):
    """A kind that acts on a connection."""

    level = "wire"


class OnRequest(OnWire):
    """A kind that keeps a request from the server; the connection ends with it."""

    async def apply(self, request: "StruckRequest") -> None:
        """Act on the connection of the request."""
        raise NotImplementedError


class OnResponse(OnWire):
    """A kind that sends a complete response in its own way.

    Attributes:
        closes: whether the connection ends afterwards.
    """

    closes: ClassVar[bool]

    async def apply(self, response: "StruckResponse") -> None:
        """Send the response, or what the client gets instead."""
        raise NotImplementedError


class Between(OnWire):
    """A kind that acts between two requests, and closes the connection there.

    Attributes:
        at_start: whether it also acts as soon as there is a plan, before any request. It can't depend on a request.
    """

    at_start: ClassVar[bool] = False

    def apply(self, gate: "Gate") -> None:
        """Act before the connection is closed."""


class Gate(Protocol):
    """The part of the proxy that accepts or refuses connections."""

    def refuse(self, seconds: float | None) -> None:
        """Refuse connections for this many seconds, or until there is another plan."""


@dataclass(frozen=True, slots=True)
class ServerEffect:
    """The effect of a fault in the server.

    Attributes:
        parts: its kinds, in the order in which they are applied.
        after: whether it acts after the change is committed, or before the request is carried out.
    """

    parts: tuple[InServer, ...]
    after: bool = False

    @property
    def replaces(self) -> bool:
        """Whether the response is replaced."""
        return isinstance(self.parts[0], Replacement)

    @property
    def latency(self) -> float:
        """Seconds to wait."""
        return sum(part.seconds for part in self.parts if isinstance(part, Delay))

    def apply(self, response: Response) -> None:
        """Change a response."""
        for part in self.parts:
            if isinstance(part, _Applied):
                part.apply(response)

    def __str__(self) -> str:
        """Return the words of a log: `status 503 after, latency 0.1`."""
        shown = [str(part) for part in self.parts if not isinstance(part, Detail)]
        if self.after and not isinstance(self.parts[0], Change):
            shown[0] += " after"
        return ", ".join(shown)


def in_order(parts: list[InServer]) -> tuple[InServer, ...]:
    """Return the kinds of a fault in the order in which they are applied; changes stay as they are given."""
    return tuple(sorted(parts, key=lambda part: part.order))
