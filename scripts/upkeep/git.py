"""Run git on a project."""

import subprocess
from pathlib import Path


def git(root: Path, *arguments: str) -> str | None:
    """Run git in a project, and return its output; None where it fails or is not installed."""
    try:
        done = subprocess.run(  # noqa: S603 - git, wherever it is, with our own words
            ["git", *arguments],  # noqa: S607 - the same
            cwd=root, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return None
    return None if done.returncode else done.stdout.strip()


def is_top(root: Path) -> bool:
    """Return whether a project is the top of a git repository, and not a folder inside one."""
    top = git(root, "rev-parse", "--show-toplevel")
    return top is not None and Path(top).resolve() == root.resolve()
