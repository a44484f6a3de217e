"""One table of scenarios for every client: what a correct one does when something goes wrong, and who does.

::

    for result in play(make):  # make: Target -> a context manager that gives an Adapter
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
