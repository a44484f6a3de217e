"""The work of a worker of an engine: a unit, and the failure of one as a value that reaches the driver."""

import os
import socket
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.plans.plan import Plan, open_plan
from abeja_datasets_loading.plans.running_units import UnitResult, run_unit


class Failure(NamedTuple):
    """A unit that failed. Nothing of it was sent, or what was sent is recorded as begun."""

    unit: int
    where: str
    """The process and the host."""
    error: BaseException


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker calls for each unit. It can be pickled."""

    url: str
    plan_id: str
    workers: int
    max_outage: float

    def __call__(self, unit: int, /) -> UnitResult | Failure:
        """Run a unit."""
        try:
            plan = _plan(self.url, self.plan_id)
            return run_unit(plan, unit, workers=self.workers, max_outage=self.max_outage)
        except Exception as error:  # noqa: BLE001 - whatever it is, the driver says what and where
            return Failure(unit, f"process {os.getpid()} on {socket.gethostname()}", error)


@lru_cache(maxsize=4)
def _plan(url: str, plan_id: str) -> Plan:
    plan = open_plan(url)
    if plan.id != plan_id:
        raise PlanError(url, "another plan is there now than when the run began; run it again", "other_target")
    return plan
