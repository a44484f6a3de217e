"""Import each module of a package: `python -m upkeep.generation.importing`.

Standard input has the folder and the name of the package as JSON. The output has each module that fails, with why.
"""

import importlib
import json
import sys
from pathlib import Path


def main() -> None:
    """Read which package, import its modules, and write what failed, by the module's file."""
    folder, package = json.load(sys.stdin)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    failed: dict[str, str] = {}
    for file in sorted(Path(folder, package).rglob("*.py")):
        below = file.relative_to(folder)
        name = ".".join(below.with_suffix("").parts).removesuffix(".__init__")
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            failed[str(below)] = f"{type(error).__name__}: {error}"
    json.dump(failed, sys.stdout)


if __name__ == "__main__":
    main()
