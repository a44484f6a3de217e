"""YOLO and image folders, a small dataset for each rule of docs/formats.md that one can try."""

from pathlib import Path
from typing import Any

import pytest
from tests.loading.formats.reading import read, refusal, write
from tests.loading.formats.test_yolo_files import picture

from abeja_datasets_loading.formats.files import open_file
from abeja_datasets_loading.formats.model import Rejected
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.rejected import write_rejected
from abeja_datasets_loading.formats.sources.uris import Uris
from abeja_datasets_loading.formats.targets import target_of
from abeja_datasets_loading.formats.writing import write_items

ROW = "0 0.5 0.5 0.2 0.2"


def dataset(
    folder: Path, config: str, image: str = "images/a.jpg", label: str = "labels/a.txt", row: str = ROW
) -> Path:
    picture(folder / image)
    write(folder, label, row)
    write(folder, "data.yaml", config)
    return folder


@pytest.mark.parametrize(
    ("config", "label"),
    [
        ("train: images\nnames: [no]", "no"),
        ("train: images\nnames: {0: 007, 5: x}", "007"),
        ("train: images\nnames:\n- ~\n- y", "~"),
        ("\ufefftrain: images\r\nnames: [1.0]\r\n", "1.0"),
        ("train: [images]\nnames: [a]", "a"),
        ("path: /home/bob/x\ntrain: images\nnames: [a]", "a"),
        ("path: C:\\x\ntrain: ..\\images\nnames: [a]", "a"),
        ("train: ../../images\nval:\ntest: []\nnames: [a]", "a"),
        ("path: images/..\ntrain: images\nnames: [a]", "a"),
        ("path: .\nval: ./images\nnames: [a]", "a"),
    ],
)
def test_configurations(tmp_path: Path, config: str, label: str) -> None:
    found = read(dataset(tmp_path, config))
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["images/a.jpg"]
    assert found.entries[0]["label"] == label


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("train: images\nnames: [a]\nnames: [b]", "data.yaml:3: not YAML: the key 'names' appears twice"),
        ("train: images\nnames: {0: a, 0: b}", "the key '0' appears twice"),
        ("train: images\nnames: {0: a, 00: b}", "the class 0 appears twice"),
        ("train: images\nnames: {-1: a}", "'-1' is not a class number"),
        ("train: images\nnames: {\uff11: a}", "is not a class number"),
        ("train: images\nnames: [[a]]", "the name of class 0 is not text"),
        ("train: images\nnames: a", "is neither a list nor a mapping"),
        ("train: {a: b}\nnames: [a]", "neither a path nor a list"),
        ("train: /home/bob/images\nnames: [a]", "neither a folder nor a list '/home/bob/images'"),
        ("names: [a]", "none of train, val and test"),
        ("names: [a", "not YAML"),
        ("names: &a [*a]", "not YAML"),
        ("- a", "is not a mapping"),
        ("!!python/object:os.system x", "is not a mapping"),
    ],
)
def test_a_bad_configuration_is_refused(tmp_path: Path, config: str, reason: str) -> None:
    assert reason in refusal(dataset(tmp_path, config))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0\u30000.5 0.5 0.2 0.2", "has 4 columns"),
        ("0,0.5,0.5,0.2,0.2", "has 1 columns"),
        ("0 1e308 0.5 0.2 0.2", "greater than any number"),
        ("0 0.5 0.5 0.2 -0.2", "negative"),
        ("0 0.5 0.5 0.2 nan", "'nan' is not a number"),
        ("0 0.5 0.5 0.2 0.2 x", "the confidence 'x'"),
        ("\uff10 0.5 0.5 0.2 0.2", "is not a number from 0"),
        ("3 0.5 0.5 0.2 0.2", "the class 3 has no name"),
    ],
)
def test_bad_rows(tmp_path: Path, row: str, reason: str) -> None:
    found = read(dataset(tmp_path, "train: images\nnames: [a]", row=f"{ROW}\n\n{row}\n"))
    assert found.items == []
    assert found.rejected[0].startswith(f"{tmp_path}/labels/a.txt:3: ")
    assert reason in found.rejected[0]


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("images/a.jpg", "labels/a.txt"),
        ("Images/a.JPG", "labels/a.txt"),
        ("Images/a.jpg", "Labels/a.txt"),
        ("images/a.jpg", "Labels/a.txt"),
        ("images/images/x/a.jpg", "images/labels/x/a.txt"),
        ("x/a.b.jpg", "x/a.b.txt"),
        ("x/a.jpg", "x/labels/a.txt"),
        ("images/a.jpg", "images/a.txt"),
    ],
)
def test_places_of_label_files(tmp_path: Path, image: str, label: str) -> None:
    found = read(dataset(tmp_path, f"train: {image.split('/', maxsplit=1)[0]}\nnames: [a]", image, label))
    assert len(found.entries) == 1
    assert found.notes == []


@pytest.mark.parametrize("name", ["images/a.jpg", "./images/a.jpg", "images\\a.jpg\r"])
@pytest.mark.parametrize("place", ["train.txt", "lists/train.txt"])
def test_names_in_a_list(tmp_path: Path, name: str, place: str) -> None:
    write(tmp_path, place, f"{name}\n\n")
    found = read(dataset(tmp_path, f"train: {place}\nnames: [a]"))
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["images/a.jpg"]
    assert found.notes == []


def test_label_files_without_images_are_named_also_where_there_is_no_image(tmp_path: Path) -> None:
    write(tmp_path, "images/x.md", "x")
    write(tmp_path, "labels/a.txt", ROW)
    write(tmp_path, "data.yaml", "train: images\nnames: [a]")
    found = read(tmp_path)
    assert found.items == []
    assert [note.split("; ")[0] for note in found.notes] == [
        f"{tmp_path}/labels/a.txt: there is no image for this label file"
    ]


def test_a_listed_image_may_be_elsewhere_where_its_size_is_given(tmp_path: Path) -> None:
    write(tmp_path, "train.txt", "images/a.jpg\nimages/b.jpg\n")
    write(tmp_path, "labels/a.txt", ROW)
    write(tmp_path, "data.yaml", "train: train.txt\nnames: [a]")
    sizes = write(tmp_path, "s.csv", "name,width,height\nimages/a.jpg,100,50\n")
    found = read(tmp_path, sizes=sizes)
    assert found.entries[0]["rect"] == {"xmin": 40, "ymin": 20, "xmax": 60, "ymax": 30}
    assert found.rejected == [f"{tmp_path}/images/b.jpg: there is no such image"]


@pytest.mark.parametrize("image", ["images/train/a.jpg", "images/images/x/a.jpg", "more/a.jpg"])
def test_rejected_images_can_be_imported_again_with_their_names(tmp_path: Path, image: str) -> None:
    label = "/".join(image.rsplit("images", 1)).replace("//", "/labels/").removesuffix(".jpg").lstrip("/") + ".txt"
    source = dataset(
        tmp_path / "x", f"train: {image.split('/', maxsplit=1)[0]}\nnames: {{0: a, 7: 007}}", image, label, "7 1 1"
    )
    opened = open_file(source, Options())
    rejected = [(record, record.reason) for record in opened if isinstance(record, Rejected)]
    write_rejected(source, tmp_path / "images" / "y", rejected, Options())
    (copied,) = (tmp_path / "images" / "y").rglob("a.txt")
    assert copied.read_text() == "7 1 1"
    copied.write_text(ROW.replace("0 ", "7 ", 1))
    found = read(tmp_path / "images" / "y")
    assert [item["source_data"][0]["data_uri"] for item in found.items] == [image]
    assert found.entries[0]["label"] == "007"


def folder(root: Path, *names: str) -> Path:
    for name in names:
        write(root, name, "x")
    return root


def test_junk_of_operating_systems_is_ignored_and_other_files_are_counted(tmp_path: Path) -> None:
    found = read(folder(tmp_path, "c/a.jpg", "c/._a.jpg", "c/Thumbs.db", "c/desktop.ini", "__MACOSX/c/a.jpg",
                        ".hidden/a.jpg", "c/.b.jpg", "c/x.txt", "c/y.TXT"))  # fmt: skip
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["c/a.jpg"]
    assert found.notes == [f"{tmp_path}: 2 files are no images, and are left out: .txt"]


def test_links_count_where_they_lie_and_dead_ones_are_named(tmp_path: Path) -> None:
    folder(tmp_path, "cat/a.jpg")
    links = {"dog/b.jpg": "../cat/a.jpg", "cat/loop": "..", "dog/dead.jpg": "x", "dog/self.jpg": "self.jpg"}
    for name, target in links.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(target)
    found = read(tmp_path)
    assert [(entry["label"]) for entry in found.entries] == ["cat", "dog"]
    assert [each.split(": ")[0] for each in found.rejected] == [f"{tmp_path}/dog/dead.jpg", f"{tmp_path}/dog/self.jpg"]


@pytest.mark.parametrize("name", ["train", "Val", "test"])
def test_folders_of_splits_are_pointed_out(tmp_path: Path, name: str) -> None:
    found = read(folder(tmp_path, f"{name}/a.jpg", "c/b.jpg"))
    assert any(each.startswith(f"{tmp_path}/{name}: is read as a class") for each in found.notes)


def test_an_empty_class_is_a_label_and_two_forms_of_a_name_are_two_classes(tmp_path: Path) -> None:
    for name in ("caf\u00e9", "cafe\u0301", "empty"):
        (tmp_path / name).mkdir()
    found = read(folder(tmp_path, "caf\u00e9/a.jpg", "cafe\u0301/a.jpg", "a.jpg"))
    names = [label["label"] for label in found.props["categories"][0]["labels"]]
    assert names == ["cafe\u0301", "caf\u00e9", "empty"]
    assert [entry["label_id"] for entry in found.entries] == [0, 1]
    assert found.rejected == [f"{tmp_path}/a.jpg: lies in no folder of a class"]


def test_a_configuration_without_names_is_reported(tmp_path: Path) -> None:
    found = read(dataset(tmp_path, "train: images"))
    assert found.entries == [{"category_id": 1, "label_id": 0, "rect": found.entries[0]["rect"]}]
    assert found.notes == [f"{tmp_path}/data.yaml: has no names: labels have no names"]


def test_a_label_without_a_name_gets_one_and_that_is_reported(tmp_path: Path) -> None:
    found = read(dataset(tmp_path / "in", "train: images"))
    target = tmp_path / "out"
    (note,) = write_items(found.items, target, target_of(target, "yolo", dict))
    assert note.text.startswith("that the label 0 has no name, which is '0' now,")


def test_a_size_twice_is_refused_where_it_differs(tmp_path: Path) -> None:
    rows = "name,width,height\nimages/a.jpg,100,50\n./images/a.jpg,100,50\n"
    folder = dataset(tmp_path, "train: images\nnames: [a]")
    assert len(read(folder, sizes=write(tmp_path, "s.csv", rows)).items) == 1
    reason = refusal(folder, sizes=write(tmp_path, "t.csv", f"{rows}images/a.jpg,100,51\n"))
    assert reason == f"{tmp_path}/t.csv:4: 'images/a.jpg' is here again, with another size"


@pytest.mark.parametrize("config", ["train: images/train\nval: images/val\nnames: [a]", None])
def test_labels_and_sizes_are_enough_where_all_images_are_elsewhere(tmp_path: Path, config: str | None) -> None:
    write(tmp_path, "data.yaml" if config else "classes.txt", config or "a\n")
    for name in ("train/a.txt", "val/b.txt"):
        write(tmp_path, f"labels/{name}", ROW)
    sizes = write(tmp_path, "s.csv", "images/train/a.jpg,100,50\nimages/val/b.jpg,10,5\nimages/val/c.jpg,1,1\n")
    found = read(tmp_path, "yolo", sizes=sizes)
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["images/train/a.jpg", "images/val/b.jpg"]
    assert (found.rejected, found.notes) == ([], [])
    if config:
        assert "neither a folder nor a list 'images/train'" in refusal(tmp_path, "yolo")


def test_absolute_places_inside_the_dataset_have_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "x/train.txt", f"{tmp_path}/x/images/a.jpg\n")
    for config in (f"train: {tmp_path}/x/images", "train: train.txt"):
        for place in (dataset(tmp_path / "x", f"{config}\nnames: [a]"), Path("x")):
            assert [uri(item) for item in read(place).items] == ["images/a.jpg"]


def uri(item: dict[str, Any]) -> str:
    return str(item["source_data"][0]["data_uri"])


def test_names_outside_the_folder_are_relative_to_the_path(tmp_path: Path) -> None:
    for split in ("train", "val"):
        picture(tmp_path / f"ds/images/{split}/a.jpg")
        write(tmp_path, f"ds/labels/{split}/a.txt", ROW)
    write(tmp_path, "x/data.yaml", "path: ../ds\ntrain: images/train\nval: images/val\nnames: [a]")
    found = read(tmp_path / "x")
    assert [uri(item) for item in found.items] == ["images/train/a.jpg", "images/val/a.jpg"]
    assert (len(found.entries), found.notes) == (2, [])


@pytest.mark.parametrize("name", ["../out/a.jpg", "{folder}/out/a.jpg"])
def test_a_listed_image_outside_all_folders_is_rejected_and_stays_where_it_is(tmp_path: Path, name: str) -> None:
    image = picture(tmp_path / "out/a.jpg")
    write(tmp_path, "x/train.txt", name.format(folder=tmp_path))
    write(tmp_path, "x/data.yaml", "train: train.txt\nnames: [a]")
    opened = open_file(tmp_path / "x", Options())
    rejected = [(record, record.reason) for record in opened if isinstance(record, Rejected)]
    assert len(rejected) == 1
    target = tmp_path / "x" / "rejected"
    write_rejected(tmp_path / "x", target, rejected, Options())
    assert (image.is_file(), image.is_symlink()) == (True, False)
    assert "pass a mapping of URIs" in read(target).rejected[0]
    found = read(target, uris=Uris(None, {str(image): "s3://b/a.jpg"}))
    assert [uri(item) for item in found.items] == ["s3://b/a.jpg"]


@pytest.mark.parametrize("row", [f"{ROW} 0.1 0.1 2 0.2 0.2 2", f"{ROW} 0.1 0.1 0.2 0.2"])
def test_keypoints_are_no_polygon(tmp_path: Path, row: str) -> None:
    folder = dataset(tmp_path, "train: images\nnames: [a]\nkpt_shape: [2, 3]", row=f"{ROW}\n{row}")
    assert f"{tmp_path}/labels/a.txt:2: has keypoints (kpt_shape)" in read(folder).rejected[0]
    write(folder, "labels/a.txt", ROW)
    assert len(read(folder).entries) == 1
