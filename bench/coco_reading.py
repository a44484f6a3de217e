"""Reads a COCO file with our reader or datumaro's: `python coco_reading.py NAME FILE`. It prints seconds and memory."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from memory import peak


def _ours(path: Path) -> Callable[[], int]:
    from abeja_datasets_loading.formats.coco import reading as coco
    from abeja_datasets_loading.formats.model import Row
    from abeja_datasets_loading.formats.options import Options

    return lambda: sum(isinstance(record, Row) for record in coco.CocoFile(path, Options(dataset_type="detection")))


def _datumaro(path: Path) -> Callable[[], int]:
    import datumaro  # type: ignore[import-not-found]  # in an environment of its own

    return lambda: sum(1 for _ in datumaro.Dataset.import_from(str(path.parent.parent), "coco_instances"))


def main() -> None:
    """Read the file once."""
    _, name, path = sys.argv
    read = {"ours": _ours, "datumaro": _datumaro}[name](Path(path))
    start = time.process_time()
    images = read()
    seconds = time.process_time() - start
    print(json.dumps({"images": images, "seconds": seconds, "MiB": peak()}))


if __name__ == "__main__":
    main()
