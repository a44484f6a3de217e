"""The differences between the deployed platform's responses and its documentation; the document allows both."""

from dataclasses import dataclass
from typing import Literal, get_args

from .storage.records import ItemWriter, item_writer

Like = Literal["documented", "deployed"]


@dataclass(frozen=True, slots=True)
class Likeness:
    """One way to respond.

    Attributes:
        names_organization: whether an item has its `organization_id`.
        ends_empty: whether each page of items has a token except an empty one, which has null and is the last.
    """

    names_organization: bool
    ends_empty: bool

    def item_writer(self, organization_id: str, dataset_id: str) -> ItemWriter:
        """Return the function that writes the items of one dataset."""
        return item_writer(organization_id if self.names_organization else None, dataset_id)

    def goes_on(self, found: int, size: int) -> bool:
        """Return whether a page of at most `size` items has a token, where at least `found` items are left."""
        return found > (0 if self.ends_empty else size)

    @property
    def end(self) -> bytes:
        """The members of a last page in place of its token."""
        return b',"next_page_token":null' if self.ends_empty else b""


_LIKENESSES: dict[str, Likeness] = {
    "documented": Likeness(names_organization=True, ends_empty=False),
    "deployed": Likeness(names_organization=False, ends_empty=True),
}


def likeness(like: object) -> Likeness:
    """Return the way to respond that has this name.

    Raises:
        ValueError: there is none.
    """
    if not isinstance(like, str) or like not in _LIKENESSES:
        raise ValueError(f"like: {like!r} is not one of {', '.join(map(repr, get_args(Like)))}")
    return _LIKENESSES[like]
