"""The journal of an earlier run, for reading what it recorded."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from abeja_datasets_loading.errors import JournalError
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.journal_file import connect, refusal
from abeja_datasets_loading.journal.records import Target


def open_kept(path: Path, organization_id: str, dataset_id: str) -> Journal:
    """Open a journal of creating items in a dataset that is there, whatever its marker.

    Its base URL may be another one: only reading depends on it, and a server may have several.

    Raises:
        JournalError: there is none, or it can't be used, or is of another target.
    """
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises for a name that is too long
        raise JournalError(path, "does not exist; pass the journal that the input was loaded with", "not_a_journal")
    kept = _target(path)
    marker, base_url = (None, "") if kept is None else (kept.marker, kept.base_url)
    return Journal.open(path, Target("create", base_url, organization_id, dataset_id, marker))


def marker_in(journal: Journal) -> tuple[str, str] | None:
    """Return the marker of a journal and its name in the values; None where it has no marker."""
    key = Target(*journal.get("target")).marker
    return None if key is None else (key, journal.run_id)


def _target(path: Path) -> Target | None:
    with closing(connect(path, "ro")) as database:
        try:
            row = database.execute("SELECT value FROM meta WHERE key = 'target'").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise refusal(path, error) from error
            return None  # it has no such table: opening it says what it is
        except sqlite3.Error as error:
            raise refusal(path, error) from error
    return None if row is None else Target(*json.loads(row[0]))
