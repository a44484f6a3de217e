"""`abeja-datasets diff`: what changed in the contract, and whom the change breaks."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from abeja_datasets_cli.extras import WRONG_USE, require
from abeja_datasets_cli.sizes import size

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Report
    from abeja_datasets_contract.diff.report.findings import Severity

_EPILOG = """\b
Examples:
  abeja-datasets diff                            the last release against the working document
  abeja-datasets diff HEAD:openapi.yaml          the last commit against the working document
  abeja-datasets diff old.yaml new.json          any two documents of OpenAPI 3.0 to 3.2
  curl … | abeja-datasets diff openapi.yaml -    against standard input
  abeja-datasets diff --format markdown > diff.md
  abeja-datasets diff --root . api/old.yaml api/new.yaml    where they refer to files in other folders

Exit codes: 0 compatible; 1 breaking or undecided, or what --fail-on says; 2 wrong use, or a document that can't be
read. Ignored findings do not count. docs/diff-rules.md lists the ids of all findings.
"""


class _Asked(NamedTuple):
    """The two sides of the comparison, with the defaults applied."""

    old: str
    new: str
    revision: str
    """The git revision of OLD; empty where it is a file."""
    repository: Path | None
    """The repository whose packages are compared too; None where only the documents are."""
    note: str


@click.command(epilog=_EPILOG)
@click.argument("old", required=False, metavar="[OLD]")
@click.argument("new", required=False, metavar="[NEW]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "junit"]),
    default="text",
    show_default=True,
    help="The format of the report.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "undecided", "warning"]),
    help="Exit with 1 if a change has this severity, or a worse one. The default is undecided.",
)
@click.option("--allow-undecided", is_flag=True, help="The same as --fail-on breaking.")
@click.option(
    "--ignore",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Findings that do not count: a list in YAML or JSON, each entry with the `id` of the finding, its `place` as "
    "the report writes it (* stands for any text), and the `reason`.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="The folder that holds the other files which the documents refer to. The default is that of each document.",
)
@click.option(
    "--max-size",
    callback=size,
    metavar="SIZE",
    default="50MB",
    show_default=True,
    help="Refuse a document that is larger, with its other files, before it is parsed: 50MB, 800KB, or a number of "
    "bytes.",
)
@click.option(
    "--python/--no-python",
    "python",
    default=None,
    help="Also compare the public names and signatures of the packages. The default is to do so where OLD is of a git "
    "revision and NEW is the repository's openapi.yaml.",
)
@click.pass_context
def diff(
    context: click.Context,
    /,
    old: str | None,
    new: str | None,
    form: str,
    *,
    fail_on: "Severity | None",
    allow_undecided: bool,
    ignore: Path | None,
    root: Path | None,
    max_size: int,
    python: bool | None,
) -> None:
    """Show what changed from the OpenAPI document OLD to NEW, and whom each change breaks.

    Each is a file, - for standard input, or REV:path of git, such as v1.0.0:openapi.yaml. OLD defaults to the document
    of the last release, and NEW to the openapi.yaml of the repository.
    """
    if allow_undecided and fail_on not in (None, "breaking"):
        raise click.UsageError(f"--allow-undecided and --fail-on {fail_on} contradict each other.")
    require("diff", "griffe", "rich", "abeja_datasets_contract.diff")
    from abeja_datasets_contract.diff import DocumentError, compare, load

    try:
        asked = _resolve(old, new, python=python)
        if asked.old == asked.new == "-":
            raise click.UsageError("Only one of OLD and NEW can be -, standard input.")
        report = compare(*(load(source, root=root, max_bytes=max_size) for source in (asked.old, asked.new)))
        if asked.repository:
            from abeja_datasets_contract.diff.python_side import compare_python

            report.add(compare_python(asked.repository, asked.revision))
        unused = _ignore(report, ignore) if ignore else []
    except DocumentError as error:
        from abeja_datasets_contract.diff.report.printing import printable

        click.echo(f"abeja-datasets diff: {printable(str(error))}", err=True)
        context.exit(WRONG_USE)
    for note in (asked.note, *unused):
        if note:
            click.echo(note, err=True)
    _write(report, form)
    context.exit(report.exit_code("breaking" if allow_undecided else fail_on or "undecided"))


def _ignore(report: "Report", path: Path) -> list[str]:
    """Mark the findings that a file names, and return a note on each entry that names none."""
    from abeja_datasets_contract.diff.ignoring import ignore, load_ignored, why_unused
    from abeja_datasets_contract.diff.report.printing import printable

    return [
        printable(
            f"abeja-datasets diff: {path}, line {each.line}: {each.id} at {each.place}: {why_unused(each, report)}"
        )
        for each in ignore(report, load_ignored(path))
    ]


def _resolve(old: str | None, new: str | None, *, python: bool | None) -> _Asked:
    """Apply the defaults."""
    from abeja_datasets_contract.diff import DocumentError
    from abeja_datasets_contract.openapi.sources import last_release, repository, revision_of, working_document

    note = ""
    if old is None:
        before = last_release(repository())
        old, revision, note = before.source, before.revision, before.note
    else:
        revision = revision_of(old)
    if new is None:
        new = os.path.relpath(working_document(repository()))
    packages = None
    if python is not False and revision:
        try:
            top = repository()
        except DocumentError:
            top = None
        if top and (python or Path(new).resolve() == top / "openapi.yaml"):
            packages = top
    if python and not packages:
        raise click.UsageError("--python needs an OLD of a git revision, such as HEAD:openapi.yaml.")
    return _Asked(old, new, revision, packages, note)


def _write(report: "Report", form: str) -> None:
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # for terminals that lack a character
    if form == "text":
        from rich.console import Console

        from abeja_datasets_contract.diff.report.text import show

        show(report, Console(highlight=False, markup=False, emoji=False))
        return
    from abeja_datasets_contract.diff.report.files import as_json, as_junit
    from abeja_datasets_contract.diff.report.markdown import as_markdown

    writers = {"json": as_json, "markdown": as_markdown, "junit": as_junit}
    click.echo(writers[form](report), nl=False)
