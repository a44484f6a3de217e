"""What the documented API reference says of the ten methods, read from reference.json."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True)
class Documented:
    """What the documented API reference says of one method: facts and examples, kept in reference.json."""

    name: str
    signature: str
    api_reference: str
    """The method and the path."""
    parameters: Sequence[str]
    """The names, down to the nested fields."""
    raised: Sequence[str]
    requests: Mapping[str, Any]
    """The values that the request example assigns, by variable."""
    answer: Any
    """The answer example without its ellipses; None where there is none."""


def _documented() -> Iterator[Documented]:
    rows: list[dict[str, Any]] = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))
    for row in rows:
        yield Documented(**row)


DOCUMENTED: Final = {documented.name: documented for documented in _documented()}
