"""Faults on demand, in the server (`install`) and on the wire (`FaultProxy`).

A plan says what goes wrong, see `plan.py` and `kinds/`; one `Faults` may serve both levels.
"""

from .admin import admin_app
from .fields import PlanError
from .live import Applied, Faults, Hit
from .middleware import FaultMiddleware, install
from .plan import Fault, Plan, PlanSource, load_plan
from .proxy import FaultProxy, Proxy

__all__ = [
    "Applied",
    "Fault",
    "FaultMiddleware",
    "FaultProxy",
    "Faults",
    "Hit",
    "Plan",
    "PlanError",
    "PlanSource",
    "Proxy",
    "admin_app",
    "install",
    "load_plan",
]
