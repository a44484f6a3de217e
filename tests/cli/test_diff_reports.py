"""The reports of `abeja-datasets diff`: ids, what is ignored, and what fits a terminal, a pipe and a pull request."""

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner, Result
from rich.console import Console

from abeja_datasets_cli.main import main
from abeja_datasets_contract.diff import compare, load
from abeja_datasets_contract.diff.report.text import show

OLD = """openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /x:
    get:
      operationId: x
      parameters:
        - {name: size, in: query, schema: {type: integer, maximum: 100}}
      responses:
        "200": {description: d}
"""
NARROWED = OLD.replace("maximum: 100", "maximum: 10")
MAXIMUM = "#/paths/~1x/get/parameters/0/schema/maximum"
REASON = "Nobody asks for more than ten."


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(OLD)
    Path("new.yaml").write_text(NARROWED)


def diff(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["diff", *arguments])


def report(*arguments: str) -> Any:
    return json.loads(diff(*arguments, "--format", "json").stdout)


def in_a_terminal(old: str, new: str, width: int = 80) -> str:
    file = io.StringIO()
    show(compare(load(old), load(new)), Console(file=file, width=width, force_terminal=True, color_system=None))
    return file.getvalue()


def test_each_form_has_the_id_of_a_finding() -> None:
    outputs = {form: diff("old.yaml", "new.yaml", "--format", form).stdout
               for form in ("text", "json", "markdown", "junit")}  # fmt: skip
    assert "    request-maximum-changed; for callers sending; in x\n" in outputs["text"]
    assert json.loads(outputs["json"])["findings"][0]["id"] == "request-maximum-changed"
    assert "  `request-maximum-changed`; for callers sending; in `x`  \n" in outputs["markdown"]
    (failure,) = ET.fromstring(outputs["junit"]).iter("failure")
    assert str(failure.get("message")).startswith("request-maximum-changed: the query parameter")
    assert str(failure.text).startswith("breaking: request-maximum-changed: the query parameter")


def test_a_warning_fails_where_that_is_asked_for() -> None:
    Path("new.yaml").write_text(OLD.replace("operationId: x", "operationId: x\n      deprecated: true"))
    codes = [diff("old.yaml", "new.yaml", *asked).exit_code for asked in
             ([], ["--fail-on", "undecided"], ["--fail-on", "warning"])]  # fmt: skip
    assert codes == [0, 0, 1]


@pytest.mark.parametrize("place", [MAXIMUM, "*", "#/paths/*/maximum", "*maximum", f"{MAXIMUM[:20]}*"])
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_an_ignored_finding_is_shown_with_its_reason_and_does_not_count(place: str, form: str) -> None:
    entries = [{"id": "request-maximum-changed", "place": place, "reason": REASON}]
    Path("known").write_text(json.dumps(entries) if form == "json" else yaml.safe_dump(entries))
    ignoring = ("old.yaml", "new.yaml", "--ignore", "known")
    told = report(*ignoring)
    assert (told["verdict"], told["version_step"], told["counts"]["breaking"], told["ignored"]) == (
        "compatible", "patch", 0, 1)  # fmt: skip
    assert [(each["id"], each["severity"], each["ignored"]) for each in told["findings"]] == [
        ("request-maximum-changed", "breaking", REASON)
    ]
    result = diff(*ignoring, "--fail-on", "warning")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Ignored: each with its reason (1)" in result.stdout
    assert f"    ignored: {REASON}\n" in result.stdout
    assert "## Ignored: each with its reason (1)\n\n- the query" in diff(*ignoring, "--format", "markdown").stdout
    suite = ET.fromstring(diff(*ignoring, "--format", "junit").stdout)[0]
    assert (suite.get("failures"), f"ignored: {REASON}" in str(suite[0].findtext("system-out"))) == ("0", True)


@pytest.mark.parametrize(
    ("rule", "place"),
    [("request-minimum-changed", "*"), ("request-maximum-changed", f"{MAXIMUM}/0"), ("request-maximum-changed", "#/")],
)
def test_an_entry_that_names_no_finding_is_reported_and_ignores_nothing(rule: str, place: str) -> None:
    Path("known").write_text(f"# why\n- id: {rule}\n  place: '{place}'\n  reason: r\n")
    result = diff("old.yaml", "new.yaml", "--ignore", "known")
    assert result.exit_code == 1
    why = f"no finding has this id at this place; it is at {MAXIMUM}"
    if rule == "request-minimum-changed":
        why = "no finding has this id; remove the entry"
    assert result.stderr == f"abeja-datasets diff: known, line 2: {rule} at {place}: {why}\n"


def test_an_entry_that_names_what_an_entry_before_it_names_is_reported() -> None:
    entry = "- {id: request-maximum-changed, place: '%s', reason: r}\n"
    Path("known").write_text(entry % "*" + entry % MAXIMUM)
    result = diff("old.yaml", "new.yaml", "--ignore", "known")
    why = "an entry before it names the same; remove the entry"
    assert (result.exit_code, result.stderr) == (
        0, f"abeja-datasets diff: known, line 2: request-maximum-changed at {MAXIMUM}: {why}\n")  # fmt: skip


def _with_operations(names: str, maximum: int) -> dict[str, Any]:
    document = yaml.safe_load(OLD.replace("maximum: 100", f"maximum: {maximum}"))
    operation = json.dumps(document["paths"].pop("/x"))
    document["paths"] = {f"/{name}": json.loads(operation.replace('"x"', f'"{name}"')) for name in names}
    return dict(document)


def test_of_many_places_of_an_id_the_first_are_named() -> None:
    Path("old.yaml").write_text(yaml.safe_dump(_with_operations("abcde", 100)))
    Path("new.yaml").write_text(yaml.safe_dump(_with_operations("abcde", 10)))
    Path("known").write_text("- {id: request-maximum-changed, place: '#/nowhere', reason: r}\n")
    stderr = diff("old.yaml", "new.yaml", "--ignore", "known").stderr
    assert stderr.count("/schema/maximum") == 3
    assert stderr.endswith(" and 2 more\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id: a", "known, line 1: a list is expected here; an entry has `id`, `place` and `reason`"),
        ("- 5", "known, line 1: 5 is not an entry; an entry has"),
        (
            "\n- {id: nosuch, place: '*', reason: r}",
            "known, line 2: 'nosuch' is not an id of a finding; docs/diff-rules.md",
        ),
        ("- {place: '*', reason: r}", "known, line 1: None is not an id of a finding"),
        ("- {id: [a], place: '*', reason: r}", "known, line 1: ['a'] is not an id"),
        ("- {id: response-added, reason: r}", "response-added has no `place`; write its pointer, or '*' for any"),
        ("- {id: response-added, place: 5, reason: r}", "response-added has no `place`"),
        ("- {id: response-added, place: '*'}", "response-added has no `reason`; say in a sentence why"),
        ("- {id: response-added, place: '*', reason: ' '}", "response-added has no `reason`"),
        ("- {id: response-added, place: '*', reason: r, until: 5}", "'until' is unknown; an entry has"),
        ("- [", "known, line 2, column 1: broken YAML"),
        ("- {id: a, id: b}", "known, line 1: the key 'id' appears twice"),
    ],
)
def test_a_file_to_ignore_by_that_is_malformed_is_one_line_and_exit_2(text: str, says: str) -> None:
    Path("known").write_text(text)
    result = diff("old.yaml", "old.yaml", "--ignore", "known")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert says in result.stderr


def test_an_empty_file_ignores_nothing() -> None:
    Path("known").write_text("# nothing yet\n")
    assert diff("old.yaml", "old.yaml", "--ignore", "known").exit_code == 0
    assert diff("old.yaml", "new.yaml", "--ignore", "known").exit_code == 1


def test_in_a_terminal_the_lines_fit_it_and_in_a_pipe_each_is_whole() -> None:
    lines = in_a_terminal("old.yaml", "new.yaml", width=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert "  • the query parameter `size`:" in [line.rstrip() for line in lines]
    piped = diff("old.yaml", "new.yaml").stdout.splitlines()
    assert f"    old line 8, {MAXIMUM}" not in piped
    assert f"    line 8, {MAXIMUM}" in piped
    assert "  • the query parameter `size`: `maximum` changed from 100 to 10" in piped


STEERING = "\x1b[2J\x07\x9b1m\u202eevil\u2028"


def steering(text: str) -> str:
    for name in ("operationId: x", "name: size", "name: length", "title: t", "description: d"):
        key, _, value = name.partition(": ")
        text = text.replace(name, f"{key}: {json.dumps(value + STEERING)}")
    return text.replace("/x:", f"{json.dumps('/x' + STEERING)}:")


@pytest.mark.parametrize("form", ["terminal", "text", "json", "markdown", "junit"])
@pytest.mark.parametrize(
    "new", [NARROWED, OLD.replace("size", "length"), OLD.replace("d}", "e}"), OLD.replace("/x", "/y"),
            OLD.replace("operationId: x", "operationId: z")],
)  # fmt: skip
def test_no_name_of_a_document_steers_a_terminal(form: str, new: str) -> None:
    Path("old.yaml").write_text(steering(OLD))
    Path("new.yaml").write_text(steering(new))
    if form == "terminal":
        output = in_a_terminal("old.yaml", "new.yaml")
    else:
        output = diff("old.yaml", "new.yaml", "--format", form).stdout
    assert "evil" in output
    assert not {*"\x1b\x07\x9b\u202e\u2028"} & {*output}


LARGE = OLD + "".join(
    f"  /x{n}: {{get: {{operationId: x{n}, responses: {{'200': {{description: d}}}}}}}}\n" for n in range(120)
)


def test_markdown_of_a_large_report_is_grouped_and_folded() -> None:
    Path("large.yaml").write_text(LARGE)
    removed = diff("large.yaml", "old.yaml", "--format", "markdown").stdout
    assert removed.startswith(
        "# large.yaml → old.yaml\n\n**breaking**; version step: major\n\n- Breaking (120)\n\n## Breaking (120)\n\n"
        "### `operation-removed` (120)\n\n- the operation x0 "
    )
    assert removed.count("\n- the operation") == 50
    assert "<details><summary>45 more</summary>\n\n- the operation x5 " in removed
    assert "… and 70 more; `--format json` has all of them." in removed
    added = diff("old.yaml", "large.yaml", "--format", "markdown").stdout
    assert "## Compatible (120)\n\n<details><summary>Show them</summary>\n\n### `operation-added` (120)" in added
    for text in (removed, added):
        assert text.count("<details>") == text.count("</details>") == 1


def test_markdown_names_a_few_operations_and_counts_the_rest() -> None:
    shared = LARGE.replace("responses: {'200'", "responses: {'404': {$ref: '#/components/responses/E'}, '200'")
    error = "components: {responses: {E: {description: d, content: {application/json: {schema: {maximum: %d}}}}}}\n"
    for name, number in (("old.yaml", 1), ("new.yaml", 2)):
        Path(name).write_text(shared + error % number)
    text = diff("old.yaml", "new.yaml", "--format", "markdown").stdout
    assert "in `x0`, `x1`, `x2`, `x3`, `x4` and 115 more" in text
