"""Run all benchmarks, print their figures, and with --save keep them in figures.json."""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import import_time
import one_call
import scale

import mock_server

FIGURES = Path(__file__).parent / "figures.json"


def main() -> None:
    """Run them one after the other: two at once would measure each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="write the figures to bench/figures.json")
    options = parser.parse_args()
    figures: dict[str, Any] = {"Python": platform.python_version(), "machine": platform.machine()}
    for module in (one_call, import_time, mock_server, scale):
        name = module.__name__.replace("_", " ")
        figures[name] = module.measure()
        print(json.dumps({name: figures[name]}, indent=2), flush=True)
    if options.save:
        FIGURES.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
