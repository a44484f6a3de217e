"""The modules of the contract package: none imports in a circle, and none reads the document when it is imported."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2] / "contract"
PACKAGE = "abeja_datasets_contract"


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


def imported(name: str, path: Path) -> Iterator[str]:
    """Name the modules of the package that one imports, in functions and for types too."""
    parents = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            above = parents[: len(parents) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                found = f"{source}.{alias.name}"
                yield from [found] if found in MODULES else [source] if source in MODULES else []


def circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_in_a_circle() -> None:
    graph = {name: set(imported(name, path)) for name, path in MODULES.items()}
    assert len(graph) > 100
    assert f"{PACKAGE}.openapi.reading" in graph[f"{PACKAGE}.check.document"]
    assert circle(graph) == []
    assert circle({**graph, f"{PACKAGE}.check.results": {f"{PACKAGE}.check.run"}})


def test_no_module_reads_the_document_at_import() -> None:
    # schemathesis loads the hooks in a process of its own, where the environment says what to work with.
    names = [name for name in MODULES if not name.endswith(".hooks")]
    program = f"""
import builtins, importlib, io, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
for name in {names!r}:
    importlib.import_module(name)
assert not [path for path in opened if path.endswith("openapi.yaml")], "the document was read"
assert "abeja_datasets_openapi" not in sys.modules
from abeja_datasets_contract.check.document import installed
assert installed().operations
assert [path for path in opened if path.endswith("openapi.yaml")], "this test sees no document being read"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")
