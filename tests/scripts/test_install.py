"""scripts/install on a stand-in for Python, pip and uv: what it makes anew, and when.

scripts/interrupted-installs tries the same with the real ones, at random moments.
"""

import os
import re
import select
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from upkeep.install import all_pythons, installing

ROOT = Path(__file__).parent.parent.parent
COPIED = (
    "scripts/install", "scripts/upkeep/__init__.py", "scripts/upkeep/install/__init__.py",
    "scripts/upkeep/install/installing.py", "scripts/upkeep/install/pythons.py",
    "pyproject.toml", "requirements.lock", "requirements-lowest.lock",
)  # fmt: skip

STAND_IN = """\
#!/bin/sh
# Writes what it is asked to do into steps.txt. It is killed, with all around it, in the middle of step number STOP_AT.
begin() {
  echo "$1" >> "$STEPS"
  if [ "$(wc -l < "$STEPS")" = "${STOP_AT:-}" ]; then kill -KILL 0; fi
  if [ "$1" = "${FAIL_AT:-}" ]; then echo "no such luck" >&2; exit 1; fi
}
case "$(basename "$0") $*" in
  *"-Im venv "*)
    mkdir -p "$3/bin" "$3/lib"
    begin venv
    while [ -n "${GATE:-}" ] && [ ! -e "$GATE" ]; do sleep 0.05; done
    cp "$PYTHON" "$3/bin/python"; touch "$3/lib/pip" ;;
  *"-Im pip install "*)
    uv=$(dirname "$0")/uv
    touch "$uv"
    begin pip
    rm "$uv"
    cp "$PYTHON" "$uv" ;;
  "uv "*" -e "*) begin project; [ -z "${UV_TARGET:-}${PIP_TARGET:-}" ] || exit 9 ;;
  "uv "*) touch "$(dirname "$0")/../lib/half"; begin dependencies; touch "$(dirname "$0")/../lib/whole" ;;
  *"-ISc "*) cat "$(dirname "$PYTHON")/version.txt" ;;
  *) exec "$REAL" "$@" ;;
esac
"""
ALL = ["venv", "pip", "dependencies", "project"]


class Project:
    def __init__(self, root: Path, tools: Path) -> None:
        self.root = root
        self.tools = tools
        self.prefix: tuple[str, ...] = ()
        for name in COPIED:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        tools.mkdir()
        (tools / "python").write_text(STAND_IN)
        (tools / "python").chmod(0o755)
        (tools / "version.txt").write_text("3.99\n")

        self.own = {"PYTHON": str(tools / "python"), "REAL": sys.executable, "STEPS": str(tools / "steps.txt")}

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.prefix, self.root / "scripts" / "install", *arguments],
            env={**os.environ, **self.own, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def install(self, *arguments: str, **environment: str) -> tuple[int, list[str]]:
        """Install; return the exit code and the lines on stderr."""
        process = self.start(*arguments, **environment)
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors.splitlines()

    def steps(self) -> list[str]:
        """Return the steps that were taken since the last time."""
        path = self.tools / "steps.txt"
        steps = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return steps


def first_lines(*processes: "subprocess.Popen[str]") -> list[str]:
    """Read a line from the stderr of those that have one, as soon as any has."""
    streams = [process.stderr for process in processes if process.stderr]
    ready, _, _ = select.select(streams, [], [], 60)
    return [stream.readline() for stream in ready]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", tmp_path / "tools")


@pytest.fixture
def installed(project: Project) -> Project:
    assert project.install() == (0, [])
    assert project.steps() == ALL
    return project


def test_the_second_time_there_is_nothing_to_do(installed: Project) -> None:
    assert installed.install() == (0, [])
    assert installed.steps() == []


def test_an_environment_that_is_not_whole_is_made_anew(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In this process, for every file of it that may be missing, and with a lock file of no use."""
    monkeypatch.setattr(installing, "ROOT", project.root)
    for name, value in project.own.items():
        monkeypatch.setenv(name, value)
    assert [installing.main(["--check"]), installing.main([]), installing.main(["--check"])] == [1, 0, 0]
    assert project.steps() == ALL
    venv = project.root / ".venv"
    for file in ("lib/whole", "lib/pip", "bin/uv", "bin/python", ".installed"):
        (venv / file).unlink()
        assert [installing.main(["--check"]), installing.main([]), installing.main(["--check"])] == [1, 0, 0], file
        assert project.steps() == ALL
    assert capfd.readouterr().err == ""
    (project.root / "requirements.lock").write_text("httpx==1\n")
    assert installing.main([]) == 1
    assert capfd.readouterr().err == "scripts/install: requirements.lock does not pin uv; run scripts/lock\n"


@pytest.mark.parametrize("step", range(1, len(ALL) + 1))
def test_after_a_kill_the_next_one_makes_all_anew(project: Project, step: int) -> None:
    assert project.install(STOP_AT=str(step))[0] == -9
    assert project.steps() == ALL[:step]
    assert project.install() == (0, [])
    assert project.steps() == ALL
    assert (project.root / ".venv" / "lib" / "whole").exists()


@pytest.mark.parametrize("step", ALL)
def test_a_step_that_fails_is_told_and_leaves_nothing_that_counts(project: Project, step: str) -> None:
    code, errors = project.install(FAIL_AT=step)
    assert code == 1
    assert errors[0] == "no such luck"
    assert errors[1].startswith("scripts/install: ")
    assert errors[1].endswith("(exit code 1, see above); run it again")
    project.steps()
    assert project.install() == (0, [])
    assert project.steps() == ALL


def test_a_moved_checkout_is_made_anew(installed: Project) -> None:
    installed.root = installed.root.rename(installed.root.with_name("elsewhere"))
    assert installed.install() == (0, [])
    assert installed.steps() == ALL


def test_another_python_is_made_anew(installed: Project) -> None:
    (installed.tools / "version.txt").write_text("3.99.1\n")
    assert installed.install() == (0, [])
    assert installed.steps() == ALL


def test_what_lost_its_run_bit_or_a_file_is_made_anew(installed: Project) -> None:
    (installed.root / ".venv" / "bin" / "uv").chmod(0o644)
    assert installed.install() == (0, [])
    assert installed.steps() == ALL
    for name in ("lib/pip", "bin/python"):
        (installed.root / ".venv" / name).unlink()
        assert installed.install() == (0, [])
        assert installed.steps() == ALL


def test_it_follows_the_lock_and_the_project_but_not_the_settings_of_tools(installed: Project) -> None:
    for name, line, steps in (
        ("requirements.lock", "# a change", ALL),
        ("pyproject.toml", "[tool.something]", []),
        ("pyproject.toml", "[project.urls]\nSource = 'https://example.com'", ALL),
    ):
        with (installed.root / name).open("a") as file:
            file.write(f"\n{line}\n")
        assert installed.install() == (0, [])
        assert installed.steps() == steps


def test_two_at_once_make_one(project: Project) -> None:
    gate = project.tools / "gate"
    processes = [project.start(GATE=str(gate)) for _ in range(2)]
    first_line, *_ = first_lines(*processes)
    assert first_line == "scripts/install: another one is at work in .venv; waiting for it\n"
    gate.touch()
    assert [process.communicate(timeout=60)[1] for process in processes] == ["", ""]
    assert [process.returncode for process in processes] == [0, 0]
    assert project.steps() == ALL


def test_the_oldest_dependencies_go_into_an_environment_of_their_own(installed: Project) -> None:
    assert installed.install("--lowest") == (0, [])
    assert installed.steps() == ["venv", "pip", "dependencies", "dependencies", "project"]
    assert installed.install("--lowest") == (0, [])
    assert installed.install() == (0, [])
    assert installed.steps() == []


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="without setpriv, root may write everywhere")
def test_without_permission_one_line_says_where(project: Project) -> None:
    project.root.chmod(0o555)
    try:
        project.prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
        process = project.start()
        _, errors = process.communicate(timeout=60)
    finally:
        project.root.chmod(0o755)
    assert process.returncode == 1
    assert errors == f"scripts/install: can't write to {project.root}: Permission denied\n"


def test_settings_do_not_install_elsewhere(project: Project, tmp_path: Path) -> None:
    assert project.install(PIP_TARGET=str(tmp_path), UV_TARGET=str(tmp_path)) == (0, [])


FULL_DISK = """\
#!/bin/sh
if [ "$1" != -ISB ]; then exec "{python}" "$@"; fi
shift
exec "{python}" -ISB -c '
import runpy, shutil, sys, types
shutil.disk_usage = lambda path: types.SimpleNamespace(free=3 * 2**20)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
' "$@"
"""


def test_a_full_disk_is_named(project: Project, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text(FULL_DISK.format(python=sys.executable))
    real.chmod(0o755)
    code, lines = project.install(FAIL_AT="dependencies", REAL=str(real))
    assert code == 1
    assert lines[-1].endswith(f"; only 3 MiB are free for {project.root}: make room, and run it again")


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="without setpriv, root may write everywhere")
def test_what_can_not_be_removed_is_named(installed: Project) -> None:
    (installed.root / ".venv" / ".installed").unlink()
    folder = installed.root / ".venv" / "lib"
    folder.chmod(0o555)
    installed.prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
    try:
        found = installed.install()
    finally:
        folder.chmod(0o755)
    assert found == (1, [f"scripts/install: can't remove {installed.root / '.venv'}: Permission denied"])


def test_what_is_no_python_is_refused(project: Project) -> None:
    expected = "scripts/install: needs Python 3.11 or later; '/nowhere' is not (name one with PYTHON=…)"
    assert project.install(PYTHON="/nowhere") == (1, [expected])
    for version in ("3.10", "9.9", "3", "x"):
        expected = f"scripts/install: --python {version}: the project supports 3.11, 3.12, 3.13, 3.14"
        assert project.install("--python", version) == (1, [expected])
    expected = "scripts/install: no Python 3.11.99 on this machine (looked on PATH, and at pyenv's and uv's)"
    assert project.install("--python", "3.11.99") == (1, [expected])


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no Python is installed."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    return tmp_path


def place(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {version}\n" if version else "#!/bin/sh\nexit 127\n")
    path.chmod(0o755)
    return path


def test_a_python_is_found_on_the_path_and_where_pyenv_and_uv_keep_theirs(machine: Path) -> None:
    from upkeep.install.pythons import find

    assert find("3.98") is None
    uv = place(machine / "uv" / "cpython-3.98.2-linux-x86_64-gnu" / "bin" / "python3.98", "3.98.2")
    assert find("3.98") == uv
    place(machine / "pyenv" / "versions" / "3.98.9" / "bin" / "python3.98", "3.98.9")
    newest = place(machine / "pyenv" / "versions" / "3.98.10" / "bin" / "python3.98", "3.98.10")
    # pyenv's stand-in for a version that is not selected.
    place(machine / "bin" / "python3.98", "")
    assert find("3.98") == newest
    assert find("3.98.2") == uv
    assert find("3.9") is None


def test_the_lock_has_each_extra_but_ray() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    locked = {"all", *everything.partition("[")[2].rstrip("]").split(",")}
    locked |= set(re.findall(r"--extra (\w+)", (ROOT / "scripts" / "lock").read_text()))
    assert locked == set(extras) - {"ray"}


def test_the_supported_versions_are_those_that_the_project_promises() -> None:
    from upkeep.install.pythons import supported

    assert supported()[0] == "3.11"
    assert {"3.12", "3.13", "3.14"} <= set(supported())


@pytest.mark.parametrize(("failing", "code"), [("none", 0), ("3.98", 1)])
def test_the_other_pythons_are_tested_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], failing: str, code: int
) -> None:
    own = ".".join(map(str, sys.version_info[:3]))
    versions = [own.rpartition(".")[0], "3.97", "3.98", "3.99"]
    monkeypatch.setattr(all_pythons, "ROOT", tmp_path)
    monkeypatch.setattr(all_pythons, "supported", lambda: versions)
    monkeypatch.setattr(all_pythons, "find", lambda version: None if version == "3.99" else Path(f"python{version}"))
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "test").write_text(f'#!/bin/sh\necho "$@"\n[ "$2" != {failing} ] || exit 7\n')
    (tmp_path / "scripts" / "test").chmod(0o755)
    assert all_pythons.main() == code
    assert capfd.readouterr().out.splitlines() == [
        "== tests on Python 3.97 (python3.97)",
        "--python 3.97",
        "== tests on Python 3.98 (python3.98)",
        "--python 3.98",
        "== Pythons",
        f"{versions[0]}: not run here: it is the Python of .venv ({own}), which scripts/test itself is for",
        "3.97: passed (python3.97)",
        f"3.98: {'passed' if failing == 'none' else 'failed with exit code 7'} (python3.98)",
        "3.99: not run: this machine has none",
    ]
