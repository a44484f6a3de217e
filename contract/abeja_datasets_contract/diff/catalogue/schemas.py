"""The rules for the keywords of schemas, for requests and for responses, each with an example."""

from collections.abc import Iterator

from abeja_datasets_contract.diff.catalogue.rule import Rule, schema_of
from abeja_datasets_contract.diff.rules.ids import kebab
from abeja_datasets_contract.diff.rules.sides import EXTENSIONS
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.openapi.keywords import KEYWORDS

WITH_EXAMPLES = tuple(name for name, keyword in KEYWORDS.items() if keyword.example[0])
"""The keywords that have rules of their own."""


def of_keywords(direction: Direction) -> Iterator[Rule]:
    """Yield the rules of a direction: each keyword added, removed and changed."""
    where = schema_of(direction)
    for keyword in WITH_EXAMPLES:
        name = f"{direction}-{kebab(keyword)}"
        none, one, other = KEYWORDS[keyword].example
        yield Rule(f"{name}-added", f"`{keyword}` was added.", where, none, one)
        yield Rule(f"{name}-removed", f"`{keyword}` was removed.", where, one, none)
        if other:
            yield Rule(f"{name}-changed", f"`{keyword}` changed.", where, one, other)


_WORDS = {
    "description": ("a", "b"), "title": ("a", "b"), "example": ("a", "b"), "examples": ("[a]", "[b]"),
    "discriminator": ("{propertyName: a}", "{propertyName: b}"), "xml": ("{name: a}", "{name: b}"),
    "externalDocs": ("{url: /a}", "{url: /b}"), **dict.fromkeys(EXTENSIONS, ("a", "b")),
}  # fmt: skip
"""Two values of each keyword that is only reported as a change of words."""


def of_words() -> Iterator[Rule]:
    """Yield the rules for what schemas say to people and programs besides what a value may be."""
    for keyword, (old, new) in _WORDS.items():
        says = f"The `{keyword}` of a schema changed."
        before, after = (f"{{type: string, {keyword}: {value}}}" for value in (old, new))
        yield Rule(f"schema-{kebab(keyword)}-changed", says, "response schema", before, after)
    says = "The description of a constant changed."
    before, after = (f"{{oneOf: [{{const: a, title: {title}}}]}}" for title in "ab")
    yield Rule("schema-constant-description-changed", says, "response schema", before, after)
    deprecated, plain = "{type: string, deprecated: true}", "{type: string}"
    yield Rule("schema-deprecated", "A value is now deprecated.", "request schema", plain, deprecated)
    yield Rule("schema-no-longer-deprecated", "A value is no longer deprecated.", "request schema", deprecated, plain)
