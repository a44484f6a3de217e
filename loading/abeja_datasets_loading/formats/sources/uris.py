"""Source URIs, made of the names of files."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Place
from abeja_datasets_loading.formats.sources.text import TextSource, name_of

_FIELD: Final = "{path}"
URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_ABSOLUTE: Final = re.compile(r"/|[A-Za-z]:/")


class Uris:
    """Makes the source URI of a file's name.

    Args:
        template: a text with `{path}` in it, such as `s3://bucket/{path}`. By default the name alone.
        mapping: the URI of each name; it comes before the template, and a name that is not in it is rejected.

    Raises:
        ValueError: the template has no `{path}`.
    """

    def __init__(self, template: str | None = None, mapping: Mapping[str, str] | None = None) -> None:
        if template is not None and _FIELD not in template:
            raise ValueError(f"the template of URIs is {template!r}; {_FIELD} is needed in it: s3://bucket/{_FIELD}")
        if template is not None and not is_unicode(template):
            raise ValueError(f"the template of URIs is {template!a}, which is not UTF-8")
        self._template = template or _FIELD
        self._mapping = mapping

    @property
    def keeps_names(self) -> bool:
        """Whether names are stored unchanged: there is neither a template nor a mapping."""
        return self._mapping is None and self._template == _FIELD

    def __call__(self, name: object) -> str:
        """Return the URI of a name.

        Raises:
            Invalid: the name is none, or has no URI.
        """
        path = normalized(name)
        if self._mapping is not None:
            uri = self._mapping.get(path, path if URL.match(path) else None)
            if uri is None:
                raise Invalid(f"{path!r} is not in the mapping of URIs")
            return uri
        if _ABSOLUTE.match(path):
            raise Invalid(f"the name {name!r} is not relative; pass a mapping of URIs for such names (--uri-map)")
        return path if URL.match(path) else self._template.replace(_FIELD, path)

    def is_plain(self, name: str) -> bool:
        """Return whether a name is a URI as it stands."""
        try:
            return self(name) == name
        except Invalid:
            return False

    def of_uri(self, uri: object) -> str:
        """Return the URI of a column that may hold a URI already: as it stands, unless a template or mapping is given.

        Raises:
            Invalid: it is none, or has no URI.
        """
        if not self.keeps_names:
            return self(uri)
        if not isinstance(uri, str) or not uri:
            raise Invalid("is missing" if uri in (None, "") else "is not text", "data_uri")
        _check_pairs(uri)
        return uri


def normalized(name: object) -> str:
    """Return a name with slashes and without a leading `./`; a URL as it stands.

    Raises:
        Invalid: it is not a name of a file below the folder.
    """
    if not isinstance(name, str) or not name:
        raise Invalid("the name of the file is missing" if name in (None, "") else "the name of the file is not text")
    _check_pairs(name)
    if _CONTROL.search(name):
        raise Invalid(f"the name {name!r} holds a control character")
    if URL.match(name):
        return name
    path = name.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    if ".." in path.split("/"):
        raise Invalid(f"the name {name!r} leads out of the folder (..)")
    if not path:
        raise Invalid(f"the name {name!r} is that of a folder")
    return path


def check_sources(item: Mapping[str, Any]) -> None:
    """Check that UTF-8 can hold the URIs of an item of the API.

    Raises:
        Invalid: one holds half a surrogate pair.
    """
    sources = item.get("source_data")
    for number, source in enumerate(sources if isinstance(sources, list) else ()):
        uri = source.get("data_uri") if isinstance(source, Mapping) else None
        if isinstance(uri, str) and not is_unicode(uri):
            raise Invalid(_halved(uri), f"/source_data/{number}/data_uri")


def is_unicode(text: str) -> bool:
    """Return whether UTF-8 can hold a text: it has no half of a surrogate pair, which JSON can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_pairs(name: str) -> None:
    if not is_unicode(name):
        raise Invalid(_halved(name))


def _halved(name: str) -> str:
    return f"the name {name!a} holds half a surrogate pair, which a URI can't"


def read_mapping(path: Path | str, encoding: str | None = None) -> dict[str, str]:
    """Read a mapping of URIs: a CSV file with the columns name and URI. A first row `name,uri` is left out.

    Raises:
        FileRefused: a row has no two columns, a name appears twice with different URIs, or see `TextSource`.
    """
    source = TextSource(path, encoding)
    mapping: dict[str, str] = {}
    try:
        reader = csv.reader((f"{line}\n" for _, line in source.lines()), strict=True)
        for row in reader:
            place = Place(name_of(path), reader.line_num)
            if not row or (reader.line_num == 1 and [cell.strip().lower() for cell in row] == ["name", "uri"]):
                continue
            name, uri, *more = *row, ""
            if not uri or any(more):
                raise FileRefused(place, f"has {len(row)} columns; a name and its URI are needed")
            _put(mapping, name, uri, place)
    except csv.Error as error:
        raise FileRefused(Place(name_of(path)), f"not CSV: {error}") from None
    finally:
        source.close()
    return mapping


def _put(mapping: dict[str, str], name: str, uri: str, place: Place) -> None:
    try:
        key = normalized(name)
    except Invalid as error:
        raise FileRefused(place, error.reason) from None
    if mapping.setdefault(key, uri) != uri:
        raise FileRefused(place, f"{key!r} is here again, with another URI")
