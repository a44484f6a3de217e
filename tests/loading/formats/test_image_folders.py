"""Image folders for classification."""

from pathlib import Path

from tests.loading.formats.reading import read, refusal, write


def test_the_first_folder_is_the_class(tmp_path: Path) -> None:
    for name in ("cat/a.jpg", "cat/deep/a.JPG", "dog/b.png", "empty/.keep"):
        write(tmp_path, name, "x")
    found = read(tmp_path, "folder")
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["cat/a.jpg", "cat/deep/a.JPG", "dog/b.png"]
    assert [entry["label_id"] for entry in found.entries] == [0, 0, 1]
    assert [label["label"] for label in found.props["categories"][0]["labels"]] == ["cat", "dog", "empty"]


def test_junk_is_ignored_and_other_files_are_counted(tmp_path: Path) -> None:
    for name in ("cat/a.jpg", "cat/._a.jpg", "cat/Thumbs.db", "cat/desktop.ini", "__MACOSX/cat/a.jpg", ".git/x.jpg",
                 "cat/notes.txt", "cat/more.txt", "root.jpg"):  # fmt: skip
        write(tmp_path, name, "x")
    found = read(tmp_path, "folder")
    assert len(found.items) == 1
    assert found.rejected == [f"{tmp_path}/root.jpg: lies in no folder of a class"]
    assert found.notes == [f"{tmp_path}: 2 files are no images, and are left out: .txt"]


def test_folders_of_splits_are_pointed_out(tmp_path: Path) -> None:
    write(tmp_path, "train/cat/a.jpg", "x")
    assert "is read as a class" in read(tmp_path, "folder").notes[0]


def test_links(tmp_path: Path) -> None:
    write(tmp_path, "cat/a.jpg", "x")
    (tmp_path / "dog").mkdir()
    (tmp_path / "dog/b.jpg").symlink_to("../cat/a.jpg")
    (tmp_path / "dog/dead.jpg").symlink_to("nowhere")
    (tmp_path / "dog/loop").symlink_to("..")
    found = read(tmp_path, "folder")
    assert [item["source_data"][0]["data_uri"] for item in found.items] == ["cat/a.jpg", "dog/b.jpg"]
    assert found.rejected == [f"{tmp_path}/dog/dead.jpg: is a link to a file that is not there"]


def test_what_is_no_folder_of_classes_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.jpg", "x")
    assert "one for each class is needed" in refusal(tmp_path, "folder")
    assert "is not a folder" in refusal(tmp_path / "a.jpg", "folder")
    assert "No such file" in refusal(tmp_path / "x", "folder")
