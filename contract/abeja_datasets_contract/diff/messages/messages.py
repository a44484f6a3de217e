"""Requests and responses as a whole: what shows that more than the values of a schema changed."""

from typing import Any, NamedTuple
from urllib.parse import quote

from abeja_datasets_contract.diff.report.printing import printable, shown

_CONCRETE = {
    "*/*": "application/octet-stream",
    "text/*": "text/plain",
    "image/*": "image/png",
    "application/*": "application/json",
}


class Request(NamedTuple):
    """A request. Parameters have the values that are written, not the texts which they are written as.

    Attributes:
        method: in capital letters.
        path: with its parameters filled in, and percent-encoded.
        parameters: those of the query, of headers and of cookies, by `query`, `header` or `cookie` and their name.
        credentials: what it carries of them, as `credential` calls it.
        media_type: of the body; None without one.
        body: as JSON.
    """

    method: str
    path: str
    parameters: dict[str, dict[str, Any]]
    credentials: tuple[str, ...] = ()
    media_type: str | None = None
    body: Any = None

    @property
    def data(self) -> dict[str, Any]:
        """All of it as JSON; what it does not have is left out."""
        found = {"method": self.method, "path": self.path}
        return {**found, **self.parameters, **_body(self), **_if("credentials", list(self.credentials))}


class Response(NamedTuple):
    """A response to a request for an operation.

    Attributes:
        status: its number.
        headers: those that its description names, by name.
        media_type: of the body; None without one.
        body: as JSON.
    """

    status: int
    headers: dict[str, Any]
    media_type: str | None = None
    body: Any = None

    @property
    def data(self) -> dict[str, Any]:
        """All of it as JSON; what it does not have is left out."""
        return {"status": self.status, **_if("headers", self.headers), **_body(self)}


def _body(message: Request | Response) -> dict[str, Any]:
    return {} if message.media_type is None else {"media_type": message.media_type, "body": message.body}


def _if(name: str, value: Any) -> dict[str, Any]:
    return {name: value} if value else {}


def line(data: dict[str, Any], most: int = 500) -> str:
    """Write the data of a request or a response in a line, such as `GET /files?limit=1`; bodies are shortened."""
    parts = [str(data.get("status") or f"{data['method']} {data['path']}")]
    query = [f"{quote(name)}={quote(written(value), safe='')}" for name, value in data.get("query", {}).items()]
    parts[0] += f"?{'&'.join(query)}" if query else ""
    headers = {**data.get("header", {}), **data.get("headers", {})}
    parts += [f"{name}: {written(value)}" for name, value in headers.items()]
    parts += [f"Cookie: {name}={written(value)}" for name, value in data.get("cookie", {}).items()]
    parts += data.get("credentials", [])
    if "media_type" in data:
        parts.append(f"{data['media_type']} {shown(data['body'], most)}")
    return printable(", ".join(parts))


def written(value: Any) -> str:
    """Write the value of a parameter: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else shown(value, 10_000)


def credential(scheme: dict[str, Any]) -> str:
    """Return what a request carries for a security scheme: schemes of two names or types may ask for the same."""
    kind = scheme.get("type")
    if kind == "apiKey":
        name = str(scheme.get("name"))
        return f"{name.title() if scheme.get('in') == 'header' else name} in the {scheme.get('in')}"
    if kind == "mutualTLS":
        return "a client certificate"
    return f"Authorization: {str(scheme.get('scheme', 'bearer') if kind == 'http' else 'bearer').capitalize()} …"


def concrete(kind: str) -> str:
    """Return a media type of a range such as `text/*`; of none it is the media type itself."""
    return _CONCRETE.get(kind, kind.replace("*", "x-any"))
