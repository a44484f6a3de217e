"""Images and their annotations, joined outside memory whatever order they stand in."""

import itertools
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from abeja_datasets_loading.formats.coco.batches import Batch
from abeja_datasets_loading.formats.coco.columns import Column, Texts
from abeja_datasets_loading.formats.codes import Codes, Key
from abeja_datasets_loading.formats.values.labels import canonical

_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_AFTER: Final = ", \t\r\n"
_LARGE: Final = 10**17


class Kept(NamedTuple):
    """A record of the file, with its number in its list."""

    number: int
    text: str
    """The record as JSON, as it stands in the file."""


class Image(NamedTuple):
    """An image with its annotations."""

    image: Kept
    times: int
    """How many images have its id; 0 where it has no id."""
    numbers: list[int]
    """Those of its annotations."""
    texts: list[bytes]
    """Its annotations as JSON in UTF-8, each with the comma and the spaces that follow it."""
    has_long: bool
    """Whether its annotations may have a number of more digits than a float."""

    @property
    def annotations(self) -> list[Kept]:
        """The annotations as records."""
        return [_kept(number, text) for number, text in zip(self.numbers, self.texts, strict=True)]

    @property
    def annotation_array(self) -> str:
        """The annotations as a JSON array."""
        return f"[{b''.join(self.texts).decode().rstrip(_AFTER)}]"


class _Section:
    """The records of a section, each with a code that stands for the id of an image."""

    def __init__(self) -> None:
        self.texts = Texts()
        self.codes = Column("I")
        self.long = Column("B")
        """Whether each may have a number of more digits than a float."""

    def close(self) -> None:
        for each in (self.texts, self.codes, self.long):
            each.close()


class Joining:
    """Images and annotations by the id that they share. Temporary files hold them, and memory some of the ids."""

    def __init__(self) -> None:
        self._images, self._annotations = _Section(), _Section()
        self._sections = {"images": self._images, "annotations": self._annotations}
        self._order = Column("I")
        """The annotations by the codes of their images."""
        self._starts = Column("I")
        self._times = Column("I")
        self._codes = Codes()
        [self._no_id] = self._codes.of([None])

    def close(self) -> None:
        """Remove the files."""
        for each in (self._images, self._annotations, self._order, self._starts, self._times, self._codes):
            each.close()

    def add(self, section: str, batch: Batch) -> None:
        """Add records to `images` or `annotations`, by the ids of images."""
        target = self._sections[section]
        target.codes.extend(self._codes.of(_keys(batch.keys)))
        target.texts.extend(batch.text, batch.sizes)
        target.long.extend([batch.has_long] * len(batch.sizes))

    def images(self) -> Iterator[Image]:
        """Iterate over the images in their order."""
        times, (starts, order) = self._counted(), self._ordered()
        long = self._annotations.long.view()
        for number, code in enumerate(self._images.codes.view()):
            rows = order[starts[code] : starts[code + 1]].tolist() if times[code] else []
            has_long = any(map(long.__getitem__, rows))
            image = _kept(number, self._images.texts[number])
            yield Image(image, times[code], rows, self._annotations.texts.of(rows), has_long)

    def orphans(self) -> Iterator[tuple[Any, Kept]]:
        """Iterate over the annotations without an image, each with the id that it names; None where it names none."""
        times, (starts, _) = self._counted(), self._ordered()
        if all(times[1:]) and starts[self._no_id] == starts[self._no_id + 1]:
            return
        for number, code in enumerate(self._annotations.codes.view()):
            if not times[code]:
                yield self._codes.key(code), _kept(number, self._annotations.texts[number])

    def _counted(self) -> memoryview:
        """Return how many images have the id of each code."""
        if (times := self._times.made) is not None:
            return times
        times = self._times.view(len(self._codes))
        for code in self._images.codes.view():
            times[code] += 1
        times[self._no_id] = 0
        return times

    def _ordered(self) -> tuple[memoryview, memoryview]:
        """Return where the annotations of each code begin in the order, and the order."""
        codes = self._annotations.codes.view()
        if self._starts.made is not None:
            return self._starts.made, self._order.view()
        # The number of a code stands two places after it, then its start one place after it: its free place moves on
        # to where the next code starts.
        starts, order = self._starts.view(len(self._codes) + 2), self._order.view(len(codes))
        for code in codes:
            starts[code + 2] += 1
        for code, start in enumerate(itertools.accumulate(starts)):
            starts[code] = start
        for number, code in enumerate(codes):
            order[starts[code + 1]] = number
            starts[code + 1] += 1
        return starts, order


def _kept(number: int, text: bytes) -> Kept:
    return Kept(number, text.decode().rstrip(_AFTER))


def _keys(ids: list[Any]) -> list[Key]:
    """Return ids so that those of one canonical text are one key; None where it is not an id."""
    if {*map(type, ids)} == {int} and min(ids) > -_LARGE and max(ids) < _LARGE:
        return ids
    return [_key(each) for each in ids]


def _key(given: Any) -> Key:
    text = canonical(given)
    return int(text) if text is not None and _WHOLE.fullmatch(text) else text
