"""What a client needs to be pickled: its session stays behind, and what can't be pickled is named."""

import sys
from typing import Any, Final

# They pickle functions by value, also those that pickle refuses.
_BY_VALUE: Final = frozenset({"cloudpickle", "dill"})


class Shared(dict[str, Any]):
    """What a client and its views have in common: the session, once it is open. A copy of it begins empty."""

    def close_first(self, loader: object) -> None:
        """Note what loads pages ahead: it is to be closed before the session."""
        import weakref

        self.setdefault("loaders", weakref.WeakSet()).add(loader)

    def to_close(self) -> list[Any]:
        """Return what is to be closed before the session."""
        return list(self.get("loaders", ()))

    def __reduce__(self) -> "tuple[type[Shared], tuple[()]]":
        return Shared, ()


def check_pickles(argument: str, function: object) -> None:
    """Check that a function which a client was given can be pickled with it.

    Args:
        argument: what the function was given as, for the error.
        function: the function.

    Raises:
        TypeError: it can't be pickled.
    """
    import pickle

    try:
        pickle.dumps(function)
    except Exception as error:
        if _is_pickled_by_value():
            return
        raise TypeError(
            f"{argument}: a client with this function can't be pickled: {error}; pass a function that a module defines"
        ) from error


def _is_pickled_by_value() -> bool:
    """Return whether one of the picklers is at work that pickle any function."""
    frame = sys._getframe()  # noqa: SLF001 - the pickler hands nothing of itself to what it pickles
    while frame := frame.f_back:  # type: ignore[assignment]  # None ends the loop
        if not _BY_VALUE.isdisjoint(frame.f_globals.get("__name__", "").split(".")):
            return True
    return False
