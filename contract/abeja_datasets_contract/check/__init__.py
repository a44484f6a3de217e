"""The contract check: which promises a server keeps, which it breaks, and a request that shows each."""

from abeja_datasets_contract.check.safety.cleaning import clean_up

from .options import CheckFailed, Options
from .results import Clause, Exchange, Failure, Mode, Progress, Report, Status, Verdict
from .run import check, clauses

__all__ = [
    "CheckFailed",
    "Clause",
    "Exchange",
    "Failure",
    "Mode",
    "Options",
    "Progress",
    "Report",
    "Status",
    "Verdict",
    "check",
    "clauses",
    "clean_up",
]
