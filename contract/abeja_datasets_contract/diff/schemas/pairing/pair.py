"""What is found of two schemas side by side."""

from dataclasses import dataclass, field

from abeja_datasets_contract.diff.schemas.changes import Change, Inner
from abeja_datasets_contract.diff.schemas.pairing.matching import Match
from abeja_datasets_contract.diff.schemas.shape import Union


@dataclass
class Pair:
    """Two schemas compared.

    Attributes:
        sent: the pointer of what is sent.
        covering: the pointer of what has to take it.
        changes: where they differ, besides what is inside.
        inside: the schemas inside that correspond.
        branches: those among the alternatives; they apply to the value itself.
        matches: the unions of both sides whose alternatives were matched.
        unions: alternatives that differ, judged as a whole where no branch explains it.
        unjudged: changes that JSON Schema does not judge: of discriminators, and of the encoding of texts.
        loose: properties whose values the pairs inside do not describe wholly.
        has_unions: whether either side has alternatives.
        rewritten: whether the sides have unions of other keywords or of other numbers of alternatives, or allow null in
            another way.
        by_branches: whether the sent side is alternatives alone and the other has none, which each of them has to obey.
    """

    sent: str
    covering: str
    changes: list[Change] = field(default_factory=list)
    inside: list[Inner] = field(default_factory=list)
    branches: list[Inner] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    unions: dict[Change, Union] = field(default_factory=dict)
    unjudged: list[Change] = field(default_factory=list)
    loose: list[Change] = field(default_factory=list)
    has_unions: bool = False
    rewritten: bool = False
    by_branches: bool = False
