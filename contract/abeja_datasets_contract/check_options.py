"""The options of the contract check, each declared once: for the library, the command and the pytest plugin.

This module loads only the standard library: the pytest plugin reads it in every session. To add an option, add one
field to `Options`; the command and the plugin then have it too, with its type, default, bounds and help.
"""

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

if TYPE_CHECKING:
    import httpx


class Mode(enum.StrEnum):
    """What a check may do to the server."""

    READ_ONLY = "read-only"
    WRITES = "writes"
    DISPOSABLE = "disposable"


@dataclass(frozen=True)
class Spec:
    """What is declared of an option beside its name, type and default."""

    help: str
    """One sentence."""
    metavar: str | None = None
    least: int | None = None
    """The smallest value that is allowed; None where any is."""
    most: int | None = None
    positive: bool = False
    """Whether it must be above 0 and finite."""
    exists: bool = False
    """Whether it names a file that must exist."""
    folder: bool = False
    """Whether it names a folder."""


@dataclass(frozen=True)
class Option:
    """An option as the command and the pytest plugin offer it."""

    name: str
    """With hyphens, such as `max-seconds`."""
    kind: type[str | int | float | bool | Path]
    """Its type; a `bool` is a flag."""
    spec: Spec
    default: Any = None
    repeatable: bool = False

    @property
    def field(self) -> str:
        """The name of the field of `Options`."""
        return self.name.replace("-", "_")

    @property
    def metavar(self) -> str | None:
        """What stands for the value in the help."""
        return self.spec.metavar or {Path: "FILE", int: "N", float: "N"}.get(self.kind)

    @property
    def wanted(self) -> str:
        """The values that are allowed, in words: `an integer from 1 to 256`."""
        spec, kind = self.spec, {int: "an integer", float: "a number"}.get(self.kind, "text")
        bounds = [f"from {spec.least}"] if spec.least is not None else []
        bounds += [f"to {spec.most}"] if spec.most is not None else []
        return " ".join([kind, *bounds, *(["above 0"] if spec.positive else [])])

    def allows(self, value: Any) -> bool:
        """Return whether a value of the right type is within the bounds."""
        spec = self.spec
        if spec.positive and not (value > 0 and math.isfinite(value)):
            return False
        return (spec.least is None or value >= spec.least) and (spec.most is None or value <= spec.most)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to check. Without any, nothing is written.

    A field with a `Spec` is an option of the command and the pytest plugin too.
    """

    mode: Mode = Mode.READ_ONLY
    other_organization_id: Annotated[
        str | None,
        Spec("A second organization, to check that the two stay apart. It needs a credential of its own.", "ID"),
    ] = None
    other_authorization: str | None = None
    """The value of `Authorization` that is valid for the second organization, and not for the first."""
    seed: Annotated[int, Spec("The seed of the requests; an equal seed sends equal requests.")] = 0
    concurrency: Annotated[
        int,
        Spec("The number of requests at the same time; 1 leaves concurrency.* unchecked.", least=1, most=256),
    ] = 1
    rate: Annotated[float | None, Spec("The largest number of requests per second.", positive=True)] = None
    max_requests: Annotated[int, Spec("Stop after this many requests.", least=1)] = 10_000
    max_seconds: Annotated[float, Spec("Stop after this many seconds.", positive=True)] = 300
    max_body: Annotated[
        int,
        Spec(
            "The largest body of a response, in bytes as decoded; a larger one, or one that holds more JSON values than"
            " a 64th of this, can't be read.",
            "BYTES",
            least=1,
        ),
    ] = 16 * 1024 * 1024
    timeout: Annotated[
        float, Spec("Seconds to wait for a connection, and for each read of a response.", positive=True)
    ] = 30
    fuzz_examples: Annotated[int, Spec("The number of fuzzing cases for each operation.", least=1)] = 10
    select: Annotated[tuple[str, ...], Spec("Check only these clauses, such as paging.*; repeatable.", "PATTERN")] = ()
    skip: Annotated[tuple[str, ...], Spec("Leave out these clauses; repeatable.", "PATTERN")] = ()
    document: Annotated[
        Path | None,
        Spec("The OpenAPI 3.1 document that makes the promises, in place of the installed one.", exists=True),
    ] = None
    known: Annotated[
        Path | None,
        Spec("Known failures, which do not count: YAML or JSON lines with `clause` and `reason`.", exists=True),
    ] = None
    ledger: Annotated[
        Path | None,
        Spec(
            "The file that records what the check writes. By default it is named after the run, and removed when"
            " nothing is left on the server."
        ),
    ] = None
    keep: Annotated[bool, Spec("Leave on the server what the check wrote, and keep the ledger for --clean-up.")] = False
    ca_bundle: Annotated[Path | None, Spec("The certificates to trust instead of the default ones.", exists=True)] = (
        None
    )
    fail_fast: Annotated[bool, Spec("Stop after the first stage in which something fails.")] = False
    transport: "httpx.BaseTransport | None" = None
    """In place of the network, for tests."""

    def __post_init__(self) -> None:
        """Check that the options go together, and each against its bounds."""
        if (self.other_organization_id is None) != (self.other_authorization is None):
            raise ValueError("a second organization needs both other_organization_id and other_authorization")
        for option in OPTIONS:
            value = getattr(self, option.field)
            if value is not None and not option.allows(value):
                raise ValueError(f"{option.field}: {value!r} is not {option.wanted}")


def _declared() -> Iterator[Option]:
    for each in fields(Options):
        if get_origin(each.type) is Annotated:
            kind, spec = get_args(each.type)
            if get_origin(kind) is tuple:
                yield Option(_name(each.name), get_args(kind)[0], spec, each.default, repeatable=True)
            else:
                # `X | None` is an option of type X that may be left out.
                yield Option(_name(each.name), next(iter(get_args(kind)), kind), spec, each.default)


def _name(field: str) -> str:
    return field.replace("_", "-")


OPTIONS = tuple(_declared())
"""The fields of `Options` that the command and the pytest plugin offer."""

SHARED = (
    Option("organization-id", str, Spec("An organization that the credential is valid for.", "ID")),
    Option("allow-writes", bool, Spec("Also create datasets and items, and change and delete those.")),
    Option(
        "disposable",
        bool,
        Spec("With allow-writes: also send random requests (fuzzing), which may change any data on the server."),
    ),
    Option(
        "report",
        Path,
        Spec("Write report.html, junit.xml, report.json and traffic.har into this folder.", "DIR", folder=True),
    ),
)
"""What the command and the pytest plugin offer beside."""


def mode(*, allow_writes: bool, disposable: bool) -> Mode:
    """Return the mode that two flags ask for.

    Raises:
        ValueError: they do not go together.
    """
    if disposable and not allow_writes:
        raise ValueError("disposable needs allow-writes")
    return Mode.DISPOSABLE if disposable else Mode.WRITES if allow_writes else Mode.READ_ONLY
