"""COCO files, as people and tools write them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.loading.formats.reading import Found, read, refusal, write

from abeja_datasets_loading.formats.sources.uris import Uris, read_mapping

CATEGORIES = [{"id": 7, "name": "cat", "supercategory": "animal"}, {"id": 9, "name": "dog"}]
IMAGES = [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 50}, {"id": 2, "file_name": "b.jpg"}]


def document(*annotations: Any, **sections: Any) -> str:
    """Return a file in which annotations come first."""
    return json.dumps({"annotations": annotations, "images": IMAGES, "categories": CATEGORIES} | sections)


def annotation(**keys: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 1, "category_id": 7} | keys


def read_one(tmp_path: Path, **keys: Any) -> Found:
    return read(write(tmp_path, "a.json", document(annotation(**keys))))


def test_a_box_is_an_entry_of_detection_and_all_other_keys_stay(tmp_path: Path) -> None:
    others = {"iscrowd": 1, "area": 3.5, "keypoints": [1, 2, 2], "score": 0.5, "attributes": {"x": None}}
    found = read_one(tmp_path, bbox=[1, 2, 3.5, 4], **others)
    rect = {"xmin": 1, "ymin": 2, "xmax": 4.5, "ymax": 6}
    entry = {"category_id": 1, "label_id": 7, "label": "cat", "rect": rect, "id": 1} | others
    assert found.items[0] == {
        "source_data": [{"id": 1, "width": 100, "height": 50, "data_uri": "a.jpg"}],
        "attributes": {"detection": [entry]},
    }
    assert found.items[1]["attributes"] == {}
    assert not found.rejected


def test_sums_are_decimal(tmp_path: Path) -> None:
    (entry,) = read_one(tmp_path, bbox=[0.1, 0.7, 0.2, 0.1]).entries
    assert entry["rect"] == {"xmin": 0.1, "ymin": 0.7, "xmax": 0.3, "ymax": 0.8}


def test_categories_are_labels_of_one_category_also_those_that_nothing_uses(tmp_path: Path) -> None:
    assert read_one(tmp_path).props == {
        "categories": [
            {
                "category_id": 1,
                "name": "labels",
                "labels": [
                    {"label_id": 7, "label": "cat", "supercategory": "animal"},
                    {"label_id": 9, "label": "dog"},
                ],
            }
        ]
    }


@pytest.mark.parametrize(
    ("segmentation", "rect"),
    [
        ([[1, 2, 5, 2, 5, 6.5]], {"xmin": 1, "ymin": 2, "xmax": 5, "ymax": 6.5}),
        ([[1, 2, 3, 4, 5, 6], [-1, 0, 0, 9]], {"xmin": -1, "ymin": 0, "xmax": 5, "ymax": 9}),
    ],
)
def test_points_without_a_box_have_their_extent(tmp_path: Path, segmentation: Any, rect: Any) -> None:
    (entry,) = read_one(tmp_path, segmentation=segmentation).entries
    assert (entry["segmentation"], entry["rect"]) == (segmentation, rect)


@pytest.mark.parametrize("counts", [[3, 2, 1], "PYV4:2"])
def test_rle_is_kept_and_not_decoded(tmp_path: Path, counts: Any) -> None:
    rle = {"counts": counts, "size": [50, 100]}
    found = read_one(tmp_path, segmentation=rle)
    assert found.items[0]["attributes"] == {
        "segmentation": [{"category_id": 1, "label_id": 7, "label": "cat", "id": 1, "segmentation": rle}]
    }
    with_box = read_one(tmp_path, segmentation=rle, bbox=[0, 0, 1, 1])
    assert with_box.items[0]["attributes"]["detection"][0]["segmentation"] == rle


@pytest.mark.parametrize("empty", [{}, {"bbox": None}, {"segmentation": []}, {"segmentation": None, "bbox": None}])
def test_an_annotation_without_geometry_is_a_classification(tmp_path: Path, empty: Any) -> None:
    found = read_one(tmp_path, **empty)
    kept = {key: value for key, value in empty.items() if key != "bbox"}
    assert found.items[0]["attributes"] == {
        "classification": [{"category_id": 1, "label_id": 7, "label": "cat", "id": 1, **kept}]
    }


def test_a_dataset_of_segmentation_holds_entries_there(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", document(annotation(bbox=[1, 2, 3, 4])))
    assert list(read(path, dataset_type="segmentation").items[0]["attributes"]) == ["segmentation"]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"bbox": [1, 2, 3]}, "/annotations/0/bbox: four numbers"),
        ({"bbox": []}, "/annotations/0/bbox: four numbers"),
        ({"bbox": [1, 2, 3, "4"]}, "/annotations/0/bbox: four numbers"),
        ({"bbox": "1,2,3,4"}, "/annotations/0/bbox: four numbers"),
        ({"bbox": [1, 2, True, 4]}, "/annotations/0/bbox: four numbers"),
        ({"bbox": [1, 2, -3, 4]}, "/annotations/0/bbox: the size is negative"),
        ({"segmentation": [[1, 2, 3]]}, "/annotations/0/segmentation/0: has 3 numbers"),
        ({"segmentation": [[1, 2], []]}, "/annotations/0/segmentation/1: has 0 numbers"),
        ({"segmentation": [[1, "2"]]}, "/annotations/0/segmentation/0: is not a list of numbers"),
        ({"segmentation": "x"}, "/annotations/0/segmentation: is neither"),
        ({"segmentation": {"counts": 3}}, "/annotations/0/segmentation: is neither"),
        ({"category_id": 8}, "/annotations/0/category_id: there is no category with the id 8"),
        ({"category_id": None}, "/annotations/0/category_id: is missing"),
        ({"category_id": "07"}, "/annotations/0/category_id: there is no category with the id 07"),
        ({"area": 2, "image_id": 1, "x": "1e999", "bbox": [1, 2, 3, 4], "y": 1}, None),
    ],
)
def test_what_is_wrong_rejects_the_image_whole(tmp_path: Path, keys: Any, reason: str | None) -> None:
    found = read_one(tmp_path, **keys)
    if reason is None:
        assert len(found.items) == 2
        return
    assert [item["source_data"][0]["id"] for item in found.items] == [2]
    assert found.rejected[0].startswith(f"{tmp_path}/a.json: /images/0: {reason}")


def test_a_number_too_great_rejects_its_image(tmp_path: Path) -> None:
    text = document(annotation(), annotation(image_id=2, area=4711)).replace("4711", "1e400")
    found = read(write(tmp_path, "a.json", text))
    assert len(found.items) == 1
    assert "/images/1: /annotations/1: 1e400 is greater" in found.rejected[0]


def test_ids_match_by_their_canonical_text(tmp_path: Path) -> None:
    images = [{"id": "1", "file_name": "a"}, {"id": 2.0, "file_name": "b"}, {"id": "01", "file_name": "c"},
              {"id": 2**63 + 1, "file_name": "d"}]  # fmt: skip
    annotations = [annotation(image_id=1.0), annotation(image_id="2"), annotation(image_id="01"),
                   annotation(image_id=2**63 + 1)]  # fmt: skip
    found = read(write(tmp_path, "a.json", document(*annotations, images=images)))
    assert [len(item["attributes"]["classification"]) for item in found.items] == [1, 1, 1, 1]
    assert found.items[0]["source_data"][0]["id"] == "1"


def test_an_image_id_twice_rejects_its_images(tmp_path: Path) -> None:
    images = [*IMAGES, {"id": "1", "file_name": "c"}]
    found = read(write(tmp_path, "a.json", document(images=images)))
    assert len(found.items) == 1
    assert len(found.rejected) == 2


@pytest.mark.parametrize(
    ("categories", "reason"),
    [
        ([{"id": 1, "name": "a"}, {"id": 1.0, "name": "b"}], "/categories/1: the id 1 belongs to several categories"),
        ([{"name": "a"}], "/categories/0: is not a category with an id"),
        (["a"], "/categories/0: is not a category with an id"),
        ([{"id": 1, "name": 7}], "/categories/0/name: is not text"),
        ({"id": 1}, "categories is not an array"),
    ],
)
def test_bad_categories_refuse_the_file(tmp_path: Path, categories: Any, reason: str) -> None:
    assert reason in refusal(write(tmp_path, "a.json", document(categories=categories)))


def test_label_ids_are_the_ids_of_the_file(tmp_path: Path) -> None:
    categories = [{"id": "7", "name": "a"}, {"id": 0, "name": "b"}, {"id": 90, "name": "c"}]
    (entry,) = read(write(tmp_path, "a.json", document(annotation(), categories=categories))).entries
    assert entry["label_id"] == 7


@pytest.mark.parametrize("given", ["cat", -1, "07", 1.5])
def test_an_id_that_is_no_label_id_is_rejected_unless_labels_are_numbered_anew(tmp_path: Path, given: Any) -> None:
    categories = [{"id": 3, "name": "a"}, {"id": given, "name": "b"}]
    path = write(tmp_path, "a.json", document(annotation(category_id=given), categories=categories))
    if given == 1.5:
        assert "is not a category with an id" in refusal(path)
        return
    assert "--renumber" in read(path).rejected[0]
    (entry,) = read(path, renumber=True).entries
    assert (entry["label_id"], entry["label"]) == (1, "b")


def test_an_annotation_without_its_image_is_rejected(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", document(annotation(image_id=5), {"id": 2}, "x"))
    assert read(path).rejected == [
        f"{path}: /annotations/0: there is no image with the id 5",
        f"{path}: /annotations/1: is not an annotation with an image_id",
        f"{path}: /annotations/2: is not an annotation with an image_id",
    ]


def test_a_list_of_results_needs_the_images(tmp_path: Path) -> None:
    results = write(tmp_path, "r.json", json.dumps([annotation(bbox=[1, 2, 3, 4], score=0.5)]))
    assert "pass --images FILE" in refusal(results)
    images = write(tmp_path, "i.json", document())
    found = read(results, images=images)
    assert found.entries[0]["score"] == 0.5
    assert len(found.items) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "this is not a COCO file"),
        ('{"a": 1}', "this is not a COCO file"),
        ('{"images": [], "images": []}', 'the key "images" twice'),
        ('{"images": [}', "not JSON"),
        ('{"images": {}}', "images is not an array"),
        ('{"images": []} []', "more follows"),
        ('{"images": [{"id": 1, "a": NaN}]}', "NaN is not a JSON value"),
        ('{"images": [' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_coco_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert reason in refusal(write(tmp_path, "a.json", text), "coco")


def test_nothing_at_all_is_no_item(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.json", '{"images": []}'))
    assert (found.items, found.rejected) == ([], [])


def test_what_an_item_can_not_hold_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", document(info={"x": 1}, licenses=[], more=3))
    assert [note.split(": ")[1] for note in read(path).notes] == ["/info", "/licenses", "/more"]


@pytest.mark.parametrize(
    ("box", "text"),
    [
        ([1, 2, 0, 4], "the box has no area"),
        ([-1, 2, 3, 4], "negative position"),
        ([90, 2, 30, 4], "reaches beyond the image"),
    ],
)
def test_odd_boxes_are_kept_and_reported(tmp_path: Path, box: Any, text: str) -> None:
    found = read_one(tmp_path, bbox=box)
    assert text in found.notes[0]
    assert found.entries


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("./a.jpg", "s3://b/a.jpg"),
        ("x\\y\\a.jpg", "s3://b/x/y/a.jpg"),
        ("é%20#?.jpg", "s3://b/é%20#?.jpg"),
        ("e\u0301.jpg", "s3://b/e\u0301.jpg"),
        ("http://h/a.jpg", "http://h/a.jpg"),
        ("{path}{0}.jpg", "s3://b/{path}{0}.jpg"),
    ],
)
def test_uris_are_made_of_names(tmp_path: Path, name: str, uri: str) -> None:
    path = write(tmp_path, "a.json", document(images=[{"id": 1, "file_name": name}]))
    assert read(path, uris=Uris("s3://b/{path}")).items[0]["source_data"][0]["data_uri"] == uri


@pytest.mark.parametrize(
    "name", ["../a.jpg", "x/../../a.jpg", "x\\..\\a", "", None, 7, "\ud800.jpg", "/etc/a", "C:\\a", "a\nb"]
)
def test_bad_names_are_rejected(tmp_path: Path, name: Any) -> None:
    found = read(write(tmp_path, "a.json", document(images=[{"id": 1, "file_name": name}])))
    assert not found.items
    assert "name" in found.rejected[0]


def test_a_mapping_gives_the_uris(tmp_path: Path) -> None:
    table = write(tmp_path, "m.csv", "name,uri\n./a.jpg,datalake://1/x\n")
    found = read(write(tmp_path, "a.json", document()), uris=Uris(None, read_mapping(table)))
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["datalake://1/x"]
    assert "'b.jpg' is not in the mapping" in found.rejected[0]


def test_a_file_name_twice_makes_two_items(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "./a.jpg"}]
    found = read(write(tmp_path, "a.json", document(images=images)))
    assert len(found.items) == 2
    assert "twice" in found.notes[0]
