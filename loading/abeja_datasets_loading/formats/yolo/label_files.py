"""Where the label files of YOLO lie: in `labels` for images in `images`, or beside them."""

from collections.abc import Iterator
from pathlib import Path, PurePath


def label_name(image: PurePath) -> PurePath:
    """Return the name of the label file of an image: the last folder `images` of its path becomes `labels`."""
    folder = next(_label_folders(image.parent), image.parent)
    return folder / f"{image.stem}.txt"


def label_of(image: Path) -> Path:
    """Return the label file of an image: the last folder `images` of its path, in any case, becomes `labels`.

    Where there is no such file, one beside the image counts, and one in `labels` beside it.
    """
    name = f"{image.stem}.txt"
    candidates = [Path(folder, name) for folder in _label_folders(image.parent)]
    candidates += [image.parent / name, image.parent / "labels" / name]
    return next((each for each in candidates if each.exists()), candidates[0])


def labels_of(images: Path) -> Path:
    """Return the folder with the label files of a folder of images."""
    return label_of(images / "x.jpg").parent


def _label_folders(images: PurePath) -> Iterator[PurePath]:
    """Iterate over the folders with the labels of a folder of images."""
    parts = images.parts
    at = next((at for at in reversed(range(len(parts))) if parts[at].lower() == "images"), None)
    if at is not None:
        for name in ("labels", "Labels", "LABELS"):
            yield PurePath(*parts[:at], name, *parts[at + 1 :])
