"""The workflow for CI on a page does what the page says: its commands run here as GitHub Actions runs them."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from docs.run_pages import ROOT, blocks

if TYPE_CHECKING:
    from abeja_datasets_cli.pytest_mock import DatasetApi

PAGE = (ROOT / "docs" / "guides" / "check-a-server.md").read_text(encoding="utf-8")
FILES = {block.file: block.text for block in blocks(PAGE) if block.file}
JOB: dict[str, Any] = yaml.safe_load(FILES[".github/workflows/contract.yml"])["jobs"]["contract"]
STEPS = {step["name"]: step for step in JOB["steps"] if "name" in step}
FAULTS = yaml.safe_load(FILES["broken.yaml"])["faults"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout of a pull request, with the base branch as `fetch-depth: 0` fetches it."""
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    (tmp_path / "known.yaml").write_text(FILES["known.yaml"], encoding="utf-8")
    for words in (
        "init -q -b main .",
        "add openapi.yaml",
        "-c user.name=a -c user.email=a@example.com commit -q -m base",
        "update-ref refs/remotes/origin/main HEAD",
    ):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    return tmp_path


def run(step: str, folder: Path, **variables: str) -> int:
    """Run the commands of a step, and return the exit code."""
    script = STEPS[step]["run"]
    given = {name: value for name, value in os.environ.items() if not name.startswith(("ABEJA_", "PLATFORM_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{given['PATH']}"
    environment = {**given, **JOB["env"], "PATH": path, "GITHUB_BASE_REF": "main", **variables}
    return subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=environment, check=False, timeout=60).returncode


@pytest.mark.parametrize(("maximum", "code"), [(1000, 0), (100, 1)])
def test_the_diff_with_the_base_branch_fails_for_a_breaking_change(repository: Path, maximum: int, code: int) -> None:
    document = repository / "openapi.yaml"
    text = document.read_text(encoding="utf-8")
    assert "maximum: 1000" in text
    document.write_text(text.replace("maximum: 1000", f"maximum: {maximum}"), encoding="utf-8")
    summary = repository / "summary.md"
    summary.write_text("# Before\n", encoding="utf-8")
    assert run("Compare with the base branch", repository, GITHUB_STEP_SUMMARY=str(summary)) == code
    written = summary.read_text(encoding="utf-8")
    assert written.startswith("# Before\n")
    assert ("`request-maximum-changed`" in written) is (code == 1)


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False])
def test_the_check_fails_for_what_is_not_known(repository: Path, dataset_api: "DatasetApi", *, known: bool) -> None:
    dataset_api.load([{"name": "a", "type": "custom", "props": {}}])
    dataset_api.faults.plan = FAULTS
    if not known:
        (repository / "known.yaml").write_text("[]", encoding="utf-8")
    assert run("Check the server", repository, **dataset_api.environment) == (0 if known else 1)
    [folder] = [step["with"]["path"] for step in JOB["steps"] if "upload-artifact" in step.get("uses", "")]
    assert "<testsuites" in (repository / folder / "junit.xml").read_text(encoding="utf-8")


def test_the_extras_that_it_installs_exist() -> None:
    [install] = [step["run"] for step in JOB["steps"] if step.get("run", "").startswith("pip install ")]
    [extras] = re.findall(r"\[([a-z,]+)\]", install)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras.split(",")) <= project["optional-dependencies"].keys()
    assert install in (ROOT / "README.md").read_text(encoding="utf-8")
