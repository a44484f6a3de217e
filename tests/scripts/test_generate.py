"""scripts/generate, run as a maintainer runs it, on a copy of what it reads."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path("generated/abeja_datasets_openapi")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("openapi.yaml", "generator-config.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def generate(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "scripts" / "generate"), "--root", str(project), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def contents(project: Path) -> dict[str, bytes]:
    package = project / PACKAGE
    return {str(p.relative_to(package)): p.read_bytes() for p in package.rglob("*") if p.is_file()}


def edit(project: Path, old: str, new: str) -> None:
    document = project / "openapi.yaml"
    text = document.read_text(encoding="utf-8")
    assert old in text
    document.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_it_writes_the_same_bytes_every_time(project: Path) -> None:
    before = contents(project)
    shutil.rmtree(project / PACKAGE)
    started = time.monotonic()
    assert generate(project).returncode == 0
    assert time.monotonic() - started < 30  # it must take 5 s; the rest is for a machine that is busy
    assert contents(project) == before


def test_every_module_says_whence_it_comes_and_the_document_lies_beside_them(project: Path) -> None:
    modules = list((project / PACKAGE).rglob("*.py"))
    assert len(modules) > 20
    for module in modules:
        first = module.read_text(encoding="utf-8").partition("\n")[0]
        assert first == "# Generated from openapi.yaml by scripts/generate; do not edit."
    assert (project / PACKAGE / "openapi.yaml").read_bytes() == (project / "openapi.yaml").read_bytes()
    assert (project / PACKAGE / "py.typed").exists()


def test_check_names_what_differs_is_missing_or_extra_and_writes_nothing(project: Path) -> None:
    package = project / PACKAGE
    (package / "client.py").write_text("# by hand\n", encoding="utf-8")
    (package / "types.py").unlink()
    (package / "notes.txt").write_text("mine", encoding="utf-8")
    before = contents(project)
    run = generate(project, "--check")
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        f"{PACKAGE}/client.py: differs",
        f"{PACKAGE}/notes.txt: extra",
        f"{PACKAGE}/types.py: missing",
    ]
    assert "run scripts/generate" in run.stderr
    assert contents(project) == before

    assert generate(project).returncode == 0
    assert generate(project, "--check").returncode == 0


def test_a_changed_document_is_noticed(project: Path) -> None:
    edit(project, "A platform access token.", "A token.")
    run = generate(project, "--check")
    assert run.returncode == 1
    assert f"{PACKAGE}/openapi.yaml: differs" in run.stdout


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ("paths:\n", "paths: [\n", "openapi.yaml:", "did not find expected"),
        ("openapi: 3.1.0", "swagger: '2.0'", "openapi.yaml:1:", "not an OpenAPI 3.1 document"),
        ("operationId: get_dataset\n", "operationId: list_datasets\n", "openapi.yaml:1:", "not unique"),
        (
            "      type: integer\n      minimum: 0\n    CategoryId",
            "      type: number1\n      minimum: 0\n    CategoryId",
            "#/components/schemas/ItemNumber/type",
            "number1",
        ),
        ('schemas/Rect"', 'schemas/Box"', "openapi.yaml:", "/components/schemas/Box points at nothing"),
        ("      operationId: get_dataset\n", "      operationID: get_dataset\n", "/get: ", "operationID"),
    ],
    ids=["broken YAML", "another version", "a name used twice", "an unknown type", "a missing reference", "a typo"],
)
def test_an_invalid_document_stops_it_with_place_and_reason(
    project: Path, old: str, new: str, place: str, reason: str
) -> None:
    edit(project, old, new)
    before = contents(project)
    run = generate(project)
    assert run.returncode == 1
    assert place in run.stderr
    assert reason in run.stderr
    assert "Traceback" not in run.stderr
    assert contents(project) == before
    assert [path.name for path in (project / "generated").iterdir()] == [PACKAGE.name]


def test_what_the_generator_only_warns_of_stops_it_too(project: Path) -> None:
    edit(project, "        application/json:\n            schema:\n", "        text/csv:\n            schema:\n")
    before = contents(project)
    run = generate(project)
    assert run.returncode == 1
    assert "the generator refuses it" in run.stderr
    assert contents(project) == before


def test_a_missing_document_is_one_line(project: Path) -> None:
    (project / "openapi.yaml").unlink()
    run = generate(project)
    assert run.returncode == 1
    assert run.stderr.startswith("scripts/generate: openapi.yaml: ")
