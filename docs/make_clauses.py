"""Write docs/clauses.md, the list of all clauses of the contract check.

`.venv/bin/python docs/make_clauses.py`, after a change of a clause or of the document; a test fails until then.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from abeja_datasets_contract.check import Clause, clauses

PAGE = Path(__file__).with_name("clauses.md")
_PATH = re.compile(r"(/organizations/[^\s,]+)")
_HEAD = """\
# The clauses of the contract check

`abeja-datasets check` checks {number} clauses, stage by stage in this order. A source that begins with `#/` is a place
in `openapi.yaml`; with `--document`, clauses and sources come from that document. Clauses that *write* need
`--allow-writes`. `--select` and `--skip` take the names, and patterns such as `paging.*`.

Written by `docs/make_clauses.py`.
"""


def page() -> str:
    """Return the page, in Markdown."""
    listed = clauses()
    stages = (_stage(stage, list(of_stage)) for stage, of_stage in groupby(listed, key=lambda clause: clause.stage))
    return "\n".join([_HEAD.format(number=len(listed)), *stages])


def _stage(name: str, listed: list[Clause]) -> str:
    return "\n".join([f"## {name}", "", *_table(listed), ""])


def _table(listed: list[Clause]) -> Iterator[str]:
    yield from ("| clause | promise | source |", "| --- | --- | --- |")
    for clause in listed:
        promise = _PATH.sub(r"`\1`", clause.promise) + (" *writes*" if clause.writes else "")
        reference = clause.source.removeprefix("reference: ")
        source = f"`{clause.source}`" if reference == clause.source else reference
        yield f"| `{clause.name}` | {promise} | {source} |".replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
