"""What the caller says about a file that the file does not say itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abeja_datasets_loading.formats.sources.uris import Uris


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to read an annotation file.

    Attributes:
        uris: makes the source URI of a file's name.
        encoding: of text without a byte order mark; by default an XML declaration decides, else UTF-8.
        dataset_type: the type of the dataset, which decides where entries stand.
        props: of the dataset. Its labels give names their ids.
        renumber: number labels by their position, where their ids are no label ids.
        images: the file with the images of a bare list of COCO results.
        sizes: a CSV file with name, width and height of images, for YOLO.
        voc_origin: 1 where Pascal VOC coordinates count from 1.
        on_read: called with a number of bytes that were read, while a file is read before its first item is known.
    """

    uris: Uris = field(default_factory=Uris)
    encoding: str | None = None
    dataset_type: str | None = None
    props: Mapping[str, Any] | None = None
    renumber: bool = False
    images: Path | str | None = None
    sizes: Path | str | None = None
    voc_origin: int = 0
    on_read: Callable[[int], object] | None = field(default=None, compare=False)
