"""How scripts/generate ends: whom the change breaks, and what is left to do."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.scripts import changes
from tests.scripts.project import NoTypes, Project

from upkeep.diff.verdict import verdict
from upkeep.generation.generating import validate
from upkeep.left import gaps
from upkeep.left.client import Client
from upkeep.left.gaps import find_gaps
from upkeep.left.project import Project as Checkout
from upkeep.left.server import Server
from upkeep.left.types import Mypy
from upkeep.programs import Program

LISTS = ("list_datasets", "list_dataset_items")
WRAPPER = "wrapper/abeja_datasets"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("changed"))
    project.commit("As it is")
    project.edit(changes.everything)
    return project


@pytest.fixture(scope="module")
def generated(changed: Project) -> subprocess.CompletedProcess[str]:
    return changed.generate("--no-list")


@pytest.fixture(scope="module")
def left(generated: subprocess.CompletedProcess[str], changed: Project) -> list[str]:
    assert generated.returncode == 0, generated.stderr
    assert generated.stderr == ""
    run = changed.generate()
    before, _, rest = run.stdout.partition("Left to do (")
    assert "\nWorking out what is left to do: the client, the mock server, the check and mypy run" in before
    title, _, rest = rest.partition("):\n")
    lines = [line.strip() for line in rest.splitlines() if not line.startswith("  For ")]
    assert len(lines) == int(title)
    return lines


def test_it_tells_what_changed_on_disk(generated: subprocess.CompletedProcess[str]) -> None:
    package = "generated/abeja_datasets_openapi"
    lines = generated.stdout.splitlines()
    assert f"{package}/api/datasets/purge.py: added" in lines
    assert f"{package}/api/datasets/delete_dataset.py: removed" in lines
    assert f"{package}/models/create_dataset_request.py: changed" in lines


def test_it_gives_the_diff_in_short(generated: subprocess.CompletedProcess[str], changed: Project) -> None:
    text = generated.stdout
    assert re.search(r"^Verdict: breaking \(\d+ breaking, .*\); version step: major\.$", text, re.MULTILINE)
    assert re.search(r"^  breaking: .*delete_dataset.* was removed \(openapi.yaml:\d+ before\)$", text, re.MULTILINE)
    assert re.search(r"^  breaking: .*tag.*\(openapi.yaml:\d+\)$", text, re.MULTILINE)
    # The generated names follow from what is named here.
    assert "breaking: the component schema Rect was removed or renamed" in text
    assert "Python: abeja_datasets_openapi" not in text
    command = text.partition("All findings, with counterexamples: ")[2].partition("\n")[0]
    assert command == "abeja-datasets diff HEAD:openapi.yaml"
    whole = changed.run(Path(sys.executable).with_name("abeja-datasets"), *command.split()[1:])
    assert whole.returncode == 1, whole.stderr
    assert "delete_dataset" in whole.stdout


def expected() -> list[str]:
    """Sentences, as patterns."""
    gone = r".* names? what openapi.yaml no longer has: the operation delete_dataset"
    handlers, probes = "mock_server/abeja_datasets_mock/operations.py", "contract/abeja_datasets_contract/check/probes"
    client = rf"{WRAPPER}/async_api_client.py"
    error = "ModuleNotFoundError: No module named 'abeja_datasets_openapi.api.datasets.get_dataset'"
    operations = ("purge", "update_dataset", "addTags", "patch_tags", "put_tags", "status")
    return [
        rf"{WRAPPER}/models.py:\d+: the model Rect is not generated any more; remove it",
        rf"{WRAPPER}/models.py: the generated model Box is missing; import it, and name it in __all__",
        rf"{WRAPPER}/operations.py:\d+: delete_dataset has no operation any more; remove it",
        rf"{handlers}:\d+: delete_dataset handles an operation that is gone; .*",
        rf"{probes}/datasets.py:\d+: the clause datasets.delete.gone{gone}",
        *(rf"{handlers}: Operations has no handler for {name} \(openapi.yaml:\d+\); .*" for name in operations),
        *(rf"{handlers}:\d+: {name} does not read the query parameter order \(.*:\d+\)" for name in LISTS),
        *(
            rf"{probes}/operations.py: there is no clause operations.{name}.succeeds \(.*:\d+\); add its check"
            for name in operations
        ),
        *(
            rf"{probes}: no clause has the query parameter {name} as its source \(openapi.yaml:\d+\); add one"
            for name in ("order of list_datasets", "order of list_dataset_items", "before of purge")
        ),
        *(
            rf"{client}: AsyncAPIClient has no method for {name} \(openapi.yaml:\d+\); scripts/generate --scaffold .*"
            for name in operations
        ),
        rf"{client}:\d+: AsyncAPIClient.delete_dataset has no operation any more; .* CHANGELOG.md",
        rf"{client}:\d+: APIClient.list_datasets can't reach the query parameter order \(openapi.yaml:\d+\)",
        rf"{client}:\d+: APIClient.create_dataset can't reach the field note of the body \(openapi.yaml:\d+\)",
        rf"{client}:\d+: APIClient.list_dataset_items can't reach the header parameter X-Trace \(openapi.yaml:\d+\)",
        rf"{client}:\d+: APIClient.list_dataset_items does not describe order in its docstring",
        rf"{client}:\d+: APIClient.get_dataset fails before it sends anything; correct .*: {error}",
        rf"{WRAPPER}/dataset.py:\d+: Datasets.create can't reach the field note of the body \(openapi.yaml:\d+\)",
        rf"{WRAPPER}/dataset_item.py:\d+: DatasetItems.list can't reach the query parameter order \(openapi.yaml:\d+\)",
        *(rf"README.md: it does not name {name} .*" for name in ("purge", "update_dataset", "patch_tags")),
        r"README.md: it names delete_dataset, which has no operation any more",
        r"CHANGELOG.md: name what has changed under \[Unreleased\]: .*list_datasets.*",
        # mypy finds a module that is gone in the project that is installed, which a copy is not.
        rf'{WRAPPER}/models.py:\d+: mypy: .* has no attribute "Rect".*',
    ]


@pytest.mark.slow
@pytest.mark.parametrize("sentence", expected())
def test_it_says_what_is_left_to_do(left: list[str], sentence: str) -> None:
    assert [line for line in left if re.fullmatch(sentence, line)], "\n".join(left)


@pytest.mark.slow
def test_each_line_it_names_is_that_of_the_thing(left: list[str], changed: Project) -> None:
    places = [re.search(r"^(\S+?):(\d+): (?:the clause |the model |\w+\.)?(\w+)", line) for line in left]
    placed = [place.groups() for place in places if place and place[1].endswith(".py")]
    assert len(placed) > 10
    for name, number, thing in placed:
        if not name.startswith("contract/") and thing != "mypy":
            row = (changed.root / name).read_text(encoding="utf-8").splitlines()[int(number) - 1]
            assert thing in row, (name, number, thing, row)


@pytest.mark.slow
def test_a_test_fails_with_the_same_sentences(left: list[str], changed: Project) -> None:
    # It is tests/scripts/test_gaps.py that does, on the project as it is.
    # The list is grouped by causes.
    assert sorted(str(gap) for gap in find_gaps(changed.root, validate(changed.root))) == sorted(left)


@pytest.mark.slow
def test_without_a_change_nothing_is_written(project: Project) -> None:
    project.commit("As it is")
    run = project.generate("--no-list")
    assert run.returncode == 0, run.stderr
    assert run.stdout == "generated/ is up to date\n\nVerdict: no change since the last commit.\n\n"


@pytest.mark.slow
def test_without_a_commit_to_compare_with_it_says_so_and_goes_on(project: Project) -> None:
    run = project.generate()
    assert run.returncode == 0
    assert "\nNo verdict: this folder is not the top of a git repository, so there is no last commit" in run.stdout
    assert run.stdout.endswith("\nNothing is left to do.\n")

    document = validate(project.root)
    project.git("init", "--quiet")
    assert verdict(project.root, document)[0].startswith("No verdict: nothing is committed yet")
    (project.root / "openapi.yaml").rename(project.root / "kept")
    project.commit("Another document")
    assert verdict(project.root, document)[0].startswith("No verdict: the last commit has no openapi.yaml")
    (project.root / "openapi.yaml").write_text("openapi: broken", encoding="utf-8")
    project.commit("A broken document")
    assert verdict(project.root, document)[0].startswith("No verdict: HEAD:openapi.yaml")


def test_without_git_there_is_no_verdict(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.commit("As it is")
    document = validate(project.root)
    monkeypatch.setenv("PATH", str(project.root))
    (line,) = verdict(project.root, document)
    assert line.startswith("No verdict: this folder is not the top of a git repository")


def test_many_breaks_are_counted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(data: Any) -> None:
        data["paths"].clear()
        data["components"]["links"].clear()

    project.commit("As it is")
    project.edit(nothing)
    breaks = [line for line in verdict(project.root, validate(project.root)) if line.startswith("  breaking: ")]
    assert len(breaks) == 1
    assert "was removed, and 9 more like this: create_dataset, get_dataset, delete_dataset and 6 more" in breaks[0]
    monkeypatch.setattr("upkeep.diff.verdict._MANY", 0)
    assert "  … and 1 more" in verdict(project.root, validate(project.root))


@pytest.mark.slow
def test_a_document_that_is_refused_later_leaves_everything_and_no_program_behind(project: Project) -> None:
    project.commit("As it is")
    project.replace(
        "openapi.yaml", "        application/json:\n            schema:\n", "        text/csv:\n            schema:\n"
    )
    before = project.contents("generated", "wrapper")
    run = project.generate("--scaffold")
    assert run.returncode == 1
    assert run.stdout == ""
    assert "the generator refuses it" in run.stderr
    assert project.contents("generated", "wrapper") == before


def test_a_check_that_can_not_be_imported_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("abeja_datasets_contract.check")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "abeja_datasets_contract.check.stages", None)
    (gap,) = find_gaps(project.root, validate(project.root))
    assert gap.where == "contract/abeja_datasets_contract/check"
    assert gap.what.endswith("import of abeja_datasets_contract.check.stages halted; None in sys.modules")


def test_a_client_that_can_not_be_imported_is_told(project: Project) -> None:
    project.replace(f"{WRAPPER}/base.py", "import os\n", "import os\nimport no_such_module\n")
    (gap,) = Client(Checkout(project.root, validate(project.root))).gaps()
    assert gap.where == WRAPPER
    assert gap.what.endswith("ModuleNotFoundError: No module named 'no_such_module'")


def test_a_mock_server_that_can_not_be_imported_is_told(project: Project) -> None:
    project.replace("mock_server/abeja_datasets_mock/app.py", "import asyncio\n", "import no_such_thing\n")
    (gap,) = Server(Checkout(project.root, validate(project.root))).gaps()
    assert re.fullmatch(r"mock_server/abeja_datasets_mock/app.py:\d+", gap.where)
    assert gap.what.endswith("ModuleNotFoundError: No module named 'no_such_thing'")


@pytest.mark.slow
def test_code_that_does_not_parse_is_told_with_its_place(project: Project) -> None:
    (project.root / WRAPPER / "models.py").write_text("from\n", encoding="utf-8")
    run = project.generate()
    assert run.returncode == 1
    place = f"{project.root / WRAPPER}/models.py:1"
    assert run.stderr == f"scripts/generate: {place}: invalid syntax; correct it, and run scripts/generate again\n"


def test_a_handler_that_does_not_parse_is_named_and_nothing_runs_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Running(NoTypes):
        def stop(self) -> None:
            stopped.append("mypy")

    class Calling(Program):
        def stop(self) -> None:
            super().stop()
            stopped.append("client")

    stopped: list[str] = []
    monkeypatch.setattr("upkeep.left.types.Mypy", Running)
    monkeypatch.setattr("upkeep.left.client.Program", Calling)
    broken = project.root / "mock_server/abeja_datasets_mock/handling/broken.py"
    broken.write_text("from\n", encoding="utf-8")
    with pytest.raises(SyntaxError) as raised:
        find_gaps(project.root, validate(project.root))
    assert raised.value.filename == str(broken)
    assert stopped == ["mypy", "client"]


def test_a_mypy_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "wrapper").mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.mypy\n", encoding="utf-8")
    (gap,) = Mypy(tmp_path).gaps()
    assert gap.where == "pyproject.toml"
    assert gap.what.startswith("mypy fails, so what the types lack is not known: ")


def test_an_operation_without_a_name_is_told(project: Project) -> None:
    project.edit(
        lambda data: data["paths"].update({"/status": {"get": {"responses": changes.response(type="object")}}})
    )
    (gap,) = gaps._unnamed(Checkout(project.root, validate(project.root)))
    assert gap.where.startswith("openapi.yaml:")
    assert gap.what == "GET /status has no operationId, and so no method can be named after it"


def test_what_a_method_sends_is_what_counts(project: Project) -> None:
    operations = f"{WRAPPER}/operations.py"
    project.replace(operations, "api.datasets.get_dataset import", "api.datasets.delete_dataset import")
    project.replace(operations, '"name": name, "type": type, "props": props}', '"name": name, "type": type}')
    project.replace(operations, "call if bulk_attributes is None else call", "call._replace(has_body=False) or call")
    project.replace(operations, '"next_token": next_token}', '"next_token": None}')
    found = [str(gap) for gap in Client(Checkout(project.root, validate(project.root))).gaps()]
    place, path = f"{WRAPPER}/async_api_client.py:", "/organizations/{organization_id}/datasets/{dataset_id}"
    for sentence in (
        f"{place} APIClient.list_datasets takes next_token but does not send it ({operations}: list_datasets)",
        f"{place} APIClient.create_dataset takes props but does not send it ({operations}: create_dataset)",
        f"{place} APIClient.bulk_update_dataset_item can't reach the request body (openapi.yaml)",
        f"{WRAPPER}/dataset.py: Datasets.create takes props but does not send it",
    ):
        assert sentence.replace(":", "", 1) in [re.sub(r":\d+", "", one).replace(":", "", 1) for one in found], found
    sent = "sends DELETE /organizations/mark-organization_id/datasets/mark-dataset_id"
    assert [one for one in found if f"APIClient.get_dataset {sent}, but the operation is GET {path}" in one], found


def test_a_program_that_is_not_needed_any_more_can_be_stopped(project: Project) -> None:
    program = Program("upkeep.left.reach", project.root, {})
    program.stop()


@pytest.mark.slow
def test_the_programs_are_found_wherever_they_are_started_from(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path("/"))
    assert find_gaps(project.root, validate(project.root)) == []
