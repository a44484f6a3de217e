"""Credentials that are almost the right one, each with the words by which a shell makes it: no record is to hold it."""

import base64
import binascii
from collections.abc import Callable
from typing import NamedTuple

from abeja_datasets_contract.check.redaction import Redaction
from abeja_datasets_contract.check.results import CredentialKind

_TOKEN, _OTHER_TOKEN = 'printf %s "${AUTHORIZATION#* }"', 'printf %s "${OTHER_AUTHORIZATION#* }"'
_UPPER = """awk -F: '{printf "%s:%s", $1, toupper(substr($0, length($1) + 2))}'"""


class Slip(NamedTuple):
    """One way in which a credential is almost right."""

    change: Callable[[str, str], str]
    """Makes `user:secret` of the user and the secret."""
    words: str
    """The filter by which a shell makes the same of `user:secret`."""


class Slips(NamedTuple):
    """The ways of each kind."""

    basic: tuple[Slip, ...]
    bearer: tuple[Slip, ...]
    """There the user is empty, and what `change` and `words` make is the token."""


WRONG_SECRET = Slips(
    (
        Slip(lambda user, secret: f"{user}:{secret}x", "sed 's/$/x/'"),
        Slip(lambda user, _: f"{user}:", "sed 's/:.*/:/'"),
    ),
    (Slip(lambda _, token: f"{token}x", "sed 's/$/x/'"), Slip(lambda _, token: token[:-1], "sed 's/.$//'")),
)
ANOTHER_USER = Slips(
    (Slip(lambda _, secret: f"user-contract-check:{secret}", "sed 's/^[^:]*/user-contract-check/'"),),
    (),
)
ALIKE = Slips(
    (
        Slip(lambda user, secret: f"{user}:{secret[:-1]}", "sed 's/.$//'"),
        Slip(lambda user, secret: f"{user}:{secret[1:]}", "sed 's/:./:/'"),
        Slip(lambda user, secret: f"{user}:x{secret}", "sed 's/:/:x/'"),
        Slip(lambda user, secret: f"{user}: {secret}", "sed 's/:/: /'"),
        Slip(lambda user, secret: f"{user}:{secret} ", "sed 's/$/ /'"),
        Slip(lambda user, secret: f"{user}:{secret.upper()}", _UPPER),
        Slip(lambda user, secret: f"{user}x:{secret}", "sed 's/:/x:/'"),
        Slip(lambda user, secret: f"{user} :{secret}", "sed 's/:/ :/'"),
        Slip(lambda _, secret: f":{secret}", "sed 's/^[^:]*//'"),
        Slip(lambda user, secret: f"{_kin(user)}:{secret}", "sed 's/^user-/datasource-/; t; s/^[^-:]*/user/'"),
    ),
    (
        Slip(lambda _, token: token[1:], "sed 's/^.//'"),
        Slip(lambda _, token: f"x{token}", "sed 's/^/x/'"),
        Slip(lambda _, token: token.swapcase(), "tr 'a-zA-Z' 'A-Za-z'"),
    ),
)


def _kin(user: str) -> str:
    """Return the data source of a user's number, or the user of another id."""
    kind, dash, number = user.partition("-")
    return f"{'datasource' if kind == 'user' else 'user'}{dash}{number}"


def spoilt(authorization: str, slips: Slips, redaction: Redaction) -> list[str]:
    """Return credentials that are not the right one, which the record then hides."""
    scheme, _, token = authorization.partition(" ")
    user, secret = decoded(token)
    made: dict[str, str] = {}
    if scheme.lower() == "basic" and user:
        for slip in slips.basic:
            value = basic(slip.change(user, secret))
            made[value] = _encoded(f"{_TOKEN} | base64 -d | {slip.words}")
    else:
        made = {f"{scheme} {slip.change('', token)}": f"{scheme} $({_TOKEN} | {slip.words})" for slip in slips.bearer}
    made.pop(authorization, None)
    for value, words in made.items():
        redaction.derive(value, words)
    return list(made)


def crossed(authorization: str, other: str, redaction: Redaction) -> list[str]:
    """Return the credential of one party's user with the secret of the other, where both have one."""
    user, _ = decoded(authorization.partition(" ")[2])
    other_user, other_secret = decoded(other.partition(" ")[2])
    if not user or not other_user or user == other_user:
        return []
    value = basic(f"{user}:{other_secret}")
    halves = f"{_TOKEN} | base64 -d | sed 's/:.*/:/'; {_OTHER_TOKEN} | base64 -d | sed 's/^[^:]*://'"
    redaction.derive(value, _encoded(f"{{ {halves}; }}"))
    return [value]


def basic(pair: str) -> str:
    """Write the value of `Authorization` for `user:secret`."""
    return "Basic " + base64.b64encode(pair.encode()).decode()


def decoded(token: str) -> tuple[str, str]:
    """Read the user and the secret of Basic authentication; both empty where there are none."""
    try:
        user, _, secret = base64.b64decode(token + "=" * (-len(token) % 4), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, secret


def kind_of(authorization: str) -> CredentialKind:
    """Return the kind of a credential, from the value of `Authorization`."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return CredentialKind.BEARER
    user = decoded(token)[0] if scheme.lower() == "basic" else ""
    of_pairs = (CredentialKind.USER, CredentialKind.DATASOURCE)
    return next((kind for kind in of_pairs if user.startswith(f"{kind}-")), CredentialKind.OTHER)


def _encoded(words: str) -> str:
    return f"Basic $({words} | base64 | tr -d '\\n')"
