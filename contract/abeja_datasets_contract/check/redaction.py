"""Keeping secrets out of what is recorded."""

import base64
import binascii

from .results import AUTHORIZATION, OTHER_AUTHORIZATION, Received, Sent

_SHORTEST = 6
"""Characters from which on a secret is looked for inside of other text; shorter ones stand there by chance."""


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
        """Hide secrets that a response echoes."""
        headers = tuple((name, self._masked(value)) for name, value in received.headers)
        body = received.body
        for secret, variable, _ in self._parts:
            if secret.encode() in body:
                body = body.replace(secret.encode(), variable.encode())
        return Received(received.status, received.reason, headers, body)

    def echoed(self, received: Received, sent: Sent) -> bool:
        """Tell whether a response that was made fit for the record had a secret in it, or the wrong one it was sent."""
        wrong = (value for name, value in sent.headers if name == "Authorization" and " " in value)
        markers = {variable for _, variable in self._whole}.union(
            *(secrets_of(value) for value in wrong if "$" not in value)
        )
        text = received.body.decode("latin-1") + "\n".join(value for _, value in received.headers)
        return any(marker in text for marker in markers)

    def text(self, text: str) -> str:
        """Hide secrets in any text."""
        return self._masked(text)

    def _masked(self, text: str) -> str:
        for secret, variable, _ in self._parts:
            text = text.replace(secret, variable)
        return text

    def _shell(self, text: str) -> str:
        for whole, variable in (*self._whole, *self._derived.items()):
            if text == whole:
                return variable
        for secret, _, cut in self._parts:
            text = text.replace(secret, cut)
        return text


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
    return [secret for secret in found if len(secret) >= _SHORTEST]
