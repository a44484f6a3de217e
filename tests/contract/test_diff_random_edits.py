"""Edits that are known to break somebody, at random places inside unions: none is called harmless."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from tests.contract.test_diff_kinds import S, document, ref, thing

from abeja_datasets_contract.diff import Document, compare, load
from abeja_datasets_contract.openapi.operations import operations
from abeja_datasets_contract.openapi.pointers import split

SHARED = Path(os.environ.get("ABEJA_SHARED_DOCUMENTS") or Path(__file__).parents[3] / "shared" / "documents")
UNIONS = ("oneOf", "anyOf")
PARTS = ("properties", "items", "allOf", "additionalProperties", *UNIONS)
RIGHT = ("breaking", "undecided")


class Edit(NamedTuple):
    """One edit, and where its place is."""

    name: str
    pointer: str


def inside_unions(whole: Document, start: str) -> Iterator[str]:
    """Return the schemas inside alternatives that the text below a pointer leads to."""
    todo, seen = [(start, False)], set()
    while todo:
        here, inside = todo.pop()
        raw = whole.at(here)
        if (here, inside) in seen or not isinstance(raw, (dict, list)):
            continue
        seen.add((here, inside))
        if isinstance(raw, list):
            todo += [(f"{here}/{index}", inside) for index in range(len(raw))]
            continue
        if isinstance(raw.get("$ref"), str):
            todo.append((raw["$ref"], inside))
        if inside and isinstance(raw.get("properties"), dict):
            yield here
        for key in PARTS:
            several = isinstance(raw.get(key), list) and len(raw[key]) > 1
            if key == "properties":
                todo += [
                    (f"{here}/{key}/{name.replace('~', '~0').replace('/', '~1')}", inside) for name in raw.get(key, {})
                ]
            elif key in raw:
                todo.append((f"{here}/{key}", inside or (key in UNIONS and several)))


def starts(whole: Document, direction: str) -> list[str]:
    """Return where the schemas of the bodies of one direction are written."""
    found = []
    for operation in operations(whole).values():
        holders = [f"{operation.pointer}/requestBody"] if "requestBody" in operation.raw else []
        if direction == "response":
            holders = [f"{operation.pointer}/responses/{key}" for key in operation.raw.get("responses", {})]
        for holder in holders:
            place = whole.follow(holder)
            content = whole.mapping(place).get("content", {})
            found += [
                f"{place}/content/{kind.replace('/', '~1')}/schema" for kind in content if "schema" in content[kind]
            ]
    return found


def candidates(whole: Document, direction: str) -> list[Edit]:
    """Return the edits of a document that break those who send, or those who read."""
    found: dict[Edit, None] = {}
    for start in starts(whole, direction):
        for place in inside_unions(whole, start):
            raw = whole.at(place)
            for name, part in raw["properties"].items():
                hidden = isinstance(part, dict) and (part.get("readOnly") or part.get("writeOnly"))
                if not isinstance(part, dict) or hidden:
                    continue
                if part.get("type") in ("string", "boolean") and not part.keys() & {"enum", "const"}:
                    found[Edit("type", f"{place}/properties/{name}")] = None
                if direction == "request":
                    found[Edit("removed", f"{place}/properties/{name}")] = None
                elif name in raw.get("required", []):
                    found[Edit("optional", f"{place}/properties/{name}")] = None
    return list(found)


def edited(whole: Document, edit: Edit) -> Document:
    """Return the document with one edit made."""
    data = copy.deepcopy(whole.data)
    here: Any = data
    *way, properties, name = split(edit.pointer)
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here[step]
    if edit.name == "type":
        here[properties][name] = {**here[properties][name], "type": "integer"}
    if edit.name == "removed":
        del here[properties][name]
    if edit.name != "type":
        here["required"] = [other for other in here.get("required", []) if other != name]
    return Document("new", data)


def check(whole: Document, direction: str, count: int, seed: int) -> None:
    """Make some edits one by one, and check the verdicts on the operations."""
    random, edits = Random(seed), candidates(whole, direction)
    assert edits
    wrong = []
    for edit in random.sample(edits, min(count, len(edits))):
        report = compare(whole, edited(whole, edit))
        if report.verdict not in RIGHT:
            wrong.append((edit, report.verdict, [finding.sentence for finding in report.findings]))
    assert not wrong, json.dumps(wrong, indent=1)


def made(direction: str, seed: int, size: int = 8) -> Document:
    """Return a document with so many alternatives: named, extended, nested and told apart in several ways."""
    random = Random(seed)
    schemas: dict[str, Any] = {}
    for number in range(size):
        names = random.sample("abcdefgh", 4)
        own = {name: random.choice([S, {"type": "boolean"}, thing(x=S)]) for name in names}
        told = {"kind": {"const": f"K{number}"}} if random.random() < 0.5 else {}
        whole = thing(*random.sample(names, 2), *told, **told, **own)
        schemas[f"K{number}"] = {"allOf": [ref("Base"), whole]} if random.random() < 0.3 else whole
    schemas["Base"] = thing(id=S)
    inner = {random.choice(UNIONS): [ref(f"K{number}") for number in range(size // 2, size)]}
    union = {random.choice(UNIONS): [*(ref(f"K{number}") for number in range(size // 2)), inner]}
    return document(thing(one=union, many={"type": "array", "items": union}), direction, schemas=schemas)


@pytest.mark.parametrize("direction", ["request", "response"])
def test_a_break_inside_a_union_is_never_called_harmless(direction: str) -> None:
    check(made(direction, 0, size=4), direction, 2, 0)


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("seed", range(10))
def test_breaks_inside_unions_of_many_documents_are_never_called_harmless(seed: int, direction: str) -> None:
    check(made(direction, seed), direction, 10, seed)


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "box-new.json").is_file(), reason=f"needs box-new.json in {SHARED}")
@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("seed", range(4))
def test_breaks_inside_unions_of_a_real_document_are_never_called_harmless(seed: int, direction: str) -> None:
    check(load(str(SHARED / "box-new.json")), direction, 5, seed)
