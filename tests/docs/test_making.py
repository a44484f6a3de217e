"""What the site makes of the code: the tables say what the code does, and pages that nobody lists are not lost."""

import re
from pathlib import Path

import click
import pytest
from docs.site import command_line, environment, failures, http_api, listing, types_of_data
from docs.site.docstrings import separate_lists
from docs.site.making import linked, marked, replaced, table

from abeja_datasets import exceptions, models, typed_dicts
from abeja_datasets_cli.main import main


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines()]


def test_a_mark_is_replaced_by_its_piece_and_an_unknown_one_is_an_error() -> None:
    source = ["# Page\n\n<!-- made: a-b -->\n\nText `<!-- made: a-b -->`.\n"]
    replaced(source, {"a-b": lambda: "piece"})
    assert source == ["# Page\n\npiece\n\nText `<!-- made: a-b -->`.\n"]
    with pytest.raises(KeyError, match="c"):
        replaced(["<!-- made: c -->"], {})


def test_a_link_out_of_the_pages_leads_to_the_page_for_that_file() -> None:
    for page, up in (("cluster", ""), ("guides/regenerate", "../")):
        source = ["[a](../README.md#b) [c](../../CONTRIBUTING.md#d) [e](../ARCHITECTURE.md) [f](formats.md)"]
        linked(page, source)
        assert source == [
            f"[a]({up}index.md) [c]({up}contributing.md#d) [e]({up}explanations/architecture.md) [f](formats.md)"
        ]


def test_the_pages_with_marks_are_made_again_at_each_build(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.md").write_text("<!-- made: errors -->\n")
    (tmp_path / "c.md").write_text("# None\n")
    assert marked(tmp_path) == ["a/b"]


def test_a_table_escapes_what_divides_its_cells() -> None:
    assert table(("a", "b"), [("x|y", "z")]) == "| a | b |\n| --- | --- |\n| x\\|y | z |"


def test_the_errors_are_all_with_their_statuses_and_bases() -> None:
    rows = {row[0].strip("`"): row for row in cells(failures.errors())[2:]}
    kinds = {
        name for name in exceptions.__all__
        if isinstance(kind := getattr(exceptions, name), type) and issubclass(kind, exceptions.Error)
    }  # fmt: skip
    assert set(rows) == kinds
    assert rows["NotFound"][1:3] == ["`HttpError`", "404"]
    assert rows["RequestTimeout"][1] == "`ConnectionFailed`, `TimeoutError`"
    assert rows["HttpError"][2] == ""
    assert all(row[3] for row in rows.values())


def test_the_retries_are_those_of_the_policy() -> None:
    rows = {row[0]: row[1:] for row in cells(failures.retries())[2:]}
    assert rows["429"] == ["retry", "retry"]
    assert rows["no connection could be made"] == ["retry", "retry"]
    assert rows["the request was sent, and no whole response came"] == ["retry", 'raise, with `outcome="unknown"`']
    assert rows["any other error status"] == ["raise", "raise"]


def test_the_variables_come_with_their_arguments_and_meanings() -> None:
    rows = {row[0]: row[1:] for row in cells(environment.variables())[2:]}
    assert rows["`ABEJA_SDK_CONNECTION_TIMEOUT`"] == ["`timeout`", "30", "seconds for connecting and for each read"]
    assert rows["`PLATFORM_AUTH_TOKEN`"][0] == '`credential`: `{"auth_token": …}`'
    assert all(all(cell for cell in row) for row in rows.values())


def test_the_command_line_has_each_option_of_each_command() -> None:
    """But for `--help`, which each command has, and which the page says once."""
    page = command_line.commands()
    sections = dict(re.findall(r"^#+ (abeja-datasets[\w -]*)$(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL))

    def look(command: click.Command, words: str) -> None:
        section = sections[words]
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden and parameter.help:
                assert all(option in section for option in parameter.opts), f"{words}: {parameter.opts}"
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), name)
                assert found
                look(found, f"{words} {name}")

    look(main, "abeja-datasets")
    assert len(sections) > 20
    assert "Exit codes: 0" in page
    assert "half_answer" in sections["abeja-datasets mock"]


def test_the_http_api_has_each_operation_and_schema_with_links_that_lead_somewhere() -> None:
    operations, schemas = http_api.operations(), http_api.schemas()
    for name in ("list_datasets", "bulk_update_dataset_item"):
        assert f"### {name}\n" in operations
    assert "| `max_results` | query | no |" in operations
    heads = {head.lower() for head in re.findall(r"^### (\w+)$", schemas, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", operations + schemas)) <= heads
    assert "All that [Dataset](#dataset) has" in schemas or "`total_count`" in schemas


def test_each_model_and_typed_dict_is_listed() -> None:
    for text, module in ((types_of_data.modelled(), models), (types_of_data.typed(), typed_dicts)):
        assert {row[0].strip("`") for row in cells(text)[2:]} == set(module.__all__)


def test_a_list_in_a_docstring_is_separated_for_restructured_text() -> None:
    lines = ["Args:", "    a: it has", "        - b: one", "            - c: two", "        - d: three", "    e: last"]
    separate_lists(None, "", "", None, None, lines)
    assert lines == [
        "Args:", "    a: it has", "", "        - b: one", "", "            - c: two", "", "        - d: three", "",
        "    e: last",
    ]  # fmt: skip


def test_a_page_that_no_list_names_is_listed() -> None:
    names = listing.unlisted().splitlines()
    assert "tutorial" not in names
    assert "index" not in names
