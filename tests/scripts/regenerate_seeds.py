"""Regenerates after some changes: `python -m tests.scripts.regenerate_seeds TABLE FOLDER SHARE SHARES NAME…`.

TABLE is `seeds` (tests/contract/seeds) or `replay` (tests/scripts/replay).

Each change gets a project in FOLDER, whose other packages are those of this one. The result is a line of JSON: what the
generator refused, whether the output can be imported, its code (as a digest that no words change) and what is left to
do. Each look at an output is in a fork, which has imported nothing of ours yet.
"""

import ast
import hashlib
import importlib
import io
import json
import os
import pkgutil
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import yaml
from tests.contract.seeds import SEEDS, changed, seeded_document
from tests.scripts.project import PACKAGE, ROOT, NoTypes
from tests.scripts.replay.edits import EDITS

from upkeep.generation import generating
from upkeep.left import client, gaps, server, types
from upkeep.programs import PACKAGES, ProgramFailed
from upkeep.swapping import replace, workplace

# What an output and our programs import takes most of the time, and is the same for all.
LOADED = (
    "attrs", "dateutil.parser", "httpx", "hypothesis.strategies", "hypothesis_jsonschema", "jsonschema_rs",
    "upkeep.generation.client_generator", "upkeep.generation.typed_dicts",
)  # fmt: skip


def main(table: str, folder: Path, share: int, shares: int, names: list[str]) -> None:
    for name in LOADED:
        importlib.import_module(name)
    for module in (generating, client, server):
        setattr(module, "Program", Fork)  # noqa: B010 - the same responses, from a fork, which is not a subclass
    setattr(types, "Mypy", NoTypes)  # noqa: B010 - no subclass either
    document = seeded_document() if table == "seeds" else plain_document()
    for index, name in enumerate(names):
        if index % shares == share:
            root = folder / f"s{index:02}"
            make(root, changed(document, SEEDS[name].edit if table == "seeds" else EDITS[name].change))
            print(
                json.dumps({"name": name, "folder": root.name, **regenerated(root, listing=table == "replay")}),
                flush=True,
            )


def plain_document() -> Any:
    return yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))


def make(root: Path, data: Any) -> None:
    root.mkdir()
    remove_dangling_links(data)
    for package in ("generator-config.yaml", "README.md", "bench", "tests", *PACKAGES[1:]):
        (root / package).symlink_to(ROOT / package)
    text = yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    (root / "openapi.yaml").write_text(text, encoding="utf-8")


def remove_dangling_links(data: Any) -> None:
    """Remove the links to operations that are gone, as a person does: they are refused."""
    operations = [raw for item in data["paths"].values() for raw in item.values() if isinstance(raw, dict)]
    ids = {raw.get("operationId") for raw in operations}
    links = data["components"]["links"]
    gone = {f"#/components/links/{name}" for name, link in links.items() if link["operationId"] not in ids}
    for pointer in gone:
        del links[pointer.rpartition("/")[2]]
    for raw in operations:
        for response in raw.get("responses", {}).values():
            kept = {name: link for name, link in response.get("links", {}).items() if link.get("$ref") not in gone}
            if "links" in response:
                response["links"] = kept


def regenerated(root: Path, *, listing: bool) -> dict[str, Any]:
    try:
        document = generating.validate(root)
        with workplace(root / PACKAGE) as folder:
            replace(root / PACKAGE, generating.generate(root, document, folder))
    except generating.InvalidDocument as error:
        return {"refused": str(error)}
    imported = Fork(import_all, root, PACKAGE.name).output()
    left = [str(gap) for gap in gaps.find_gaps(root, document)] if listing else []
    return {"refused": "", "imported": imported, "code": digest(root / PACKAGE), "left": left}


def import_all(package: str) -> int:
    """Import each module of a package; give their number."""
    top = importlib.import_module(package)
    modules = [module.name for module in pkgutil.walk_packages(top.__path__, f"{package}.")]
    for module in modules:
        importlib.import_module(module)
    return len(modules)


def digest(package: Path) -> str:
    """Return a hash of the code that no docstring changes."""
    found = hashlib.sha256()
    for module in sorted(package.rglob("*.py")):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value = ast.Constant(None)  # a docstring, also of a field
        found.update(f"{module.relative_to(package)}\n{ast.dump(tree)}".encode())
    return found.hexdigest()


class Fork:
    """A module's `main`, or a function, in a fork that finds the packages of a project; stands in for `Program`."""

    def __init__(self, work: str | Callable[..., Any], root: Path, argument: Any) -> None:
        reader, writer = os.pipe()
        self._reader = reader
        self._child = os.fork()
        if self._child == 0:
            os.close(reader)
            try:
                sys.path[:0] = [str(root / package) for package in PACKAGES]
                sys.path_importer_cache.clear()
                response = {"response": self._run(work, argument)}
            except BaseException as error:  # noqa: BLE001 - the parent raises it
                response = {"error": f"{type(error).__name__}: {error}"}
            os.write(writer, json.dumps(response).encode())
            os._exit(0)
        os.close(writer)

    @staticmethod
    def _run(work: str | Callable[..., Any], argument: Any) -> Any:
        if not isinstance(work, str):
            return work(argument)
        sys.stdin, out = io.StringIO(json.dumps(argument)), io.StringIO()
        with redirect_stdout(out):
            importlib.import_module(work).main()
        return json.loads(out.getvalue())

    def output(self) -> Any:
        with os.fdopen(self._reader, encoding="utf-8") as pipe:
            told = json.loads(pipe.read())
        os.waitpid(self._child, 0)
        if "error" in told:
            raise ProgramFailed(told["error"])
        return told["response"]

    def stop(self) -> None:
        """It has answered."""


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
