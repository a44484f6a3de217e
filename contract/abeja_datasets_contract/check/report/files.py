"""Writing the reports into a folder."""

from collections.abc import Callable
from pathlib import Path

from abeja_datasets_contract.check.report.html.page import page
from abeja_datasets_contract.check.results import Report

from .as_json import as_json, dumps
from .har import har
from .junit import junit

_FILES: dict[str, Callable[[Report], bytes]] = {
    "report.html": lambda report: page(report).encode(),
    "junit.xml": junit,
    "report.json": lambda report: dumps(as_json(report)).encode(),
    "traffic.har": lambda report: har(report).encode(),
}


def write(report: Report, folder: Path) -> list[Path]:
    """Write all reports, over those of an earlier check.

    Args:
        report: what to report.
        folder: where to; it is made where it is missing.

    Returns:
        The files that were written: the page for people first, then JUnit XML, JSON and the HAR.

    Raises:
        OSError: the folder can't be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, make in _FILES.items():
        path = folder / name
        path.write_bytes(make(report))
        written.append(path)
    return written
