"""Write docs/abeja-sdk.md: where abeja-sdk fails the table of scenarios.

`scripts/bench` makes the environment of abeja-sdk; then run `.venv/bin/python docs/make_abeja_sdk_table.py`.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from abeja_datasets_mock.scenarios import ProgramAdapter, Result, load_rows, play

HERE = Path(__file__).parent
PYTHON = HERE.parent / "bench" / ".peers" / "abeja-sdk" / "bin" / "python"
PAGE = HERE / "abeja-sdk.md"
_VERSION = "from importlib.metadata import version; print(version('abeja-sdk'))"
_TEXT = """# Where abeja-sdk {version} fails

The reference server's table of scenarios (`mock_server/abeja_datasets_mock/scenarios/scenarios.yaml`) says what a
correct client does when something goes wrong: {total} rows, each a fault that meets an operation. Ours passes all of
them, sync and async (`tests/mock_server/test_scenarios.py`). abeja-sdk {version} fails {failed}:

- After a 500, 502, 503 or 504, a timeout or a lost connection, it sends a POST again, and so creates items twice. A
  dataset is created, but reported as not created (`BadRequest`), because the first POST has taken its name.
- It does not retry these temporary failures: 408, 429 without `Retry-After`, and 520 to 530.
- It waits for any `Retry-After`, however long: the row succeeds where it should raise.
- An unexpected response raises an error of a library below it, or `AttributeError`.
- None of its errors shows whether the call may have been carried out.

It does not report the outcome and the attempts of a failed call, so these are not compared. This page is made by
`docs/make_abeja_sdk_table.py`, which says how.

| What goes wrong | Operations | A correct client | abeja-sdk |
| --- | --- | --- | --- |
{lines}
"""


def play_for_sdk(operations: Iterable[str] | None = None) -> list[Result]:
    """Play the rows of some operations, or of all, for abeja-sdk."""
    wanted = None if operations is None else set(operations)
    rows = [row for row in load_rows() if wanted is None or row.operation in wanted]
    # Nothing of this process's environment may reach it, PYTHONPATH and proxies least of all.
    with ProgramAdapter([str(PYTHON), str(HERE / "abeja_sdk_adapter.py")], {}) as adapter:
        return list(play(adapter.make, rows))


def table(results: Iterable[Result]) -> list[str]:
    """Write a line for each way to fail, with the operations that fail in it."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for result in results:
        if result.problems:
            key = (result.row.scenario, str(result.row.expected), result.happened)
            groups.setdefault(key, []).append(f"`{result.row.operation}`")
    return [
        f"| {scenario} | {', '.join(operations)} | {expected} | {happened} |"
        for (scenario, expected, happened), operations in groups.items()
    ]


def main() -> int:
    """Write the page; the exit code is 1 where there is no abeja-sdk to play for."""
    if not PYTHON.exists():
        sys.stderr.write("there is no environment with abeja-sdk; scripts/bench makes it\n")
        return 1
    results = play_for_sdk()
    failed = sum(bool(result.problems) for result in results)
    version = subprocess.check_output([PYTHON, "-c", _VERSION], env={}, text=True).strip()  # noqa: S603 - of our own making
    text = _TEXT.format(version=version, total=len(results), failed=failed, lines="\n".join(table(results)))
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
