"""Blocks of items that are all done: a later run compares these without reading their records."""

from abeja_datasets_loading.journal import fingerprints
from abeja_datasets_loading.journal.journal import Journal


class DoneBlocks:
    """The fingerprints of done items, for one reader in the order of the input.

    Args:
        journal: of an earlier run; what it reads from now on is not looked at.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read = journal.read
        self._number = -1
        self._marks = b""

    def fingerprint(self, position: int) -> bytes:
        """Return the fingerprint of an item whose whole block is done; empty bytes for any other item."""
        if position >= self._read:
            return b""
        number, offset = divmod(position, fingerprints.BLOCK)
        if number != self._number:
            self._number, self._marks = number, self._journal.done_block(number)
        start = offset * fingerprints.SIZE
        return self._marks[start : start + fingerprints.SIZE]
