"""Run the tests on each supported Python that the machine has, but for that of .venv: `scripts/test --all-pythons`."""

import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from upkeep.environment import ROOT
from upkeep.install.pythons import find, fits, supported


def main() -> int:
    """Test; the exit code is 0 when no Python failed, and 1 otherwise."""
    outcomes = {version: _outcome(version) for version in supported()}
    print("== Pythons")
    for version, outcome in outcomes.items():
        print(f"{version}: {outcome}")
    return 1 if any(outcome.startswith("failed") for outcome in outcomes.values()) else 0


def _outcome(version: str) -> str:
    own = ".".join(map(str, sys.version_info[:3]))
    if fits(own, version):
        return f"not run here: it is the Python of .venv ({own}), which scripts/test itself is for"
    python = find(version)
    if python is None:
        return "not run: this machine has none"
    print(f"== tests on Python {version} ({python})", flush=True)
    done = subprocess.run([ROOT / "scripts" / "test", "--python", version], check=False)  # noqa: S603 - our own script
    return f"passed ({python})" if done.returncode == 0 else f"failed with exit code {done.returncode} ({python})"


if __name__ == "__main__":
    sys.exit(main())
