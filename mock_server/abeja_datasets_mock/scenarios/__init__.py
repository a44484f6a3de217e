"""A table of scenarios for any client: what a correct client does when something goes wrong.

::

    for result in play(make):  # make: Target -> a context manager that yields an Adapter
        print(result.row, result.problems)

`ProgramAdapter` is the adapter for a client in another language, or another environment.
"""

from .program import ProgramAdapter
from .runner import Adapter, Classified, Make, Result, Stage, Target, play
from .table import Expectation, Row, load_rows

__all__ = [
    "Adapter",
    "Classified",
    "Expectation",
    "Make",
    "ProgramAdapter",
    "Result",
    "Row",
    "Stage",
    "Target",
    "load_rows",
    "play",
]
