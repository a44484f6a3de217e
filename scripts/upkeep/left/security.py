"""The credentials that the document asks for, compared with those that are sent and taken."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from upkeep.document import modules
from upkeep.left.project import Gap, Project

if TYPE_CHECKING:
    from abeja_datasets_contract.openapi.operations import Operation

SENT = modules.WRAPPER / "configuration/credentials.py"
TAKEN = Path("mock_server/abeja_datasets_mock/http/authentication.py")
_SCHEMES = {"basic": "Basic credentials", "bearer": "a bearer token"}
_BEARERS = ("oauth2", "openIdConnect")


def gaps(project: Project) -> Iterator[Gap]:
    """Yield what is required and not sent, and what is sent and not documented."""
    from abeja_datasets_contract.openapi.operations import operations
    from abeja_datasets_contract.openapi.requirements import elsewhere, secured

    document = project.document
    asking = [one for one in operations(document).values() if secured(document, one)]
    other: dict[str, list[str]] = {}
    for one in asking:
        if place := elsewhere(document, one):
            other.setdefault(place, []).append(one.name)
    cause = f"the security requirements ({project.line('#/security')})"
    for place, names in other.items():
        many = f" and {len(names) - 1} more operations" if len(names) > 1 else ""
        yield Gap(str(SENT), f"no client sends {place}, which {names[0]}{many} requires", cause)
        yield Gap(str(TAKEN), f"the mock server does not take {place}, which {names[0]}{many} requires", cause)
    for kind in sorted(_SCHEMES.keys() - {kind for one in asking for kind in _kinds(project, one)}):
        if asking and not other:
            yield Gap(str(SENT), f"clients send {_SCHEMES[kind]} ({kind}), which no operation takes any more", cause)
            yield Gap(str(TAKEN), f"the mock server takes {_SCHEMES[kind]} ({kind}), which no operation takes", cause)


def _kinds(project: Project, operation: "Operation") -> Iterator[str]:
    """Yield `basic` and `bearer`, as far as an operation takes them."""
    from abeja_datasets_contract.openapi.requirements import requirements, scheme

    for name in (name for way in requirements(project.document, operation) for name in way):
        known = scheme(project.document, name)
        yield "bearer" if known.get("type") in _BEARERS else str(known.get("scheme", "")).lower()
