"""The ledger: what a run writes on the server, noted on disk before it is written, so that a crash leaves no riddle.

One JSON object a line. The first is the run's; then `creating` before each create of a dataset, `dataset` and `item`
for each id that a response gave, `deleted` when a dataset is gone.
"""

import datetime as dt
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Known:
    """What a ledger knows of one run."""

    run: str = ""
    url: str = ""
    organization_id: str = ""
    pending: set[tuple[str, str]] = field(default_factory=set)
    """Organization and name of each dataset whose create was sent and not seen to succeed."""
    datasets: dict[str, str] = field(default_factory=dict)
    """Ids of datasets that are there, each with its organization."""
    gone: set[str] = field(default_factory=set)
    """Ids of datasets that were there."""
    items: set[tuple[str, str]] = field(default_factory=set)
    """Dataset and item id of each item."""

    def note(self, entry: Any) -> None:
        """Take in a line."""
        match entry:
            case {"run": str(run), "url": str(url), "organization_id": str(organization)}:
                self.run, self.url, self.organization_id = run, url, organization
            case {"creating": str(name), "organization_id": str(organization)}:
                self.pending.add((organization, name))
            case {"dataset": str(dataset), "organization_id": str(organization)}:
                self.datasets[dataset] = organization
                self.pending.discard((organization, str(entry.get("name"))))
            case {"item": item, "of": str(dataset)}:
                self.items.add((dataset, str(item)))
            case {"deleted": str(dataset)}:
                self.datasets.pop(dataset, None)
                self.gone.add(dataset)
            case _:
                raise ValueError(f"a line that no ledger has: {entry}")


class Ledger:
    """A ledger being written. Each line is with the operating system before `note` returns.

    Args:
        path: the file, which is appended to; None keeps nothing on disk (a run that writes nothing).
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.known = Known()
        self._lock = threading.Lock()

    def note(self, **entry: Any) -> None:
        """Add a line."""
        with self._lock:
            self.known.note(entry)
            if self.path is not None:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(entry) + "\n")

    def end_line(self) -> None:
        """End the last line, if a crash cut it short, so that what is added stands on lines of its own."""
        if self.path is not None and not self.path.read_bytes().endswith(b"\n"):
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n")

    def reread(self) -> None:
        """Take in what another process has added to the file."""
        if self.path is not None:
            self.known = read(self.path)

    def open(self, run: str, url: str, organization_id: str) -> None:
        """Write the first line."""
        started = dt.datetime.now(dt.UTC).isoformat()
        self.note(run=run, url=url, organization_id=organization_id, started=started)


def read(path: Path) -> Known:
    """Read a ledger; a line that a crash cut short is left out. What it was to announce was not sent.

    Raises:
        OSError: the file can't be read.
        ValueError: it is no ledger.
    """
    known = Known()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        try:
            if entry is not None or number == 1:
                known.note(entry)
        except ValueError:
            raise ValueError(f"{path}: line {number} is not a ledger's") from None
    if not known.run:
        raise ValueError(f"{path}: is empty, and no ledger")
    return known
