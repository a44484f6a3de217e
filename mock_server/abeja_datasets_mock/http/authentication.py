"""Credentials, and the check of a request's Authorization header against them.

Without another credential the server accepts a demo one: user `1234567890123` with the personal access token
`demo-personal-access-token`.
"""

import base64
import functools
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from abeja_datasets_mock.errors import Refusal

_CHALLENGE = (b"www-authenticate", b'Basic realm="abeja-datasets", charset="UTF-8", Bearer realm="abeja-datasets"')
_REMEMBERED = 64
"""Values of the header whose organizations are kept; each may be as long as a head."""

_USER, _DATASOURCE = "user-", "datasource-"


def _prefixed(prefix: str, identifier: str) -> str:
    return identifier if identifier.startswith(prefix) else prefix + identifier


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that the server accepts; build one with `bearer`, `user` or `datasource`.

    Attributes:
        owner: the user name of Basic authentication (`user-…`, `datasource-…`), or None for a bearer token.
        secret: the token or password; not shown in the repr.
        organization_id: the organization it is valid for; None is any.
    """

    owner: str | None
    secret: str = field(repr=False)
    organization_id: str | None = None

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("credential: the secret is empty")
        # RFC 7617, section 2: a colon ends the user-id, so that none can contain one.
        if self.owner is not None and ":" in self.owner:
            raise ValueError("credential: the id holds a colon")

    @classmethod
    def bearer(cls, auth_token: str, organization_id: str | None = None) -> "Credential":
        """Build the credential that is sent as `Authorization: Bearer <auth_token>`."""
        return cls(None, auth_token, organization_id)

    @classmethod
    def user(cls, user_id: str, personal_access_token: str, organization_id: str | None = None) -> "Credential":
        """Build a user's credential; `user-` is put before the id unless it is there."""
        return cls(_prefixed(_USER, user_id), personal_access_token, organization_id)

    @classmethod
    def datasource(cls, datasource_id: str, datasource_secret: str, organization_id: str | None = None) -> "Credential":
        """Build a data source's credential; `datasource-` is put before the id unless it is there."""
        return cls(_prefixed(_DATASOURCE, datasource_id), datasource_secret, organization_id)

    @property
    def argument(self) -> dict[str, str]:
        """The credential in the client's own form, for `APIClient(credential)`. It holds the secret."""
        if self.owner is None:
            return {"auth_token": self.secret}
        if self.owner.startswith(_DATASOURCE):
            return {"datasource_id": self.owner.removeprefix(_DATASOURCE), "datasource_secret": self.secret}
        return {"user_id": self.owner.removeprefix(_USER), "personal_access_token": self.secret}

    @property
    def environment(self) -> dict[str, str]:
        """The credential as the client's environment variables. It holds the secret."""
        return {_VARIABLES[key]: value for key, value in self.argument.items()}


_VARIABLES = {
    "auth_token": "PLATFORM_AUTH_TOKEN",
    "user_id": "ABEJA_PLATFORM_USER_ID",
    "personal_access_token": "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN",
    "datasource_id": "ABEJA_PLATFORM_DATASOURCE_ID",
    "datasource_secret": "ABEJA_PLATFORM_DATASOURCE_SECRET",
}
DEMO = Credential.user("1234567890123", "demo-personal-access-token")


def credential_from_environment(environ: Mapping[str, str]) -> Credential:
    """Return the credential that a client in this environment would send, or else the demo one.

    Raises:
        ValueError: half of a pair is set, which a client refuses too.
    """

    def value(key: str) -> str:
        return environ.get(_VARIABLES[key], "")

    if value("auth_token"):
        return Credential.bearer(value("auth_token"))
    pairs = (("user_id", "personal_access_token"), ("datasource_id", "datasource_secret"))
    if all(map(value, pairs[0])):
        return Credential.user(value("user_id"), value("personal_access_token"))
    if all(map(value, pairs[1])):
        return Credential.datasource(value("datasource_id"), value("datasource_secret"))
    for pair in pairs:
        if any(map(value, pair)):
            names = sorted((_VARIABLES[key] for key in pair), key=lambda name: not environ.get(name))
            raise ValueError(f"{names[0]} is set without {names[1]}")
    return DEMO


class Authenticator:
    """The check of requests against the credentials that the server accepts."""

    def __init__(self, credentials: Sequence[Credential]) -> None:
        self._known = [(_wire_form(credential), credential.organization_id) for credential in credentials]
        self._organizations = functools.lru_cache(_REMEMBERED)(self._valid_for)

    def check(self, headers: Sequence[tuple[bytes, bytes]], organization_id: str | None) -> None:
        """Raise the 401 unless exactly one Authorization header holds a credential that is valid for the organization.

        Where a path names none, the credential of any organization is valid.
        """
        values = [value for name, value in headers if name == b"authorization"]
        valid = self._organizations(values[0]) if len(values) == 1 else frozenset()
        if not (None in valid or organization_id in valid or (valid and organization_id is None)):
            raise Refusal(401, "unauthorized", "Authentication failed", (_CHALLENGE,))

    def _valid_for(self, value: bytes) -> frozenset[str | None]:
        """Return the organizations that a header is valid for; None is any."""
        given = _normalized(value)
        # No early end: the time must not show how close a guess is.
        return frozenset([organization for known, organization in self._known if hmac.compare_digest(given, known)])


def _wire_form(credential: Credential) -> bytes:
    if credential.owner is None:
        return b"bearer " + credential.secret.encode()
    return b"basic " + base64.b64encode(f"{credential.owner}:{credential.secret}".encode())


def _normalized(value: bytes) -> bytes:
    """Return a header with its scheme in lower case, in which it is compared (RFC 9110, section 11.1)."""
    scheme, _, token = value.strip().partition(b" ")
    scheme, token = scheme.lower(), token.strip()
    if scheme == b"basic" and len(token) % 4:
        # Some clients omit the padding.
        token += b"=" * (-len(token) % 4)
    return scheme + b" " + token
