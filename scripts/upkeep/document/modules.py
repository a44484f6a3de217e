"""The modules that follow the document, and the names in them, read without running them."""

import ast
from pathlib import Path

WRAPPER = Path("wrapper/abeja_datasets")
OPERATIONS = WRAPPER / "operations.py"
MODELS = WRAPPER / "models.py"
CLIENTS = {"APIClient": WRAPPER / "api_client.py", "AsyncAPIClient": WRAPPER / "async_api_client.py"}
RAW_RESPONSES = WRAPPER / "calls/async_raw_responses.py"
HANDLERS = Path("mock_server/abeja_datasets_mock/operations.py")
GENERATED = Path("generated/abeja_datasets_openapi")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Functions = dict[str, Function]


def below(root: Path, *folders: str) -> list[Path]:
    """Find the modules below some folders; what is below a hidden one, such as an environment, is not the project's."""
    found = (file for folder in folders for file in (root / folder).rglob("*.py"))
    return sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(root).parts))


def functions(module: Path) -> Functions:
    """Return the public functions of a module by name."""
    return _public(parsed(module).body)


def methods(module: Path, name: str) -> Functions:
    """Return the public methods of a class by name; none without such a class."""
    for node in parsed(module).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _public(node.body)
    return {}


def calls(root: Path) -> Functions:
    """Return the functions of a project that make the call of an operation, by name."""
    found = functions(root / OPERATIONS)
    return {name: one for name, one in found.items() if isinstance(one.returns, ast.Name) and one.returns.id == "Call"}


def top_names(module: Path) -> set[str]:
    """Return the names that a module binds at its top, its imports among them."""
    found: set[str] = set()
    for node in parsed(module).body:
        if isinstance(node, Function | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def imported(module: Path, source: str) -> dict[str, int]:
    """Return the names that a module imports from another, each with its line."""
    return {
        alias.name: alias.lineno
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.ImportFrom) and node.module == source
        for alias in node.names
    }


def exported(module: Path) -> list[str]:
    """Return the names in a module's `__all__`."""
    for node in parsed(module).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def _public(body: list[ast.stmt]) -> Functions:
    return {node.name: node for node in body if isinstance(node, Function) and not node.name.startswith("_")}


def parsed(module: Path) -> ast.Module:
    """Read a module; its file is in the message about one that is not valid Python."""
    return ast.parse(module.read_text(encoding="utf-8"), str(module))
