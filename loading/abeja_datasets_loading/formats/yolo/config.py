"""`data.yaml` and `classes.txt` of YOLO: names, and the places of the images."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Note, Place
from abeja_datasets_loading.formats.sources.text import TextSource, decode, name_of, open_bytes, read_bytes
from abeja_datasets_loading.formats.values import labels
from abeja_datasets_loading.formats.values.numbers import number
from abeja_datasets_loading.formats.yolo.label_files import labels_of

_SPLITS: Final = ("train", "val", "test")
_CONFIGS: Final = ("data.yaml", "data.yml", "dataset.yaml")
_CLASSES: Final = "classes.txt"
_MOST: Final = 16 << 20


class YoloConfig:
    """What a dataset in YOLO's format says of itself.

    Args:
        root: the folder that names of images are relative to.
        base: the folder of `path`, that those are relative to which lie outside the root.
        names: the name of each class; None where there are none, and each class is valid.
        splits: folders and lists of images.
        notes: what is odd about it.
    """

    def __init__(
        self, root: Path, base: Path, names: Mapping[int, str] | None, splits: list[Path], notes: list[Note]
    ) -> None:
        self.root = root
        self.base = base
        self.splits = splits
        self.notes = notes
        self.names = names
        found = [] if names is None else [{"label_id": index, "label": name} for index, name in sorted(names.items())]
        self.props: dict[str, Any] = {} if names is None else labels.categories(found)
        self.has_keypoints = False
        """Whether each row ends with keypoints (`kpt_shape`), whose columns would look like those of a polygon."""

    def label(self, index: int) -> dict[str, str]:
        """Return the label of a class, if classes have names.

        Raises:
            Invalid: this one has none.
        """
        if self.names is None:
            return {}
        if index not in self.names:
            raise Invalid(f"the class {index} has no name")
        return {"label": self.names[index]}


class _Loader(yaml.BaseLoader):
    """Loads mappings in which each key appears once. All scalars are text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping.

        Raises:
            ConstructorError: a key appears twice.
        """
        seen: set[str] = set()
        for key in [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]:
            if key.value in seen:
                problem = f"the key {key.value!r} appears twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_config(path: Path, encoding: str | None, *, has_sizes: bool = False) -> YoloConfig:
    """Read a `data.yaml`, or a folder with one, or with `classes.txt`.

    Args:
        path: the file or folder.
        encoding: of the text.
        has_sizes: whether sizes are given, so that the labels of a folder of images are enough.

    Raises:
        FileRefused: it can't be read.
    """
    if not path.is_dir():
        return _from_yaml(path, encoding, has_sizes)
    for name in _CONFIGS:
        if (path / name).exists():
            return _from_yaml(path / name, encoding, has_sizes)
    classes = next((each for each in (path / _CLASSES, path / "labels" / _CLASSES) if each.exists()), None)
    names = None if classes is None else _classes(classes, encoding)
    notes = (
        []
        if names is not None
        else [Note(Place(name_of(path)), "there is no data.yaml and no classes.txt: labels have no names")]
    )
    return YoloConfig(path, path, names, [path], notes)


def _classes(path: Path, encoding: str | None) -> dict[int, str]:
    source = TextSource(path, encoding)
    try:
        lines = [line.strip(" \t\r") for _, line in source.lines()]
    finally:
        source.close()
    while lines and not lines[-1]:
        lines.pop()
    return {index: name for index, name in enumerate(lines) if name}


def _from_yaml(path: Path, encoding: str | None, has_sizes: bool) -> YoloConfig:
    place = Place(name_of(path))
    with open_bytes(path) as source:
        text = decode(read_bytes(source, _MOST, place), place, encoding)
    try:
        # All scalars are text: a class may have the name "no", "007" or "1.0".
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - it makes texts, lists and mappings alone
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise FileRefused(place._replace(line=line), f"not YAML: {getattr(error, 'problem', None) or error}") from None
    if not isinstance(document, dict):
        raise FileRefused(place, "is not a mapping with names and train")
    notes: list[Note] = []
    names = _names(document.get("names"), place)
    if names is None:
        notes.append(Note(place, "has no names: labels have no names"))
    given = document.get("nc")
    if given is not None and names is not None and given != str(len(names)):
        notes.append(Note(place, f"nc is {given}, and there are {len(names)} names"))
    base = path.parent / str(document.get("path") or "").replace("\\", "/")
    splits = [_there(each, base, path.parent, has_sizes) for each in _splits(document, place)]
    config = YoloConfig(path.parent, base, names, splits, notes)
    config.has_keypoints = document.get("kpt_shape") not in (None, "")
    return config


def _names(given: Any, place: Place) -> dict[int, str] | None:
    at = place._replace(pointer="/names")
    if given in (None, ""):
        return None
    pairs = enumerate(given) if isinstance(given, list) else given.items() if isinstance(given, dict) else None
    if pairs is None:
        raise FileRefused(at, "is neither a list nor a mapping")
    names: dict[int, str] = {}
    for key, name in pairs:
        index = key if isinstance(key, int) else number(str(key))
        if type(index) is not int or index < 0:
            raise FileRefused(at, f"{key!r} is not a class number from 0")
        if not isinstance(name, str):
            raise FileRefused(at, f"the name of class {index} is not text")
        if index in names:
            raise FileRefused(at, f"the class {index} appears twice")
        names[index] = name
    return names


class _Split(NamedTuple):
    """A place of images, as `data.yaml` names it."""

    given: str
    place: Place


def _splits(document: Mapping[str, Any], place: Place) -> Iterator[_Split]:
    found = False
    for split in _SPLITS:
        given = document.get(split)
        if given in (None, "", []):
            continue
        found = True
        at = place._replace(pointer=f"/{split}")
        for each in given if isinstance(given, list) else [given]:
            if not isinstance(each, str):
                raise FileRefused(at, "is neither a path nor a list of paths")
            yield _Split(each.replace("\\", "/"), at)
    if not found:
        raise FileRefused(place, "has none of train, val and test")


def _there(split: _Split, base: Path, folder: Path, has_sizes: bool) -> Path:
    """Return a place of images: below `path`, below the file, and without a leading `../`, whichever there is."""
    shortened = split.given
    while shortened.startswith("../"):
        shortened = shortened[3:]
    candidates = [base / split.given, folder / split.given, base / shortened, folder / shortened]
    for candidate in candidates:
        if candidate.exists() or (has_sizes and labels_of(candidate).is_dir()):
            return Path(os.path.normpath(candidate))
    raise FileRefused(split.place, f"there is neither a folder nor a list {split.given!r}")
