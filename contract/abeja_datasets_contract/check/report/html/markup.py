"""HTML that can't be broken into: everything that is not made here is escaped."""

import html

from abeja_datasets_contract.check.report.printable import printable

_VOID = frozenset({"meta", "link", "input", "br"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | None
"""What an element holds: `Markup` as it is, other text escaped, None left out."""


def element(tag: str, *children: Child, **attributes: str | bool | None) -> Markup:
    """Build an element.

    Args:
        tag: its name.
        children: what it holds, in order.
        attributes: by name; `class_` and `for_` lose the underscore at the end, others become hyphens. False and None
            leave the attribute out, True writes it without a value.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Markup:
    """Join children."""
    return Markup("".join(escape(child) for child in children if child is not None))


def escape(text: str) -> Markup:
    """Escape text, and show what would steer a browser, such as a right-to-left override."""
    return text if isinstance(text, Markup) else Markup(html.escape(printable(text)))


def _attribute(name: str, value: str | bool | None) -> str:
    name = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(value)}"'
