"""JSON pointers (RFC 6901) in their fragment form, such as `#/paths/~1files~1{id}/get`."""

from urllib.parse import unquote


def child(pointer: str, *keys: str | int) -> str:
    """Give the pointer of a place below another."""
    return "/".join([pointer, *(str(key).replace("~", "~0").replace("/", "~1") for key in keys)])


def join(*keys: str | int) -> str:
    """Give the pointer that leads through these keys."""
    return child("#", *keys)


def split(pointer: str) -> list[str]:
    """Give the keys that a pointer leads through. Percent-encoding, which references may use, is undone."""
    parts = (unquote(part) if "%" in part else part for part in pointer.split("/")[1:])
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]
