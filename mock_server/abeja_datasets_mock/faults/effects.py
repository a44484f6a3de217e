"""What a fault does.

In the server (`ServerEffect`):

- `status`: this status instead of the answer, with `retry_after` (seconds, or an HTTP date) in the header of that name
  and with `body`: any JSON, or text that is sent as HTML; else an error in the documented shape;
- `latency`: seconds to wait;
- `when`: whether `status` and `latency` come "before" the request is carried out, which after a status it never is, or
  "after" the change is committed. "before", where it is not given;
- valid answers that nobody expects: `added_field` (true, or the fields), `added_enum_value` (true, or the value: a type
  of dataset, or of source data, that nobody has heard of), `null_optional` (null for each optional field that was left
  out), `status_200` (200 instead of 201). An answer that one of them does not fit stays as it is.

On the wire (`WireEffect`), one a fault:

- `refuse`: no connection can be made, for so many seconds, or with true until there is another plan. It begins at
  once, or after the answer to a request, when connections that are idle are closed too;
- `reset_before`: a reset, and the request does not reach the server;
- `reset_after`: a reset instead of the answer;
- `half_answer`: with true, the answer's head and half of its body, else so many bytes; then the connection is closed;
- `byte_by_byte`: the answer in packets of a byte, with so many seconds between them, or none with true;
- `stall`: the answer comes so many seconds late;
- `garbage`: this text, or with true random bytes, instead of the answer; then the connection is closed;
- `twice`: the answer comes two times in a row;
- `close_idle`: the connection is closed after the answer, without notice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .fields import PlanError, number, shown, text, true, whole

Level = Literal["server", "wire"]
WireKind = Literal[
    "refuse", "reset_before", "reset_after", "half_answer", "byte_by_byte", "stall", "garbage", "twice", "close_idle"
]
SERVER_FIELDS = (
    "status", "retry_after", "body", "when", "latency",
    "added_field", "added_enum_value", "null_optional", "status_200",
)  # fmt: skip
WIRE_FIELDS: tuple[WireKind, ...] = get_args(WireKind)
BETWEEN: tuple[WireKind, ...] = ("refuse", "close_idle")
"""What strikes between two requests, and not one of them."""

_SHAPES = ("added_field", "added_enum_value", "null_optional", "status_200")
_NO_BODY: Any = object()
_MIN_STATUS, _MAX_STATUS = 200, 599

UNFORESEEN_FIELD = {"unforeseen": {"by": "a fault"}}
UNFORESEEN_VALUE = "unforeseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEffect:
    """What is done to a request in the server."""

    status: int | None = None
    retry_after: str | None = None
    body: Any = _NO_BODY
    after: bool = False
    latency: float = 0.0
    added_field: Mapping[str, Any] | None = None
    added_enum_value: str | None = None
    null_optional: bool = False
    status_200: bool = False

    @property
    def has_body(self) -> bool:
        """Whether the body of the answer is laid down."""
        return self.body is not _NO_BODY

    def __str__(self) -> str:
        """Name it as a log does: `status 503 after, latency 0.1`."""
        parts = []
        if self.status is not None:
            parts.append(f"status {self.status}{' after' if self.after else ''}")
        if self.latency:
            parts.append(f"latency {self.latency:g}{' after' if self.after and self.status is None else ''}")
        parts += [name for name in _SHAPES if getattr(self, name)]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class WireEffect:
    """What is done to a connection. Of the amounts a kind has at most one; None is what `true` stands for."""

    kind: WireKind
    seconds: float | None = None
    size: int | None = None
    data: bytes | None = None

    def __str__(self) -> str:
        """Name it as a log does: `stall 0.5`."""
        amount = self.seconds if self.seconds is not None else self.size
        return self.kind if amount is None else f"{self.kind} {amount:g}"


def server_effect(given: Mapping[str, Any], place: str) -> ServerEffect:
    """Read the effects of a fault in the server.

    Raises:
        PlanError: they are not valid, or don't go together.
    """
    shapes = [name for name in _SHAPES if name in given]
    for name in ("retry_after", "body"):
        if name in given and "status" not in given:
            raise PlanError(f"{place}.{name}: goes with a status only")
    if "status" not in given and "latency" not in given and not shapes:
        raise PlanError(f"{place}: it does nothing; name an effect, such as status or reset_after")
    if "status" in given and shapes:
        raise PlanError(f"{place}.{shapes[0]}: there is no answer to change beside a status")
    read: dict[str, Callable[[Any, str], Any]] = {
        "status": lambda value, at: whole(value, at, least=_MIN_STATUS, most=_MAX_STATUS),
        "retry_after": _retry_after,
        "body": lambda value, _at: value,
        "latency": number,
        "added_field": _added_field,
        "added_enum_value": lambda value, at: UNFORESEEN_VALUE if value is True else text(value, at),
        "null_optional": true,
        "status_200": true,
    }
    values = {name: read[name](value, f"{place}.{name}") for name, value in given.items() if name != "when"}
    return ServerEffect(after=_when(given.get("when", "before"), f"{place}.when") == "after", **values)


def wire_effect(given: Mapping[str, Any], place: str) -> WireEffect:
    """Read the effect of a fault on the wire.

    Raises:
        PlanError: it is not valid, or there is more than one.
    """
    if len(given) > 1:
        first, second = list(given)[:2]
        raise PlanError(f"{place}.{second}: a fault does one thing on the wire, and there is {first} already")
    ((name, value),) = given.items()
    kind = next(kind for kind in WIRE_FIELDS if kind == name)
    at = f"{place}.{name}"
    if kind == "stall":
        return WireEffect(kind, seconds=number(value, at))
    if value is True:
        return WireEffect(kind)
    if kind in ("refuse", "byte_by_byte"):
        return WireEffect(kind, seconds=number(value, at))
    if kind == "half_answer":
        return WireEffect(kind, size=whole(value, at))
    if kind == "garbage":
        return WireEffect(kind, data=text(value, at).encode("utf-8", "surrogatepass"))
    raise PlanError(f"{at}: true is needed, not {shown(value)}; leave it out for no such fault")


def _when(value: Any, place: str) -> str:
    if value not in ("before", "after"):
        raise PlanError(f"{place}: before or after is needed, not {shown(value)}")
    return str(value)


def _retry_after(value: Any, place: str) -> str:
    if isinstance(value, str):
        if not value or not value.isprintable() or not value.isascii():
            raise PlanError(f"{place}: seconds or an HTTP date is needed, not {shown(value)}")
        return value
    return f"{number(value, place):g}"


def _added_field(value: Any, place: str) -> Mapping[str, Any]:
    if value is True:
        return UNFORESEEN_FIELD
    if not isinstance(value, dict) or not value:
        raise PlanError(f"{place}: true or an object with the fields is needed, not {shown(value)}")
    return value
