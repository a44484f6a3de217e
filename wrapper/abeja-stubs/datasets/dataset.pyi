from typing import Any

# abeja-sdk's; see __init__.pyi of this folder.
def __getattr__(name: str) -> Any: ...
