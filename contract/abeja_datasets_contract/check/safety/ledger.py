"""The ledger: what a run writes on the server, noted on disk before it is written, so that a crash leaves no riddle.

One JSON object a line. The first is the run's; then `creating` before each create of a dataset, `dataset` and `item`
for each id that a response gave, `shown` once a read shows that a dataset is the run's, `deleted` when it is gone.
"""

import datetime as dt
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Known:
    """What a ledger knows of one run. A dataset is known by its organization and its id."""

    run: str = ""
    url: str = ""
    organization_id: str = ""
    names: set[tuple[str, str]] = field(default_factory=set)
    """Organization and name of each dataset whose create was sent."""
    pending: set[tuple[str, str]] = field(default_factory=set)
    """Those of them that no read has shown."""
    datasets: dict[tuple[str, str], str] = field(default_factory=dict)
    """Datasets that are there, as responses to creates say, each with its name."""
    gone: set[tuple[str, str]] = field(default_factory=set)
    """Datasets that were the run's, and were deleted."""
    items: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """Ids of items, as responses to creates say, each with the datasets that have such an item."""

    def note(self, entry: Any) -> None:
        """Record a line."""
        match entry:
            case {"run": str(run), "url": str(url), "organization_id": str(organization)}:
                self.run, self.url, self.organization_id = run, url, organization
            case {"creating": str(name), "organization_id": str(organization)}:
                self.names.add((organization, name))
                self.pending.add((organization, name))
            case {"dataset": str(dataset), "organization_id": str(organization)}:
                self.datasets[organization, dataset] = str(entry.get("name"))
            case {"shown": str(dataset), "name": str(name), "organization_id": str(organization)}:
                self.datasets[organization, dataset] = name
                self.pending.discard((organization, name))
            case {"item": str(item), "of": str(dataset), "organization_id": str(organization)}:
                self.items.setdefault(item, set()).add((organization, dataset))
            case {"deleted": str(dataset), "organization_id": str(organization)}:
                self.datasets.pop((organization, dataset), None)
                self.gone.add((organization, dataset))
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
        """Read what another process has added to the file."""
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
        ValueError: it is not a ledger.
    """
    known = Known()
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        try:
            if entry is not None or number == 1:
                known.note(entry)
        except ValueError:
            raise ValueError(f"{path}: line {number} is not a ledger's") from None
    if not known.run:
        raise ValueError(f"{path}: is empty, and no ledger")
    return known
