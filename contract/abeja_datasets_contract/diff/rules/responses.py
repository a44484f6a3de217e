"""What callers read, around its schemas: statuses, media types and headers."""

from typing import Any

from abeja_datasets_contract.diff.messages.examples import Example
from abeja_datasets_contract.diff.report.findings import Audience, Severity
from abeja_datasets_contract.diff.rules.sides import Sides
from abeja_datasets_contract.openapi.media_types import key_for
from abeja_datasets_contract.openapi.operations import Operation
from abeja_datasets_contract.openapi.pointers import child
from abeja_datasets_contract.openapi.responses import covering

_READERS: tuple[Audience, ...] = ("callers reading", "generated code")


class Responses:
    """Compares what one operation responses."""

    def __init__(self, sides: Sides, old: Operation, new: Operation) -> None:
        self._sides = sides
        self._old = old
        self._new = new
        self._name = new.name

    def compare(self) -> None:
        """Compare all responses, by status; `4XX` and `default` stand for those that are not named."""
        old, new = ({str(status) for status in side.raw.get("responses", {})} for side in (self._old, self._new))
        for status in sorted(old | new):
            before, after = covering(status, old), covering(status, new)
            if before and after:
                places = (
                    self._place(self._sides.old, self._old, before),
                    self._place(self._sides.new, self._new, after),
                )
                self._compare_response(status, *places, after)
                self._tell_of_ranges(status, before, after, places)
            elif after:
                words = f"response {status} was added, which readers do not know"
                self._add(
                    "response-added",
                    "breaking",
                    (*_READERS, "contract check"),
                    words,
                    old=self._old.pointer,
                    new=self._place(self._sides.new, self._new, after),
                    example=self._sides.examples.response(self._old, self._new, after, "status"),
                )
            elif before:
                success = status.startswith("2")
                words = f"response {status} was removed"
                severity: Severity = "warning" if success else "compatible"
                old_place = self._place(self._sides.old, self._old, before)
                self._add("response-removed", severity, ("callers reading", "contract check"), words, old=old_place,
                          new=self._new.pointer)  # fmt: skip

    def _tell_of_ranges(self, status: str, before: str, after: str, places: tuple[str, str]) -> None:
        """Return where one document describes a status that a range or `default` stands for in the other."""
        was, now = (key.upper() == status.upper() for key in (before, after))
        if was != now:
            words = f"response {status} is now described by itself; `{before}` stood for it"
            rule = "response-status-undescribed" if was else "response-status-described"
            if was:
                words = f"response {status} is no longer described by itself; `{after}` stands for it"
            self._add(rule, "compatible", ("callers reading",), words, old=places[0], new=places[1])

    def _place(self, document: Any, operation: Operation, status: str) -> str:
        return str(document.follow(child(operation.pointer, "responses", status)))

    def _compare_response(self, status: str, old: str, new: str, key: str) -> None:
        before, after = self._sides.old.at(old), self._sides.new.at(new)
        self._sides.words(f"response {status}", self._name, old=old, new=new)
        if not self._sides.parts_alike(old, new, "links"):
            self._add(
                "response-links-changed",
                "docs",
                ("contract check",),
                f"the links of response {status} changed",
                old=old,
                new=new,
            )
        self._compare_headers(
            status, old, new, self._sides.examples.response(self._old, self._new, key, "missing header")
        )
        theirs, ours = before.get("content", {}), after.get("content", {})
        for kind in theirs:
            place = child(old, "content", kind)
            taken = [one for one in ours if key_for(one, theirs) == kind]
            other = next(iter(taken), key_for(kind, ours))
            if other is None:
                example = self._sides.examples.response(
                    self._old, self._new, key, "media type" if ours else "missing body"
                )
                words = f"response {status} no longer comes as {kind}"
                self._add(
                    "response-media-type-removed", "breaking", _READERS, words, old=place, new=new, example=example
                )
            for one in taken or ([other] if other else []):
                if one != kind:
                    words = f"response {status} as {kind} is now described as {one}"
                    self._add(
                        "response-media-type-renamed",
                        "compatible",
                        _READERS,
                        words,
                        old=place,
                        new=child(new, "content", one),
                    )
                self._compare_content(status, kind, place, child(new, "content", one))
        for kind in ours:
            if key_for(kind, theirs) is None:
                rule = "response-media-type-added" if theirs else "response-body-added"
                words = (
                    f"response {status} may now come as {kind}"
                    if theirs
                    else f"response {status} now has a body ({kind})"
                )
                self._add(rule, "warning", _READERS, words, old=old, new=child(new, "content", kind))

    def _compare_content(self, status: str, kind: str, old: str, new: str) -> None:
        before, after = self._sides.old.at(old), self._sides.new.at(new)
        self._sides.words(f"response {status} as {kind}", self._name, old=old, new=new)
        if "schema" in before and "schema" in after:
            self._sides.slot(
                "response", self._name, f"response {status} ({kind})", child(old, "schema"), child(new, "schema")
            )
        elif "schema" in before:
            self._add(
                "response-body-undescribed",
                "undecided",
                _READERS,
                f"response {status} as {kind} is no longer described, and may be anything",
                old=old,
                new=new,
            )
        elif "schema" in after:
            self._add(
                "response-body-described",
                "compatible",
                ("callers reading",),
                f"response {status} as {kind} is now described",
                old=old,
                new=new,
            )

    def _compare_headers(self, status: str, old: str, new: str, missing: Example) -> None:
        theirs, ours = self._headers(self._sides.old, old), self._headers(self._sides.new, new)
        for key, (name, place) in theirs.items():
            what = f"the header `{name}` of response {status}"
            if key not in ours:
                required = self._sides.old.at(place).get("required")
                words = f"{what} was removed" + (", though it always came" if required else "")
                severity: Severity = "breaking" if required else "warning"
                self._add(
                    "response-header-removed",
                    severity,
                    _READERS,
                    words,
                    old=place,
                    new=new,
                    example=missing if required else None,
                )
            else:
                self._compare_header(what, f"header {name} of response {status}", place, ours[key][1], missing)
        for key, (name, place) in ours.items():
            if key not in theirs:
                self._add(
                    "response-header-added",
                    "compatible",
                    ("callers reading", "contract check"),
                    f"the header `{name}` of response {status} was added",
                    old=old,
                    new=place,
                )

    def _headers(self, document: Any, response: str) -> dict[str, tuple[str, str]]:
        found = {}
        for name in document.at(response).get("headers", {}):
            if name.lower() != "content-type":  # ignored, as the OpenAPI Specification says
                found[name.lower()] = (name, document.follow(child(response, "headers", name)))
        return found

    def _compare_header(self, what: str, part: str, old: str, new: str, missing: Example) -> None:
        before, after = self._sides.old.at(old), self._sides.new.at(new)
        self._sides.deprecation("response-header", before, after, what, self._name, old=old, new=new)
        self._sides.words(what, self._name, old=old, new=new)
        if before.get("required") and not after.get("required"):
            self._add(
                "response-header-required-removed",
                "breaking",
                _READERS,
                f"{what} no longer always comes",
                old=old,
                new=new,
                example=missing,
            )
        elif after.get("required") and not before.get("required"):
            self._add(
                "response-header-required-added",
                "compatible",
                ("callers reading", "contract check"),
                f"{what} now always comes",
                old=old,
                new=new,
            )
        if "schema" in before and "schema" in after:
            places = child(old, "schema"), child(new, "schema")
            self._sides.slot("response", self._name, part, *places, text=True)
        elif before.get("content") != after.get("content") or ("schema" in before) != ("schema" in after):
            self._add(
                "response-header-form-changed",
                "undecided",
                ("callers reading",),
                f"{what} is described in another way, which is not compared",
                old=old,
                new=new,
            )

    def _add(
        self,
        rule: str,
        severity: Severity,
        audiences: tuple[Audience, ...],
        words: str,
        *,
        old: str,
        new: str,
        example: Example | None = None,
    ) -> None:
        self._sides.add(rule, severity, audiences, words, self._name, old=old, new=new, example=example)
