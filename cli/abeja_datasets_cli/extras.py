"""What to say where an extra is not installed. It needs none itself."""


def explain(error: ModuleNotFoundError, extras: str) -> str:
    """Return which module is missing, and what installs it, on one line.

    Args:
        error: what the import raised.
        extras: the extras that hold all that is needed, such as "mock,cli".
    """
    return f"needs {error.name}, which is not installed: pip install 'abeja-datasets[{extras}]'"
