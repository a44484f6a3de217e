"""`abeja-datasets doctor`: the command."""

import contextlib
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence

import click

from abeja_datasets_cli.doctor.findings import Report, Section, cleaned

ORGANIZATION = "ABEJA_ORGANIZATION_ID"
_EPILOG = f"""\b
Example:
  abeja-datasets doctor --online

\b
Exit codes: 0 everything works (notes and warnings are allowed), 1 something would not work, 2 wrong use.

The report contains no secret. The command imports only modules of abeja-datasets and abeja-sdk, in a separate process.
{ORGANIZATION} is used if --organization-id is not passed.
"""


@click.command(epilog=_EPILOG)
@click.option("--online", is_flag=True, help="Also send one GET with the credential in the environment.")
@click.option(
    "--organization-id", metavar="ID", envvar=ORGANIZATION, help="An organization that the credential is valid for."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The format of the report.",
)
@click.pass_context
def doctor(context: click.Context, /, *, online: bool, organization_id: str | None, form: str) -> None:
    """Check this environment: import names, credential, settings, network, extras.

    The report says for each problem what to do.
    """
    if online and not organization_id:
        raise click.UsageError(f"--online needs an organization: set --organization-id, or {ORGANIZATION}.")
    report = examine(os.environ, search_path(), organization_id if online else None)
    _write(report, form)
    context.exit(1 if report.count("problem") else 0)


def search_path() -> list[str]:
    """Return where a program that is started in this folder searches for modules."""
    path = [entry for entry in sys.path if entry]
    with contextlib.suppress(OSError):  # the folder may be gone
        if not sys.flags.safe_path:
            path.insert(0, os.getcwd())  # noqa: PTH109 - a search path is made of text
    return list(dict.fromkeys(path))


def examine(environ: Mapping[str, str], path: Sequence[str], organization_id: str | None = None) -> Report:
    """Collect all findings.

    Args:
        environ: the environment variables.
        path: where programs search for modules.
        organization_id: the organization to send a request for; None sends nothing.
    """
    from abeja_datasets import __version__
    from abeja_datasets_cli.doctor import configuration, distributions, names, network, online, requirements

    url = configuration.base_url(environ)
    found = {
        "Distributions": distributions.distribution_findings(path),
        "Import names": names.name_findings(path),
        "Requirements": requirements.requirement_findings(path),
        "Credential": configuration.credential_findings(environ),
        "Settings": configuration.setting_findings(environ),
        "Network": [*network.proxy_findings(environ, url), *network.certificate_findings(environ)],
    }
    if organization_id is not None:
        found["Online"] = online.online_findings(environ, organization_id)
    sections = [Section(title, tuple(findings)) for title, findings in found.items()]
    cleaned_sections = tuple(cleaned(section, lambda text: _clean(text, environ)) for section in sections)
    return Report(__version__, platform.python_version(), cleaned_sections)


def _clean(text: str, environ: Mapping[str, str]) -> str:
    """Return the text without secrets and without control characters."""
    from abeja_datasets.configuration.credentials import Credential, mask
    from abeja_datasets_cli.doctor.network import proxy_secrets

    text = mask(text, environ)
    for user, password in proxy_secrets(environ):
        text = Credential(user, password).redact(text)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _write(report: Report, form: str) -> None:
    if form == "json":
        click.echo(json.dumps(report.as_json(), indent=2))
        return
    from rich.console import Console

    from abeja_datasets_cli.doctor.text import show

    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # for terminals that lack a character
    still = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    show(report, Console(force_terminal=False if still else None, highlight=False, markup=False, emoji=False))
