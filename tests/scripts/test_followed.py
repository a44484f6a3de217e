"""The list, followed to its end for three changes: then nothing is left to do, and the tests that concern them pass.

Each change takes a minute of a processor, so that scripts/test-slow runs its test.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.scripts.project import ROOT, Project

SORT = Path(__file__).parent / "replay" / "sort.patch"
WRAPPER, MOCK = "wrapper/abeja_datasets", "mock_server/abeja_datasets_mock"
PACKAGES = ("generated", "wrapper", "loading", "mock_server", "contract", "cli", "scripts")
OLD, NEW = "https://api.abeja.io", "https://api.abeja.io/v2"


class Followed(Project):
    """A copy of the project with its tests, which is committed."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        for folder in ("tests", "docs", "bench", "loading"):
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        self.commit("As it is")

    def left(self) -> list[str]:
        """Generate, and return the files that the list names."""
        run = self.generate()
        assert run.returncode == 0, run.stderr
        shown = run.stdout.partition("(up to a minute) …\n\n")[2]
        if shown == "Nothing is left to do.\n":
            return []
        entries = [line.strip() for line in shown.splitlines()[1:] if not line.startswith("  For ")]
        assert shown.startswith(f"Left to do ({len(entries)}):\n"), run.stdout
        return list(dict.fromkeys(re.split(r"[:\s]", entry)[0] for entry in entries))

    def replaced(self, name: str, old: str, new: str) -> None:
        """Replace text wherever it stands in a file."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, (name, old)
        path.write_text(text.replace(old, new), encoding="utf-8")

    def noted(self, entry: str) -> None:
        self.replace("CHANGELOG.md", "### Added\n\n", f"### Added\n\n- {entry}\n")

    def test(self, *tests: str) -> None:
        """Run tests of the copy on the copy."""
        path = ":".join(str(self.root / package) for package in PACKAGES)
        run = self.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, PYTHONPATH=path)
        assert run.returncode == 0, run.stdout[-4000:]


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def test_the_stored_change_applies() -> None:
    done = subprocess.run(["git", "apply", "--check", SORT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{SORT.name} no longer applies; correct its context: {done.stderr}"


@pytest.mark.slow
def test_a_query_parameter(followed: Followed) -> None:
    """`sort`, the example of docs/how-to-change.md: six files by hand, beside the changelog."""
    followed.git("apply", "--include=openapi.yaml", str(SORT))
    assert followed.left() == [
        "CHANGELOG.md",
        f"{WRAPPER}/async_api_client.py",
        f"{WRAPPER}/dataset_item.py",
        f"{MOCK}/operations.py",
        "contract/abeja_datasets_contract/check/probes",
    ]
    followed.git("apply", "--exclude=openapi.yaml", str(SORT))
    followed.noted("`list_dataset_items` takes `sort`: `newest` lists the newest items first.")
    changed = set(followed.git("diff", "--name-only").split())
    assert len([name for name in changed if not name.startswith(("generated/", "CHANGELOG"))]) == 6
    assert followed.left() == []
    followed.run(
        sys.executable, "docs/make_clauses.py", PYTHONPATH=":".join(str(followed.root / one) for one in PACKAGES)
    )
    followed.test(
        "tests/wrapper/test_docstrings.py", "tests/wrapper/test_requests.py", "tests/mock_server/test_items.py"
    )


@pytest.mark.slow
def test_another_address(followed: Followed) -> None:
    followed.replace("openapi.yaml", f"url: {OLD}", f"url: {NEW}")
    named = followed.left()
    assert f"{WRAPPER}/configuration/settings.py" in named
    assert f"{WRAPPER}/async_api_client.py" in named
    for name in named:
        if name == "CHANGELOG.md":
            followed.noted("Requests of `list_datasets` and all others go to `/v2`.")
        else:
            followed.replaced(name, OLD, NEW)
    assert followed.left() == []
    followed.test("tests/wrapper/test_settings.py", "tests/wrapper/test_requests.py", "tests/test_openapi.py")


@pytest.mark.slow
def test_another_default(followed: Followed) -> None:
    followed.replace("openapi.yaml", "default: 100", "default: 50")
    assert followed.left() == ["CHANGELOG.md", f"{WRAPPER}/prefetching.py", f"{WRAPPER}/async_api_client.py"]
    followed.replaced(f"{WRAPPER}/async_api_client.py", "1 to 1,000; 100 without it", "1 to 1,000; 50 without it")
    followed.replaced(f"{WRAPPER}/prefetching.py", "_DEFAULT_LIMIT: Final = 100", "_DEFAULT_LIMIT: Final = 50")
    followed.noted("`list_dataset_items` has 50 items without `limit`.")
    assert followed.left() == []
    followed.test("tests/wrapper/test_docstrings.py", "tests/test_openapi.py")
