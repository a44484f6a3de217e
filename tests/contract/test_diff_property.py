"""For random pairs of schemas: "compatible" is never said while a value is sent that the other side refuses."""

import warnings
from collections import Counter
from types import SimpleNamespace
from typing import Any

import hypothesis_jsonschema._from_schema as generator
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.internal.conjecture import utils
from hypothesis_jsonschema import from_schema
from tests.sampling import every

from abeja_datasets_contract.diff import Document, compare
from abeja_datasets_contract.diff.schemas.schemas import Schemas

NODE = "#/components/schemas/Node"
BODY = "#/paths/~1x/post/requestBody/content/application~1json/schema"
RESPONSE = "#/paths/~1x/post/responses/200/content/application~1json/schema"
QUIET = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

numbers = st.integers(-3, 6)
sizes = st.integers(0, 4)
names = st.sampled_from("abc")


def some(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


def one_of_them(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of([st.fixed_dictionaries({keyword: values}) for keyword, values in keywords.items()])


texts = st.builds(
    lambda more: {"type": "string", **more},
    some(
        minLength=sizes,
        maxLength=sizes,
        enum=st.lists(st.sampled_from(["a", "ab", "abc", ""]), min_size=1, unique=True),
        pattern=st.sampled_from(["^a", "b$", "^[a-c]*$"]),
        format=st.sampled_from(["date", "uuid"]),
    ),
)
whole = st.builds(
    lambda more: {"type": "integer", **more},
    some(
        minimum=numbers, maximum=numbers, exclusiveMinimum=numbers, multipleOf=st.integers(1, 3), enum=st.just([1, 2])
    ),
)
real = st.builds(lambda more: {"type": "number", **more}, some(minimum=numbers, exclusiveMaximum=numbers))
plain = st.sampled_from([{}, {"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {"const": "a"}])
leaves = st.one_of(texts, whole, real, plain, st.just({"$ref": NODE}))


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.builds(
        lambda more: {"type": "object", **more},
        some(
            properties=st.dictionaries(names, inner, max_size=3),
            required=st.lists(names, unique=True, max_size=2),
            additionalProperties=st.one_of(st.booleans(), leaves),
            maxProperties=sizes,
        ),
    )
    arrays = st.builds(
        lambda items, more: {"type": "array", "items": items, **more},
        inner,
        some(minItems=sizes, maxItems=sizes, uniqueItems=st.booleans()),
    )
    unions = st.builds(
        lambda word, parts: {word: parts},
        st.sampled_from(["anyOf", "oneOf", "allOf"]),
        st.lists(inner, min_size=1, max_size=2),
    )
    together = st.builds(lambda one, other: {**one, "allOf": [other]}, objects, objects)
    unlike = st.builds(lambda one, other: {**one, "not": other}, objects, leaves)
    return st.one_of(objects, objects, arrays, unions, together, unlike)


schemas = st.recursive(leaves, nested, max_leaves=6)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two schemas of which one is mostly the other with something changed: unrelated ones tell little."""
    old = draw(schemas)
    return old, draw(schemas) if draw(st.integers(0, 5)) == 0 else mutate(draw, old)


MORE: dict[Any, st.SearchStrategy[dict[str, Any]]] = {
    "string": st.one_of(
        one_of_them(pattern=st.sampled_from(["^a", "b$"]), minLength=sizes, maxLength=sizes),
        one_of_them(enum=st.just(["a", "ab"]), format=st.sampled_from(["date", "uuid"])),
    ),
    "integer": one_of_them(multipleOf=st.integers(2, 3), minimum=numbers, exclusiveMaximum=numbers),
    "number": one_of_them(multipleOf=st.integers(1, 3), maximum=numbers, exclusiveMinimum=numbers),
    "array": one_of_them(uniqueItems=st.just(True), minItems=sizes, maxItems=sizes, contains=leaves),
    "object": one_of_them(
        required=st.lists(names, min_size=1, max_size=1), additionalProperties=st.one_of(st.just(False), leaves),
        minProperties=sizes, maxProperties=sizes, propertyNames=texts,
        **{"not": st.sampled_from([{"maxProperties": 0}, {"required": ["a"]}])},
    ),
}  # fmt: skip
"""By type, what a schema of it may say besides."""
UNCHANGED = ("type", "$ref", "const")


def mutate(draw: st.DrawFn, schema: Any) -> Any:
    """Change one thing: what a schema says, what it does not say yet, or what a schema inside it does."""
    if not isinstance(schema, dict) or not schema:
        return draw(leaves)
    keys = [key for key in sorted(schema) if key not in UNCHANGED]
    if str(schema.get("type")) in MORE and (not keys or draw(st.integers(0, 2)) == 0):
        return {**schema, **draw(MORE[schema["type"]])}
    key = draw(st.sampled_from(keys or sorted(schema)))
    new = dict(schema)
    value = schema[key]
    if draw(st.integers(0, 5)) == 0:
        del new[key]
    elif key == "properties":
        name = draw(names)
        new[key] = {**value, name: mutate(draw, value[name]) if name in value else draw(leaves)}
    elif key in ("items", "additionalProperties", "not"):
        new[key] = mutate(draw, value)
    elif key in ("anyOf", "oneOf", "allOf"):
        new[key] = [mutate(draw, value[0]), *value[1:]] if draw(st.booleans()) else [*value, draw(leaves)]
    elif key == "required":
        new[key] = draw(st.lists(names, unique=True, max_size=2))
    elif isinstance(value, int) and not isinstance(value, bool):
        new[key] = max(value + draw(st.sampled_from([-1, 1])), 1 if key == "multipleOf" else 0)
    elif key == "enum":
        new[key] = value[:1]
    return new


def document(name: str, schema: Any, node: Any) -> Document:
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "x", "requestBody": content, "responses": {"200": content}}
    node = {"type": "object", "properties": {"next": {"$ref": NODE}, "a": node}}
    return Document(
        name, {"openapi": "3.1.0", "paths": {"/x": {"post": operation}}, "components": {"schemas": {"Node": node}}}
    )


def written(document: Document, pointer: str) -> jsonschema_rs.Validator:
    whole = {**document.data, "$ref": pointer}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, offline=True)


def closed(document: Document, pointer: str) -> jsonschema_rs.Validator:
    schema = Schemas(document, "request", closed=True).whole(pointer)
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def inlined(schema: Any, node: Any, depth: int = 2) -> Any:
    """Write the references out, since hypothesis-jsonschema makes no values of recursive schemas."""
    if isinstance(schema, list):
        return [inlined(part, node, depth) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return inlined(node, node, depth - 1) if depth else {"type": "object", "maxProperties": 0}
    return {key: inlined(value, node, depth) for key, value in schema.items()}


def draw_values(data: st.DataObject, schema: Any) -> list[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            strategy = from_schema(schema)
            strategy.validate()
            if strategy.is_empty:
                return []
    except Exception:  # noqa: BLE001 - what hypothesis-jsonschema can't do says nothing of the diff
        return []
    try:
        return data.draw(st.lists(strategy, min_size=4, max_size=6))
    except InvalidArgument:  # it contradicted itself
        return []


class Many(utils.many):
    """What hypothesis-jsonschema 0.23 expects of hypothesis, which has since given `many` another face."""

    def more(self) -> bool:
        if not hasattr(self, "_steps"):
            self.__enter__()
            self._steps = iter(self)
        return next(self._steps, "ended") != "ended"


@pytest.mark.parametrize("examples", every(2, [150, 1000]))
def test_compatible_is_never_said_of_what_a_value_disproves(monkeypatch: pytest.MonkeyPatch, examples: int) -> None:
    if not hasattr(utils.many, "more"):
        monkeypatch.setattr(generator, "cu", SimpleNamespace(many=Many))
    verdicts: Counter[str] = Counter()
    values_tried: Counter[str] = Counter()

    @settings(QUIET, max_examples=examples)
    @given(pairs(), leaves, leaves, st.data())
    def check(pair: tuple[Any, Any], node: Any, other_node: Any, data: st.DataObject) -> None:
        old, new = (
            document("old", pair[0], node),
            document("new", pair[1], other_node if data.draw(st.booleans()) else node),
        )
        findings = compare(old, new).findings
        for side, sent, covering, pointer in (
            ("callers sending", old, new, BODY),
            ("callers reading", new, old, RESPONSE),
        ):
            mine = {f.severity for f in findings if side in f.audiences or "contract check" in f.audiences}
            worst = "breaking" if "breaking" in {f.severity for f in findings if side in f.audiences} else (
                "undecided" if "undecided" in {f.severity for f in findings if side in f.audiences} else "compatible"
            )  # fmt: skip
            verdicts[worst] += 1
            if worst != "compatible" or (side == "callers reading" and "warning" in mine):
                continue
            takes, sends, says = written(covering, pointer), closed(sent, pointer), written(sent, pointer)
            for value in draw_values(data, inlined(sent.at(pointer), sent.at(NODE))):
                if sends.is_valid(value) and says.is_valid(value):
                    values_tried[side] += 1
                    assert takes.is_valid(value), (side, value, sent.at(pointer), covering.at(pointer))
        for example in [f.counterexample for f in findings if f.counterexample]:
            taken, refused = (old, new) if example.taken_by == "old" else (new, old)
            pointer = BODY if example.taken_by == "old" else RESPONSE
            if example.form == "request":  # it has a property of which the new document does not tell
                body = example.value["body"]
                assert written(old, BODY).is_valid(body)
                assert closed(old, BODY).is_valid(body)
                assert not closed(new, BODY).is_valid(body)
                continue
            assert written(taken, pointer).is_valid(example.value)
            assert not written(refused, pointer).is_valid(example.value)

    check()
    print(dict(verdicts), dict(values_tried))
    total = sum(verdicts.values())
    assert verdicts["undecided"] < total / 5
    assert verdicts["breaking"] > total / 10
    assert verdicts["compatible"] > total / 10
    assert min(values_tried.values()) > 100
