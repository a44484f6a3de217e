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
from abeja_datasets_contract.openapi.pointers import child, split

SHARED = Path(os.environ.get("ABEJA_SHARED_DOCUMENTS") or Path(__file__).parents[3] / "shared" / "documents")
UNIONS = ("oneOf", "anyOf")
PARTS = ("properties", "items", "allOf", "additionalProperties", *UNIONS)
RIGHT = ("breaking", "undecided")


class Edit(NamedTuple):
    """One edit, and where its place is."""

    name: str
    pointer: str


def walk(whole: Document, start: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Return the schemas that the text below a pointer leads to, and whether each is inside an alternative."""
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
        yield here, raw, inside
        if isinstance(raw.get("$ref"), str):
            todo.append((raw["$ref"], inside))
        for key in PARTS:
            several = isinstance(raw.get(key), list) and len(raw[key]) > 1
            if key == "properties":
                todo += [(child(here, key, name), inside) for name in raw.get(key, {})]
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
            found += [child(place, "content", kind, "schema") for kind in content if "schema" in content[kind]]
    return found


def candidates(whole: Document, direction: str) -> dict[str, list[Edit]]:
    """Return the edits of a document that break those who send, or those who read, by their names."""
    found: dict[str, dict[Edit, None]] = {}
    for start in starts(whole, direction):
        for place, raw, inside in walk(whole, start):
            some = [*of_properties(place, raw, direction)] if inside and isinstance(raw.get("properties"), dict) else []
            for edit in (*some, *of_unions(place, raw, direction)):
                found.setdefault(edit.name, {})[edit] = None
    return {name: list(edits) for name, edits in found.items()}


def of_properties(place: str, raw: dict[str, Any], direction: str) -> Iterator[Edit]:
    """Return the edits of the properties of an object."""
    for name, part in raw["properties"].items():
        if not isinstance(part, dict) or part.get("readOnly") or part.get("writeOnly"):
            continue
        pointer, required = child(place, "properties", name), name in raw.get("required", [])
        if part.get("type") in ("string", "boolean") and not part.keys() & {"enum", "const"}:
            yield Edit("type", pointer)
        if direction == "request":
            yield Edit("removed", pointer)
        if required == (direction == "response"):
            yield Edit("optional" if required else "required", pointer)


def of_unions(place: str, raw: dict[str, Any], direction: str) -> Iterator[Edit]:
    """Return the edits of alternatives, and of what tells them."""
    for union in UNIONS:
        parts = raw.get(union)
        if isinstance(parts, list) and len(parts) > 1 and direction == "response":
            yield Edit("alternative added", child(place, union))
        elif isinstance(parts, list) and len(parts) > 1:
            yield from (Edit("alternative removed", child(place, union, index)) for index in range(len(parts)))
    if isinstance(raw.get("discriminator"), dict):
        yield Edit("another discriminator", child(place, "discriminator", "propertyName"))
        mapping = raw["discriminator"].get("mapping", {})
        yield from (Edit("another value", child(place, "discriminator", "mapping", value)) for value in mapping)


def edited(whole: Document, edit: Edit) -> Document:
    """Return the document with one edit made."""
    data = copy.deepcopy(whole.data)
    here: Any = data
    *way, holder, name = split(edit.pointer)
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here[step]
    inside = here[int(holder)] if isinstance(here, list) else here[holder]
    match edit.name:
        case "type":
            inside[name] = {**inside[name], "type": "integer"}
        case "required":
            here["required"] = [*here.get("required", []), name]
        case "optional" | "removed":
            here["required"] = [other for other in here.get("required", []) if other != name]
            if edit.name == "removed":
                del inside[name]
        case "alternative removed":
            del inside[int(name)]
        case "alternative added":
            inside[name].append(thing("unheard", unheard={"const": "of"}))
        case "another discriminator":
            inside[name] = "unheard"
        case "another value":
            inside["unheard"] = inside.pop(name)
    return Document("new", data)


def check(whole: Document, direction: str, count: int, seed: int) -> None:
    """Make some edits one by one, of kinds chosen at random, and check the verdicts on the operations."""
    random, edits = Random(seed), candidates(whole, direction)
    assert {"type", "alternative removed" if direction == "request" else "alternative added"} <= edits.keys()
    wrong = []
    names = [random.choice(sorted(edits)) for _ in range(count)]
    for edit in [random.choice(edits[name]) for name in names]:
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
    mapping = {f"d{number}": f"#/components/schemas/D{number}" for number in range(3)}
    schemas |= {f"D{number}": thing("kind", kind=S, **{random.choice("ab"): S, "c": thing(x=S)}) for number in range(3)}
    kinds: dict[str, Any] = {random.choice(UNIONS): [ref(f"D{number}") for number in range(3)]}
    kinds["discriminator"] = {"propertyName": "kind", "mapping": mapping}
    whole = thing(one=union, many={"type": "array", "items": union}, kinds=kinds)
    return document(whole, direction, schemas=schemas)


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
