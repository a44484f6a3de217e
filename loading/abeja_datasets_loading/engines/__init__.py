"""Engines: what places the units of a plan on processes and machines. None of them decides what is sent.

Nothing of an engine is imported unless it is asked for. An engine may run a unit twice, at any time: `run_unit` sends
nothing of a unit that was begun.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from abeja_datasets_loading.errors import PlanError

if TYPE_CHECKING:
    from abeja_datasets_loading.plans.running_units import UnitResult
    from abeja_datasets_loading.plans.tasks import Failure

ENGINES: Final = ("local", "ray")
"""The engines, each a module of this package with a function `engine`."""


class Engine(Protocol):
    """What runs units."""

    def start(self) -> None:
        """Connect to the engine, or start it.

        Raises:
            PlanError: it is not installed, or can't be used.
        """

    def processors(self) -> int:
        """Return how many units can run at the same time, after `start`."""

    def map(
        self, task: "Callable[[int], UnitResult | Failure]", units: Sequence[int], workers: int
    ) -> "Iterator[UnitResult | Failure]":
        """Iterate over the results of units, as they come; at most `workers` run at the same time.

        A unit whose worker dies is run again. Where the iteration is closed, no more units begin, and those that run
        end first.
        """


def find(name: str) -> Engine:
    """Return an engine by its name.

    Raises:
        PlanError: there is no such engine.
    """
    if name not in ENGINES:
        raise PlanError(
            str(name),
            f"there is no such engine; {' or '.join(ENGINES)} is needed. Anything else can run the command "
            "abeja-datasets plan run-unit PLAN N for each unit",
            "engine",
        )
    found: Engine = importlib.import_module(f"{__name__}.{name}").engine()
    return found
