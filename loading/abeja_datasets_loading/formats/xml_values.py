"""XML of annotation files: parsed without a DTD and without entities, in any encoding that Python knows."""

import re
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from .model import Invalid, Place
from .sources import decode, name_of, open_bytes, read_bytes

_MOST: Final = 64 << 20
"""Bytes of one file; the file is in memory as a whole."""
_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]*\?>")
_MOST_LEVELS: Final = 200


def parse(path: Path, encoding: str | None = None) -> Element:
    """Return the root of a document, with names without their namespaces.

    Raises:
        FileRefused: the file can't be read, or not in its encoding.
        Invalid: it is no XML, or has a DTD.
    """
    place = Place(name_of(path))
    with open_bytes(path) as source:
        data = read_bytes(source, _MOST + 1, place)
    if len(data) > _MOST:
        raise Invalid(f"has more than {_MOST >> 20} MiB")
    text = decode(data, place, encoding, is_xml=True)
    try:
        # The text is Unicode already: what its declaration names is no longer so.
        root = defusedxml.ElementTree.fromstring(_DECLARATION.sub("", text, count=1), forbid_dtd=True)
    except DefusedXmlException:
        raise Invalid("has a document type or entities, which are not read") from None
    except (ParseError, ValueError) as error:
        raise Invalid(f"no XML: {error}") from None
    except RecursionError:
        raise Invalid("is nested too deeply") from None
    assert isinstance(root, Element)  # noqa: S101 - its stubs say Any
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    return root


def text_of(element: Element | None) -> str | None:
    """Return the text of an element without the spaces around it; None where there is none."""
    return None if element is None else (element.text or "").strip() or None


def value(element: Element, levels: int = _MOST_LEVELS) -> Any:
    """Return an element as JSON: its text, or an object of its children, with a list for those of one name.

    Raises:
        Invalid: it is nested too deeply.
    """
    if not levels:
        raise Invalid("is nested too deeply")
    children = list(element)
    if not children:
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    several: set[str] = set()
    for child in children:
        inner = value(child, levels - 1)
        if child.tag not in found:
            found[child.tag] = inner
        elif child.tag in several:
            found[child.tag].append(inner)
        else:
            several.add(child.tag)
            found[child.tag] = [found[child.tag], inner]
    return found
