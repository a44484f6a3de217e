"""YOLO datasets, with the layouts that people have."""

from pathlib import Path

import pytest
from PIL import Image
from tests.loading.formats.reading import read, refusal, write

BOX = "0 0.5 0.5 0.1 0.3"


def picture(path: Path, size: tuple[int, int] = (30, 10), orientation: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if orientation is not None:
        exif[274] = orientation
    Image.new("RGB", size).save(path, exif=exif)
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    picture(tmp_path / "images/train/a.jpg")
    write(tmp_path, "labels/train/a.txt", f"{BOX}\n")
    write(tmp_path, "data.yaml", "train: images/train\nnames: [cat, dog]\nnc: 2\n")
    return tmp_path


def test_numbers_become_pixels(dataset: Path) -> None:
    found = read(dataset)
    rect = {"xmin": 13.5, "ymin": 3.5, "xmax": 16.5, "ymax": 6.5}
    entry = {"category_id": 1, "label_id": 0, "label": "cat", "rect": rect}
    source = {"data_uri": "images/train/a.jpg", "width": 30, "height": 10}
    assert found.items == [{"source_data": [source], "attributes": {"detection": [entry]}}]
    assert (found.rejected, found.notes) == ([], [])
    assert [label["label"] for label in found.props["categories"][0]["labels"]] == ["cat", "dog"]


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        (f"{BOX} 0.87", {"rect", "confidence"}),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2", {"rect", "segmentation"}),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2 .5", {"rect", "segmentation", "confidence"}),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2", {"rect", "segmentation"}),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.5", {"rect", "segmentation", "confidence"}),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2 0.3 0.3", {"rect", "segmentation"}),
    ],
)
def test_the_count_of_columns_decides(dataset: Path, row: str, keys: set[str]) -> None:
    write(dataset, "labels/train/a.txt", f"  {row}\r\n\n")
    (entry,) = read(dataset).entries
    assert entry.keys() - {"category_id", "label_id", "label"} == keys


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0 0.5 0.5 0.1", "has 4 columns"),
        ("0", "has 1 columns"),
        ("cat 0.5 0.5 0.1 0.3", "the class 'cat' is not a number"),
        ("-1 0.5 0.5 0.1 0.3", "the class '-1' is not a number"),
        ("7 0.5 0.5 0.1 0.3", "the class 7 has no name"),
        ("0 0.5 nan 0.1 0.3", "'nan' is not a number"),
        ("0 0.5 0,5 0.1 0.3", "'0,5' is not a number"),
        ("0 0.5 0.5 -0.1 0.3", "the size of the box is negative"),
        ("0 0.5 0.5 0.1 0.3 x", "the confidence 'x' is not a number"),
    ],
)
def test_a_bad_row_rejects_its_image(dataset: Path, row: str, reason: str) -> None:
    write(dataset, "labels/train/a.txt", f"{BOX}\n{row}\n")
    found = read(dataset)
    assert not found.items
    assert found.rejected[0].startswith(f"{dataset}/labels/train/a.txt:2: ")
    assert reason in found.rejected[0]


def test_names_are_text_as_written(dataset: Path) -> None:
    write(dataset, "data.yaml", "train: images/train\nnames:\n  0: no\n  3: 0123\n  7: 1.0\n")
    assert [label["label"] for label in read(dataset).props["categories"][0]["labels"]] == ["no", "0123", "1.0"]
    assert read(dataset).entries[0]["label"] == "no"


def test_a_wrong_nc_is_reported(dataset: Path) -> None:
    write(dataset, "data.yaml", "train: images/train\nnames: [a]\nnc: 80\n")
    assert "nc is 80, and there are 1 names" in read(dataset).notes[0]


@pytest.mark.parametrize(
    "train",
    ["images/train", "../images/train", "./images/train", "[images/train]", "list.txt", "/nowhere/x/../images/train"],
)
def test_places_are_found(dataset: Path, train: str) -> None:
    write(dataset, "list.txt", "./images/train/a.jpg\n")
    path = "/home/another/machine"
    write(dataset, "data.yaml", f"path: {path}\ntrain: {train}\nnames: [cat]\n")
    if train.startswith("/"):
        assert "neither a folder nor a list" in refusal(dataset)
    else:
        assert len(read(dataset).items) == 1


def test_folders_called_images_become_labels_whatever_their_case(tmp_path: Path) -> None:
    picture(tmp_path / "images/train/Images/a.png")
    write(tmp_path, "images/train/labels/a.txt", f"{BOX}\n")
    write(tmp_path, "data.yaml", "train: images/train/Images\nnames: [cat]\n")
    assert len(read(tmp_path).entries) == 1


def test_without_data_yaml_classes_txt_names_the_classes(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    write(tmp_path, "a.txt", f"{BOX}\n")
    picture(tmp_path / "sub/b.jpg")
    write(tmp_path, "sub/labels/b.txt", f"{BOX}\n")
    write(tmp_path, "classes.txt", "cat\r\n\r\ndog\n")
    found = read(tmp_path)
    assert [entry["label"] for entry in found.entries] == ["cat", "cat"]
    assert [label["label_id"] for label in found.props["categories"][0]["labels"]] == [0, 2]


def test_an_empty_label_file_or_none_is_an_item_without_objects(dataset: Path) -> None:
    write(dataset, "labels/train/a.txt", "")
    picture(dataset / "images/train/b.jpg")
    assert [item["attributes"] for item in read(dataset).items] == [{}, {}]


def test_a_label_file_without_an_image_is_reported(dataset: Path) -> None:
    write(dataset, "labels/train/z.txt", BOX)
    (note,) = read(dataset).notes
    assert note.startswith(f"{dataset}/labels/train/z.txt: there is no image for this label file; ")


def test_an_image_that_is_elsewhere_needs_a_label_file_and_a_size(dataset: Path) -> None:
    write(dataset, "labels/train/sub/a.txt", BOX)
    write(dataset, "labels/val/z.txt", BOX)
    names = ("train/a.jpg", "train/sub/a.png", "train/none.jpg", "train/a.png", "val/z.jpg")
    sizes = write(dataset, "s.csv", "".join(f"images/{name},20,10\n" for name in names))
    found = read(dataset / "labels/..", sizes=sizes)
    assert [item["source_data"][0]["data_uri"] for item in found.items] == [f"images/{name}" for name in names[:2]]
    assert [entry["rect"]["xmin"] for entry in found.entries] == [13.5, 9]
    assert (found.rejected, found.notes) == ([], [])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_of_5_to_8_swaps_the_sides_and_is_reported(dataset: Path, orientation: int) -> None:
    picture(dataset / "images/train/a.jpg", orientation=orientation)
    found = read(dataset)
    width, height = (10, 30) if orientation > 4 else (30, 10)
    assert found.items[0]["source_data"][0] == {"data_uri": "images/train/a.jpg", "width": width, "height": height}
    assert ["orientation" in note for note in found.notes] == [True] * (orientation > 4)


def test_objects_without_a_size_are_rejected_unless_the_sizes_are_given(dataset: Path) -> None:
    write(dataset, "images/train/a.jpg", b"no image")
    assert "pass --sizes FILE" in read(dataset).rejected[0]
    sizes = write(dataset, "sizes.csv", "name,width,height\na.jpg,30,10\n")
    assert read(dataset, sizes=sizes).entries[0]["rect"]["xmin"] == 13.5
    assert "a width and a height" in refusal(dataset, sizes=write(dataset, "s.csv", "a.jpg,30\n"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("names: [a]\n", "has none of train, val and test"),
        ("[]", "is not a mapping"),
        ("a: [", "not YAML"),
        ("train: images\nnames: 7\n", "/names: is neither a list nor a mapping"),
        ("train: images\nnames: {a: b}\n", "/names: 'a' is not a class number"),
        ("train: {a: b}\nnames: [a]\n", "/train: is neither a path"),
        ("train: absent\nnames: [a]\n", "/train: there is neither a folder nor a list 'absent'"),
        ("", "is empty (0 bytes)"),
    ],
)
def test_a_bad_data_yaml_is_refused(dataset: Path, text: str, reason: str) -> None:
    assert reason in refusal(write(dataset, "data.yaml", text))


def test_a_circle_of_folders_ends(dataset: Path) -> None:
    (dataset / "images/train/loop").symlink_to("..")
    assert len(read(dataset).items) == 1
