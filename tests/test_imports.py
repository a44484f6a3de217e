"""Who may import whom: the table of ARCHITECTURE.md, read off the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GENERATED = "abeja_datasets_openapi"
PACKAGES = {
    "generated": {GENERATED},
    "wrapper": {"abeja_datasets"},
    "loading": {"abeja_datasets_loading"},
    "mock_server": {"abeja_datasets_mock"},
    "contract": {"abeja_datasets_contract"},
    "cli": {"abeja_datasets_cli"},
}
USERS_OF_GENERATED = {"operations.py", "models.py", "typed_dicts.py"}
OURS = set().union(*PACKAGES.values())


def imports(module: Path) -> Iterator[str]:
    """Name the top packages that a module imports, inside functions too."""
    return imports_of(ast.parse(module.read_text(encoding="utf-8")))


def imports_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Call) and "import_module" in ast.dump(node.func) and node.args:
            name = node.args[0]
            yield str(name.value).partition(".")[0] if isinstance(name, ast.Constant) else "a computed name"


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"{package}/ is empty"
    return found


@pytest.mark.parametrize("package", [package for package in PACKAGES if package != "cli"])
def test_a_package_imports_only_itself(package: str) -> None:
    allowed = {*PACKAGES[package]}
    for module in modules(package):
        extra = {GENERATED} if package == "wrapper" and module.name in USERS_OF_GENERATED else set()
        if package == "loading":
            extra = {"abeja_datasets"}  # its public names alone: see below
        foreign = set(imports(module)) & OURS - allowed - extra
        assert not foreign, f"{module.relative_to(ROOT)} imports {foreign}"


def test_the_wrapper_uses_generated_code_where_it_may() -> None:
    # Were this empty, the exception above would have outlived its reason.
    users = {m.name for m in modules("wrapper") if GENERATED in set(imports(m))}
    assert users == USERS_OF_GENERATED


def test_the_cli_imports_the_others_lazily() -> None:
    for module in modules("cli"):
        body = ast.parse(module.read_text(encoding="utf-8")).body
        for node in body:
            eager = set(imports_of(node)) & OURS - PACKAGES["cli"]
            assert not eager or not isinstance(node, ast.Import | ast.ImportFrom), f"{module.name} imports {eager}"


def test_every_package_is_in_the_table() -> None:
    packaged = {path.parent.parent.name for path in ROOT.glob("*/*/py.typed")}
    assert packaged == set(PACKAGES)


def test_plain_libraries_stay_behind_their_extras() -> None:
    core = {"httpx", "attr", "attrs", "dateutil"}
    import sys

    for package in ("generated", "wrapper"):
        for module in modules(package):
            foreign = set(imports(module)) - OURS - core - set(sys.stdlib_module_names) - {"__future__", ""}
            if module.parent.name == "over_aiohttp" or module.name == "http_libraries.py":
                foreign -= {"aiohttp", "multidict", "yarl"}  # the extra [fast], and what aiohttp's own arguments are
            if module.name == "object_stores.py":
                foreign -= {"fsspec"}  # the extra [content]
            if module.name in ("early_responses.py", "streams.py"):
                foreign -= {"httpcore"}  # httpx depends on it, and has no names of its own for this
            if module.name in ("documented_names.py", "lazy.py", "__init__.py") or module.parent.name == "abeja":
                foreign -= {"a computed name"}  # one of our own, under its other name
            assert not foreign, f"{module.relative_to(ROOT)} needs {foreign}, which the core does not depend on"


def test_loading_uses_public_names_of_the_wrapper() -> None:
    public = {"abeja_datasets", "abeja_datasets.exceptions"}
    for module in modules("loading"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "abeja_datasets":
                assert node.module in public, f"{module.name} imports from {node.module}"
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names if alias.name.partition(".")[0] == "abeja_datasets"}
                assert names <= public, f"{module.name} imports {names}"
