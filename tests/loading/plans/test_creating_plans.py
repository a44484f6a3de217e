"""Plans: which files they take, how they divide them, and what they refuse."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.loading.plans.conftest import Plans, row

from abeja_datasets.exceptions import NotFound
from abeja_datasets_loading import Plan, PlanError, create_plan, open_plan
from abeja_datasets_loading.plans.storage import Storage


def numbers(plan: Plan) -> list[list[int]]:
    storage = Storage(plan.url)
    return [[item["attributes"]["number"] for item in plan.read(plan.unit(n), storage)] for n in range(plan.units)]


def parquet(plans: Plans, count: int, name: str = "rows.parquet", **options: Any) -> Path:
    path = plans.folder / name
    pq.write_table(pa.Table.from_pylist([row(number) for number in range(count)]), path, **options)
    return path


@pytest.mark.parametrize("form", ["parquet", "jsonl", "jsonl.gz", "json", "jsonl utf-16"])
def test_the_rows_of_each_format_are_divided_into_units(plans: Plans, form: str) -> None:
    rows = [row(number) for number in range(520)]
    text = "".join(f"{json.dumps(one)}\n" for one in rows)
    path, encoding = plans.folder / f"rows.{form.split(maxsplit=1)[0]}", None
    match form:
        case "parquet":
            parquet(plans, 520, row_group_size=90)
        case "jsonl":
            path.write_text("\ufeff\n" + text.replace("\n", "\r\n\n"), encoding="utf-8")
        case "jsonl.gz":
            path.write_bytes(gzip.compress(text.encode()))
        case "json":
            path.write_text(json.dumps(rows))
        case _:
            path, encoding = plans.folder / "rows.jsonl", "utf-16-le"
            path.write_text(text, encoding=encoding)
    plan = plans.create(path, encoding=encoding)
    assert numbers(plan) == [[*range(250)], [*range(250, 500)], [*range(500, 520)]]
    assert [item["attributes"]["number"] for item in plan.read_all()] == [*range(520)]
    assert {plan.number_of(position) for position in range(500, 520)} == {2}


def test_rows_of_a_table_are_grouped_before_they_are_divided(plans: Plans) -> None:
    path = plans.write(
        ["data_uri,category_id,label_id", *(f"s3://b/{n % 300},1,{n // 300}" for n in range(600))], "t.csv"
    )
    plan = plans.create(path)
    assert (plan.rows, plan.units) == (300, 2)
    assert [result.created for result in plans.run(plan)] == [250, 50]


def test_units_are_named_by_their_source_alone(plans: Plans) -> None:
    path = parquet(plans, 500)
    one, other = (plans.create(path, place=plans.folder / name) for name in ("one", "other"))
    assert one.id != other.id
    assert [one.unit(n) for n in range(2)] == [other.unit(n) for n in range(2)]
    assert one.unit(0).id != one.unit(1).id
    assert open_plan(one.url) == one


def test_many_files_are_one_input_and_an_empty_part_is_no_error(plans: Plans) -> None:
    for part, count in enumerate((3, 0, 260)):
        plans.write([row(number) for number in range(count)], f"part-{part}.jsonl")
    plan = plans.create(plans.folder / "part-*.jsonl")
    assert [(unit.source, unit.rows, unit.first) for unit in map(plan.unit, range(plan.units))] == [
        (0, 3, 0), (2, 250, 3), (2, 10, 253),
    ]  # fmt: skip


def test_the_plan_holds_no_secret_and_does_not_depend_on_the_folder(
    plans: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans.write([row(0)])
    monkeypatch.chdir(plans.folder)
    plan = plans.create("rows.jsonl", place="plan")
    assert plan.url == str(plans.folder / "plan")
    assert plan.sources[0].path == str(plans.folder / "rows.jsonl")
    secret = plans.api.credential["auth_token"]
    kept = [path.read_text() for path in Path(plan.url).rglob("*") if path.is_file()]
    assert kept
    assert not any(secret in text for text in kept)


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        (["missing.jsonl"], "missing.jsonl: there is no such source"),
        (["missing-*.jsonl"], r"missing-\*.jsonl: no file matches it"),
        (["rows.jsonl", "rows.jsonl"], "rows.jsonl: the source is named twice"),
        (["folder"], "folder: is a folder; pass its files"),
        (["rows.xml"], "rows.xml: the format voc can't be divided into units; convert it first"),
        (["rows"], "rows: the format of this name can't be divided"),
        (["array.jsonl"], "array.jsonl:1: is a JSON array; pass --format json"),
        (["text.parquet"], "text.parquet: no Parquet file"),
        (["empty.jsonl"], "plan: the sources have no rows"),
        (["nothing://rows.jsonl"], "nothing://rows.jsonl: this storage can't be used: Protocol not known: nothing"),
    ],
)
def test_a_source_that_can_not_be_used(plans: Plans, paths: list[str], problem: str) -> None:
    plans.write([row(0)])
    plans.write(["[1]"], "array.jsonl")
    plans.write([], "empty.jsonl")
    for name in ("rows.xml", "rows", "text.parquet"):
        plans.write(["text"], name)
    (plans.folder / "folder").mkdir()
    given = [path if ":" in path else plans.folder / path for path in paths]
    with pytest.raises(PlanError, match=problem):
        plans.create(*given)
    assert not (plans.folder / "plan" / "plan.json").exists()


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("unit_rows", 249, "unit_rows: 250 or more is needed, not 249"),
        ("unit_rows", 1001, "unit_rows: 1,000 or less is needed, not 1001"),
        ("unit_rows", "500", "unit_rows: an int is needed, not a str"),
        ("concurrency", 0, "concurrency: 1 or more"),
        ("rate", 0, "rate: a number of more than 0"),
        ("lease_seconds", 0, "lease_seconds: a number of more than 0"),
        ("lease_seconds", None, "lease_seconds: a number is needed, not None"),
        ("settle_after", -1, "settle_after: a number of 0 or more"),
        ("max_body_bytes", 0, "max_body_bytes: 1 or more"),
        ("marker", "custom", "marker: 'custom' can't be"),
        ("uri", "s3://bucket", "the template of URIs is 's3://bucket'; {path} is needed"),
        ("place", 3, "plan: a path or URL, a str or a Path, is needed, not an int"),
        ("place", "", "plan: a path or URL is needed, not ''"),
    ],
)
def test_an_option_that_can_not_be_used(plans: Plans, option: str, value: Any, problem: str) -> None:
    with pytest.raises((ValueError, TypeError)) as failure:
        plans.create(plans.write([row(0)]), **{option: value})
    assert problem in str(failure.value)


def test_a_second_plan_in_one_folder_and_a_folder_in_use(plans: Plans) -> None:
    path = plans.write([row(0)])
    plan = plans.create(path)
    with pytest.raises(PlanError, match="there is a plan already") as failure:
        plans.create(path)
    assert failure.value.kind == "exists"
    with pytest.raises(PlanError, match="the folder is not empty"):
        plans.create(path, place=plans.folder)
    assert open_plan(plan.url) == plan


def test_a_folder_without_a_plan_or_with_another_one(plans: Plans) -> None:
    with pytest.raises(PlanError, match="there is no plan here; make one") as failure:
        open_plan(str(plans.folder))
    assert failure.value.kind == "no_plan"
    plan = plans.create(plans.write([row(0)]))
    file = Path(plan.url) / "plan.json"
    kept = json.loads(file.read_text())
    for content, kind, problem in (
        ("{", "damaged", "is damaged"),
        ("[]", "damaged", "not a JSON object"),
        (json.dumps({**kept, "version": 2}), "other_version", "is of version 2, and this release reads 1"),
        (json.dumps({**kept, "settings": {}}), "damaged", "restore it from a copy"),
    ):
        file.write_text(content)
        with pytest.raises(PlanError, match=problem) as failure:
            open_plan(plan.url)
        assert failure.value.kind == kind


def test_a_dataset_that_is_not_there(plans: Plans) -> None:
    with pytest.raises(NotFound):
        create_plan(plans.client, plans.api.organization_id, "0", plans.write([row(0)]), plans.folder / "plan")
    assert not (plans.folder / "plan").exists()
