"""scripts/generate, run as a maintainer runs it, on a copy of what it reads."""

import re
import resource
import shutil
import signal
import subprocess
import sys
from typing import Any

import pytest
import yaml
from tests.sampling import every
from tests.scripts.project import DATASET, PACKAGE, ROOT, Project

from upkeep.generation.generating import InvalidDocument, validate


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
def test_it_writes_the_same_bytes_every_time(project: Project) -> None:
    before = project.contents("generated")
    shutil.rmtree(project.root / PACKAGE)
    before_it = processor_seconds()
    assert project.generate("--no-list").returncode == 0
    # It takes 5 s of two processors, however busy they are; the rest is for slower ones.
    assert processor_seconds() - before_it < 20
    assert project.contents("generated") == before


def test_every_module_says_whence_it_comes_and_the_document_lies_beside_them(project: Project) -> None:
    modules = list((project.root / PACKAGE).rglob("*.py"))
    assert len(modules) > 20
    for module in modules:
        first = module.read_text(encoding="utf-8").partition("\n")[0]
        assert first == "# Generated from openapi.yaml by scripts/generate; do not edit."
    assert (project.root / PACKAGE / "openapi.yaml").read_bytes() == (project.root / "openapi.yaml").read_bytes()
    assert (project.root / PACKAGE / "py.typed").exists()


@pytest.mark.slow
def test_check_names_what_differs_is_missing_or_extra_and_writes_nothing(project: Project) -> None:
    package = project.root / PACKAGE
    (package / "client.py").write_text("# by hand\n", encoding="utf-8")
    (package / "types.py").unlink()
    (package / "notes.txt").write_text("mine", encoding="utf-8")
    before = project.contents("generated")
    run = project.generate("--check")
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        f"{PACKAGE}/client.py: differs",
        f"{PACKAGE}/notes.txt: extra",
        f"{PACKAGE}/types.py: missing",
    ]
    assert "run scripts/generate" in run.stderr
    assert project.contents("generated") == before

    assert project.generate("--no-list").returncode == 0
    assert project.generate("--check").returncode == 0


def test_a_changed_document_is_noticed(project: Project) -> None:
    project.replace("openapi.yaml", "A platform access token.", "A token.")
    run = project.generate("--check")
    assert run.returncode == 1
    assert f"{PACKAGE}/openapi.yaml: differs" in run.stdout


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    every(
        3,
        [
            ("paths:\n", "paths: [\n", "openapi.yaml, line ", "did not find expected"),
            ("openapi: 3.1.0", "swagger: '2.0'", "openapi.yaml, line 2", "Swagger 2.0 is not read"),
            ("openapi: 3.1.0", "openapi: 3.0.3", "openapi.yaml, line 2", "not an OpenAPI 3.1 document"),
            ("operationId: get_dataset\n", "operationId: list_datasets\n", "/get/operationId: ", "not unique"),
            (
                "      type: integer\n      minimum: 0\n    CategoryId",
                "      type: number1\n      minimum: 0\n    CategoryId",
                "#/components/schemas/ItemNumber/type",
                "number1",
            ),
            ('schemas/Rect"', 'schemas/Box"', "openapi.yaml, line ", "#/components/schemas/Box"),
            ("      operationId: get_dataset\n", "      operationID: get_dataset\n", "/get: ", "operationID"),
        ],
    ),
    ids=[
        "broken YAML",
        "Swagger",
        "another version",
        "a name used twice",
        "an unknown type",
        "a missing reference",
        "a typo",
    ],
)
def test_an_invalid_document_stops_it_with_place_and_reason(
    project: Project, old: str, new: str, place: str, reason: str
) -> None:
    project.replace("openapi.yaml", old, new)
    before = project.contents("generated")
    run = project.generate()
    assert run.returncode == 1
    assert place in run.stderr
    assert reason in run.stderr
    assert "Traceback" not in run.stderr
    assert project.contents("generated") == before
    assert [path.name for path in (project.root / "generated").iterdir()] == [PACKAGE.name]


def test_a_long_document_is_said_to_take_long(project: Project) -> None:
    said: list[str] = []
    validate(project.root, said.append)
    assert said == []
    with (project.root / "openapi.yaml").open("a", encoding="utf-8") as document:
        document.write("# A comment.\n" * 100_000)
    validate(project.root, said.append)
    assert re.fullmatch(r"validating 10\d,\d{3} lines of openapi.yaml; this takes about 4\d s …", said[0])


@pytest.mark.slow
def test_what_the_generator_only_warns_of_stops_it_too(project: Project) -> None:
    project.replace(
        "openapi.yaml", "        application/json:\n            schema:\n", "        text/csv:\n            schema:\n"
    )
    before = project.contents("generated")
    run = project.generate()
    assert run.returncode == 1
    assert "the generator refuses it" in run.stderr
    assert project.contents("generated") == before


def test_text_that_would_be_read_as_an_object_is_refused(project: Project) -> None:
    # The generator makes of it code that fails when it is called, and fails to type-check.
    response = '"200":\n          description: The dataset and its number of items.\n          content:\n            '
    project.replace("openapi.yaml", f"{response}application/json", f"{response}text/xml")
    with pytest.raises(InvalidDocument, match=r"openapi.yaml:\d+: #/paths/.*/content/text~1xml: the generator can't"):
        validate(project.root)
    project.edit(lambda data: text_of(data).update(schema={"type": "string"}))
    validate(project.root)


def test_a_document_in_several_files_is_refused_since_one_is_shipped(project: Project) -> None:
    document = yaml.safe_load((project.root / "openapi.yaml").read_text(encoding="utf-8"))
    name, schema = next(iter(document["components"]["schemas"].items()))
    (project.root / "part.yaml").write_text(yaml.safe_dump(schema), encoding="utf-8")
    project.edit(lambda data: data["components"]["schemas"].update({name: {"$ref": "part.yaml"}}))
    with pytest.raises(InvalidDocument, match=r"^openapi.yaml: it refers to part.yaml; the package ships one file"):
        validate(project.root)


def text_of(data: Any) -> Any:
    return data["paths"][DATASET]["get"]["responses"]["200"]["content"]["text/xml"]


def test_a_missing_document_is_one_line(project: Project) -> None:
    (project.root / "openapi.yaml").unlink()
    run = project.generate()
    assert run.returncode == 1
    assert run.stderr.startswith("scripts/generate: openapi.yaml: ")


@pytest.mark.parametrize(
    ("error", "stderr", "code"),
    [
        ("KeyboardInterrupt", r"scripts/generate: interrupted; run it again\n", -signal.SIGINT),
        ("OSError", r"Traceback .*\nOSError\n", 1),
    ],
)
def test_an_interrupt_is_one_line_also_while_a_script_imports(error: str, stderr: str, code: int) -> None:
    program = f"import sys; sys.argv = ['generate']; from upkeep.environment import enter; enter(); raise {error}"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT / "scripts", stderr=subprocess.PIPE, text=True, check=False)
    assert re.fullmatch(stderr, done.stderr, re.DOTALL)
    assert done.returncode == code
