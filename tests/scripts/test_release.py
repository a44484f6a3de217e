"""scripts/release on made-up histories: what it refuses, and a release made from end to end."""

import contextlib
import datetime as dt
import importlib.util
import io
import os
import re
import signal
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from tests.sampling import every
from tests.scripts.project import DATASETS, ROOT, Project

from upkeep.release import changelog, releasing, trial, versions
from upkeep.release.releasing import Refused, check
from upkeep.release.versions import Version

if TYPE_CHECKING:
    import subprocess

VERSION_FILE = "wrapper/abeja_datasets/_version.py"
DEPENDENCIES = sysconfig.get_path("purelib")
TODAY = dt.datetime.now(dt.UTC).date().isoformat()
IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_COMMITTER_NAME": "A Maintainer", "GIT_COMMITTER_EMAIL": "maintainer@example.com",
}  # fmt: skip


def days(after: int) -> str:
    """Return a date near that of today, whatever the time zone."""
    return (dt.date.fromisoformat(TODAY) + dt.timedelta(after)).isoformat()


class History:
    """A project with releases behind it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.root = project.root

    def write(self, version: str, entries: str = "- Something that concerns list_datasets.") -> None:
        """Do what a maintainer does before a release: version, changelog, commit."""
        self.rewrite(version)
        section = f"## [Unreleased]\n\n## [{version}] - {TODAY}\n\n### Changed\n\n{entries}\n"
        self.project.replace("CHANGELOG.md", "## [Unreleased]\n", section)
        self.project.commit(f"Release {version}")

    def rewrite(self, version: str) -> None:
        path = self.root / VERSION_FILE
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("__version__")]
        path.write_text("\n".join([*lines, f'__version__ = "{version}"', ""]), encoding="utf-8")

    def release(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        script = ROOT / "scripts" / "release"
        options = ("--root", self.root, "--dependencies", DEPENDENCIES)
        return self.project.run(sys.executable, script, *arguments, *options, **{**IDENTITY, **environment})

    def refused(self, version: str) -> str:
        """Return the reason for which a version is refused; it is one line."""
        with pytest.raises(Refused) as info:
            check(self.root, version, lambda _line: None, lambda _line: None)
        assert "\n" not in str(info.value)
        return str(info.value)

    def checked(self, version: str) -> list[str]:
        """Check a version that may be released; return what is said."""
        said: list[str] = []
        assert str(check(self.root, version, said.append, said.append)) == version
        return said

    @property
    def tags(self) -> list[str]:
        return self.project.git("tag", "--list").split()


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The project as it is, released as 1.0.0."""
    history = History(Project(tmp_path_factory.mktemp("released")))
    changes = (history.root / "CHANGELOG.md").read_text(encoding="utf-8").partition("## [")[0]
    (history.root / "CHANGELOG.md").write_text(f"{changes}## [Unreleased]\n", encoding="utf-8")
    (history.root / "scripts" / "test-slow").write_text("#!/bin/sh\nexit ${SLOW_TESTS_EXIT:-0}\n", encoding="utf-8")
    history.write("1.0.0", "- All of it.")
    history.project.git("tag", "--annotate", "--message", "Release 1.0.0", "v1.0.0")
    history.project.git("branch", "start")
    return history


@pytest.fixture
def history(released: History) -> Iterator[History]:
    yield released
    released.project.git("reset", "--quiet", "--hard", "start")
    released.project.git("clean", "--quiet", "--force", "-d", "-x")
    released.project.git("tag", "--delete", *[tag for tag in released.tags if tag != "v1.0.0"], "--")
    assert released.tags == ["v1.0.0"]


def compatible(data: Any) -> None:
    data["components"]["schemas"]["DatasetItemPage"]["properties"]["note"] = {"type": "string"}


def shorter(data: Any) -> None:
    """Promise more of a response, which asks for nothing to be done."""
    data["components"]["schemas"]["DatasetItemPage"]["properties"]["next_page_token"]["maxLength"] = 10_000


def breaking(data: Any) -> None:
    data["paths"][DATASETS]["get"]["parameters"][0]["schema"]["maximum"] = 100


def words(data: Any) -> None:
    data["paths"][DATASETS]["get"]["summary"] = "New words"


@pytest.mark.parametrize(
    ("change", "version", "wanted"),
    every(
        2,
        [
            (compatible, "1.0.1", "minor"),
            (breaking, "1.0.1", "major"),
            (breaking, "1.1.0", "major"),
        ],
    ),
)
def test_a_step_that_is_too_small_is_refused(
    history: History, change: Callable[[Any], None], version: str, wanted: str
) -> None:
    history.project.edit(change)
    history.write(version)
    reason = history.refused(version)
    step = "patch" if version == "1.0.1" else "minor"
    assert reason.startswith(
        f"from 1.0.0 to {version} is a {step} step, and the changes since v1.0.0 ask for a {wanted} "
    )
    assert (
        f"release {'2.0.0' if wanted == 'major' else '1.1.0'}, or run `abeja-datasets diff v1.0.0:openapi.yaml`"
        in reason
    )
    assert history.tags == ["v1.0.0"]


@pytest.mark.parametrize(
    ("change", "version", "wanted"),
    every(
        3,
        [
            (compatible, "1.1.0", "minor"),
            (breaking, "2.0.0", "major"),
            (words, "1.0.1", "patch"),
            (words, "3.0.0", "patch"),
        ],
    ),
)
def test_a_step_that_is_enough_passes(
    history: History, change: Callable[[Any], None], version: str, wanted: str
) -> None:
    history.project.edit(change)
    history.write(version, "- A change of list_datasets and list_dataset_items.")
    said: list[str] = []
    releasing._check_step(history.root, versions.parse(version) or Version(0, 0, 0), said.append)
    step = {"1.1.0": "minor", "1.0.1": "patch"}.get(version, "major")
    assert said == [
        f"from 1.0.0 to {version} is a {step} step; the changes since v1.0.0 ask for at least a {wanted} one"
    ]


@pytest.mark.slow
def test_a_compatible_change_with_a_minor_step_passes_all_checks(history: History) -> None:
    history.project.edit(shorter)
    assert history.project.generate("--no-list").returncode == 0
    history.write("1.1.0", "- The tokens of list_dataset_items have at most 10,000 characters.")
    assert history.checked("1.1.0")[-1] == "generated code is current, and nothing is left to do"


@pytest.mark.slow
def test_a_change_that_the_changelog_does_not_name_is_refused(history: History) -> None:
    history.project.edit(compatible)
    history.write("1.1.0", "- Many things.")
    reason = history.refused("1.1.0")
    assert reason.startswith("CHANGELOG.md: [1.1.0] names none of the operations of: `DatasetItemPage` in responses")
    assert reason.endswith("; write an entry")


def test_a_dirty_tree_is_refused(history: History) -> None:
    history.write("1.0.1")
    (history.root / "notes.txt").write_text("mine", encoding="utf-8")
    assert history.refused("1.0.1") == ("the working tree is not clean (notes.txt); commit or remove these files")
    (history.root / "notes.txt").unlink()
    history.project.replace("README.md", "Python", "Cobra")
    assert "the working tree is not clean (README.md)" in history.refused("1.0.1")


def test_a_tag_that_exists_is_refused(history: History) -> None:
    assert history.refused("1.0.0") == "the tag v1.0.0 exists already; name a later version"


def test_a_version_before_the_last_release_is_refused(history: History) -> None:
    history.write("0.9.0")
    assert history.refused("0.9.0") == "0.9.0 comes before the last release, 1.0.0; name a later version"


@pytest.mark.parametrize("text", ["1.1", "v1.1.0", "1.1.0rc1", "01.1.0", "1.1.0\n", ""])
def test_what_is_no_version_is_refused(history: History, text: str) -> None:
    assert "is not a version; name one such as 1.2.3" in history.refused(text)


def test_a_version_that_is_not_written_is_refused(history: History) -> None:
    assert history.refused("1.0.1") == (
        f"{VERSION_FILE} has '1.0.0'; write __version__ = \"1.0.1\" there, and commit it"
    )
    (history.root / VERSION_FILE).write_text("", encoding="utf-8")
    history.project.commit("No version")
    assert f"{VERSION_FILE} has ''" in history.refused("1.0.1")


def test_a_missing_changelog_or_section_is_refused(history: History) -> None:
    history.rewrite("1.0.1")
    history.project.commit("Another version")
    assert history.refused("1.0.1").startswith("CHANGELOG.md: it has no section `## [1.0.1] - ")
    (history.root / "CHANGELOG.md").unlink()
    history.project.commit("No changelog")
    assert history.refused("1.0.1") == "CHANGELOG.md: No such file or directory; write it"


SECTION = f"# Changelog\n\n## [Unreleased]\n\n## [1.0.1] - {TODAY}\n\n### Fixed\n\n- It.\n\n## [1.0.0] - 2018-05-19\n"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("", "", ""),
        ("[1.0.1]", "[1.0.2]", "it has no section `## [1.0.1] - "),
        (f" - {TODAY}", "", "the heading of [1.0.1] has no date; write it as `## [1.0.1] - 20"),
        (TODAY, "2018-02-30", "the heading of [1.0.1] has no date"),
        (
            TODAY,
            "2018-05-20",
            "the date of [1.0.1] is 2018-05-20, not one of the last 7 days; write it as `## [1.0.1] - 20",
        ),
        (TODAY, days(-9), "the date of [1.0.1] is "),
        (TODAY, days(3), "the date of [1.0.1] is "),
        (TODAY, days(-5), ""),
        ("- It.", "It.", "the section [1.0.1] has no entry"),
        ("### Fixed", "### Mended", "the section [1.0.1] has the heading 'Mended'"),
        ("## [Unreleased]\n", "", "the section [Unreleased] is gone"),
        ("## [Unreleased]\n", "## [Unreleased]\n\n- More.\n", "entries are left under [Unreleased]"),
        ("## [1.0.1]", "## [1.0.0] - 2018-05-19\n\n## [1.0.1]", "[1.0.1] is not above [1.0.0]"),
    ],
)
def test_a_changelog_has_a_form(old: str, new: str, problem: str) -> None:
    text = SECTION.replace(old, new, 1) if old else SECTION
    found = list(changelog.problems(text, Version(1, 0, 1)))
    assert [line[: len(problem)] for line in found] == ([problem] if problem else [])


@pytest.mark.slow
def test_stale_generated_code_and_an_invalid_document_are_refused(history: History) -> None:
    history.project.edit(words)
    history.write("1.0.1")
    reason = history.refused("1.0.1")
    assert reason.startswith("generated code is not current (")
    assert reason.endswith("; run scripts/generate, and commit what it writes")
    history.project.replace("openapi.yaml", "summary: New words", "summary: New words\n      summry: A typo")
    history.project.commit("A typo")
    assert history.refused("1.0.1").startswith("openapi.yaml:")


def test_a_document_that_can_not_be_compared_is_refused(history: History) -> None:
    history.project.replace("openapi.yaml", "openapi: 3.1.0", "openapi: broken")
    history.write("1.0.1")
    assert history.refused("1.0.1").startswith("the diff fails: openapi.yaml")


@pytest.mark.slow
def test_what_is_left_to_do_is_refused(history: History) -> None:
    history.project.replace("wrapper/abeja_datasets/models.py", "    Rect,\n", "")
    history.write("2.0.0")
    reason = history.refused("2.0.0")
    assert re.match(r"\d+ things are left to do \(first of all: wrapper/abeja_datasets/models.py: ", reason)
    assert reason.endswith("; scripts/generate lists them all")


def test_outside_of_a_repository_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not a git repository with a commit"):
        check(tmp_path, "1.0.0", print, print)


@pytest.mark.parametrize(
    ("asked", "old", "wanted"),
    [
        ("major", "1.2.3", "major"), ("minor", "1.2.3", "minor"), ("patch", "1.2.3", "patch"),
        ("major", "0.2.3", "minor"), ("minor", "0.2.3", "minor"), ("patch", "0.2.3", "patch"),
    ],
)  # fmt: skip
def test_before_1_0_0_a_break_asks_for_a_minor_step(asked: versions.Step, old: str, wanted: str) -> None:
    version = versions.parse(old)
    assert version
    assert versions.wanted_step(asked, version) == wanted
    assert str(versions.stepped(version, asked)) == {"major": f"{version.major + 1}.0.0"}.get(
        asked, {"minor": f"{version.major}.3.0", "patch": f"{version.major}.2.4"}.get(asked, "")
    )


@pytest.mark.slow
def test_a_first_release_from_end_to_end(history: History) -> None:
    project = history.project
    project.git("tag", "--delete", "v1.0.0")
    head = project.git("rev-parse", "HEAD")
    try:
        run = history.release("1.0.0", PYTHONPATH=str(ROOT / "wrapper"))
        assert run.returncode == 0, run.stdout + run.stderr
        lines = run.stdout.splitlines()
        assert (
            "✓ this is the first release: there is no earlier one to compare with, so any version is accepted" in lines
        )
        assert "✓ scripts/test-slow passes" in lines
        assert "✓ README.md's quick start printed: 0 datalake://1/a" in lines
        assert any(line.startswith("✓ abeja-datasets check: Keeps all ") for line in lines)
        assert run.stderr == ""
        assert project.git("tag", "--list", "--format=%(objecttype) %(contents:subject)") == "tag Release 1.0.0\n"
        assert "- All of it." in project.git("tag", "--list", "--format=%(contents:body)")
        assert project.git("rev-parse", "v1.0.0^{commit}") == head == project.git("rev-parse", "HEAD")
        assert project.git("status", "--porcelain") == ""
        built = {"abeja_datasets-1.0.0-py3-none-any.whl", "abeja_datasets-1.0.0.tar.gz"}
        assert {path.name for path in (history.root / "dist").iterdir()} == built
    finally:
        project.git("tag", "--force", "--annotate", "--message", "Release 1.0.0", "v1.0.0")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """scripts/release as a module, for what comes after the checks."""
    loader = SourceFileLoader("release", str(ROOT / "scripts" / "release"))
    spec = importlib.util.spec_from_loader("release", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "check", lambda _root, text, _say, _begin: versions.parse(text))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield module
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Stands in for building and trying, which the release from end to end shows; what is done is noted here."""
    done: list[str] = []
    files = (tmp_path / "a.whl", tmp_path / "a.tar.gz")
    for file in files:
        file.touch()

    def noted(name: str, response: Any) -> Callable[..., Any]:
        def stand_in(*_arguments: Any) -> Any:
            done.append(name)
            return response

        return stand_in

    for name, response in (("test_slow", None), ("build", files), ("install", tmp_path), ("try_out", ["tried"])):
        monkeypatch.setattr(trial, name, noted(name, response))
    return done


def main(script: ModuleType, monkeypatch: pytest.MonkeyPatch, history: History, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["release", *arguments, "--root", str(history.root)])
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    code: int = script.main()
    return code


def test_slow_tests_that_fail_are_refused(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.test_slow(history.root)
    monkeypatch.setenv("SLOW_TESTS_EXIT", "1")
    with pytest.raises(Refused, match=r"^the slow tests fail; run scripts/test-slow to see why \(exit code 1\)"):
        trial.test_slow(history.root)


def test_a_dry_run_does_all_but_tag(
    history: History,
    script: ModuleType,
    tried: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    history.write("1.0.1")
    assert main(script, monkeypatch, history, "1.0.1", "--dry-run") == 0
    assert "✓ all checks pass; without --dry-run it would tag v1.0.1" in capsys.readouterr().out
    assert tried == ["test_slow", "build", "install", "try_out"]
    assert history.tags == ["v1.0.0"]
    assert not (history.root / "dist").exists()


def test_where_git_can_not_tag_nothing_is_left(
    history: History,
    script: ModuleType,
    tried: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    history.write("1.0.1")
    lock = history.root / ".git/refs/tags/v1.0.1.lock"
    lock.touch()
    assert main(script, monkeypatch, history, "1.0.1") == 1
    lock.unlink()
    assert capsys.readouterr().err == (
        "scripts/release: git can't make the tag v1.0.1; run `git tag -a v1.0.1` to see why\n"
    )
    assert tried
    assert history.tags == ["v1.0.0"]
    assert not (history.root / "dist").exists()


@pytest.mark.parametrize(
    "ending",
    [(KeyboardInterrupt(), 130, "interrupted; nothing was tagged"), (Refused("it can't be"), 1, "it can't be")],
)
def test_what_ends_it_midway_leaves_nothing(
    history: History,
    script: ModuleType,
    tried: list[str],
    monkeypatch: pytest.MonkeyPatch,
    ending: tuple[BaseException, int, str],
) -> None:
    def ended(*_arguments: Any) -> Any:
        raise ending[0]

    history.write("1.0.1")
    monkeypatch.setattr(trial, "try_out", ended)
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        assert main(script, monkeypatch, history, "1.0.1") == ending[1]
    assert errors.getvalue() == f"scripts/release: {ending[2]}\n"
    assert tried == ["test_slow", "build", "install"]
    assert history.tags == ["v1.0.0"]
    assert not (history.root / "dist").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_slow_tests_with_the_line_of_ctrl_c(
    history: History,
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: signal.Signals,
) -> None:
    held = history.root / f"held-{number}"
    os.mkfifo(held)
    # The tests and a program of theirs, which both hold the pipe until they end.
    slow = f"#!/bin/sh\nexec 3> {held}\nsleep 300 > {held} 2>&1 &\nwait\n"
    (history.root / "scripts" / "test-slow").write_text(slow, encoding="utf-8")

    def interrupts() -> None:
        with held.open("rb") as pipe:
            os.kill(os.getpid(), number)
            pipe.read()

    thread = threading.Thread(target=interrupts, daemon=True)
    thread.start()
    assert main(script, monkeypatch, history, "1.0.1") == 130
    thread.join(30)
    held.unlink()
    assert not thread.is_alive(), "a program of the tests still runs"
    said = capsys.readouterr()
    assert said.err == "scripts/release: interrupted; nothing was tagged\n"
    assert said.out.startswith("… running scripts/test-slow: about an hour")
    assert history.tags == ["v1.0.0"]


def test_a_project_that_changes_meanwhile_is_refused(
    history: History, script: ModuleType, tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_arguments: Any) -> list[str]:
        (history.root / "notes.txt").write_text("mine", encoding="utf-8")
        return []

    history.write("1.0.1")
    monkeypatch.setattr(trial, "try_out", meanwhile)
    assert main(script, monkeypatch, history, "1.0.1") == 1
    assert tried
    assert history.tags == ["v1.0.0"]


PROGRAMS = Path(sys.executable).parent
HERE = versions.parse(versions.written(ROOT)) or Version(0, 0, 0)


@pytest.mark.parametrize(
    ("readme", "version", "reason"),
    [
        ("Nothing.", HERE, "README.md has no quick start"),
        ("```python\nprint(no)\n```", HERE, "README.md's quick start fails (exit code 1): NameError: name 'no'"),
        ("```python\npass\n```", HERE, "README.md's quick start prints nothing"),
        ("```python\npass\n```", Version(9, 9, 9), f"the wheel is 'abeja-datasets {HERE}' and not 9.9.9"),
    ],
)
def test_a_trial_that_fails_says_why(tmp_path: Path, readme: str, version: Version, reason: str) -> None:
    with pytest.raises(Refused) as info:
        trial.try_out(PROGRAMS, tmp_path, readme, version)
    assert str(info.value).startswith(reason)


def test_a_server_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = tmp_path / "abeja-datasets"
    command.write_text(f'#!/bin/sh\n[ "$1" = mock ] && echo no port >&2 && exit 1\necho "abeja-datasets {HERE}"\n')
    command.chmod(0o755)
    with pytest.raises(Refused, match="the mock server does not start from the wheel: no port"):
        trial.try_out(tmp_path, tmp_path, "```python\npass\n```", HERE)


def test_what_can_not_be_built_or_installed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 1\n", encoding="utf-8")
    with pytest.raises(Refused, match="the sdist can't be built"):
        trial.build(tmp_path, tmp_path / "built")
    with pytest.raises(Refused, match="the wheel can't be installed"):
        trial.install(tmp_path / "none-1-py3-none-any.whl", tmp_path, Path(DEPENDENCIES))
    with pytest.raises(Refused, match=r"the command does not start: .*run scripts/install"):
        trial.try_out(tmp_path / "nowhere", tmp_path, "", HERE)
