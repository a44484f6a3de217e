"""Reading annotation files in tests."""

from pathlib import Path
from typing import Any, NamedTuple

from abeja_datasets_loading.formats.files import open_file
from abeja_datasets_loading.formats.model import FileRefused, Note, Rejected, Row
from abeja_datasets_loading.formats.options import Options


class Found(NamedTuple):
    """What a file yields."""

    items: list[dict[str, Any]]
    rejected: list[str]
    notes: list[str]
    props: dict[str, Any]

    @property
    def entries(self) -> list[dict[str, Any]]:
        """All entries of all items."""
        return [entry for item in self.items for entries in item["attributes"].values() for entry in entries]


def read(path: Path | str, form: str | None = None, **options: Any) -> Found:
    """Read a file to its end."""
    opened = open_file(path, Options(**options), form)
    try:
        records = list(opened)
        return Found(
            [each.item for each in records if isinstance(each, Row)],
            [f"{each.place}: {each.reason}" for each in records if isinstance(each, Rejected)],
            [f"{each.place}: {each.text}" for each in records if isinstance(each, Note)],
            opened.props,
        )
    finally:
        opened.close()


def refusal(path: Path | str, form: str | None = None, **options: Any) -> str:
    """Return why a file is refused."""
    try:
        found = read(path, form, **options)
    except FileRefused as error:
        return str(error)
    raise AssertionError(f"it is not refused: {found}")


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file below a folder, and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path
