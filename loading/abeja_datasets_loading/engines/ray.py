"""The engine `ray`: a task of Ray for each unit.

Ray's own retries are harmless: a unit that was begun sends nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.plans.running_units import UnitResult
from abeja_datasets_loading.plans.tasks import Failure

_RETRIES: Final = 5
"""How often Ray runs a unit again whose worker or node died."""


def engine() -> "Ray":
    """Return the engine."""
    return Ray()


class Ray:
    """Runs units as tasks of the cluster that RAY_ADDRESS names, or of one on this machine."""

    _ray: Any = None

    def start(self) -> None:
        """Connect to Ray, unless the program has."""
        try:
            import ray
        except ImportError:
            raise PlanError("ray", "is not installed: pip install 'abeja-datasets[ray]'", "engine") from None
        self._ray = ray
        if not ray.is_initialized():
            try:
                ray.init(log_to_driver=False)
            except (ConnectionError, OSError, ValueError, RuntimeError) as error:
                raise PlanError("ray", f"can't be used: {error}; check RAY_ADDRESS", "engine") from error

    def processors(self) -> int:
        """Return how many processors the cluster has."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def map(
        self, task: Callable[[int], UnitResult | Failure], units: Sequence[int], workers: int
    ) -> Iterator[UnitResult | Failure]:
        """Iterate over the results of units; see `Engine.map`."""
        ray, rest = self._ray, iter(units)
        run = ray.remote(max_retries=_RETRIES)(_call)
        shared = ray.put(task)
        running = {run.remote(shared, unit): unit for unit in islice(rest, workers)}
        try:
            while running:
                (ready, *_), _ = ray.wait([*running])
                unit = running.pop(ready)
                try:
                    result = ray.get(ready)
                except ray.exceptions.RayError as error:
                    result = Failure(unit, "a worker of Ray", error)
                yield result
                running |= {run.remote(shared, each): each for each in islice(rest, 1)}
        finally:
            ray.wait([*running], num_returns=len(running)) if running else None


def _call(task: Callable[[int], UnitResult | Failure], unit: int) -> UnitResult | Failure:
    return task(unit)
