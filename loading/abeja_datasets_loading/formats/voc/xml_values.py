"""XML of annotation files: parsed without a DTD and without entities, in any encoding that Python knows."""

import re
from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from abeja_datasets_loading.formats.model import Invalid, Place
from abeja_datasets_loading.formats.sources.text import decode, name_of, open_bytes, read_bytes

_MOST: Final = 64 << 20
"""Bytes of one file; the file is in memory as a whole."""
_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]*\?>")
_MOST_LEVELS: Final = 200
# A parser makes a line feed of a carriage return.
_NO_XML: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
SPACES: Final = " \t\r\n"
"""What XML calls white space."""


def is_text(text: str) -> bool:
    """Return whether an element holds a text as it is: without spaces around it, and with characters of XML alone."""
    return not _NO_XML.search(text) and text == text.strip(SPACES)


def parse(path: Path, encoding: str | None = None) -> Element:
    """Return the root of a document, with names without their namespaces.

    Raises:
        FileRefused: the file can't be read, or not in its encoding.
        Invalid: it is not XML, or has a DTD.
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
        raise Invalid(f"not XML: {error}") from None
    except RecursionError:
        raise Invalid("is nested too deeply") from None
    assert isinstance(root, Element)  # noqa: S101 - its stubs say Any
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    return root


def text_of(element: Element | None) -> str | None:
    """Return the text of an element without the spaces around it; None where there is none."""
    return None if element is None else (element.text or "").strip(SPACES) or None


def only(element: Element, tag: str) -> Element | None:
    """Return the direct child of a name; None where there is none.

    Raises:
        Invalid: there are several.
    """
    found = element.findall(tag)
    if len(found) > 1:
        raise Invalid(f"<{tag}> appears {len(found)} times")
    return found[0] if found else None


def unheld(root: Element) -> Iterator[str]:
    """Iterate over what `value` and `children` leave out: attributes of XML, and text between elements."""
    names = Counter(f"{each.tag}@{name.rpartition('}')[2]}" for each in root.iter() for name in each.attrib)
    for name, count in sorted(names.items()):
        yield f"the XML attribute {name} ({count} times) is left out"
    for each in root.iter():
        texts = [each.text if len(each) else None, *(child.tail for child in each)]
        if any(text and text.strip(SPACES) for text in texts):
            yield f"text beside the children of <{each.tag}> is left out"


def value(element: Element, levels: int = _MOST_LEVELS) -> Any:
    """Return an element as JSON: its text, or an object of its children, with a list for those of one name.

    Raises:
        Invalid: it is nested too deeply.
    """
    if not levels:
        raise Invalid("is nested too deeply")
    return children(element, levels=levels) if len(element) else (element.text or "").strip(SPACES)


def children(element: Element, left_out: Container[str] = (), levels: int = _MOST_LEVELS) -> dict[str, Any]:
    """Return the children of an element as JSON, but for those of some names, with a list for those of one name.

    Raises:
        Invalid: it is nested too deeply.
    """
    found: dict[str, Any] = {}
    several: set[str] = set()
    for child in element:
        if child.tag in left_out:
            continue
        inner = value(child, levels - 1)
        if child.tag not in found:
            found[child.tag] = inner
        elif child.tag in several:
            found[child.tag].append(inner)
        else:
            several.add(child.tag)
            found[child.tag] = [found[child.tag], inner]
    return found
