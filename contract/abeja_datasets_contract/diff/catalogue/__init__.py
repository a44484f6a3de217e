"""All rules of the diff of documents: the id of each, what it says, and an example that it finds.

A rule is added where it is found, in `rules/`, and here, in the module of its group. `docs/make_diff_rules.py` writes
the page from it.
"""

from collections.abc import Mapping, Sequence

from abeja_datasets_contract.diff.catalogue.kinds import of_kinds
from abeja_datasets_contract.diff.catalogue.outside import DOCUMENT, OPERATIONS, REQUESTS, RESPONSES, SECURITY
from abeja_datasets_contract.diff.catalogue.python import PYTHON, PythonRule
from abeja_datasets_contract.diff.catalogue.rule import Rule
from abeja_datasets_contract.diff.catalogue.schemas import of_keywords, of_words

GROUPS: Mapping[str, Sequence[Rule]] = {
    "Operations": OPERATIONS,
    "Requests": REQUESTS,
    "Responses": RESPONSES,
    "Credentials": SECURITY,
    "The document": DOCUMENT,
    "Schemas in requests": (*of_kinds("request"), *of_keywords("request")),
    "Schemas in responses": (*of_kinds("response"), *of_keywords("response")),
    "Words in schemas": tuple(of_words()),
}
"""The rules of documents, by the heading of their group."""
IDS = frozenset([rule.id for rules in GROUPS.values() for rule in rules] + [rule.id for rule in PYTHON])
"""All ids."""

__all__ = ["GROUPS", "IDS", "PYTHON", "PythonRule", "Rule"]
