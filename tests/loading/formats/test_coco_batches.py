"""Many annotations of a COCO file, which are split together and decoded image by image."""

import contextlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.loading.formats.reading import read, refusal, write
from tests.loading.full_disk import full_after

from abeja_datasets_loading.formats.coco.boxes import put_box
from abeja_datasets_loading.formats.coco.columns import Texts
from abeja_datasets_loading.formats.sources.text import CHUNK
from abeja_datasets_loading.formats.values.numbers import plus

FEW = 40


def text_of(annotations: list[str], images: list[str] | None = None, between: str = ", ") -> str:
    """Return a file with annotations before images, each as JSON without its braces."""
    images = [f'"id": {number}, "file_name": "{number}"' for number in range(FEW)] if images is None else images
    lists = [between.join(f"{{{each}}}" for each in section) for section in (annotations, images)]
    return f'{{"annotations": [{lists[0]}], "categories": [{{"id": 7, "name": "cat"}}], "images": [{lists[1]}]}}'


def annotation(image: Any, more: str = "") -> str:
    return f'"image_id": {image}, "category_id": 7{more and ", "}{more}'


@pytest.mark.parametrize("between", [",", ", ", ",\n", " ,\r\n  "])
def test_each_annotation_comes_to_its_image_in_the_order_of_the_file(tmp_path: Path, between: str) -> None:
    owners = [random.Random(1).randrange(FEW) for _ in range(500)]
    annotations = [annotation(owner, f'"id": {number}, "x": "猫é"') for number, owner in enumerate(owners)]
    found = read(write(tmp_path, "a.json", text_of(annotations, between=between)))
    kept = [[each["id"] for each in item["attributes"].get("classification", ())] for item in found.items]
    assert kept == [[at for at, owner in enumerate(owners) if owner == image] for image in range(FEW)]


def test_more_text_than_is_read_at_once(tmp_path: Path) -> None:
    annotations = [annotation(number % FEW, f'"id": {number}, "pad": "{"x" * 5000}"') for number in range(120)]
    text = text_of(annotations)
    assert len(text) > 2 * CHUNK
    found = read(write(tmp_path, "a.json", text))
    assert sorted(each["id"] for each in found.entries) == [*range(120)]


@pytest.mark.parametrize(
    "more",
    [
        '"x": "}, {"',
        '"x": [{"a": 1}, {"a": 2}]',
        '"x": [[{"a": "\\"}, {"}], [{}, {}]]',
        '"x": {"a": [{}, {"b": {}}, {}]}',
        '"x": "[", "y": "]"',
        '"x": "\\ud800"',
        '"x": 123456789012345678901234567890',
        '"x": 0.1000000000000000055511151231257827',
        '"x": ["\\u0061: ", "a\\":"], "y" : {"z" : 1}',
    ],
)
def test_what_looks_like_the_end_of_an_annotation_is_none(tmp_path: Path, more: str) -> None:
    annotations = [annotation(number, more) for number in range(FEW)]
    found = read(write(tmp_path, "a.json", text_of(annotations)))
    wanted = json.loads(f"{{{more}}}")
    assert [{key: each[key] for key in wanted} for each in found.entries] == [wanted] * FEW


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ('"image_id": 1, "x": NaN', "NaN is not a JSON value"),
        ('"image_id": 1, "x": 01', "not JSON"),
        ('"image_id": 1, "x": "\t"', "not JSON"),
        ('"image_id": 1 "x": 1', "not JSON"),
        ('"image_id": 1, "image_id": 2', 'the key "image_id" twice'),
        ('"image_id": 1, "a": {"b": {"c": {"d": 1, "d": 1}}}', 'the key "d" twice'),
        ('"image_id": 99, "a": 1, "a": 2', 'the key "a" twice'),
        (f'"image_id": 1, "a": {"[" * 100_000}', "nested too deeply"),
    ],
)
def test_one_wrong_annotation_among_many_refuses_the_file(tmp_path: Path, wrong: str, reason: str) -> None:
    annotations = [annotation(number) for number in range(FEW)]
    annotations[FEW // 2] = wrong
    assert reason in refusal(write(tmp_path, "a.json", text_of(annotations)))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (annotation(20, '"x": 1e999'), "/images/20: /annotations/20: 1e999 is greater"),
        (annotation(20, '"bbox": [1, 2]'), "/images/20: /annotations/20/bbox: four numbers"),
        (annotation(20, f'"x": {"9" * 5000}'), "/images/20: /annotations/20: an integer has more digits"),
        (annotation(77), "/annotations/20: there is no image with the id 77"),
        (annotation("null"), "/annotations/20: is not an annotation with an image_id"),
        (annotation("1.5"), "/annotations/20: is not an annotation with an image_id"),
        ('"category_id": 7', "/annotations/20: is not an annotation with an image_id"),
    ],
)
def test_one_wrong_annotation_among_many_is_rejected_alone(tmp_path: Path, wrong: str, reason: str) -> None:
    annotations = [annotation(number) for number in range(FEW)]
    annotations[20] = wrong
    found = read(write(tmp_path, "a.json", text_of(annotations)))
    assert [reason in each for each in found.rejected] == [True]
    assert len(found.entries) == FEW - 1


@pytest.mark.parametrize("given", ["20", "20.0", '"20"', "2e1"])
def test_ids_of_other_types_among_many(tmp_path: Path, given: str) -> None:
    annotations = [annotation(given if number == 20 else number) for number in range(FEW)]
    found = read(write(tmp_path, "a.json", text_of(annotations)))
    assert [len(item["attributes"]["classification"]) for item in found.items] == [1] * FEW


def test_images_and_annotations_that_are_no_objects_among_many(tmp_path: Path) -> None:
    text = text_of([annotation(number) for number in range(FEW)])
    found = read(write(tmp_path, "a.json", text.replace('{"id": 3, "file_name": "3"}', "3")))
    assert [each.split(": ", 1)[1] for each in found.rejected] == [
        "/images/3: is not an image with an id",
        "/annotations/3: there is no image with the id 3",
    ]


def test_sums_of_short_numbers_are_those_of_the_digits() -> None:
    numbers = random.Random(2)
    for digits in range(6):
        for _ in range(500):
            box = [round(numbers.uniform(0, 10 ** numbers.randrange(13)), digits) for _ in range(4)]
            entry: dict[str, Any] = {}
            put_box(entry, box, None)
            rect = entry["rect"]
            assert rect["xmax"] == plus(box[0], box[2])
            assert rect["ymax"] == plus(box[1], box[3])


def test_a_disk_that_becomes_full_within_a_text_is_an_error_of_the_system() -> None:
    with contextlib.closing(Texts()) as texts, full_after(1000), pytest.raises(OSError, match="File too large"):
        texts.extend(bytes(2000), [2000])


@pytest.mark.parametrize("between", [",", ", ", " , "])
def test_sums_of_long_numbers_are_those_of_the_digits_as_written(tmp_path: Path, between: str) -> None:
    box = between.join(["0.10000000000000000555", "0", "0.2000000000000000112", "1"])
    (entry,) = read(write(tmp_path, "a.json", text_of([annotation(1, f'"bbox": [{box}]')]))).entries
    assert entry["rect"]["xmax"] == 0.1 + 0.2  # the nearest float to 0.30000000000000001675
    (entry,) = read(write(tmp_path, "b.json", text_of([annotation(1, '"bbox": [0.1, 0, 0.2, 1]')]))).entries
    assert entry["rect"]["xmax"] == 0.3
