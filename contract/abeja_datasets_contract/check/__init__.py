"""The contract check: which promises a server keeps, which it breaks, and a request that shows each."""

try:
    from abeja_datasets_contract.check.safety.cleaning import clean_up

    from .options import CheckFailed, Options
    from .results import Clause, Exchange, Failure, Mode, Progress, Report, Status, Verdict
    from .run import check, clauses
except ModuleNotFoundError as error:
    error.add_note("What the check needs is in an extra: pip install 'abeja-datasets[check]'")
    raise

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
