"""Whom a client speaks for: from its argument or the environment to an `Authorization` header."""

import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from abeja_datasets.calls.values import plain
from abeja_datasets.copying import check_pickles
from abeja_datasets.exceptions import CredentialNotFound


class _Kind(NamedTuple):
    """A kind of credential: what its id and its secret are called, and what stands before the id on the wire."""

    id: str | None
    secret: str
    prefix: str = ""


# In order of precedence, where several are given.
_IN_ARGUMENT = (
    _Kind(None, "auth_token"),
    _Kind("user_id", "personal_access_token", "user-"),
    _Kind("datasource_id", "datasource_secret", "datasource-"),
)
_IN_ENVIRONMENT = (
    _Kind(None, "PLATFORM_AUTH_TOKEN"),
    _Kind("ABEJA_PLATFORM_USER_ID", "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN", "user-"),
    _Kind("ABEJA_PLATFORM_DATASOURCE_ID", "ABEJA_PLATFORM_DATASOURCE_SECRET", "datasource-"),
)
_UNUSABLE = "[\x00-\x1f\x7f\ud800-\udfff]"
"""A pattern, which takes long to compile and is rarely needed."""
_MASK = "[secret]"
_MASKED_FROM = 6


class Credential:
    """A complete credential. Its repr shows whose it is, and never the secret."""

    __slots__ = ("_secrets", "authorization", "owner")

    def __init__(self, owner: str | None, secret: str) -> None:
        if owner is None:
            encoded = secret
            self.authorization = f"Bearer {secret}"
        else:
            encoded = binascii.b2a_base64(f"{owner}:{secret}".encode(), newline=False).decode("ascii")
            self.authorization = f"Basic {encoded}"
        self.owner = owner or "an auth_token"
        self._secrets: tuple[str, ...] = (encoded, secret)

    def redact(self, text: str) -> str:
        """Blank out the secret where a server or a library repeats it."""
        for secret in self._secrets:
            # Blanking out a few letters everywhere would hide what the text says, and no secret.
            if len(secret) >= _MASKED_FROM:
                text = text.replace(secret, _MASK)
        return text

    def __repr__(self) -> str:
        return f"<Credential of {self.owner}>"

    def __reduce__(self) -> "tuple[type[Credential], tuple[str | None, str]]":
        owner = None if self.authorization.startswith("Bearer ") else self.owner
        return Credential, (owner, self._secrets[1])


class OfHttpClient(Credential):
    """Stands for what a given `http_client` authenticates with by itself, where no credential is configured.

    Args:
        authorization: its header, if it has one.
    """

    __slots__ = ()

    def __init__(self, authorization: str | None) -> None:
        self.authorization = ""
        self.owner = "http_client"
        self._secrets = tuple((authorization or "").split()[-1:])

    def __repr__(self) -> str:
        return "<Credential of http_client>"


class Token:
    """An `auth_token` that a function returns. The function is called when a token is needed, not before.

    Args:
        function: takes nothing and returns the token; for the asyncio client it may be a coroutine function.
    """

    __slots__ = ("current", "function")

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.current: Credential | None = None

    def instead_of(self, refused: Credential | None) -> Credential | None:
        """Return the token that there is, unless it is the one that was refused."""
        return None if self.current is refused else self.current

    def take(self, value: object) -> Credential:
        """Keep what the function returned, and return it as a credential.

        Raises:
            CredentialNotFound: it is not a usable token.
        """
        if value is None or value == "":
            raise _no_token(f"returned {value!r}")
        try:
            self.current = Credential(None, _secret("auth_token", value, bearer=True))
        except (TypeError, ValueError) as error:
            problem = str(error)
        else:
            return self.current
        # Error reporters show locals, and what is not a usable token may still be a secret.
        del value
        raise _no_token(f"returned no usable token; {problem}")

    def failed(self, error: Exception) -> CredentialNotFound:
        """Return the error for a function that raised one. Its text is not repeated: it may hold a token."""
        return _no_token(f"raised {type(error).__name__}")

    def unawaited(self) -> CredentialNotFound:
        """Return the error for a coroutine function where nothing can await it."""
        return _no_token("is a coroutine function, which is for AsyncAPIClient; give APIClient a plain function")

    def copied(self) -> "Token":
        """Return the same function without the token that it returned."""
        return Token(self.function)

    def __repr__(self) -> str:
        return "<Credential of an auth_token function>"

    def __reduce__(self) -> "tuple[type[Token], tuple[Callable[[], Any]]]":
        check_pickles("credential", self.function)
        return Token, (self.function,)


def _no_token(what: str) -> CredentialNotFound:
    return CredentialNotFound("credential_not_found", f"credential: the function given as `auth_token` {what}")


def resolve(argument: Mapping[str, Any] | None, environ: Mapping[str, str]) -> Credential | None:
    """Find the credential to use, or None where there is none at all.

    Args:
        argument: the client's `credential`; where it is not None the environment is not looked at.
        environ: the environment variables.

    Raises:
        ValueError: half of a pair without any complete credential, or a value that no header can carry. The message
            names the key or variable.
        TypeError: `argument` is not a mapping, or a value in it is neither str nor, for an id, int.
    """
    if argument is None:
        return _choose(_IN_ENVIRONMENT, environ)
    if not isinstance(argument, Mapping):
        raise TypeError(f"credential: a dict is needed, not {type(argument).__name__}")
    return _choose(_IN_ARGUMENT, argument)


def resolve_or_call(argument: Mapping[str, Any] | None, environ: Mapping[str, str]) -> Credential | Token | None:
    """Find the credential as `resolve` does; the `auth_token` of the argument may be a function that returns it."""
    function = argument.get("auth_token") if isinstance(argument, Mapping) else None
    return Token(function) if callable(function) else resolve(argument, environ)


class Source(NamedTuple):
    """A kind of credential in the environment."""

    variables: tuple[str, ...]
    """The variables that it takes: the id, if it has one, and the secret."""
    missing: tuple[str, ...]
    """Those of them that are not set, or are empty."""
    keys: tuple[str, ...]
    """The keys of the argument `credential` that hold the same."""


def sources(environ: Mapping[str, str]) -> tuple[Source, ...]:
    """Return all kinds of credential that the environment may hold. The first that misses nothing is used."""
    return tuple(
        Source(_names(kind), _missing(kind, environ), _names(same))
        for kind, same in zip(_IN_ENVIRONMENT, _IN_ARGUMENT, strict=True)
    )


def mask(text: str, environ: Mapping[str, str]) -> str:
    """Blank out all secrets of the environment, also those of credentials that are not used or not complete."""
    for kind in _IN_ENVIRONMENT:
        secret, identity = environ.get(kind.secret), environ.get(kind.id or "", "")
        # An unusable one is never sent, so that nothing repeats it.
        if secret and not _is_unusable(identity + secret):
            owner = kind.id and kind.prefix + identity.removeprefix(kind.prefix)
            text = Credential(owner, secret).redact(text)
    return text


def not_found() -> CredentialNotFound:
    """Make the error for a call without a credential; it names all the places one could be in."""
    keys, variables = (
        ", or ".join(" with ".join(filter(None, (kind.id, kind.secret))) for kind in kinds)
        for kinds in (_IN_ARGUMENT, _IN_ENVIRONMENT)
    )
    return CredentialNotFound(
        "credential_not_found", f"give APIClient a credential ({keys}), or set the environment variables {variables}"
    )


def _choose(kinds: tuple[_Kind, ...], values: Mapping[str, Any]) -> Credential | None:
    incomplete = []
    for kind in kinds:
        names, missing = _names(kind), _missing(kind, values)
        if not missing:
            owner = None if kind.id is None else _owner(kind.id, values[kind.id], kind.prefix)
            return Credential(owner, _secret(kind.secret, values[kind.secret], bearer=owner is None))
        if len(missing) < len(names):
            present = next(name for name in names if name not in missing)
            incomplete.append(f"{present} is given without {missing[0]}")
    if incomplete:
        raise ValueError(f"incomplete credential: {'; '.join(incomplete)}")
    return None


def _is_unusable(text: str) -> bool:
    return not text.isprintable() and re.search(_UNUSABLE, text) is not None


def _names(kind: _Kind) -> tuple[str, ...]:
    return (kind.secret,) if kind.id is None else (kind.id, kind.secret)


def _missing(kind: _Kind, values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in _names(kind) if values.get(name) in (None, ""))


def _owner(name: str, value: object, prefix: str) -> str:
    identity = plain(value)
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise TypeError(f"{name}: a str or an int is needed, not {type(value).__name__}")
    owner = str(identity)
    # RFC 7617, section 2: a user-id holds neither a colon nor control characters.
    if ":" in owner or _is_unusable(owner):
        raise ValueError(f"{name}: holds a colon, a control character, such as a line's end, or a lone surrogate")
    return owner if owner.startswith(prefix) else prefix + owner


def _secret(name: str, value: object, *, bearer: bool) -> str:
    # No message here shows the value: it is the secret.
    value = plain(value)
    if not isinstance(value, str):
        raise TypeError(f"{name}: a str is needed, not {type(value).__name__}")
    if _is_unusable(value):
        raise ValueError(f"{name}: holds a control character, such as a line's end, or a lone surrogate")
    if bearer and not (value.isascii() and " " not in value):
        raise ValueError(f"{name}: holds a space or a character that is not ASCII, which no token does")
    return value
