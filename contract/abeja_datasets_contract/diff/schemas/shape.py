"""What a schema says of a value: its keywords, properties and alternatives, by the places that say it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from abeja_datasets_contract.openapi.keywords import KEYWORDS, Compared, compared
from abeja_datasets_contract.openapi.pointers import split


class Union(NamedTuple):
    """The alternatives of one `anyOf` or `oneOf`.

    Attributes:
        keyword: which of the two.
        holder: the pointer of the schema object that holds it.
        branches: the pointers of the alternatives, without those that are null alone where the shape says that.
        routes: by alternative, the keywords and numbers that lead to it, where some stand in a union within this one.
    """

    keyword: str
    holder: str
    branches: tuple[str, ...]
    routes: tuple[tuple[str, ...], ...] = ()

    def route(self, branch: str) -> tuple[str, ...]:
        """Return the keywords and numbers of the alternatives that lead to one, the outermost first."""
        return self.routes[self.branches.index(branch)] if self.routes else tuple(split(branch)[-2:])

    @property
    def takes_several(self) -> bool:
        """Whether it takes values of several alternatives, as `anyOf` does."""
        return self.keyword == "anyOf" and not any("oneOf" in route for route in self.routes)


@dataclass
class Shape:
    """What is said of one value.

    Attributes:
        pointers: the schema objects that say it.
        keywords: by name, what it says, with the pointer of the schema object that does; unions are not among them.
        unions: its alternatives.
        properties: by name, the pointers of the schemas of each property.
        required: by name, the pointer of the schema object that requires it.
        null: whether null is allowed besides.
    """

    pointers: dict[str, None] = field(default_factory=dict)
    keywords: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    unions: list[Union] = field(default_factory=list)
    properties: dict[str, list[str]] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    null: bool = False

    @property
    def conditional(self) -> bool:
        """Whether it says something by alternatives, so that no keyword says all of its kind."""
        return bool(self.unions) or any(name == "false" or KEYWORDS[name].conditional for name in self.keywords)

    @property
    def only_union(self) -> Union | None:
        """The union which is all that it says; None where it says more, or has none."""
        alone = len(self.unions) == 1 and not (self.keywords or self.properties or self.required or self.null)
        return self.unions[0] if alone else None

    @property
    def only_union_besides_type(self) -> Union | None:
        """Like `only_union`, but a type may stand beside it."""
        keywords = {key: value for key, value in self.keywords.items() if key != "type"}
        return Shape(self.pointers, keywords, self.unions, self.properties, self.required).only_union

    @property
    def sealed(self) -> bool:
        """Whether it has, once closed, the properties it declares itself and no others."""
        told = bool(self.properties) and self.required.keys() <= self.properties.keys()
        closed = all(value is False for _, value in self.keywords.get("additionalProperties", []))
        return (
            told
            and closed
            and not self.unions
            and not any(name != "false" and KEYWORDS[name].opens for name in self.keywords)
        )

    @property
    def structured(self) -> bool:
        """Whether closing could change what it takes."""
        return bool(self.properties or self.unions) or any(
            compared(name) in (Compared.INSIDE, Compared.WHOLE) for name in self.keywords
        )

    @property
    def types(self) -> frozenset[str]:
        """The types that it names; none where it names none."""
        named = self.keywords.get("type", [])
        kinds = named[0][1] if named else []
        return frozenset([kinds] if isinstance(kinds, str) else [str(kind) for kind in kinds])

    def first(self, keyword: str) -> Any:
        """Return what the first schema object with this keyword says; None without one."""
        return self.keywords[keyword][0][1] if keyword in self.keywords else None


CHOSEN = "\n"
"""Stands in the name of a variant between the pointer of its schema and those of the alternatives that it takes."""


def variant(pointer: str, branch: str) -> str:
    """Return the name of a schema whose union is replaced by one of its alternatives."""
    return f"{pointer}{CHOSEN}{branch}"


def depth(pointer: str) -> int:
    """Return how many alternatives a variant takes; 0 for a schema as it is written."""
    return pointer.count(CHOSEN)


def is_variant(pointer: str) -> bool:
    """Return whether this names a variant; such a name is none of the document's."""
    return CHOSEN in pointer


def is_null(part: Any) -> bool:
    """Return whether a schema takes null alone."""
    if not isinstance(part, dict):
        return False
    return part.get("type") in ("null", ["null"]) or part.get("enum") == [None] or part.get("const", 0) is None
