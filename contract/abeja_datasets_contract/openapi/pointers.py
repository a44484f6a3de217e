"""JSON pointers (RFC 6901) in their fragment form, such as `#/paths/~1files~1{id}/get`."""

from urllib.parse import unquote


def child(pointer: str, *keys: str | int) -> str:
    """Return the pointer of a place below another."""
    for key in keys:
        text = str(key)
        if "~" in text or "/" in text:
            text = text.replace("~", "~0").replace("/", "~1")
        pointer = f"{pointer}/{text}"
    return pointer


def join(*keys: str | int) -> str:
    """Return the pointer that leads through these keys."""
    return child("#", *keys)


def split(pointer: str) -> list[str]:
    """Return the keys that a pointer leads through. Percent-encoding, which references may use, is undone."""
    parts = pointer.split("/")[1:]
    if "%" in pointer:
        parts = [unquote(part) for part in parts]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts] if "~" in pointer else parts
