"""Print, as JSON, whose modules the environment has, and what is wrong with their files.

It is copied into each environment of `scripts/coexist`, and so may import nothing but the standard library.
"""

import contextlib
import hashlib
import importlib
import importlib.metadata
import io
import json
import multiprocessing
import pkgutil
import sys
import sysconfig
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

NAMES = ("abeja.datasets", "abeja.exceptions", "abeja.datalake", "abeja.train", "abeja_datasets")
USED = {
    "abeja.datasets": ("APIClient",),
    "abeja.exceptions": ("HttpError", "NotFound"),
    "abeja.datalake": ("Client",),
    "abeja.train": ("Client",),
    "abeja_datasets": ("APIClient",),
}
"""What programs import from each of them."""


def owners() -> str:
    """Return, for each name, `ours`, `sdk`, `-` where it is missing, or the error that importing it raises."""
    return " ".join(_owner(name) for name in NAMES)


def _owner(name: str) -> str:
    try:
        module = importlib.import_module(name)
        for attribute in USED[name]:
            getattr(module, attribute)
    except ModuleNotFoundError as error:
        # A parent that is missing counts too, but not a library that the module needs.
        return "-" if f"{name}.".startswith(f"{error.name}.") else f"{type(error).__name__}({error.name})"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return type(error).__name__
    return "ours" if module.__name__.partition(".")[0] == "abeja_datasets" else "sdk"


def broken() -> list[str]:
    """Return the modules below `abeja` that can't be imported."""
    try:
        abeja = importlib.import_module("abeja")
    except ModuleNotFoundError:
        return []
    found = [module.name for module in pkgutil.walk_packages(abeja.__path__, "abeja.", onerror=lambda _: None)]
    return [name for name in found if not _imports(name)]


def _imports(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - that is what is looked for
        return False
    return True


def damage() -> list[str]:
    """Return the files that a distribution lists but lacks or that differ, and those that none of them lists."""
    listed: set[Path] = set()
    wrong = []
    for name in ("abeja-sdk", "abeja-datasets"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            files = importlib.metadata.distribution(name).files or []
            # Not the commands: pip install --target lists them where they would be in an environment.
            for file in (file for file in files if file.parts[0] != ".."):
                path = Path(str(file.locate())).resolve()
                listed.add(path)
                if not path.exists() or (file.hash and file.hash.value != _hash(path)):
                    wrong.append(f"{name}: {file}")
    return wrong + [f"nobody's: {path}" for path in _installed() if path.resolve() not in listed]


def _installed() -> Iterator[Path]:
    for top in Path(sysconfig.get_path("purelib")).glob("abeja*"):
        yield from (path for path in top.rglob("*") if path.is_file() and path.suffix != ".pyc")


def _hash(path: Path) -> str:
    return urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()


def version() -> str:
    """Return the version of abeja-sdk, or nothing where it is not installed."""
    try:
        return importlib.metadata.version("abeja-sdk")
    except importlib.metadata.PackageNotFoundError:
        return ""


def children() -> dict[str, str]:
    """Return what multiprocessing children find, by start method."""
    found = {}
    for method in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context(method).Pool(1) as pool:
            found[method] = pool.apply(owners)
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if "import" in sys.argv:
        importlib.import_module("abeja_datasets.takeover")
    report = {
        "children": children() if "children" in sys.argv else {},
        "owners": owners(),
        "damage": damage(),
        "version": version(),
    }
    with contextlib.redirect_stdout(io.StringIO()):  # modules that print as they are imported
        report["broken"] = broken()
    print(json.dumps(report))
