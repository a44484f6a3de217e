"""Imports of modules in another interpreter, where nothing they do or print is seen here."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

SECONDS: Final = 60
"""abeja-sdk takes a few seconds on a slow disk."""

_PROGRAM: Final = """
import importlib, json, os, sys
report = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
sys.path[:], names = json.loads(sys.argv[1])
failures = {}
for name in names:
    try:
        importlib.import_module(name)
    except BaseException as error:
        failures[name] = f"{type(error).__name__}: {error}"
json.dump(failures, report)
report.close()
os._exit(0)
"""
_FLAGS: Final = {"isolated": "-I", "ignore_environment": "-E", "no_user_site": "-s", "safe_path": "-P"}


def failures(names: Sequence[str], path: Sequence[str]) -> dict[str, str]:
    """Return the modules that can't be imported, each with its error.

    Args:
        names: the modules; they run, so they must be known.
        path: the search path.
    """
    flags = [flag for name, flag in _FLAGS.items() if getattr(sys.flags, name)]
    command = [sys.executable, "-B", *flags, "-c", _PROGRAM, json.dumps([list(path), list(names)])]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        done = subprocess.run(command, **streams, timeout=SECONDS, check=False)  # type: ignore[call-overload]  # noqa: S603 - our own program
    except subprocess.TimeoutExpired:
        return dict.fromkeys(names, f"not done after {SECONDS} s")
    try:
        found: dict[str, str] = json.loads(done.stdout)
    except ValueError:
        return dict.fromkeys(names, f"the interpreter ended with code {done.returncode}")
    return found
