"""What reading a large COCO file costs, beside datumaro, each in a process of its own, in turns.

The file is like `instances_train2017.json`: boxes and polygons with two digits, in no order of their images. The time
is that of the processor, without what importing the library takes.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).parent
PEER: Final = HERE / ".peers" / "datumaro" / "bin" / "python"
IMAGES: Final = 40_000
ANNOTATIONS: Final = 250_000
POINTS: Final = 12
CATEGORIES: Final = 80
ROUNDS: Final = 3


def measure() -> dict[str, Any]:
    """Return the figures of both, and the ratios."""
    taken: dict[str, list[dict[str, float]]] = {"ours": [], "datumaro": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "annotations" / "instances_train.json"
        path.parent.mkdir()
        (Path(folder) / "images").mkdir()
        _write(path)
        size = path.stat().st_size
        for _ in range(ROUNDS):
            for name, each in taken.items():
                each.append(_run(name, path))
    middle = {
        name: {key: median(one[key] for one in each) for key in ("seconds", "MiB")} for name, each in taken.items()
    }
    ours, peer = middle.values()
    return {
        "file, MB": round(size / 1e6),
        "seconds": {name: round(each["seconds"], 2) for name, each in middle.items()},
        "peak memory in MiB (ours must be under 40)": {name: round(each["MiB"], 1) for name, each in middle.items()},
        "speed, ratio to datumaro (must reach 3)": round(peer["seconds"] / ours["seconds"], 2),
        "memory, ratio to datumaro (must be under 0.25)": round(ours["MiB"] / peer["MiB"], 3),
    }


def _run(name: str, path: Path) -> dict[str, float]:
    python = sys.executable if name == "ours" else str(PEER)
    command = [python, str(HERE / "coco_reading.py"), name, str(path)]
    figures: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert figures.pop("images") == IMAGES
    return figures


def _write(path: Path) -> None:
    """Write the file piece by piece."""
    number = random.Random(1)  # noqa: S311 - the same file each time
    with path.open("w", encoding="utf-8") as file:
        file.write('{"info": {"year": 2017}, "images": [')
        file.writelines(f"{', ' if id_ else ''}{json.dumps(_image(id_))}" for id_ in range(IMAGES))
        file.write('], "annotations": [')
        file.writelines(f"{', ' if id_ else ''}{json.dumps(_annotation(id_, number))}" for id_ in range(ANNOTATIONS))
        categories = [{"id": id_, "name": f"category {id_}"} for id_ in range(1, CATEGORIES + 1)]
        file.write(f'], "categories": {json.dumps(categories)}}}')


def _image(id_: int) -> dict[str, Any]:
    name = f"{id_:012}.jpg"
    url = f"http://images.cocodataset.org/train2017/{name}"
    return {"file_name": name, "coco_url": url, "height": 480, "width": 640, "date_captured": "2013-11-14", "id": id_}


def _annotation(id_: int, number: random.Random) -> dict[str, Any]:
    def part(most: float) -> float:
        return round(number.random() * most, 2)

    x, y, width, height = part(400), part(300), part(200), part(150)
    polygon = [value for _ in range(POINTS) for value in (round(x + part(width), 2), round(y + part(height), 2))]
    return {
        "segmentation": [polygon],
        "area": part(9999),
        "iscrowd": 0,
        "image_id": number.randrange(IMAGES),
        "bbox": [x, y, width, height],
        "category_id": number.randrange(1, CATEGORIES + 1),
        "id": id_,
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
