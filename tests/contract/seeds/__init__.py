"""Changes of openapi.yaml, one of each kind, each with what the diff has to say of it.

old = seeded_document()
for name, seed in SEEDS.items():
    new = changed(old, seed.edit)
"""

import copy
from pathlib import Path
from typing import Any

import yaml
from tests.contract.seeds.compatible import COMPATIBLE
from tests.contract.seeds.reading import READING_BREAKS
from tests.contract.seeds.seed import ITEMS, Edit, Seed, parameter, properties, schema
from tests.contract.seeds.sending import SENDING_BREAKS

__all__ = ["BREAKING", "COMPATIBLE", "NO_CHANGE", "SEEDS", "Seed", "changed", "seeded_document"]

BREAKING = {**SENDING_BREAKS, **READING_BREAKS}
SEEDS = {**BREAKING, **COMPATIBLE}
NO_CHANGE: dict[str, Edit] = {
    "keys in another order": lambda d: d.update(paths=dict(reversed(d["paths"].items()))),
    "required in another order": lambda d: schema(d, "Dataset")["required"].reverse(),
    "a type as a list": lambda d: properties(d, "Label")["label"].update(type=["string"]),
    "an enum of one as a const": lambda d: parameter(d, ITEMS, "kind").update(schema={"const": "only"}),
    "an extension added": lambda d: schema(d, "Dataset").update({"x-note": "n"}),
}


def seeded_document() -> Any:
    """Return openapi.yaml with what it lacks: enums in a response and parameters, and a scheme that nothing needs."""
    path = Path(__file__).parents[3] / "openapi.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    state = {"type": "string", "enum": ["new", "old"]}
    schema(data, "DatasetWithCount")["allOf"][1]["properties"]["state"] = state
    data["paths"][ITEMS]["get"]["parameters"] += [
        {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["up", "down"]}},
        {"name": "kind", "in": "query", "schema": {"enum": ["only"]}},
    ]
    data["components"]["securitySchemes"]["spare"] = {"type": "apiKey", "in": "header", "name": "X-Spare"}
    return data


def changed(data: Any, edit: Edit) -> Any:
    """Return a copy of the document with the change made."""
    new = copy.deepcopy(data)
    edit(new)
    assert new != data or list(new["paths"]) != list(data["paths"]), "the seed changed nothing"
    return new
