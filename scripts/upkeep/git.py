"""Asking git about a project."""

import subprocess
from pathlib import Path


def git(root: Path, *arguments: str) -> str | None:
    """Run git in a project, and give what it prints; None where it fails, or is not there."""
    try:
        done = subprocess.run(  # noqa: S603 - git, wherever it is, with our own words
            ["git", *arguments],  # noqa: S607 - the same
            cwd=root, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return None
    return None if done.returncode else done.stdout.strip()


def is_top(root: Path) -> bool:
    """Tell whether a project is a git repository of its own, and not a folder of another one."""
    top = git(root, "rev-parse", "--show-toplevel")
    return top is not None and Path(top).resolve() == root.resolve()
