"""All the references of a document made pointers of its data, with the other files they lead to read into it."""

from typing import Any, NamedTuple

from abeja_datasets_contract.openapi.document import FILES, Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.linking.references import check_circles
from abeja_datasets_contract.openapi.linking.targets import (
    LeadsNowhereError,
    ReadText,
    Targets,
    as_reference,
    file_of,
    top_of,
)
from abeja_datasets_contract.openapi.places import Place, is_inlined, is_named, place_of, place_of_item
from abeja_datasets_contract.openapi.pointers import child, split
from abeja_datasets_contract.openapi.texts.files import Files

_FILE_ENDINGS = (".yaml", ".yml", ".json")


class _Visit(NamedTuple):
    """A place to look for references in.

    Attributes:
        node: what stands there.
        pointer: its place in the data.
        place: what it is.
        resource: the pointer of the schema with an `$id` around it; that of the file where there is none.
    """

    node: Any
    pointer: str
    place: Place
    resource: str

    @property
    def file(self) -> str:
        """The file in which it is written."""
        return file_of(self.pointer)


def bundle(document: Document, files: Files | None, read: ReadText) -> None:
    """Make every reference of a document that is in use a pointer of its data.

    Args:
        document: the document, whose data is changed.
        files: where its other files are; None where it can't have any.
        read: parses a file.

    Raises:
        DocumentError: a reference leads to the network, outside of the root, nowhere, or around in a circle.
    """
    document.data.pop(FILES, None)
    bundler = _Bundler(document, Targets(document, files, read))
    bundler.visit()
    check_circles(document, bundler.references)


class _Bundler:
    def __init__(self, document: Document, targets: Targets) -> None:
        self._document = document
        self._targets = targets
        self.references: dict[str, str] = {}
        """Where each object with a reference leads, by pointers."""
        self._seen: set[tuple[int, bool]] = set()
        self._todo: list[_Visit] = [_Visit(document.data, "#", "object", "#")]

    def visit(self) -> None:
        """Visit the document, and all that its references lead to."""
        while self._todo:
            here = self._todo.pop()
            key = (id(here.node), is_named(here.place))
            if isinstance(here.node, (dict, list)) and key not in self._seen:
                self._seen.add(key)
                if isinstance(here.node, dict):
                    self._visit_mapping(here.node, here)
                else:
                    self._visit_list(here.node, here)

    def _visit_list(self, node: list[Any], here: _Visit) -> None:
        place = place_of_item(here.place)
        items = [_Visit(item, child(here.pointer, index), place, here.resource) for index, item in enumerate(node)]
        self._todo.extend(reversed(items))

    def _visit_mapping(self, node: dict[str, Any], here: _Visit) -> None:
        if not is_named(here.place) and isinstance(node.get("$id"), str):
            here = here._replace(resource=here.pointer)
        if isinstance(node.get("$ref"), str):
            if is_inlined(here.place):
                self._inline(node, here)
            elif not is_named(here.place):
                self._rewrite(node, here)
        self._rewrite_mapping(node.get("discriminator"), here)
        inside = [(key, value, place_of(here.place, key, value)) for key, value in node.items()]
        self._todo.extend(
            _Visit(value, child(here.pointer, key), place, here.resource)
            for key, value, place in reversed(inside)
            if place and (id(node), key) not in self._document.moved
        )

    def _rewrite(self, node: dict[str, Any], here: _Visit) -> None:
        """Make the reference of an object a pointer, and visit what it names."""
        pointer = self._find(node["$ref"], here)
        self.references[here.pointer] = pointer
        if split(node["$ref"]) != split(pointer) or not node["$ref"].startswith("#/"):
            node["$ref"] = as_reference(pointer)
        self._targets.rewritten.add(id(node))
        self._todo.append(_Visit(self._document.at(pointer), pointer, "object", top_of(file_of(pointer))))

    def _inline(self, node: dict[str, Any], here: _Visit) -> None:
        """Put what a reference names in its place; what stands beside the reference stays."""
        passed: set[int] = {id(node)}
        while isinstance(node.get("$ref"), str):
            pointer = self._find(node.pop("$ref"), here)
            target = self._document.at(pointer)
            if not isinstance(target, dict) or id(target) in passed:
                why = "around in a circle" if isinstance(target, dict) else "to something that is not a mapping"
                raise DocumentError(f"{self._document.where(here.pointer)}: the reference here leads {why}")
            passed.add(id(target))
            written = self._document.written(pointer)
            for key, value in target.items():
                if key not in node:
                    node[key] = value
                    moved = self._document.moved.get((id(target), key))
                    self._document.moved[id(node), key] = moved or (written.file, [*split(written.pointer), key])
            self._visit_moved(target, here._replace(pointer=pointer, resource=top_of(file_of(pointer))))
            here = here._replace(pointer=pointer)

    def _visit_moved(self, target: dict[str, Any], here: _Visit) -> None:
        """Visit what was put elsewhere, where it is written."""
        inside = [(key, value, place_of(here.place, key, value)) for key, value in target.items() if key != "$ref"]
        self._todo.extend(
            _Visit(value, child(here.pointer, key), place, here.resource)
            for key, value, place in reversed(inside)
            if place
        )

    def _rewrite_mapping(self, discriminator: Any, here: _Visit) -> None:
        """Make those values of a discriminator's `mapping` pointers that are references, and not names."""
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        if not isinstance(mapping, dict):
            return
        for name, value in mapping.items():
            if isinstance(value, str) and ("#" in value or value.endswith(_FILE_ENDINGS)):
                try:
                    pointer = self._targets.find(value, here.file, here.resource)
                except LeadsNowhereError:
                    continue  # a name that looks like a file, or a mapping that is wrong, which breaks no reader
                mapping[name] = value if value == pointer else as_reference(pointer)
                self._todo.append(_Visit(self._document.at(pointer), pointer, "object", top_of(file_of(pointer))))

    def _find(self, reference: str, here: _Visit) -> str:
        try:
            return self._targets.find(reference, here.file, here.resource)
        except LeadsNowhereError as error:
            where = self._document.where(child(here.pointer, "$ref"))
            raise DocumentError(f"{where}: the reference {reference!r} leads {error}") from error
