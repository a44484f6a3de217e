"""The query language."""

import json
import re
from collections.abc import Callable

from tests.contract.faults.kit import (
    fault,
    query,
    requests,
)
from tests.contract.faulty import Ask, Asked, Told


def _q(asked: Asked, edit: Callable[[str], str]) -> Asked:
    return query(asked, lambda ps: [(k, edit(v) if k == "q" else v) for k, v in ps])


requests(
    "search",
    "OR is read as AND",
    "list_dataset_items",
    lambda a: _q(a, lambda q: q.replace(" OR ", " AND ")),
    "search.or",
)
requests(
    "search",
    "AND is read as OR",
    "list_dataset_items",
    lambda a: _q(a, lambda q: q.replace(" AND ", " OR ")),
    "search.and",
    "search.none",
)
requests(
    "search",
    "NOT is ignored",
    "list_dataset_items",
    lambda a: _q(a, lambda q: re.sub(r"NOT (\w+:\w+)", r"\1", q)),
    "search.not",
    "search.finds*",
)
requests(
    "search",
    "from left to right",
    "list_dataset_items",
    lambda a: _q(a, lambda q: re.sub(r"^(\S+) OR (\S+) AND (\S+)$", r"(\1 OR \2) AND \3", q)),
    "search.precedence",
)
requests(
    "search",
    "parentheses are ignored",
    "list_dataset_items",
    lambda a: _q(a, lambda q: q.replace("(", "").replace(")", "") if re.fullmatch(r"\(.* OR .*\) AND .*", q) else q),
    "search.parentheses",
)
requests(
    "search",
    "a wildcard is cut off",
    "list_dataset_items",
    lambda a: _q(a, lambda q: q.replace("*", "") if re.fullmatch(r"\w+:\w+\*", q) else q),
    "search.refuses.wildcards",
)
requests(
    "search",
    "boosts are taken",
    "list_dataset_items",
    lambda a: _q(a, lambda q: re.sub(r"\^\d", "", q)),
    "search.refuses.boosts",
)
requests(
    "search",
    "side by side is AND",
    "list_dataset_items",
    lambda a: _q(a, lambda q: re.sub(r"^(\w+:\w+) (\w+:\w+)$", r"\1 AND \2", q)),
    "search.refuses.terms-side-by-side",
)
requests(
    "search",
    "operators in lower case",
    "list_dataset_items",
    lambda a: _q(a, lambda q: q.replace(" and ", " AND ").replace(" or ", " OR ")),
    "search.refuses.lower-case-operators",
)
requests(
    "search",
    "q in lower case",
    "list_dataset_items",
    lambda a: _q(a, lambda q: q.replace(":A", ":a") if ":" in q and "^" not in q else q),
    "search.term",
)
requests(
    "search",
    "numbers in quotes are text alone",
    "list_dataset_items",
    lambda a: _q(a, lambda q: q.replace('"1"', '"one"')),
    "search.quoted-numbers",
)


@fault("search", "search.refuses.*")
async def broken_queries_find_nothing(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_dataset_items" and told.status == 400 and b'"q: ' in told.body:
        return Told(200, told.headers, json.dumps({"items": [], "total_count": 0}).encode())
    return told
