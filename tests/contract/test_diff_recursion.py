"""Alternatives that hold themselves, such as the conditions of a filter, in all the ways people write them.

`canonicalize` of jsonschema_rs overflows its stack, and ends the process, where such a circle is closed at a place
without a name (jsonschema_rs 0.60.3).
"""

from itertools import product
from typing import Any

import pytest
from tests.contract.test_diff_kinds import I, S, both, ref, thing
from tests.sampling import every

E, NULL = ref("E"), {"type": "null"}
LINKS: dict[str, Any] = {
    "a reference": E,
    "a list": {"type": "array", "items": E},
    "allOf": {"allOf": [E]},
    "allOf with more": {"allOf": [E, {"minProperties": 1}]},
    "a reference with more": {**E, "minProperties": 1},
    "or null": {"anyOf": [E, NULL]},
    "either or null": {"oneOf": [E, NULL]},
    "a list or null": {"type": "array", "items": {"anyOf": [E, NULL]}},
    "a map": {"type": "object", "additionalProperties": E},
    "names by a pattern": {"type": "object", "patternProperties": {"^x": E}},
    "a tuple": {"type": "array", "prefixItems": [S, E]},
    "one or several": {"anyOf": [E, {"type": "array", "items": E}]},
    "not": {"not": E},
    "closed": {**E, "unevaluatedProperties": False},
    "closed, or null": {"anyOf": [E, NULL], "unevaluatedProperties": False},
    "closed in a list": {"type": "array", "items": {**E, "unevaluatedProperties": False}},
}
FORMS = ("told", "open", "named", "with a scalar", "beside properties", "extended", "inside allOf", "discriminated",
         "through a parent", "nested")  # fmt: skip


def schemas(form: str, union: str, link: Any, leaf: Any) -> dict[str, Any]:
    """Return the schemas of a recursive union in one of its forms, with the leaf inside."""
    told = [thing("op", op={"const": "and"}, of=link), thing("op", op={"const": "is"}, v=leaf)]
    free = [thing("op", op=S, of=link), thing("op", op=S, v=leaf)]
    names = {union: [ref("And"), ref("Is")]}
    extended = [{"allOf": [ref("Base"), one]} for one in told]
    forms: dict[str, Any] = {
        "told": {"E": {union: told}},
        "open": {"E": {union: free}},
        "named": {"E": names, "And": told[0], "Is": told[1]},
        "with a scalar": {"E": {union: [leaf, told[0]]}},
        "beside properties": {"E": {**thing("id", id=S), union: free}},
        "extended": {"E": {union: [extended[0], told[1]]}, "Base": thing(id=S)},
        "inside allOf": {"E": {"allOf": [thing(id=S), {union: told}]}},
        "discriminated": {
            "E": {**names, "discriminator": {"propertyName": "op", "mapping": {"and": "And", "is": "Is"}}},
            "And": told[0],
            "Is": told[1],
        },
        "through a parent": {"E": names, "And": extended[0], "Is": extended[1], "Base": thing(parent=link)},
        "nested": {"E": {union: [{union: told}, thing("op", op={"const": "z"}, z=S)]}},
    }
    found: dict[str, Any] = forms[form]
    return found


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize(("union", "form", "link"), every(7, product(("oneOf", "anyOf"), FORMS, LINKS)))
def test_a_type_deep_inside_is_a_break(union: str, form: str, link: str, direction: str) -> None:
    old, new = ((E, schemas(form, union, LINKS[link], leaf)) for leaf in (S, I))
    assert both(old, new, direction).verdict == "breaking"
    assert both(old, old, direction).verdict == "no change"
