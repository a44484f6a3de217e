"""Keys of which only some are in memory."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.loading.formats.reading import read

from abeja_datasets_loading.formats import codes
from abeja_datasets_loading.formats.codes import Codes

_IDS: Final = [3, 1, "a", 2**53 + 1, 0, -7, "5", 5, 5.0, "é", "\ud800", 1, "", None, [1], True, 10**18, "x" * 300]


@pytest.mark.parametrize("most", [1, 3, 100])
def test_codes_are_those_of_the_first_use(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(codes, "MOST", most)
    given: list[codes.Key] = [None, 7, "7", -(2**63), "\ud800", 2**63 - 1, "é", 7, None, "\ud800", 2**63 - 1, "new"]
    found = Codes()
    assert [found.of([key])[0] for key in given] == [0, 1, 2, 3, 4, 5, 6, 1, 0, 4, 5, 7]
    assert found.of([*given]) == [0, 1, 2, 3, 4, 5, 6, 1, 0, 4, 5, 7]
    assert len(found) == 8
    assert [found.key(code) for code in range(8)] == [*dict.fromkeys(given)]
    found.close()


def test_ids_in_a_file_join_as_those_in_memory_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(_document()))
    in_memory = read(path)
    monkeypatch.setattr(codes, "MOST", 2)
    assert read(path) == in_memory
    assert len(in_memory.items) > 3
    assert any("belongs to several images" in each for each in in_memory.rejected)
    assert any("there is no image with the id gone" in each for each in in_memory.rejected)
    assert any("twice" in each for each in in_memory.notes)


def _document() -> dict[str, Any]:
    images = [{"id": id_, "file_name": f"{number // 2}.jpg"} for number, id_ in enumerate(_IDS)]
    named = [*_IDS[::-1], "gone", 99, *_IDS]
    annotations = [
        {"id": number, "image_id": id_, "category_id": 1, "bbox": [number, 1, 2, 3]} for number, id_ in enumerate(named)
    ]
    return {"annotations": annotations, "images": images, "categories": [{"id": 1, "name": "cat"}]}
