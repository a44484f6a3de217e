"""Keep secrets out of what is recorded, in whatever form a response has them."""

import base64
import binascii
import itertools
import re
import sys
from collections.abc import Iterable
from functools import lru_cache

from .document import document_path
from .results import AUTHORIZATION, OTHER_AUTHORIZATION, Received, Sent

_SHORTEST = 6
"""A secret with fewer characters is not looked for inside other text, where it stands by chance."""
_LONG = 16
"""A secret with this many characters is looked for within words, in halves, and with its characters set apart."""
_OWN_WORDS = "contract-check-"
_ESCAPED = re.compile(r"\\|%|&#")
"""What escapes a character."""
_ESCAPE = re.compile(
    r"(?:\\u(?=[0-9a-f]{4})|%(?=[0-9a-f]{2})|\\x(?=[0-9a-f]{2}))(?P<hex>(?<=u)[0-9a-f]{4}|(?<!u)[0-9a-f]{2})"
    r"|&#(?:x0*(?P<code>[0-9a-f]{1,6})|0*(?P<decimal>[0-9]{1,7}));",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s\"',+\\]")
_URL_SAFE = str.maketrans("+/", "-_")


class Redaction:
    """Puts shell variables where secrets stand.

    Args:
        authorization: the value of `Authorization`.
        other: that of the second organization.
    """

    def __init__(self, authorization: str, other: str | None = None) -> None:
        self.scheme = authorization.partition(" ")[0]
        """The name of the credential's scheme."""
        self._whole = [(authorization, AUTHORIZATION)]
        if other is not None:
            self._whole.append((other, OTHER_AUTHORIZATION))
        self._derived: dict[str, str] = {}
        self._parts = [
            (secret, variable, f"${{{variable[1:]}#* }}" if secret in whole else variable)
            for whole, variable in self._whole
            for secret in secrets_of(whole)
        ]

    def derive(self, value: str, words: str) -> None:
        """Hide another value of `Authorization`, made of a secret, behind the words by which a shell makes it."""
        if value not in self._derived:
            self._derived[value] = words
            self._parts += [(secret, AUTHORIZATION, words) for secret in secrets_of(value)]

    def sent(self, sent: Sent) -> Sent:
        """Hide secrets in a request. The part behind the scheme becomes `${AUTHORIZATION#* }`, as a shell cuts it."""
        headers = tuple((name, self._shell(value)) for name, value in sent.headers)
        return Sent(sent.method, sent.url, headers, sent.body)

    def received(self, received: Received) -> Received:
        """Hide secrets that a response echoes, in whatever form."""
        # Latin-1 keeps each byte; secrets stand in it as their UTF-8.
        body = received.body.decode("latin-1")
        found = self._found("\n".join((received.reason, body, *itertools.chain(*received.headers))))
        if not found:
            return received
        headers = tuple((_masked(name, found), _masked(value, found)) for name, value in received.headers)
        reason = _masked(received.reason, found)
        return Received(received.status, reason, headers, _masked(body, found).encode("latin-1"))

    def echoed(self, received: Received, sent: Sent) -> bool:
        """Return whether a response, with its secrets hidden, had one in it, or the wrong one that it was sent."""
        wrong = (value for name, value in sent.headers if name == "Authorization" and " " in value)
        markers = {variable for _, variable in self._whole}.union(
            *(secrets_of(value) for value in wrong if "$" not in value)
        )
        text = received.body.decode("latin-1") + "\n".join(value for _, value in received.headers)
        return any(marker in text for marker in markers)

    def text(self, text: str) -> str:
        """Hide secrets in any text."""
        return _masked(text, self._found(text))

    def _found(self, text: str) -> list[tuple[str, str]]:
        """List the secrets that a text may have, each with its variable: most have none, and patterns are slow."""
        loose = _loose(text) if _ESCAPED.search(text) else ""
        return [
            (secret, variable)
            for secret, variable, _ in self._parts
            if any(form in text for form in _forms(secret)) or (loose and _may_have(loose, secret))
        ]

    def _shell(self, text: str) -> str:
        for whole, variable in (*self._whole, *self._derived.items()):
            if text == whole:
                return variable
        for secret, _, cut in self._parts:
            text = text.replace(secret, cut)
        return text


def _masked(text: str, secrets: Iterable[tuple[str, str]]) -> str:
    for secret, variable in secrets:
        for pattern in (_plain(secret), _escapes(secret)):
            text = pattern.sub(lambda _, put=variable: put, text)  # type: ignore[misc]
    return text


@lru_cache(maxsize=256)
def _plain(secret: str) -> re.Pattern[str]:
    """Build a pattern of the forms of a secret; a short one is a word of its own, and no part of a number or a name."""
    return re.compile(_bounded("|".join(map(re.escape, _forms(secret))), secret))


def _bounded(pattern: str, secret: str) -> str:
    return pattern if len(secret) >= _LONG else rf"(?<![\w-])(?:{pattern})(?![\w-])"


def _loose(text: str) -> str:
    """Undo escapes, and leave out what may set characters apart."""
    return _BETWEEN.sub("", _ESCAPE.sub(_unescaped, text)).lower()


def _unescaped(match: re.Match[str]) -> str:
    hexadecimal, decimal = match["hex"] or match["code"], match["decimal"]
    coded = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(coded) if coded <= sys.maxunicode else match[0]


def _may_have(loose: str, secret: str) -> bool:
    return not secret.isascii() or _BETWEEN.sub("", secret).lower() in loose


@lru_cache(maxsize=256)
def _forms(secret: str) -> tuple[str, ...]:
    """List the forms in which text may hold a secret: as it is, as UTF-8, in hexadecimal and within base64."""
    raw = secret.encode("utf-8", "surrogatepass")
    forms = [secret, raw.decode("latin-1"), raw.hex(), raw.hex().upper()]
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw).decode()
        # The characters at both ends also hold bits of what stands beside the secret.
        inner = coded[4 if offset else 0 : len(coded) - 4 if (offset + len(raw)) % 3 else len(coded)]
        forms += [inner, inner.translate(_URL_SAFE)]
    if len(secret) >= _LONG:
        half = len(secret) // 2
        forms += [secret[:half], secret[half:]]
    return tuple(dict.fromkeys(form for form in forms if len(form) >= _SHORTEST))


@lru_cache(maxsize=256)
def _escapes(secret: str) -> re.Pattern[str]:
    """Build a pattern of a secret each of whose characters may be escaped as in JSON, a URL or HTML, or set apart."""
    between = "[\\s\"',+]{0,8}" if len(secret) >= _LONG else ""
    return re.compile(_bounded(between.join(map(_escape, secret)), secret), re.IGNORECASE)


def _escape(character: str) -> str:
    coded, raw = ord(character), character.encode("utf-8", "surrogatepass")
    forms = [
        rf"\\?{re.escape(character)}",
        "".join(rf"\\u{unit:04x}" for unit in _utf_16(character)),
        "".join(f"%{byte:02x}" for byte in raw),
        "".join(rf"\\x{byte:02x}" for byte in raw),
        f"&#0*{coded};",
        f"&#x0*{coded:x};",
    ]
    return f"(?:{'|'.join(forms)})"


def _utf_16(character: str) -> list[int]:
    raw = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[place : place + 2], "big") for place in range(0, len(raw), 2)]


def secrets_of(authorization: str) -> list[str]:
    """List what of a credential must not be shown: the part behind the scheme and, of Basic, the password in it."""
    _, _, token = authorization.strip().rpartition(" ")
    found = [token]
    if authorization.lower().startswith("basic "):
        try:
            decoded = base64.b64decode(token + "=" * (-len(token) % 4), validate=True).decode()
        except (binascii.Error, ValueError):
            decoded = ""
        found.append(decoded.partition(":")[2])
    return [secret for secret in found if len(secret) >= _SHORTEST and secret not in _ordinary()]


@lru_cache(maxsize=1)
def _ordinary() -> str:
    """Return text that responses have anyway: hiding a word of it would make the check misread them."""
    return document_path().read_text(encoding="utf-8") + _OWN_WORDS
