"""Loading what the first call needs, in one thread, and never during a fork.

OpenSSL's locks and half-loaded modules of C stay as they are in a forked child, so that its first call would never end.
`forks.py` does the rest.
"""

# Its hook must be older than ours: `before` would hold its lock otherwise, which the thread that loads may wait for.
import logging  # noqa: F401
import os
import threading
from typing import Final

_PATIENCE: Final = 10.0
"""Seconds that a fork waits for a thread that loads."""


class _Loading:
    """A lock for loading, which a fork waits for."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._is_held = False

    def before(self) -> None:
        self._is_held = self.lock.acquire(timeout=_PATIENCE)

    def after_in_parent(self) -> None:
        if self._is_held:
            self.lock.release()

    def after_in_child(self) -> None:
        # Where the wait was too long, a thread holds the old one that the child does not have.
        self.lock = threading.RLock()


loading: Final = _Loading()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=loading.before, after_in_parent=loading.after_in_parent, after_in_child=loading.after_in_child
    )
