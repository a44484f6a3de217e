"""Whether texts obey patterns and lengths, where these are all that is said of them."""

import re
from collections.abc import Iterable
from typing import Any

from abeja_datasets_contract.diff.schemas.fixpoint import Verdict, worst
from abeja_datasets_contract.diff.schemas.patterns.languages import contained
from abeja_datasets_contract.diff.schemas.shape import Shape

OF_TEXTS = ("pattern", "minLength", "maxLength")
_KNOWN = frozenset({*OF_TEXTS, "enum", "type"})
"""Keywords of texts that a pattern can say."""
_LONG = 300
"""Longer texts, and more values, are not compared with patterns."""


def obeys_text(here: Shape, keyword: str, value: Any) -> Verdict:
    """Return whether the texts of a shape obey a pattern or a length, by their own patterns and lengths."""
    said = [(name, own) for name in OF_TEXTS for _, own in here.keywords.get(name, [])]
    verdict = _contained(said, keyword, value)
    told = here.conditional or "enum" in here.keywords or "format" in here.keywords
    return Verdict.UNKNOWN if verdict == Verdict.NO and told else verdict


def obey_names(here: Shape, wanted: dict[str, Any]) -> Verdict:
    """Return whether the names of an object's properties obey a schema.

    Args:
        here: what is said of the object.
        wanted: the schema of `propertyNames` that the names have to obey.
    """
    own = [value for _, value in here.keywords.get("propertyNames", []) if isinstance(value, dict)]
    if wanted.keys() - _KNOWN:
        return Verdict.UNKNOWN
    said = [(name, value) for schema in own for name, value in schema.items() if name in _KNOWN - {"type"}]
    verdict = worst({_contained(said, name, value) for name, value in wanted.items() if name != "type"})
    more = here.conditional or here.keywords.keys() - {"type", "propertyNames"} or here.properties
    told = more or any(schema.keys() - _KNOWN - {"examples"} for schema in own)
    return Verdict.UNKNOWN if verdict == Verdict.NO and told else verdict


def _contained(said: Iterable[tuple[str, Any]], keyword: str, value: Any) -> Verdict:
    wanted = _as_pattern(keyword, value)
    return contained([text for one in said if (text := _as_pattern(*one))], wanted)[0] if wanted else Verdict.UNKNOWN


def _as_pattern(keyword: str, value: Any) -> str:
    """Return a pattern that says the same as a keyword about texts; an empty text for what is too long."""
    if keyword == "pattern":
        return str(value)
    if keyword == "enum":
        texts = [re.escape(text) for text in value if isinstance(text, str)] if isinstance(value, list) else []
        return f"^(?:{'|'.join(texts)})$" if texts and sum(map(len, texts)) <= _LONG else ""
    if not isinstance(value, int) or not 0 <= value <= _LONG:
        return ""
    return f"^[\\s\\S]{{{value},}}$" if keyword == "minLength" else f"^[\\s\\S]{{0,{value}}}$"
