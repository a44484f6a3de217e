"""Write what docs/faults.md says of the kinds of faults and of the table of scenarios.

`.venv/bin/python docs/make_faults_table.py`, after a change of either; a test fails until then.
"""

import re
from pathlib import Path

from abeja_datasets_mock.faults.kinds import KINDS
from abeja_datasets_mock.scenarios import load_rows

PAGE = Path(__file__).with_name("faults.md")
_TABLE = re.compile(r"(<!-- made by docs/make_faults_table.py -->\n).*?(<!-- end -->)", re.DOTALL)
_ROWS = re.compile(r"\d+ rows")
_WHERE = {"server": "in the server", "wire": "on the wire"}


def table() -> str:
    """Return the table of the kinds, in Markdown."""
    lines = ["| fault | takes | where | what it does |", "| --- | --- | --- | --- |"]
    lines += [f"| `{kind.name}` | {kind.takes} | {_WHERE[kind.level]} | {kind.does} |" for kind in KINDS.values()]
    return "\n".join(lines) + "\n"


def written(text: str) -> str:
    """Return the page with the table and the number of rows as they are now."""
    text = _TABLE.sub(lambda found: found[1] + table() + found[2], text)
    return _ROWS.sub(f"{len(load_rows())} rows", text)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
