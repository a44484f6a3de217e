"""luqum's parser, imported without output and without writing files.

luqum has PLY build its parser as `luqum.parser` is imported. PLY takes luqum's ready-made tables only where their
signature holds the docstrings of the grammar as this Python shows them, and Python 3.13 shows docstrings with less
space (https://docs.python.org/3/whatsnew/3.13.html#other-language-changes). There it would build the tables at each
start of a read-only installation, print warnings, and write two files into luqum's folder where it can.
"""

import functools

from ply import yacc


def _load() -> None:
    original = yacc.yacc
    # `optimize` takes the tables as they are (https://www.dabeaz.com/ply/ply.html#ply_nn31).
    yacc.yacc = functools.partial(
        original, optimize=True, debug=False, write_tables=False, errorlog=yacc.NullLogger()
    )  # fmt: skip
    try:
        import luqum.parser  # noqa: F401 - it keeps what it builds
    finally:
        yacc.yacc = original


_load()

from luqum.thread import parse  # noqa: E402 - only now is its parser loaded; the shared one is not safe in threads

__all__ = ["parse"]
