"""Who may call: security requirements, and the schemes they name."""

from typing import Any

from abeja_datasets_contract.diff.rules.sides import Sides
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.operations import Operation
from abeja_datasets_contract.openapi.pointers import child, join
from abeja_datasets_contract.openapi.requirements import requirements, scheme

Alternative = frozenset[tuple[str, str]]
"""One way to be let in: schemes by what they are, not by their names, each with a scope or none."""
_MEANING = ("type", "scheme", "in", "name", "openIdConnectUrl")


def compare_security(sides: Sides, old: Operation, new: Operation) -> None:
    """Compare the ways to be let in: each old one has to go on to do, whatever else it carries."""
    before, then = _alternatives(sides.old, old)
    after, now = _alternatives(sides.new, new)
    for alternative, (name, requirement) in before.items():
        if not any(other <= alternative for other in after):
            words = f"a request with the credential {name} is no longer accepted"
            example = sides.examples.request(old, new, "credential", requirement=requirement)
            sides.add(
                "credential-removed",
                "breaking",
                ("callers sending",),
                words,
                new.name,
                old=then,
                new=now,
                example=example,
            )
    for alternative, (name, _) in after.items():
        if not any(alternative >= other for other in before):
            words = f"a request with the credential {name} is now accepted"
            sides.add(
                "credential-added",
                "compatible",
                ("callers sending", "contract check"),
                words,
                new.name,
                old=then,
                new=now,
            )


def compare_schemes(sides: Sides) -> None:
    """Compare the schemes themselves, by name."""
    old, new = (document.data.get("components", {}).get("securitySchemes", {}) for document in (sides.old, sides.new))
    for name in [*old, *(name for name in new if name not in old)]:
        place = join("components", "securitySchemes", name)
        if name not in new:
            sides.add(
                "security-scheme-removed",
                "compatible",
                ("generated code",),
                f"the security scheme {name} was removed",
                old=place,
            )
        elif name not in old:
            sides.add(
                "security-scheme-added",
                "compatible",
                ("callers sending",),
                f"the security scheme {name} was added",
                new=place,
            )
        else:
            before, after = sides.old.at(sides.old.follow(place)), sides.new.at(sides.new.follow(place))
            sides.words(f"the security scheme {name}", old=place, new=place)
            if before.get("flows") != after.get("flows"):
                sides.add(
                    "security-scheme-flows-changed",
                    "warning",
                    ("callers sending",),
                    f"the OAuth flows of the security scheme {name} changed",
                    old=child(place, "flows"),
                    new=child(place, "flows"),
                )
            if _meaning(before) != _meaning(after):
                words = f"the security scheme {name} is now {_described(after)}, no longer {_described(before)}"
                sides.add(
                    "security-scheme-changed",
                    "warning",
                    ("callers sending", "generated code"),
                    words,
                    old=place,
                    new=place,
                )


def _alternatives(document: Document, operation: Operation) -> tuple[dict[Alternative, tuple[str, Any]], str]:
    """Return the ways to be let in, each with how to call it and the requirement itself, and where they are written."""
    own = "security" in operation.raw
    place = (
        child(operation.pointer, "security")
        if own
        else join("security")
        if "security" in document.data
        else operation.pointer
    )
    found = {}
    for requirement in requirements(document, operation):
        parts = {(_scheme(document, name), scope) for name, scopes in requirement.items() for scope in (*scopes, "")}
        called = " and ".join(_called(name, scopes) for name, scopes in requirement.items()) or "of nobody"
        found[frozenset(parts)] = (called, requirement)
    return found, place


def _called(name: str, scopes: list[str]) -> str:
    return f"`{name}`" + (f" ({', '.join(scopes)})" if scopes else "")


def _scheme(document: Document, name: str) -> str:
    known = scheme(document, name)
    return _meaning(known) if known else name


def _meaning(scheme: dict[str, Any]) -> str:
    """Return what a scheme asks for; the case of a scheme's name, or of a header's, has no meaning."""
    caseless = ("scheme", "name") if scheme.get("in") == "header" else ("scheme",)
    said = [(key, str(scheme.get(key, ""))) for key in _MEANING]
    return " ".join(text.lower() if key in caseless else text for key, text in said)


def _described(scheme: dict[str, Any]) -> str:
    return " ".join(str(scheme[key]) for key in _MEANING if key in scheme)
