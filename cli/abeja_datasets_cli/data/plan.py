"""`abeja-datasets plan`: loading from many machines, by a plan on storage that they share."""

import itertools
import sys
from typing import Any, Final

import click

from abeja_datasets_cli.data.shared.api import EXIT_CODES, REJECTED, Api, failures, with_api
from abeja_datasets_cli.data.shared.loading_options import rate_option, with_progress
from abeja_datasets_cli.data.shared.output import note, say

_SHOWN: Final = 20
_FORMATS: Final = ("jsonl", "parquet", "csv", "json")
_EPILOG: Final = f"""\b
Examples:
  abeja-datasets plan create s3://bucket/plan 's3://bucket/rows/*.parquet' --dataset 1410805969256
  abeja-datasets plan run s3://bucket/plan --engine ray
  abeja-datasets plan verify s3://bucket/plan

Storage is read through fsspec, which takes addresses and credentials from the environment. See docs/cluster.md.

{EXIT_CODES}
"""


@click.group(epilog=_EPILOG)
def plan() -> None:
    """Load files from many machines, each row exactly once: create a plan, run its units, verify it."""


@plan.command(
    epilog="\b\nExample:\n  abeja-datasets plan create s3://bucket/plan 's3://bucket/*.parquet' --dataset 1410805969256"
)
@click.argument("place", metavar="PLAN")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--dataset", "dataset_id", required=True, metavar="ID", help="The dataset.")
@click.option("--from", "--format", "form", type=click.Choice(_FORMATS), help="The format of the files.")
@click.option("--uri", metavar="TEMPLATE", help="The source URI of each name, such as s3://bucket/{path}.")
@click.option("--encoding", metavar="NAME", help="The encoding of the files; else UTF-8.")
@click.option("--unit-rows", default=500, show_default=True, help="Rows of a unit, 250 to 1,000.")
@click.option("--concurrency", default=64, show_default=True, help="The most requests at once, of all workers.")
@rate_option("The most requests a second, of all workers.")
@click.option("--marker", metavar="KEY", help="Write this attribute into each item, to find a lost one by it.")
@click.option("--settle-after", type=float, metavar="SECONDS", help="Seconds after which no request can be under way.")
@click.option(
    "--lease", "lease_seconds", default=30.0, show_default=True, help="Seconds after which a silent worker is given up."
)
@click.option("--max-body-bytes", default=10 << 20, show_default=True, help="The largest row, in bytes of JSON.")
@with_api
def create(api: Api, *, place: str, files: tuple[str, ...], dataset_id: str, form: str | None, **options: Any) -> None:
    """Create a plan in the folder PLAN, which loads FILEs. It sends only reads."""
    from abeja_datasets_loading import create_plan

    made = create_plan(api.client, api.organization_id, dataset_id, files, place, format=form, **options)
    say(f"{made.rows:,} rows of {len(made.sources):,} files in {made.units:,} units: 0 to {made.units - 1}")


@plan.command(epilog="\b\nExample:\n  abeja-datasets plan run s3://bucket/plan --engine ray")
@click.argument("place", metavar="PLAN")
@click.option("--engine", default="local", show_default=True, metavar="NAME", help="local or ray.")
@click.option("--workers", type=int, metavar="N", help="Units at the same time; by default one for each processor.")
@with_progress
def run(place: str, engine: str, workers: int | None, on_progress: Any) -> None:
    """Run all units that were not begun. Each worker takes the credential from its environment."""
    from abeja_datasets_loading import run_plan

    with failures():
        status = run_plan(place, engine=engine, workers=workers, on_progress=on_progress, say=_say)
    note(status.summary())
    note(f"now verify it, which settles what is unknown: abeja-datasets plan verify {place}")


@plan.command("run-unit", epilog="\b\nExample:\n  abeja-datasets plan run-unit s3://bucket/plan 0-99 --workers 50")
@click.argument("place", metavar="PLAN")
@click.argument("units", nargs=-1, required=True, metavar="N…")
@click.option("--workers", default=1, show_default=True, help="How many such commands run at the same time.")
def run_unit(place: str, units: tuple[str, ...], workers: int) -> None:
    """Run the units N, or those from N to M with N-M.

    It is the command for Slurm, Kubernetes, Spark and the like. M may be beyond the last unit.
    A unit that was begun before is not sent again; verify settles it.
    """
    from abeja_datasets_loading import open_plan
    from abeja_datasets_loading import run_unit as run_one

    wanted = [_numbers(each) for each in units]
    with failures():
        book = open_plan(place)
        for numbers in wanted:
            # A job of many parts may divide the units unevenly; a part that has none of them is an error.
            for number in range(numbers.start, max(numbers.start + 1, min(numbers.stop, book.units))):
                say(_line(run_one(book, number, workers=workers)))


@plan.command(epilog="\b\nExample:\n  abeja-datasets plan status s3://bucket/plan")
@click.argument("place", metavar="PLAN")
def status(place: str) -> None:
    """Show the progress of a plan. Nothing is sent."""
    from abeja_datasets_loading import plan_status

    with failures():
        say(plan_status(place).summary())


@plan.command(epilog="\b\nExample:\n  abeja-datasets plan verify s3://bucket/plan")
@click.argument("place", metavar="PLAN")
@rate_option("The most requests a second; else as the plan says.")
@click.option("--concurrency", type=click.IntRange(min=1), help="The most requests at once; else as the plan says.")
@with_progress
def verify(place: str, **options: Any) -> None:
    """Settle what is unknown, create what is missing, and compare.

    It compares the dataset with the files.
    """
    from abeja_datasets_loading import verify_plan

    with failures():
        found = verify_plan(place, say=_say, **options)
    say(found.summary())
    report, verification = found
    for kind, rows in (("rejected", report.iter_rejected()), ("unknown", report.iter_unknown())):
        for index, _, reason in itertools.islice(rows, _SHOWN):
            say(f"{kind}: row {index}: {reason}")
    for index, item_id in itertools.islice(verification.iter_twice(), _SHOWN):
        say(f"twice: row {index}: item {item_id}")
    if verification.doubt and verification.missing:
        say(verification.doubt)
    sys.exit(0 if found.is_complete else REJECTED)


def _line(result: Any) -> str:
    if result.state == "left":
        return f"unit {result.unit}: another attempt began it; nothing was sent, and verify settles its rows"
    names = ("created", "rejected", "unknown", "not_tried")
    counts = [f"{getattr(result, name):,} {name.replace('_', ' ')}" for name in names if getattr(result, name)]
    parts = [", ".join(counts), *([result.stopped] if result.stopped else [])]
    return f"unit {result.unit}{' was run before' if result.state == 'earlier' else ''}: {'; '.join(parts)}"


def _numbers(text: str) -> range:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise click.BadParameter(f"{text!r} is not a unit; pass a number from 0, or two as in 100-199", param_hint="N")
    numbers = range(int(first), int(last if dash else first) + 1)
    if not numbers:
        raise click.BadParameter(f"{text!r} ends before it begins", param_hint="N")
    return numbers


def _say(text: str) -> None:
    if text:
        note(text)
