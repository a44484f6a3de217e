"""How scripts/generate ends: whom the change breaks, and what is left to do."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.scripts import changes
from tests.scripts.project import Project

from upkeep.gaps import find_gaps
from upkeep.generating import validate
from upkeep.programs import Program
from upkeep.verdict import verdict

CLIENTS = {"APIClient": "api_client", "AsyncAPIClient": "async_api_client"}
WRAPPER = "wrapper/abeja_datasets"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("changed"))
    project.commit("As it is")
    project.edit(changes.everything)
    return project


@pytest.fixture(scope="module")
def generated(changed: Project) -> subprocess.CompletedProcess[str]:
    return changed.generate()


@pytest.fixture(scope="module")
def left(generated: subprocess.CompletedProcess[str]) -> list[str]:
    assert generated.returncode == 0, generated.stderr
    assert generated.stderr == ""
    title, _, rest = generated.stdout.partition("Left to do (")[2].partition("):\n")
    lines = [line.strip() for line in rest.splitlines()]
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
    assert "breaking: Python: abeja_datasets_openapi.models.Rect was removed" in text
    command = text.partition("All findings, with counterexamples: ")[2].partition("\n")[0]
    assert command == "abeja-datasets diff HEAD:openapi.yaml"
    whole = changed.run(Path(sys.executable).with_name("abeja-datasets"), *command.split()[1:])
    assert whole.returncode == 1, whole.stderr
    assert "delete_dataset" in whole.stdout


def expected() -> list[str]:
    """Sentences, as patterns."""
    gone = r"the clause datasets.delete.gone names what openapi.yaml no longer has: the operation delete_dataset"
    found = [
        rf"{WRAPPER}/models.py:\d+: the model Rect is not generated any more; remove it",
        rf"{WRAPPER}/operations.py:\d+: delete_dataset has no operation any more; remove it",
        r"mock_server/abeja_datasets_mock/operations.py:\d+: delete_dataset handles an operation that is gone; .*",
        rf"contract/abeja_datasets_contract/check/probes/datasets.py:\d+: {gone}",
    ]
    found += [
        rf"{WRAPPER}/models.py: the generated model {name} is missing; import it, and name it in __all__"
        for name in ("Box", "PatchTagsBody", "PatchTagsResponse200", "StatusResponse200", "UpdateDatasetBody")
    ]
    operations = ("purge", "update_dataset", "addTags", "patch_tags", "put_tags", "status")
    found += [
        rf"mock_server/abeja_datasets_mock/operations.py: Operations has no handler for {name} \(openapi.yaml:\d+\); .*"
        for name in operations
    ]
    found += [
        rf"mock_server/abeja_datasets_mock/operations.py:\d+: {name} does not read the query parameter order \(.*:\d+\)"
        for name in ("list_datasets", "list_dataset_items")
    ]
    probes = "contract/abeja_datasets_contract/check/probes"
    found += [
        rf"{probes}/operations.py: there is no clause operations.{name}.succeeds \(openapi.yaml:\d+\); add its check"
        for name in operations
    ]
    found += [
        rf"{probes}: no clause has the query parameter {name} as its source \(openapi.yaml:\d+\); add one"
        for name in ("order of list_datasets", "order of list_dataset_items", "before of purge")
    ]
    error = "ModuleNotFoundError: No module named 'abeja_datasets_openapi.api.datasets.get_dataset'"
    why = f"correct {WRAPPER}/operations.py: {error}"
    for client, module in CLIENTS.items():
        where = rf"{WRAPPER}/{module}.py"
        found += [
            rf"{where}: {client} has no method for {name} \(openapi.yaml:\d+\); scripts/generate --scaffold writes one"
            for name in operations
        ]
        found += [
            rf"{where}:\d+: {client}.delete_dataset has no operation any more; remove it, and name it in CHANGELOG.md",
            rf"{where}:\d+: {client}.list_datasets can't reach the query parameter order \(openapi.yaml:\d+\)",
            rf"{where}:\d+: {client}.create_dataset can't reach the field note of the body \(openapi.yaml:\d+\)",
            rf"{where}:\d+: {client}.list_dataset_items can't reach the header parameter X-Trace \(openapi.yaml:\d+\)",
            rf"{where}:\d+: {client}.get_dataset fails before it sends anything; {why}",
        ]
    return found


@pytest.mark.parametrize("sentence", expected())
def test_it_says_what_is_left_to_do(left: list[str], sentence: str) -> None:
    assert [line for line in left if re.fullmatch(sentence, line)], "\n".join(left)


def test_it_says_nothing_else(left: list[str]) -> None:
    # The check has a clause or more for each operation, which may come and go.
    others = [line for line in left if not any(re.fullmatch(sentence, line) for sentence in expected())]
    assert not [line for line in others if not line.startswith("contract/")], "\n".join(others)


def test_each_line_it_names_is_that_of_the_thing(left: list[str], changed: Project) -> None:
    places = [re.search(r"^(\S+?):(\d+): (?:the clause |the model |\w+\.)?(\w+)", line) for line in left]
    placed = [place.groups() for place in places if place and place[1].endswith(".py")]
    assert len(placed) > 10
    for name, number, thing in placed:
        if not name.startswith("contract/"):
            row = (changed.root / name).read_text(encoding="utf-8").splitlines()[int(number) - 1]
            assert thing in row, (name, number, thing, row)


def test_a_test_fails_with_the_same_sentences(left: list[str], changed: Project) -> None:
    # It is tests/scripts/test_gaps.py that does, on the project as it is.
    assert [str(gap) for gap in find_gaps(changed.root, validate(changed.root))] == left


def test_without_a_change_there_is_nothing_to_do(project: Project) -> None:
    project.commit("As it is")
    run = project.generate()
    assert run.returncode == 0, run.stderr
    assert run.stdout == (
        "generated/ is up to date\n\nVerdict: no change since the last commit.\n\nNothing is left to do.\n"
    )


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
    project.commit("As it is")
    project.edit(lambda data: data["paths"].clear())
    monkeypatch.setattr("upkeep.verdict._MANY", 3)
    lines = verdict(project.root, validate(project.root))
    assert len([line for line in lines if line.startswith("  breaking: ")]) == 3
    assert lines[-2] == "  … and 7 more"


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


def test_what_can_not_be_imported_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.replace(f"{WRAPPER}/base.py", "import os\n", "import os\nimport no_such_module\n")
    document = validate(project.root)
    monkeypatch.setitem(sys.modules, "abeja_datasets_contract.check.stages", None)
    gaps = {str(gap).partition(":")[0]: str(gap) for gap in find_gaps(project.root, document)}
    assert gaps[WRAPPER].endswith("ModuleNotFoundError: No module named 'no_such_module'")
    assert gaps["contract/abeja_datasets_contract/check"].endswith(
        "import of abeja_datasets_contract.check.stages halted; None in sys.modules"
    )
    assert len(gaps) == 2


@pytest.mark.slow
def test_code_that_does_not_parse_is_told_with_its_place(project: Project) -> None:
    (project.root / WRAPPER / "models.py").write_text("from\n", encoding="utf-8")
    run = project.generate()
    assert run.returncode == 1
    place = f"{project.root / WRAPPER}/models.py:1"
    assert run.stderr == f"scripts/generate: {place}: invalid syntax; correct it, and run scripts/generate again\n"


def test_an_operation_without_a_name_is_told(project: Project) -> None:
    project.edit(
        lambda data: data["paths"].update({"/status": {"get": {"responses": changes.response(type="object")}}})
    )
    gap = find_gaps(project.root, validate(project.root))[0]
    assert gap.where.startswith("openapi.yaml:")
    assert gap.what == "GET /status has no operationId, and so no method can be named after it"


def test_what_a_method_sends_is_what_counts(project: Project) -> None:
    operations = f"{WRAPPER}/operations.py"
    project.replace(operations, "api.datasets.get_dataset import", "api.datasets.delete_dataset import")
    project.replace(operations, '"name": name, "type": type, "props": props}', '"name": name, "type": type}')
    project.replace(operations, "call if bulk_attributes is None else call", "call._replace(has_body=False) or call")
    project.replace(operations, '"next_token": next_token}', '"next_token": None}')
    gaps = [str(gap) for gap in find_gaps(project.root, validate(project.root))]
    get = "GET /organizations/{organization_id}/datasets/{dataset_id}"
    for client, module in CLIENTS.items():
        where = f"{WRAPPER}/{module}.py"
        found = [re.sub(r":\d+", "", gap) for gap in gaps if gap.startswith(where)]
        assert found == [
            f"{where}: {client}.list_datasets can't reach the query parameter next_token (openapi.yaml)",
            f"{where}: {client}.create_dataset can't reach the field props of the body (openapi.yaml)",
            f"{where}: {client}.get_dataset sends DELETE /organizations/mark/datasets/mark, but the operation is {get}",
            f"{where}: {client}.bulk_update_dataset_item can't reach the request body (openapi.yaml)",
        ]
    assert len(gaps) == 8


def test_a_program_that_is_not_needed_any_more_can_be_stopped(project: Project) -> None:
    program = Program("upkeep.reach", project.root, {})
    program.stop()


@pytest.mark.slow
def test_the_programs_are_found_wherever_they_are_started_from(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path("/"))
    assert find_gaps(project.root, validate(project.root)) == []
