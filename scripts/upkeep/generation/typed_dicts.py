"""Write a TypedDict for each object: `python -m upkeep.generation.typed_dicts` runs datamodel-code-generator.

Standard input has the paths as JSON. The output is why the document is refused, as JSON: an empty text if it is not.
"""

import ast
import io
import json
import sys
from contextlib import redirect_stderr
from pathlib import Path

from datamodel_code_generator.__main__ import main as generate

_OPTIONS = (
    "--input-file-type", "openapi", "--openapi-scopes", "schemas",
    "--output-model-type", "typing.TypedDict", "--enum-field-as-literal", "all", "--target-python-version", "3.11",
    "--use-schema-description", "--use-field-description",
    "--disable-timestamp", "--disable-warnings", "--formatters", "builtin",
)  # fmt: skip


def main() -> None:
    """Read the paths, write the module, and say why it can't be written."""
    paths = json.load(sys.stdin)
    with redirect_stderr(io.StringIO()) as errors:
        code = generate([*_OPTIONS, "--input", paths["document"], "--output", paths["module"]])
    lines = [line for line in errors.getvalue().splitlines() if line.strip()]
    if not code:
        _export(Path(paths["module"]))
    json.dump((lines or ["no reason is known"])[-1].strip() if code else "", sys.stdout)


def _export(module: Path) -> None:
    """Name each class in `__all__`."""
    text = module.read_text(encoding="utf-8")
    names = sorted(node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    module.write_text(f"{text.rstrip()}\n\n\n__all__ = {names}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
