"""`abeja-datasets diff`: what it compares by default, its exit codes, and each form of its report."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from abeja_datasets_cli.main import main
from abeja_datasets_contract.diff.report import files

OLD = """openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /x:
    get:
      operationId: x
      parameters:
        - {name: size, in: query, schema: {type: integer, maximum: 100}}
      responses:
        "200":
          description: d
          content: {application/json: {schema: {type: object, properties: {a: {type: string}}}}}
"""
NARROWED = OLD.replace("maximum: 100", "maximum: 10")
WIDENED = OLD.replace("maximum: 100", "maximum: 1000")
UNDECIDED = OLD.replace("{schema: {type: object, properties: {a: {type: string}}}}", "{}")
REWORDED = OLD.replace("description: d", "description: e")


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a git repository with the document in it, once for all tests that begin with it."""
    path = tmp_path_factory.mktemp("committed")
    with pytest.MonkeyPatch.context() as patch:
        start_in(path, patch)
        git("init", "-q", "-b", "main")
        commit("openapi.yaml", OLD)
    return path


@pytest.fixture
def folder(committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build a git repository with the document in it, as the current folder."""
    shutil.copytree(committed, tmp_path, dirs_exist_ok=True)
    start_in(tmp_path, monkeypatch)
    return tmp_path


def start_in(path: Path, patch: pytest.MonkeyPatch) -> None:
    patch.chdir(path)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        patch.delenv(name)


def git(*arguments: str) -> None:
    who = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.com",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "tag.gpgsign=false",
    ]
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def commit(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
    git("add", "-A")
    git("commit", "-qm", "a change")


def diff(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["diff", *arguments], input=stdin)


def report(*arguments: str, stdin: str | None = None) -> Any:
    return json.loads(diff(*arguments, "--format", "json", stdin=stdin).stdout)


@pytest.mark.parametrize(
    ("new", "verdict", "step", "code"),
    [
        (OLD, "no change", "patch", 0),
        (REWORDED, "compatible", "patch", 0),
        (WIDENED, "compatible", "minor", 0),
        (UNDECIDED, "undecided", "major", 1),
        (NARROWED, "breaking", "major", 1),
    ],
)
def test_the_exit_code_and_the_version_step_follow_the_verdict(
    folder: Path, new: str, verdict: str, step: str, code: int
) -> None:
    Path("new.yaml").write_text(new)
    result = diff("openapi.yaml", "new.yaml", "--format", "json")
    told = json.loads(result.stdout)
    assert (told["verdict"], told["version_step"], result.exit_code) == (verdict, step, code), told
    for allowing in (["--allow-undecided"], ["--fail-on", "breaking"], ["--allow-undecided", "--fail-on", "breaking"]):
        assert diff("openapi.yaml", "new.yaml", *allowing).exit_code == (1 if verdict == "breaking" else 0)
    assert diff("openapi.yaml", "new.yaml", "--fail-on", "undecided").exit_code == code
    assert diff("openapi.yaml", "new.yaml", "--fail-on", "warning").exit_code == code
    assert folder.is_dir()


def test_without_names_the_last_release_is_compared_with_the_working_document(folder: Path) -> None:
    git("tag", "v0.9.0")
    commit("openapi.yaml", WIDENED)
    git("tag", "v0.10.0")
    git("tag", "vnext")
    Path("openapi.yaml").write_text(NARROWED)
    Path("below").mkdir()
    os.chdir(folder / "below")
    result = diff("--format", "json")
    told = json.loads(result.stdout)
    assert (told["old"], told["new"]) == ("v0.10.0:openapi.yaml", "../openapi.yaml")
    assert "from 1000 to 10" in told["findings"][0]["sentence"]
    assert (result.exit_code, result.stderr) == (1, "")


@pytest.mark.usefixtures("folder")
def test_before_the_first_release_it_is_the_last_commit_and_that_is_said() -> None:
    Path("openapi.yaml").write_text(NARROWED)
    result = diff("--format", "json")
    assert result.stderr == "There is no release tag (v*) yet, so the last commit is compared.\n"
    assert json.loads(result.stdout)["old"] == "HEAD:openapi.yaml"
    assert result.exit_code == 1


@pytest.mark.usefixtures("folder")
def test_each_side_may_be_a_file_standard_input_or_a_revision() -> None:
    commit("openapi.yaml", WIDENED)
    assert report("HEAD~1:openapi.yaml", "HEAD:openapi.yaml")["verdict"] == "compatible"
    assert report("HEAD:openapi.yaml", "HEAD~1:openapi.yaml")["verdict"] == "breaking"
    assert report("HEAD~1:openapi.yaml", "-", stdin=NARROWED)["new"] == "-"
    assert report("-", "openapi.yaml", stdin=OLD)["verdict"] == "compatible"
    assert report("HEAD~1:openapi.yaml")["new"] == "openapi.yaml"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nosuch.yaml", "openapi.yaml"], "nosuch.yaml: No such file or directory"),
        (["nosuch:openapi.yaml"], "nosuch:openapi.yaml: git has no revision nosuch"),
        (["HEAD:nosuch.yaml"], "HEAD:nosuch.yaml: revision HEAD has no file nosuch.yaml"),
        (["openapi.yaml", "-"], "-: empty"),
        (["two.yaml", "openapi.yaml"], "two.yaml, line 1, #/swagger: Swagger 2.0 is not read"),
        (["binary.yaml", "openapi.yaml"], "binary.yaml, line 2: not UTF-8 text"),
        (["escape.yaml", "openapi.yaml"], "\\x1b[31m"),
        (["broken.yaml", "openapi.yaml"], "broken.yaml, line 2, column 1: broken YAML"),
    ],
)
def test_a_document_that_can_not_be_read_is_one_line_and_exit_2(arguments: list[str], says: str) -> None:
    Path("two.yaml").write_text("swagger: '2.0'\n")
    Path("binary.yaml").write_bytes(b"a\n\xff\xfe\x00")
    Path("escape.yaml").write_text('openapi: "\\e[31m"\n')
    Path("broken.yaml").write_text("a: [")
    result = diff(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("abeja-datasets diff: ")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_outside_of_a_repository_both_have_to_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    Path("old.yaml").write_text(OLD)
    result = diff()
    assert (result.exit_code, "so name OLD and NEW" in result.stderr) == (2, True)
    assert diff("old.yaml", "old.yaml").exit_code == 0
    assert "no such file, and" in diff("HEAD:old.yaml", "old.yaml").stderr


def test_a_repository_without_a_document_is_told(folder: Path) -> None:
    (folder / "openapi.yaml").unlink()
    result = diff("HEAD:openapi.yaml")
    assert (result.exit_code, "openapi.yaml: no such file, so name OLD and NEW" in result.stderr) == (2, True)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("size", ["100", "100B", "0.1KB", "0.0001 MB", "0.0000001gb"])
def test_a_document_over_the_maximum_size_is_refused_unparsed(size: str) -> None:
    Path("large.yaml").write_text("[" * 101)
    for arguments, stdin in ((["large.yaml", "large.yaml"], None), (["-", "openapi.yaml"], "[" * 101)):
        result = diff(*arguments, "--max-size", size, stdin=stdin)
        said = f"abeja-datasets diff: {arguments[0]}: over the limit of 0.0001 MB, so it is not read"
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(said)
        assert result.stderr.count("\n") == 1
    assert diff("openapi.yaml", "openapi.yaml", "--max-size", "1KiB").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_a_document_in_several_files_is_compared_and_named_by_file() -> None:
    Path("api").mkdir()
    Path("schemas.yaml").write_text("A:\n  type: string\n")
    Path("api/openapi.yaml").write_text(OLD.replace("{a: {type: string}}", "{a: {$ref: '../schemas.yaml#/A'}}"))
    refused = diff("openapi.yaml", "api/openapi.yaml")
    assert (refused.exit_code, "name a folder that holds both with --root" in refused.stderr) == (2, True)
    assert diff("openapi.yaml", "api/openapi.yaml", "--root", ".").exit_code == 0
    Path("schemas.yaml").write_text("A:\n  type: integer\n")
    (found,) = report("openapi.yaml", "api/openapi.yaml", "--root", ".")["findings"]
    assert found["new"] == {"pointer": "../schemas.yaml#/A/type", "line": 2}
    result = diff("openapi.yaml", "api/openapi.yaml", "--root", ".")
    assert result.exit_code == 1
    assert "new line 2, ../schemas.yaml#/A/type" in " ".join(result.stdout.split())


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--allow-undecided", "--fail-on", "warning"],
            "--allow-undecided and --fail-on warning contradict each other",
        ),
        (["--fail-on", "docs"], "'docs' is not one of 'breaking', 'undecided', 'warning'"),
        (["--ignore", "nosuch"], "File 'nosuch' does not exist"),
        (["--max-size", "much"], "'much' is not a size; write a number of bytes, or one with KB, MB or GB."),
        (["--max-size", "0"], "'0' is not a size from 1 byte"),
        (["--max-size", "-5"], "'-5' is not a size"),
        (["--max-size", "nan"], "'nan' is not a size"),
        (["--max-size", "9999999GB"], "is not a size from 1 byte to 1024 GiB"),
        (["--root", "nosuch"], "Directory 'nosuch' does not exist"),
        (["--root", "openapi.yaml"], "is a file"),
        (["-", "-"], "Only one of OLD and NEW can be -, standard input"),
        (["--python", "openapi.yaml", "openapi.yaml"], "--python needs an OLD of a git revision"),
        (["--format", "html"], "'html' is not one of"),
        (["a", "b", "c"], "unexpected extra argument"),
    ],
)
def test_wrong_use_is_exit_2(arguments: list[str], says: str) -> None:
    result = diff(*arguments)
    assert (result.exit_code, says in result.stderr) == (2, True), result.stderr


@pytest.mark.usefixtures("folder")
def test_the_terminal_report_names_whom_it_breaks_where_and_by_what() -> None:
    Path("new.yaml").write_text("# a line more\n" + NARROWED)
    output = diff("openapi.yaml", "new.yaml").stdout
    assert output.splitlines()[0] == "openapi.yaml → new.yaml"
    said = " ".join(output.split())
    assert "Breaking (1) • the query parameter `size`: `maximum` changed from 100 to 10" in said
    assert "for callers sending; in x" in said
    assert "old line 8, #/paths/~1x/get/parameters/0/schema/maximum" in said
    assert "new line 9, #/paths/~1x/get/parameters/0/schema/maximum" in said
    assert "accepted before, refused now: x, query parameter `size`" in said
    assert "The change breaks callers. It asks for a major version step." in said
    Path("new.yaml").write_text(OLD)
    assert diff("openapi.yaml", "new.yaml").stdout.endswith("There is no change.\n")
    Path("new.yaml").write_text(UNDECIDED)
    assert "It is not known whether the change breaks callers." in diff("openapi.yaml", "new.yaml").stdout


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("new", [OLD, REWORDED, WIDENED, UNDECIDED, NARROWED])
def test_json_is_as_its_schema_says(new: str) -> None:
    schema = json.loads(Path(files.__file__).with_name("report.schema.json").read_text(encoding="utf-8"))
    for part in (schema, schema["$defs"]["finding"], schema["$defs"]["place"]):
        part["additionalProperties"] = False  # all that is written is described
    Path("new.yaml").write_text(new)
    told = report("openapi.yaml", "new.yaml")
    jsonschema_rs.validate(schema, told)
    example = {f["severity"]: f["counterexample"] for f in told["findings"]}.get("breaking")
    assert bool(example) == (new == NARROWED)
    if example:
        assert 10 < example.pop("value") <= 100
        place = "#/paths/~1x/get/parameters/0/schema"
        assert example == {"operation": "x", "part": "query parameter `size`", "old": place, "new": place,
                           "taken_by": "old", "form": "value"}  # fmt: skip


@pytest.mark.usefixtures("folder")
def test_a_whole_request_or_response_is_shown_in_a_line() -> None:
    schema = json.loads(Path(files.__file__).with_name("report.schema.json").read_text(encoding="utf-8"))
    Path("removed.yaml").write_text(OLD.replace("size,", "length,"))
    Path("added.yaml").write_text(OLD + '        "404": {description: d}\n')
    request, response = "GET /x?size=0", "404"
    for new, shown, says in (
        ("removed.yaml", request, "described before, not any more: x, request"),
        ("added.yaml", response, "may come now, never described before: x, response 404"),
    ):
        told = report("openapi.yaml", new)
        jsonschema_rs.validate(schema, told)
        value = told["findings"][0]["counterexample"]["value"]
        assert value == ({"method": "GET", "path": "/x", "query": {"size": 0}} if shown == request else {"status": 404})
        assert f"{says} {shown} " in " ".join(diff("openapi.yaml", new).stdout.split())
        assert f"~~~\n  {shown}" in diff("openapi.yaml", new, "--format", "markdown").stdout
        assert f"example: {shown}" in diff("openapi.yaml", new, "--format", "junit").stdout


@pytest.mark.usefixtures("folder")
def test_markdown_has_a_heading_a_severity_and_shows_nothing_as_its_own_signs() -> None:
    Path("old.yaml").write_text(OLD.replace("operationId: x", "operationId: x_<b>*y*"))
    Path("new.yaml").write_text(NARROWED.replace("operationId: x", "operationId: z"))
    text = diff("old.yaml", "new.yaml", "--format", "markdown").stdout
    assert text.startswith("# old.yaml → new.yaml\n\n**breaking**; version step: major\n\n## Breaking (2)\n")
    assert "the operationId changed from x\\_\\<b>\\*y\\* to z" in text
    assert "- the query parameter `size`: `maximum` changed from 100 to 10\n" in text
    assert "  old: `#/paths/~1x/get/parameters/0/schema/maximum`, line 8" in text
    assert "~~~json" in text


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("new", "failing"), [(NARROWED, "breaking"), (UNDECIDED, "undecided"), (WIDENED, None)])
def test_junit_has_a_case_an_operation(new: str, failing: str | None) -> None:
    Path("new.yaml").write_text(new.replace("title: t", "title: '\x85u'"))
    suite = ET.fromstring(diff("openapi.yaml", "new.yaml", "--format", "junit").stdout)[0]
    assert [case.get("name") for case in suite] == ["x", "the document"]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1" if failing else "0")
    failure = suite[0].find("failure")
    assert (failure.get("type") if failure is not None else None) == failing
    assert "the title of the API was changed" in str(suite[1].findtext("system-out"))


FACE = "def call(name, *, size=1):\n    '''Call.'''\n"


def write_packages(generated: str, wrapper: str) -> None:
    for name, text in {
        "generated/abeja_datasets_openapi/__init__.py": generated,
        "generated/abeja_datasets_openapi/_inner.py": generated,
        "wrapper/abeja_datasets/__init__.py": "from abeja_datasets.client import Client\n__all__ = ['Client']\nC = 1",
        "wrapper/abeja_datasets/client.py": f"class Client:\n    {wrapper}\n\nclass Inner:\n    pass\n",
        "wrapper/abeja_datasets/exceptions.py": "from typing import Any\n__all__ = ['Any']\nclass E: ...",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


@pytest.mark.usefixtures("folder")
def test_the_python_side_is_part_of_the_report() -> None:
    write_packages(FACE, "def get(self, a, b=1): ...")
    commit("note", "n")
    assert report("HEAD:openapi.yaml")["verdict"] == "no change"
    write_packages(
        FACE.replace("size=1", "size=2, more=None"), "def get(self, a, *, c=None): ...\n    def put(self): ..."
    )
    told = report("HEAD:openapi.yaml")
    said = {(f["severity"], f["audiences"][0], f["sentence"]) for f in told["findings"]}
    assert said == {
        ("breaking", "callers sending", "Python: abeja_datasets.client.Client.get(b): parameter was removed"),
        ("warning", "generated code", "Python: abeja_datasets_openapi.call(size): parameter default was changed"),
        ("compatible", "generated code", "Python: abeja_datasets_openapi.call(more) was added"),
        ("compatible", "callers sending", "Python: abeja_datasets.Client.get(c) was added"),
        ("compatible", "callers sending", "Python: abeja_datasets.Client.put was added"),
    }
    assert report("HEAD:openapi.yaml", "--no-python")["verdict"] == "no change"
    assert report("HEAD:openapi.yaml", "HEAD:openapi.yaml")["verdict"] == "no change"
    assert report("HEAD:openapi.yaml", "HEAD:openapi.yaml", "--python")["verdict"] == "breaking"


@pytest.mark.usefixtures("folder")
def test_a_name_that_is_gone_breaks_and_code_that_can_not_be_read_is_told() -> None:
    write_packages(FACE + "def gone(): ...", "def get(self, a): ...")
    commit("note", "n")
    write_packages(FACE, "def _get(self, a): ...")
    said = {(f["severity"], f["sentence"]) for f in report("HEAD:openapi.yaml")["findings"]}
    assert said == {
        ("breaking", "Python: abeja_datasets_openapi.gone was removed"),
        ("breaking", "Python: abeja_datasets.client.Client.get was removed"),
    }
    write_packages("def :", "pass")
    result = diff("HEAD:openapi.yaml")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "griffe can't read abeja_datasets_openapi" in result.stderr


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "griffe", None)
    result = diff("a", "b")
    assert result.exit_code == 2
    assert result.stderr == (
        "abeja-datasets diff: needs griffe, which is not installed: pip install 'abeja-datasets[check,cli]'\n"
    )


@pytest.mark.usefixtures("folder")
def test_as_a_program_it_writes_whole_lines_to_a_pipe_in_any_encoding() -> None:
    Path("new.yaml").write_text(NARROWED)
    start = "from abeja_datasets_cli.main import main; main()"
    program = [sys.executable, "-W", "error", "-c", start, "diff"]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "40"}
    done = subprocess.run(
        [*program, "openapi.yaml", "new.yaml"], capture_output=True, text=True, env=ascii_only, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "    line 8, #/paths/~1x/get/parameters/0/schema/maximum" in done.stdout.splitlines()
    assert "  \\u2022 the query parameter `size`: `maximum` changed from 100 to 10" in done.stdout.splitlines()
