"""What callers send, around its schemas: parameters and request bodies."""

from typing import Any

from abeja_datasets_contract.diff.messages.examples import Example
from abeja_datasets_contract.diff.messages.judge import Objection
from abeja_datasets_contract.diff.report.findings import Severity
from abeja_datasets_contract.diff.rules.ids import kebab
from abeja_datasets_contract.diff.rules.sides import Sides
from abeja_datasets_contract.diff.rules.texts import scalar
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.media_types import key_for, read
from abeja_datasets_contract.openapi.operations import Operation, Parameter
from abeja_datasets_contract.openapi.pointers import child
from abeja_datasets_contract.openapi.serialization import style_of


class Requests:
    """Compares what is sent to one operation."""

    def __init__(self, sides: Sides, old: Operation, new: Operation) -> None:
        self._sides = sides
        self._old = old
        self._new = new
        self._name = new.name
        self._shapes = Shapes(sides.old), Shapes(sides.new)

    def compare(self) -> None:
        """Compare the parameters and the body."""
        for key in [*self._old.parameters, *(key for key in self._new.parameters if key not in self._old.parameters)]:
            old, new = self._old.parameters.get(key), self._new.parameters.get(key)
            if old and new:
                self._compare_parameter(old, new)
            elif old:
                words = f"the {_called(old)} was removed: what it asked for is no longer done"
                example = self._request("unknown parameter", parameter=key)
                places = {"old": old.pointer, "new": self._new.pointer}
                self._breaks(
                    "request-parameter-removed", words, ("callers sending", "generated code"), example, **places
                )
            elif new and (new.raw.get("required") or new.location == "path"):
                words = f"the required {_called(new)} was added"
                places = {"old": self._old.pointer, "new": new.pointer}
                example = self._request("missing parameter")
                self._breaks(
                    "request-required-parameter-added", words, ("callers sending", "generated code"), example, **places
                )
            elif new:
                self._allows(
                    "request-optional-parameter-added",
                    f"the optional {_called(new)} was added",
                    old=self._old.pointer,
                    new=new.pointer,
                )
        self._compare_body()

    def _compare_parameter(self, old: Parameter, new: Parameter) -> None:
        called = f"the {_called(new)}"
        places = {"old": old.pointer, "new": new.pointer}
        before, after = (bool(each.raw.get("required")) or each.location == "path" for each in (old, new))
        if after and not before:
            example = self._request("missing parameter")
            self._breaks(
                "request-parameter-required-added",
                f"{called} is now required",
                ("callers sending", "generated code"),
                example,
                **places,
            )
        elif before and not after:
            self._allows("request-parameter-required-removed", f"{called} is no longer required", **places)
        self._compare_spelling(old, new, called)
        if bool(old.raw.get("allowEmptyValue")) and not new.raw.get("allowEmptyValue"):
            self._breaks(
                "request-parameter-allow-empty-value-removed",
                f"{called} may no longer be empty",
                ("callers sending",),
                **places,
            )
        if new.location == "path" and old.name != new.name:
            words = f"the path parameter `{old.name}` is now called `{new.name}`, and so is the generated argument"
            self._sides.add(
                "request-path-parameter-renamed",
                "warning",
                ("generated code",),
                words,
                self._name,
                old=old.pointer,
                new=new.pointer,
            )
        self._sides.deprecation("request-parameter", old.raw, new.raw, called, self._name, **places)
        self._sides.words(called, self._name, **places)
        self._compare_values(old, new, called)

    def _compare_spelling(self, old: Parameter, new: Parameter, called: str) -> None:
        """Compare how a value is written; of one that is neither a list nor an object, less can be said."""
        known = all("schema" in one.raw for one in (old, new))
        plain = known and scalar(self._shapes[0], child(old.pointer, "schema"))
        for keyword in ("style", "explode", "allowReserved"):
            then, now = (_spelt(one, keyword, plain=plain) for one in (old, new))
            if then != now:
                words = f"{called} is written in another way: `{keyword}` changed from {then} to {now}"
                self._breaks(
                    f"request-parameter-{kebab(keyword)}-changed",
                    words,
                    ("callers sending",),
                    old=old.pointer,
                    new=new.pointer,
                )

    def _compare_values(self, old: Parameter, new: Parameter, called: str) -> None:
        if "content" in old.raw or "content" in new.raw:
            types = [*old.raw.get("content", {})], [*new.raw.get("content", {})]
            if types[0] != types[1]:
                words = (
                    f"{called} is written in another way: from {types[0] or 'plain text'} to {types[1] or 'plain text'}"
                )
                self._breaks(
                    "request-parameter-content-changed", words, ("callers sending",), old=old.pointer, new=new.pointer
                )
            elif all("schema" in each.raw["content"][types[0][0]] for each in (old, new)):
                keys = ("content", types[0][0], "schema")
                self._slot(_called(new), child(old.pointer, *keys), child(new.pointer, *keys))
        elif "schema" in old.raw and "schema" in new.raw:
            places = child(old.pointer, "schema"), child(new.pointer, "schema")
            self._sides.slot("request", self._name, _called(new), *places, text=True)

    def _compare_body(self) -> None:
        old, new = (
            self._body(side, operation)
            for side, operation in ((self._sides.old, self._old), (self._sides.new, self._new))
        )
        if old and not new:
            self._breaks(
                "request-body-removed",
                "the request body was removed: what it asked for is no longer done",
                ("callers sending", "generated code"),
                self._request("body", media_type=next(iter(self._sides.old.at(old).get("content", {})), "")),
                old=old,
                new=self._new.pointer,
            )
        elif new and not old:
            if self._sides.new.at(new).get("required"):
                self._breaks(
                    "request-required-body-added",
                    "a required request body was added",
                    ("callers sending", "generated code"),
                    self._request("missing body"),
                    old=self._old.pointer,
                    new=new,
                )
            else:
                self._allows(
                    "request-optional-body-added", "an optional request body was added", old=self._old.pointer, new=new
                )
        elif old and new:
            self._compare_bodies(old, new)

    def _body(self, document: Any, operation: Operation) -> str:
        return str(document.follow(child(operation.pointer, "requestBody"))) if "requestBody" in operation.raw else ""

    def _compare_bodies(self, old: str, new: str) -> None:
        before, after = self._sides.old.at(old), self._sides.new.at(new)
        self._sides.words("the request body", self._name, old=old, new=new)
        if after.get("required") and not before.get("required"):
            example = self._request("missing body")
            words = "the request body is now required"
            self._breaks(
                "request-body-required-added", words, ("callers sending", "generated code"), example, old=old, new=new
            )
        elif before.get("required") and not after.get("required"):
            self._allows("request-body-required-removed", "the request body is no longer required", old=old, new=new)
        theirs, ours = before.get("content", {}), after.get("content", {})
        for kind in theirs:
            place = child(old, "content", kind)
            other = key_for(kind, ours)
            if other is None:
                self._breaks(
                    "request-media-type-removed",
                    f"the request body is no longer accepted as {kind}",
                    ("callers sending", "generated code"),
                    self._request("media type", media_type=kind),
                    old=place,
                    new=new,
                )
            else:
                if other != kind:
                    self._allows(
                        "request-media-type-renamed",
                        f"the request body as {kind} is now described as {other}",
                        old=place,
                        new=new,
                    )
                self._compare_content(kind, place, child(new, "content", other))
        for kind in ours:
            if key_for(kind, theirs) is None:
                self._allows(
                    "request-media-type-added",
                    f"the request body is now accepted as {kind} too",
                    old=old,
                    new=child(new, "content", kind),
                )

    def _compare_content(self, kind: str, old: str, new: str) -> None:
        before, after = self._sides.old.at(old), self._sides.new.at(new)
        self._sides.words(f"the request body as {kind}", self._name, old=old, new=new)
        self._compare_encoding(kind, old, new)
        if "schema" in before and "schema" in after:
            self._slot(f"request body ({kind})", child(old, "schema"), child(new, "schema"))
        elif "schema" in after:
            words = f"the request body as {kind} could be anything before, and is now described"
            self._sides.add(
                "request-body-described", "undecided", ("callers sending",), words, self._name, old=old, new=new
            )

    def _compare_encoding(self, kind: str, old: str, new: str) -> None:
        """Compare how the properties of a form are written: those that the old document has as well."""
        before, after = self._sides.old.mapping(child(old, "encoding")), self._sides.new.mapping(child(new, "encoding"))
        known = self._shapes[0].declared(child(old, "schema")).declared if "schema" in self._sides.old.at(old) else ()
        form = read(kind).kind == "multipart" or read(kind).subtype == "x-www-form-urlencoded"
        for name in sorted({*known, *before} & {*before, *after}):
            then, now = (_encoded(side.get(name)) for side in (before, after))
            if then != now:
                words = f"the encoding of the request body as {kind} changed, for property `{name}`"
                self._sides.add(
                    "request-encoding-changed",
                    _severity_of_encoding(then, now) if form else "undecided",
                    ("callers sending",),
                    words,
                    self._name,
                    old=old,
                    new=new,
                )

    def _slot(self, part: str, old: str, new: str) -> None:
        self._sides.slot("request", self._name, part, old, new)

    def _request(self, shows: Objection, **wanted: Any) -> Example:
        return self._sides.examples.request(self._old, self._new, shows, **wanted)

    def _breaks(
        self, rule: str, words: str, audiences: Any, example: Example | None = None, /, *, old: str, new: str
    ) -> None:
        self._sides.add(rule, "breaking", audiences, words, self._name, old=old, new=new, example=example)

    def _allows(self, rule: str, words: str, *, old: str, new: str) -> None:
        self._sides.add(rule, "compatible", ("callers sending", "contract check"), words, self._name, old=old, new=new)


def _encoded(said: Any) -> tuple[Any, ...]:
    """Return how a property of a form is written, with what holds where nothing is said; its headers last."""
    said = said if isinstance(said, dict) else {}
    return said.get("contentType"), *style_of(said), said.get("allowReserved", False), said.get("headers", {})


def _severity_of_encoding(then: tuple[Any, ...], now: tuple[Any, ...]) -> Severity:
    """Judge how the encoding of a property of a form changed; its headers are not compared."""
    if then[1:-1] != now[1:-1]:
        return "breaking"
    if then[0] == now[0] or None in (then[0], now[0]):
        return "undecided"
    kinds, others = ([kind.strip() for kind in str(side[0]).split(",")] for side in (then, now))
    return "compatible" if all(key_for(kind, others) for kind in kinds) else "breaking"


def _spelt(parameter: Parameter, keyword: str, *, plain: bool) -> Any:
    """Return what is said of how a parameter is written, or what holds where nothing is said."""
    style, explode = style_of(parameter.raw)
    if keyword == "style":
        return style
    if keyword == "explode":
        return None if plain else explode
    return parameter.raw.get(keyword, False)


def _called(parameter: Parameter) -> str:
    return f"{parameter.location} parameter `{parameter.name}`"
