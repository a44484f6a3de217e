"""Run benchmarks, print their figures, and with --save keep them in figures.json, beside those of the others."""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import async_calls
import first_call
import import_time
import iterate
import one_call
import page
import scale

import loading
import mock_server

FIGURES = Path(__file__).parent / "figures.json"


MODULES = {
    module.__name__: module
    for module in (one_call, async_calls, page, iterate, loading, first_call, import_time, mock_server, scale)
}


def main() -> None:
    """Run them one after the other: two at once would measure each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MODULES)} (default: all)")
    parser.add_argument("--save", action="store_true", help="write the figures to bench/figures.json")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in MODULES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    figures: dict[str, Any] = {"Python": platform.python_version(), "machine": platform.machine()}
    for module in options.names or MODULES:
        name = module.replace("_", " ")
        figures[name] = MODULES[module].measure()
        print(json.dumps({name: figures[name]}, indent=2), flush=True)
    if options.save:
        others = json.loads(FIGURES.read_text(encoding="utf-8"))
        FIGURES.write_text(json.dumps({**others, **figures}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
