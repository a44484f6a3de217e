"""The ways to install abeja-datasets and abeja-sdk in one environment, and the expected result of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Command = tuple[str, ...]


@dataclass(frozen=True)
class State:
    """What must be found: see `probing.NAMES` for the order of the words."""

    plain: str
    taken_over: str | None
    """The same under takeover; None where ours is not there to do it."""
    damaged: tuple[str, ...] = ()
    """Files that the installer is known to leave out, by how their lines begin."""


OURS: Final = State("ours ours - - ours", "ours ours - - ours")
SDK: Final = State("sdk sdk sdk sdk -", None)
BOTH: Final = State("sdk sdk sdk sdk ours", "ours ours sdk sdk ours")
NEITHER: Final = State("- - - - -", None)
OURS_SKIPPED: Final = State(BOTH.plain, BOTH.taken_over, ("abeja-datasets: abeja/",))
SDK_SKIPPED: Final = State(OURS.plain, OURS.taken_over, ("abeja-sdk: abeja/",))


@dataclass(frozen=True)
class Row:
    """A way to install, tried in its own environment with the dependencies of both.

    The words of the commands may be `{ours}` and `{older}` (wheels), `{root}` (the checkout), `{target}` and
    `{other}` (folders).
    """

    name: str
    commands: tuple[Command, ...]
    state: State
    python: str = "3.11"
    sdk: str = "2.3.6"
    """The version of abeja-sdk that it must lead to."""
    pythonpath: tuple[str, ...] = ()
    note: str = ""
    trial: bool = False
    """Whether programs, and abeja-sdk's own tests, are run in it too."""


def pip(*words: str) -> Command:
    """Return the command that installs with pip."""
    return ("{python}", "-m", "pip", "install", "--quiet", *words)


def unpip(name: str) -> Command:
    """Return the command that uninstalls with pip."""
    return ("{python}", "-m", "pip", "uninstall", "--quiet", "--yes", name)


def uv(*words: str) -> Command:
    """Return the command that installs with uv."""
    return ("{uv}", "pip", "install", "--quiet", "--python", "{python}", *words)


def unuv(name: str) -> Command:
    """Return the command that uninstalls with uv."""
    return ("{uv}", "pip", "uninstall", "--quiet", "--python", "{python}", name)


def _in_both_orders() -> Iterator[Row]:
    for tool, get, drop in (("pip", pip, unpip), ("uv", uv, unuv)):
        sdk, ours = get("abeja-sdk"), get("{ours}")
        yield Row(f"{tool}: sdk, then ours", (sdk, ours), BOTH, trial=tool == "pip")
        yield Row(f"{tool}: ours, then sdk", (ours, sdk), BOTH, trial=tool == "pip")
        yield Row(f"{tool}: one command, sdk first", (get("abeja-sdk", "{ours}"),), BOTH)
        yield Row(f"{tool}: one command, ours first", (get("{ours}", "abeja-sdk"),), BOTH)
        for order, both in (("sdk, ours", (sdk, ours)), ("ours, sdk", (ours, sdk))):
            yield Row(f"{tool}: {order}, minus sdk", (*both, drop("abeja-sdk")), OURS)
            yield Row(f"{tool}: {order}, minus ours", (*both, drop("abeja-datasets")), SDK)
        yield Row(f"{tool}: both, minus both", (sdk, ours, drop("abeja-datasets"), drop("abeja-sdk")), NEITHER)
        old, new = get("abeja-sdk==2.1.2", "--no-deps"), get("abeja-sdk==2.3.6", "--no-deps")
        yield Row(f"{tool}: upgrade of sdk", (old, ours, new), BOTH)
        yield Row(f"{tool}: downgrade of sdk", (new, ours, old), BOTH, sdk="2.1.2")
        yield Row(f"{tool}: upgrade of ours", (get("{older}"), sdk, get("--upgrade", "{ours}")), BOTH)
        yield Row(f"{tool}: downgrade of ours", (sdk, ours, get("{older}")), BOTH)
    yield Row("pip: sdk; uv: ours", (pip("abeja-sdk"), uv("{ours}")), BOTH)
    yield Row("uv: ours; pip: sdk; uv: minus sdk", (uv("{ours}"), pip("abeja-sdk"), unuv("abeja-sdk")), OURS)
    yield Row("pip: minus ours that uv put", (uv("abeja-sdk", "{ours}"), unpip("abeja-datasets")), SDK)


def _in_folders() -> Iterator[Row]:
    here: Command = ("--no-deps", "--target", "{target}")
    path = ("{target}",)
    skips = "pip skips a folder that is there, as of any two packages that share one"
    sdk, ours = pip("abeja-sdk", *here), pip("{ours}", *here)
    yield Row("--target: one command", (pip("abeja-sdk", "{ours}", *here),), BOTH, pythonpath=path)
    yield Row("--target: sdk, then ours", (sdk, ours), OURS_SKIPPED, pythonpath=path, note=skips)
    yield Row("--target: ours, then sdk", (ours, sdk), SDK_SKIPPED, pythonpath=path, note=skips)
    over = "pip replaces a folder that is there"
    yield Row("--target: sdk, ours --upgrade", (sdk, (*ours, "--upgrade")), SDK_SKIPPED, pythonpath=path, note=over)
    yield Row("--target: ours, sdk --upgrade", (ours, (*sdk, "--upgrade")), OURS_SKIPPED, pythonpath=path, note=over)
    for order, both in (("sdk, then ours", ("abeja-sdk", "{ours}")), ("ours, then sdk", ("{ours}", "abeja-sdk"))):
        yield Row(f"uv --target: {order}", tuple(uv(each, *here) for each in both), BOTH, pythonpath=path)
    two = (pip("abeja-sdk", *here), pip("{ours}", "--no-deps", "--target", "{other}"))
    yield Row("two folders: sdk first", two, BOTH, pythonpath=("{target}", "{other}"))
    yield Row("two folders: ours first", two, BOTH, pythonpath=("{other}", "{target}"))
    yield Row("ours in a folder, sdk installed", (pip("abeja-sdk"), ours), BOTH, pythonpath=path)
    yield Row("sdk in a folder, ours installed", (pip("{ours}"), sdk), BOTH, pythonpath=path)


def _editable() -> Iterator[Row]:
    ours = uv("--editable", "{root}")
    yield Row("editable ours alone", (ours,), OURS)
    yield Row("sdk, then editable ours", (uv("abeja-sdk"), ours), BOTH)
    yield Row("editable ours, then sdk", (ours, pip("abeja-sdk")), BOTH)
    yield Row("editable ours, minus sdk", (ours, uv("abeja-sdk"), unuv("abeja-sdk")), OURS)


def _on_later_pythons() -> Iterator[Row]:
    for python in ("3.12", "3.13"):
        sdk, ours = pip("abeja-sdk"), pip("{ours}")
        yield Row(f"{python}: ours alone", (ours,), OURS, python, "2.1.2")
        yield Row(f"{python}: sdk, then ours", (sdk, ours), BOTH, python, "2.1.2")
        yield Row(f"{python}: ours, then sdk", (ours, sdk), BOTH, python, "2.1.2")
        yield Row(f"{python}: minus sdk", (sdk, ours, unpip("abeja-sdk")), OURS, python, "2.1.2")
        note = "uv takes abeja-sdk 2.3.6, which asks for Python below 3.12"
        yield Row(f"{python}: uv, both", (uv("abeja-sdk", "{ours}"),), BOTH, python, note=note)


ROWS: Final = (
    Row("ours alone", (pip("{ours}"),), OURS),
    Row("sdk alone", (pip("abeja-sdk"),), SDK),
    *_in_both_orders(),
    *_in_folders(),
    *_editable(),
    *_on_later_pythons(),
)
