"""Run benchmarks, print their figures, and with --save keep them in figures.json, beside those of the others.

Plots go into .plots, and with --save beside figures.json.
"""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import async_calls
import client
import coco
import exporting
import first_call
import import_time
import importing
import iterate
import one_call
import page
import scale

import loading
import mock_server

HERE = Path(__file__).parent
FIGURES = HERE / "figures.json"

MODULES = {
    module.__name__: module
    for module in (
        one_call,
        async_calls,
        page,
        iterate,
        client,
        loading,
        importing,
        exporting,
        coco,
        first_call,
        import_time,
        mock_server,
        scale,
    )
}


def main() -> None:
    """Run them one after the other: two at once would measure each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MODULES)} (default: all)")
    parser.add_argument(
        "--save", action="store_true", help="write the figures to bench/figures.json, and plots beside it"
    )
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in MODULES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    figures: dict[str, Any] = {"Python": platform.python_version(), "machine": platform.machine()}
    for module in options.names or MODULES:
        name = module.replace("_", " ")
        figures[name] = MODULES[module].measure()
        _show(name, MODULES[module], figures[name], HERE if options.save else HERE / ".plots")
    if options.save:
        others = json.loads(FIGURES.read_text(encoding="utf-8"))
        FIGURES.write_text(json.dumps({**others, **figures}, indent=2) + "\n", encoding="utf-8")


def _show(name: str, module: Any, figures: dict[str, Any], folder: Path) -> None:
    """Print figures, as a table where the benchmark has one, and save its plot if it has one."""
    has_table = hasattr(module, "table")
    print(f"{name}\n\n{module.table(figures)}" if has_table else json.dumps({name: figures}, indent=2), flush=True)
    if hasattr(module, "plot"):
        folder.mkdir(exist_ok=True)
        path = folder / f"{module.__name__}.png"
        module.plot(figures, path)
        print(f"plot: {path}", flush=True)


if __name__ == "__main__":
    main()
