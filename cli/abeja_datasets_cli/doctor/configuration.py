"""The environment variables that a client reads: which credential is used, where requests go, and each setting."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from abeja_datasets_cli.doctor.findings import Finding

if TYPE_CHECKING:
    from abeja_datasets.configuration.credentials import Source

_LOCAL = ("localhost", "127.0.0.1", "::1")


def credential_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find which credential a client uses, by the names of variables alone.

    Having none is a problem: no call works, except of a client that the program gives a credential.
    """
    from abeja_datasets.configuration.credentials import resolve, sources

    found = sources(environ)
    complete = [source for source in found if not source.missing]
    if complete:
        try:
            resolve(None, environ)
        except ValueError as error:
            yield Finding("problem", _named(complete[0].variables), str(error), "Set it to the value, as it was issued")
        else:
            yield Finding("ok", _named(complete[0].variables), "complete, and used")
    for source in complete[1:]:
        text = f"complete, and not used: {_named(complete[0].variables)} goes first"
        yield Finding("note", _named(source.variables), text)
    halves = [source for source in found if 0 < len(source.missing) < len(source.variables)]
    for source in halves:
        yield _half(source, environ, used=bool(complete))
    if not complete and not halves:
        choice = "; or ".join(_named(source.variables) for source in found)
        text = "none in the environment: each call raises CredentialNotFound"
        yield Finding("problem", "credential", text, f"Set {choice}; or give APIClient a `credential`")
    yield from _marks([variable for source in found for variable in source.variables], environ)


def _half(source: "Source", environ: Mapping[str, str], *, used: bool) -> Finding:
    present = next(variable for variable in source.variables if variable not in source.missing)
    (missing,) = source.missing
    text = f"set, but {missing} is {'empty' if missing in environ else 'not set'}"
    remedy = f"Set {missing} too, or unset {present}"
    if used:
        return Finding("warning", present, f"{text}: not used", remedy)
    return Finding("problem", present, f"{text}: a client without a `credential` can't be made", remedy)


def _marks(variables: list[str], environ: Mapping[str, str]) -> Iterator[Finding]:
    for variable in variables:
        value = environ.get(variable, "")
        if value != value.strip() or (len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"):
            text = "begins or ends with a space or a quotation mark, which is taken for a part of it"
            remedy = f"Remove it. `docker run --env-file` and others keep what surrounds a value in {variable}=…"
            yield Finding("warning", variable, text, remedy)


def setting_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find the value of each setting, where it comes from, and whether it can be used."""
    from abeja_datasets.configuration.settings import VARIABLES, settle

    for name, variable in VARIABLES.items():
        alone = {variable: environ.get(variable, "")}
        try:
            value = getattr(settle({"auth_token": "none"}, None, None, None, alone), name)
        except ValueError as error:
            yield Finding("problem", variable, str(error).removeprefix(f"{variable}: "), f"Correct or unset {variable}")
            continue
        source = variable if alone[variable] else f"the default; {variable} is not set"
        yield Finding("ok", name, f"{value} ({source})")
        if name == "base_url":
            yield from _unencrypted(value, variable)


def base_url(environ: Mapping[str, str]) -> str:
    """Return where requests go: the default where the variable is not usable."""
    from abeja_datasets.configuration.settings import BASE_URL, VARIABLES, settle

    variable = VARIABLES["base_url"]
    try:
        return settle({"auth_token": "none"}, None, None, None, {variable: environ.get(variable, "")}).base_url
    except ValueError:
        return BASE_URL


def _unencrypted(url: str, variable: str) -> Iterator[Finding]:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in _LOCAL:
        text = f"{url} is not encrypted: others on the way can read the credential"
        yield Finding("warning", variable, text, "Use https")


def _named(variables: tuple[str, ...]) -> str:
    return " with ".join(variables)
