"""`abeja-datasets cache`: what is kept of the content of items on this machine."""

import os
from typing import TYPE_CHECKING

import click

from abeja_datasets_cli.shared import finite

if TYPE_CHECKING:
    from abeja_datasets.content.cache import Cache, Size

_DAY = 24 * 60 * 60


@click.group(epilog="\b\nExample:\n  abeja-datasets cache info")
def cache() -> None:
    """Show or clear the cache of content that clients keep on this machine.

    It is the folder abeja-datasets in the folder that ABEJA_STORAGE_DIR_PATH names, or else in the user's cache folder.
    """


@cache.command(epilog="\b\nExample:\n  abeja-datasets cache info")
def info() -> None:
    """Show where the cache is, and how much is in it."""
    kept = _cache()
    try:
        size = kept.size()
    except OSError as error:
        raise _unreadable(kept, error) from error
    click.echo(f"folder: {kept.folder}\n{_shown(size)}")


@cache.command(epilog="\b\nExample:\n  abeja-datasets cache clear --older-than 30")
@click.option(
    "--older-than",
    type=click.FloatRange(0),
    callback=finite,
    default=0.0,
    metavar="DAYS",
    help="Remove only what was fetched more than this many days ago.",
)
def clear(older_than: float) -> None:
    """Remove what is in the cache. It is fetched again when it is needed; other files in the folder are left alone."""
    kept = _cache()
    try:
        size = kept.clear(older_than * _DAY)
    except OSError as error:
        raise _unreadable(kept, error) from error
    click.echo(f"removed {_shown(size)}")


def _cache() -> "Cache":
    from abeja_datasets.content.cache import VARIABLE, Cache, folder_below

    folder = folder_below(None, os.environ)
    if folder is None:
        raise click.ClickException(f"the user has no home folder; set {VARIABLE} to the folder that clients use")
    return Cache(folder, max_bytes=1)


def _shown(size: "Size") -> str:
    return f"{size.files:,} file{'' if size.files == 1 else 's'}, {size.bytes:,} bytes"


def _unreadable(kept: "Cache", error: OSError) -> click.ClickException:
    return click.ClickException(f"{error.filename or kept.folder}: {error.strerror or error}")
