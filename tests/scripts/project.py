"""A copy of the project, to change and to run the scripts on."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path("generated/abeja_datasets_openapi")
DATASETS = "/organizations/{organization_id}/datasets/"
DATASET = "/organizations/{organization_id}/datasets/{dataset_id}"
ITEMS = "/organizations/{organization_id}/datasets/{dataset_id}/items/"
_PACKAGES = ("generated", "wrapper", "mock_server", "contract", "cli", "scripts")
_FILES = (
    "openapi.yaml", "generator-config.yaml", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore",
    "requirements.lock",
)  # fmt: skip
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*_cache")


class Project:
    """The copy.

    Args:
        root: the folder that it is made in.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in _FILES:
            shutil.copy(ROOT / name, root / name)
        # What mypy knows of the dependencies is the same in each copy.
        (ROOT / ".mypy_cache").mkdir(exist_ok=True)
        (root / ".mypy_cache").symlink_to(ROOT / ".mypy_cache")
        for package in _PACKAGES:
            shutil.copytree(ROOT / package, root / package, ignore=_NOT_COPIED)

    def generate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/generate as a maintainer does."""
        return self.run(sys.executable, ROOT / "scripts" / "generate", "--root", self.root, *arguments)

    def run(self, *command: object, **environment: str) -> subprocess.CompletedProcess[str]:
        import os

        return subprocess.run(
            [str(word) for word in command], cwd=self.root, env={**os.environ, **environment},
            capture_output=True, text=True, check=False, timeout=900,
        )  # fmt: skip

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=A Maintainer", "-c", "user.email=maintainer@example.com")
        done = self.run("git", *identity, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, message: str) -> None:
        """Commit all that is there, in a repository that is made where there is none."""
        if not (self.root / ".git").exists():
            self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def edit(self, change: Callable[[Any], object]) -> None:
        """Change the document as data."""
        path = self.root / "openapi.yaml"
        data = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        change(data)
        path.write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a file as text."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def contents(self, *packages: str) -> dict[str, bytes]:
        """Return all files of some packages, but for what Python caches there."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for package in packages
            for path in (self.root / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


class NoTypes:
    """Stands for mypy, which takes long in a project that it has not seen."""

    def __init__(self, _root: Path) -> None:
        pass

    def gaps(self) -> list[Any]:
        return []

    def stop(self) -> None:
        """It has not begun."""
