"""`abeja-datasets doctor`: whose code the documented names give, in environments made of stand-ins for abeja-sdk."""

import base64
import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from abeja_datasets_cli.doctor import requirements
from abeja_datasets_cli.doctor.distributions import distribution_findings
from abeja_datasets_cli.doctor.findings import Finding
from abeja_datasets_cli.doctor.installs import OURS, SDK, find_installs, required
from abeja_datasets_cli.doctor.names import name_findings

ROOT = Path(__file__).parents[2]
STANDARD_LIBRARY = [entry for entry in sys.path if entry.startswith(sys.base_prefix) and "site-packages" not in entry]
NAMES = ("abeja.datasets", "abeja.exceptions")
SDK_FILES = {
    "abeja/__init__.py": "from abeja.exceptions import Error\nprint('printed while importing')\n",
    "abeja/base_client.py": "",
    "abeja/datasets/__init__.py": "import abeja.datasets.api\n",
    "abeja/datasets/api/__init__.py": "",
    "abeja/datalake/__init__.py": "",
    "abeja/exceptions/__init__.py": "class Error(Exception): ...\n",
}
OLD_BUILD = {
    "abeja/datasets/__init__.py": "ours = 1\n",
    "abeja/exceptions/__init__.py": "class Error(Exception): ...\n",
}


def record(site: Path, name: str, version: str, files: Mapping[str, str], *headers: str) -> Path:
    """Write metadata of a distribution, as an installer does, for files that are there or not."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(
        "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers])
    )
    rows = (f"{file},sha256={digest(text)},{len(text)}\n" for file, text in files.items())
    (folder / "RECORD").write_text("".join(rows))
    return folder


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def write(site: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)


def install(site: Path, name: str, version: str, files: Mapping[str, str], *headers: str) -> Path:
    write(site, files)
    return record(site, name, version, files, *headers)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages with our library in it, as its wheel installs it."""
    site = tmp_path / "site-packages"
    for name in ("abeja", "abeja_datasets"):
        shutil.copytree(ROOT / "wrapper" / name, site / name, ignore=shutil.ignore_patterns("__pycache__"))
    files = {str(p.relative_to(site)): p.read_text(encoding="utf-8") for p in site.rglob("*.py")}
    record(site, OURS, "1.2.3", files)
    (site / "abeja_datasets_openapi").symlink_to(ROOT / "generated" / "abeja_datasets_openapi")
    return site


def names(*path: Path | str) -> list[Finding]:
    return list(name_findings([*map(str, path), *STANDARD_LIBRARY]))


def distributions(*path: Path | str) -> list[Finding]:
    return list(distribution_findings([*map(str, path), *STANDARD_LIBRARY]))


def problems(findings: list[Finding]) -> list[str]:
    """Return the topics of problems; each finding that asks for something says what."""
    for finding in findings:
        assert bool(finding.fix) == (finding.level in ("problem", "warning")), finding
    return [finding.topic for finding in findings if finding.level == "problem"]


def about(topic: str, findings: list[Finding]) -> Finding:
    return next(finding for finding in findings if finding.topic == topic)


def test_alone_the_names_are_ours(site: Path) -> None:
    found = names(site)
    assert [(f.level, f.topic) for f in found] == [("ok", name) for name in NAMES]
    assert found[0].text == f"abeja-datasets' code, in {site / 'abeja' / 'datasets.py'}"
    assert [f[:3] for f in distributions(site)] == [
        ("note", SDK, "not installed"),
        ("ok", OURS, f"1.2.3, in {site}"),
    ]


def test_beside_abeja_sdk_they_are_its_own_and_that_is_normal(site: Path) -> None:
    install(site, SDK, "2.3.6", SDK_FILES)
    found = names(site)
    assert [(f.level, f.topic) for f in found] == [("ok", NAMES[0]), ("ok", NAMES[1]), ("note", "abeja_datasets")]
    assert found[0].text == f"abeja-sdk's code, in {site / 'abeja' / 'datasets' / '__init__.py'}"
    assert "`python -m abeja_datasets PROGRAM`" in found[2].text
    assert "`import abeja_datasets.takeover`" in found[2].text
    assert [(f.level, f.topic) for f in distributions(site)] == [("ok", OURS), ("ok", SDK)]


def test_taking_over_is_seen(site: Path) -> None:
    install(site, SDK, "2.3.6", SDK_FILES)
    takeover = site / "abeja_datasets" / "_takeover"
    found = names(takeover, site)
    assert [(f.level, f.topic) for f in found] == [("ok", "takeover"), ("ok", NAMES[0]), ("ok", NAMES[1])]
    assert found[1].text == f"abeja-datasets' code, in {takeover / 'abeja' / 'datasets.py'}"


def test_taking_over_in_vain_is_a_problem(site: Path, tmp_path: Path) -> None:
    install(site, SDK, "2.3.6", SDK_FILES)
    assert problems(names(site, site / "abeja_datasets" / "_takeover")) == ["takeover"]  # too late on the path
    another = names(ROOT / "wrapper" / "abeja_datasets" / "_takeover", site)
    assert problems(another)[0] == "takeover"
    found = names(tmp_path / "gone" / "abeja_datasets" / "_takeover", site)
    assert problems(found) == ["takeover"]
    assert about("takeover", found).fix == 'Set PYTHONPATH="$(python -m abeja_datasets --path)"'


def test_what_can_not_be_imported_is_told_once(site: Path, capfd: pytest.CaptureFixture[str]) -> None:
    needs = {"abeja/datasets/api/__init__.py": "import nosuch\n", "abeja/datalake/__init__.py": "import nosuch\n"}
    install(site, SDK, "2.3.6", {**SDK_FILES, **needs})
    found = names(site)
    assert problems(found) == ["abeja.datasets, abeja.datalake"]
    assert found[-1].text == "can't be imported: ModuleNotFoundError: No module named 'nosuch'"
    assert "pip install --force-reinstall abeja-sdk==2.3.6" in found[-1].fix
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise SystemExit('ended')", "SystemExit: ended"),
        ("import os; os._exit(7)", "the interpreter ended with code 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "the interpreter ended with code -9"),
        ("def", "SyntaxError"),
        ("raise ValueError('a\\x1b[31m')", "ValueError"),
    ],
)
def test_whatever_happens_when_it_is_imported(site: Path, code: str, says: str) -> None:
    install(site, SDK, "2.3.6", {**SDK_FILES, "abeja/__init__.py": code + "\n"})
    found = names(site)
    assert problems(found) == ["abeja.datasets, abeja.exceptions, abeja.datalake"]
    assert says in found[-1].text


@pytest.mark.parametrize("name", ["abeja.py", "abeja/__init__.py"])
def test_a_stranger_named_abeja_is_not_run(site: Path, tmp_path: Path, name: str) -> None:
    ran = tmp_path / "ran"
    write(tmp_path / "here", {name: f"open({str(ran)!r}, 'w')\n"})
    install(site, SDK, "2.3.6", SDK_FILES)
    found = names(tmp_path / "here", site)
    assert problems(found) == ["abeja"]
    assert found[0].text.startswith(f"belongs to neither abeja-datasets nor abeja-sdk: {tmp_path / 'here' / name}")
    assert "`import abeja_datasets` works" in found[0].fix
    assert not ran.exists()


def test_a_stranger_that_was_installed_has_its_name(site: Path) -> None:
    install(site, "bees", "1", {"abeja/__init__.py": ""})
    found = names(site)
    assert problems(found) == ["abeja"]
    assert "belongs to the distribution bees" in found[0].text
    assert found[0].fix.startswith("pip uninstall bees")


def test_another_part_of_the_namespace_is_no_problem(site: Path, tmp_path: Path) -> None:
    install(tmp_path / "other", "bees", "1", {"abeja/honey.py": ""})
    assert problems(names(tmp_path / "other", site)) == []
    write(tmp_path / "old", {"abeja/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"})
    found = names(tmp_path / "old", site)
    assert found[0].topic == "abeja"  # a stranger's code, which is not run, decides what is found


def test_half_uninstalled(site: Path) -> None:
    install(site, SDK, "2.3.6", SDK_FILES)
    shutil.rmtree(site / "abeja" / "datasets")
    assert problems(distributions(site)) == [SDK]
    missing = about(SDK, [f for f in distributions(site) if f.level == "problem"])
    assert missing.text.startswith("abeja/datasets/__init__.py, abeja/datasets/api/__init__.py are missing")
    assert missing.fix == "pip install --force-reinstall --no-deps abeja-sdk==2.3.6"
    mixed = names(site)
    assert problems(mixed) == ["abeja"]
    assert "abeja.datasets is of abeja-datasets and abeja.exceptions is of abeja-sdk" in about("abeja", mixed).text


def test_metadata_that_are_gone_or_damaged(site: Path) -> None:
    folder = install(site, SDK, "2.3.6", SDK_FILES)
    (folder / "METADATA").unlink()
    assert problems(distributions(site)) == [SDK]
    shutil.rmtree(folder)
    (finding,) = [f for f in distributions(site) if f.topic == SDK]
    assert finding.level == "warning"
    assert f"its code is in {site / 'abeja'}" in finding.text
    assert problems(names(site)) == []  # it works all the same


def test_what_an_uninstall_left_behind(site: Path) -> None:
    write(site, {"abeja/datasets/notes.txt": ""})
    assert problems(names(site)) == []
    (site / "abeja" / "datasets.py").unlink()
    found = names(site)
    assert problems(found) == ["abeja.datasets"]
    assert f"a folder without code, {site / 'abeja' / 'datasets'}" in found[0].text
    shutil.rmtree(site / "abeja")
    assert problems(names(site)) == [*NAMES]


def test_an_old_build_that_replaced_files_of_abeja_sdk(site: Path) -> None:
    install(site, SDK, "2.3.6", SDK_FILES)
    shutil.rmtree(site / "abeja_datasets-1.2.3.dist-info")
    install(site, OURS, "0.1.0", OLD_BUILD)
    found = distributions(site)
    assert problems(found) == [OURS]
    assert "an old build that replaces files of abeja-sdk, such as abeja/datasets/__init__.py" in found[1].text
    changed = [f for f in found if f.topic == SDK][-1]
    assert changed.level == "warning"
    assert changed.text == "abeja/datasets/__init__.py is not as installed"


def test_a_folder_that_pip_skipped(site: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    shutil.copytree(site, target, symlinks=True)
    record(target, SDK, "2.3.6", SDK_FILES)
    found = distributions(target)
    assert problems(found) == [SDK]
    assert "`pip install --target` skips a folder that is there already" in str(found)
    assert "pip install --target DIR abeja-datasets abeja-sdk" in str(found)
    # The other way round nothing is lost while abeja-sdk is there.
    shutil.rmtree(target / "abeja")
    write(target, SDK_FILES)
    assert problems(distributions(target)) == []
    assert "does no harm" in str(distributions(target))


def test_more_than_one_install(site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(site, other, symlinks=True)
    found = distributions(other, site)
    assert [(f.level, f.topic) for f in found[1:]] == [("ok", OURS), ("ok", OURS), ("warning", OURS)]
    assert f"1.2.3 in {other} is used; not used: 1.2.3 in {site}" in found[-1].text
    assert len(distributions(site, site, os.path.relpath(site))) == 2  # the same one, named twice
    record(site, OURS, "1.0.0", {})
    assert problems(distributions(site)) == [OURS]
    assert "1.0.0, 1.2.3. Only one of them is true" in distributions(site)[-1].text


def test_code_from_another_place_than_the_metadata(site: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checked out é😀"
    checkout.symlink_to(ROOT)
    editable = tmp_path / "editable"
    folder = record(editable, OURS, "1.2.3", {})
    (folder / "direct_url.json").write_text(f'{{"url": "{checkout.as_uri()}", "dir_info": {{"editable": true}}}}')
    assert [f.level for f in distributions(editable, ROOT / "wrapper")] == ["note", "ok"]
    assert about(OURS, distributions(editable, ROOT / "wrapper")).text.endswith(f"editable, from {checkout}")
    found = about(OURS, distributions(ROOT / "wrapper", site))
    assert found.level == "warning"
    assert found.text.startswith(f"`abeja_datasets` is imported from {ROOT / 'wrapper'}, and not from the install in")


def test_versions_of_python(site: Path) -> None:
    install(site, SDK, "2.3.6", SDK_FILES, "Requires-Python: >=3.8,<3.11")
    (finding,) = [f for f in distributions(site) if f.level == "warning"]
    assert finding.text.startswith("2.3.6 needs Python >=3.8,<3.11, and this is 3.")


@pytest.mark.parametrize(
    ("versions", "version", "inside"),
    [
        (">=0.28,<1", "0.28", True),
        ("<1,>=0.28", "0.27.2", False),
        ("<1,>=0.28", "1.0.0", False),
        (">=2.8.2", "2.8", False),
        (">=2.8", "2.8.0", True),
        ("<3.12", "3.11.9", True),
        ("<3.12", "3.12.1", False),
        ("", "1", True),
    ],
)
def test_ranges_of_versions(versions: str, version: str, inside: bool) -> None:
    assert requirements.supports(versions, [int(part) for part in version.split(".")]) == inside


def test_every_requirement_of_ours_is_understood() -> None:
    (ours, *_) = find_installs(OURS, sys.path)
    lines = required(ours)
    parsed = [parsed for line in lines if (parsed := requirements.parse(line))]
    assert {"httpx", "click", "schemathesis", "starlette"} <= {requirement.name for requirement in parsed}
    assert {None, "cli", "mock", "check", "all"} <= {requirement.extra for requirement in parsed}
    for requirement in parsed:
        clauses = requirement.versions.split(",")
        assert all(requirements._CLAUSE.fullmatch(clause) for clause in clauses if clause), requirement


def test_extras_that_are_missing_are_information_and_a_core_that_is_too_old_is_not(site: Path) -> None:
    shutil.rmtree(site / "abeja_datasets-1.2.3.dist-info")
    needs = ["httpx<1,>=0.28", "click>=8.2; extra == 'cli'", "nosuch>=1; extra == 'all'", "rich>=14; extra == 'more'"]
    needs.append("winonly; (sys_platform == 'win32') and extra == 'cli'")
    record(site, OURS, "1.2.3", {}, *(f"Requires-Dist: {line}" for line in needs))
    install(site, "httpx", "0.27.2", {})
    install(site, "rich", "13.0", {})
    found = list(requirements.requirement_findings([str(site)]))
    assert [(f.level, f.topic) for f in found] == [
        ("problem", "core"),
        ("note", "extra [cli]"),
        ("warning", "extra [more]"),
    ]
    assert found[0].text == "lacks httpx <1,>=0.28 (installed: 0.27.2)"
    assert found[1].text == "lacks click. To use it: pip install 'abeja-datasets[cli]'"


def test_records_that_are_damaged_do_not_end_it(site: Path) -> None:
    folder = install(site, SDK, "2.3.6", SDK_FILES)
    (folder / "direct_url.json").write_text("[")
    for rows, read in (("abeja/__init__.py,md99=abc,1\n../../outside.py,,\n", 1), ("abeja/__init__.py,,\n\n", 0)):
        (folder / "RECORD").write_text(rows)
        (found,) = find_installs(SDK, [str(site)])
        assert (found.source, len(found.files), found.missing) == (None, read, [])
        assert problems(distributions(site)) == []
