"""Run the slow tests, build the distribution, and try it in an empty environment: quick start and check."""

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upkeep.release import group
from upkeep.release.releasing import Refused
from upkeep.release.versions import Version

_ORGANIZATION = "1102940376065"


def test_slow(root: Path) -> None:
    """Run the slow tests of the project, which scripts/test leaves out.

    Raises:
        Refused: one of them fails.
    """
    _run("the slow tests fail; run scripts/test-slow to see why", root / "scripts" / "test-slow", cwd=root)


def build(root: Path, folder: Path) -> tuple[Path, Path]:
    """Build the sdist, and the wheel out of it, so that both are complete; return wheel and sdist.

    Raises:
        Refused: one of them can't be built.
    """
    _run("the sdist can't be built", *_hatchling("sdist", folder), cwd=root)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    _run("the wheel can't be built from the sdist", *_hatchling("wheel", folder), cwd=unpacked)
    (wheel,) = folder.glob("*.whl")
    return wheel, sdist


def _hatchling(target: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]


def install(wheel: Path, folder: Path, dependencies: Path | None) -> Path:
    """Install the wheel with all its extras into an empty environment; return its folder of programs.

    Args:
        wheel: the wheel.
        folder: where the environment is made.
        dependencies: a site-packages folder that the dependencies are taken from; None takes them from the package
            index.

    Raises:
        Refused: it can't be installed.
    """
    environment = folder / "environment"
    _run("no environment can be made", sys.executable, "-m", "venv", "--without-pip", environment, cwd=folder)
    programs = environment / "bin"
    uv = Path(sys.executable).with_name("uv")
    where = ["--quiet", "--python", str(programs / "python")]
    what = ["--offline", "--no-deps", str(wheel)] if dependencies else [f"{wheel}[all]"]
    _run("the wheel can't be installed", uv, "pip", "install", *where, *what, cwd=folder)
    if dependencies:
        (site_packages,) = environment.glob("lib/*/site-packages")
        # A folder named in a .pth file is searched, but no .pth file in it is read: no editable install comes with it.
        (site_packages / "dependencies.pth").write_text(str(dependencies), encoding="utf-8")
    return programs


def try_out(programs: Path, folder: Path, readme: str, version: Version) -> list[str]:
    """Run the quick start and the contract check against the mock server, all of them from the wheel.

    Returns:
        The results, a line each.

    Raises:
        Refused: one of them fails.
    """
    command = programs / "abeja-datasets"
    shown = _run("the command does not start", command, "--version", cwd=folder).strip()
    if shown != f"abeja-datasets {version}":
        raise Refused(f"the wheel is {shown!r} and not {version}; correct its version")
    program = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    if not program:
        raise Refused("README.md has no quick start (```python); write one")
    with _server(command, folder) as environment:
        python = [programs / "python", "-W", "error", "-c", program[1]]
        printed = _run("README.md's quick start fails", *python, cwd=folder, environment=environment).strip()
        if not printed:
            raise Refused("README.md's quick start prints nothing; it should show what it did")
        url = environment["ABEJA_API_URL"]
        options = ["--organization-id", _ORGANIZATION, "--allow-writes", "--plain"]
        checked = _run(
            "abeja-datasets check fails", command, "check", url, *options, cwd=folder, environment=environment
        )
    verdict = next((line for line in reversed(checked.splitlines()) if line.startswith("Keeps")), "")
    return [f"README.md's quick start printed: {printed}", f"abeja-datasets check: {verdict or checked.strip()}"]


@contextmanager
def _server(command: Path, folder: Path) -> Iterator[dict[str, str]]:
    """Run the mock server; yield the environment in which a client finds it."""
    environment, log = _clean(), folder / "mock-server.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(  # noqa: S603 - the command that was just installed
            [str(command), "mock", "--port", "0"], cwd=folder, env=environment,
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
        try:
            found = _announced(process)
            if not found:
                last = (log.read_text(encoding="utf-8").strip() or "it prints nothing").splitlines()[-1]
                raise Refused(f"the mock server does not start from the wheel: {last}")
            yield {**environment, **found}
        finally:
            process.terminate()
            process.communicate()


def _announced(process: "subprocess.Popen[str]") -> dict[str, str]:
    """Read the variables that the server prints when it listens; none where it ends before."""
    found: dict[str, str] = {}
    for line in process.stdout or ():
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").strip().partition("=")
            found[name] = value.strip("'\"")
        if "ABEJA_API_URL" in found and any(name.endswith("TOKEN") for name in found):
            return found
    return {}


def _clean() -> dict[str, str]:
    """Return the environment without servers, credentials and the Python path of this project."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ABEJA_", "PLATFORM_AUTH_TOKEN")) and name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }


def _run(failure: str, *command: object, cwd: Path, environment: dict[str, str] | None = None) -> str:
    words = [str(word) for word in command]
    try:
        code, out, err = group.run(words, cwd, environment or _clean())
    except OSError as error:
        raise Refused(f"{failure}: {words[0]}: {error.strerror}; run scripts/install") from error
    if code:
        lines = (err.strip() or out.strip() or "no message").splitlines()
        raise Refused(f"{failure} (exit code {code}): {lines[-1]}")
    return out
