"""What importing costs: `import abeja_datasets` against `import httpx`, in fresh processes that take turns."""

import json
import subprocess
import sys
from statistics import median
from typing import Any

ROUNDS = 21
PROGRAM = "import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"


def measure() -> dict[str, Any]:
    """Return the medians, in milliseconds, and their ratio."""
    modules = ("abeja.datasets", "httpx")
    rounds = [{module: _seconds(module) for module in modules} for _ in range(ROUNDS)]
    return {
        "milliseconds": {module: round(median(r[module] for r in rounds) * 1e3, 1) for module in modules},
        "ratio to httpx (must reach 0.29)": round(median(r["abeja.datasets"] / r["httpx"] for r in rounds), 3),
    }


def _seconds(module: str) -> float:
    return float(subprocess.check_output([sys.executable, "-c", PROGRAM.format(module=module)], text=True))


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
