"""The contract check: which promises a server keeps, which it breaks, and a request that shows each."""

try:
    from abeja_datasets_contract.check.safety.cleaning import clean_up

    from .options import CheckFailed, Options
    from .results import Clause, Exchange, Failure, Mode, Progress, Report, Status, Verdict
    from .run import check, clauses
except ModuleNotFoundError as error:
    message = f"the check needs {error.name}, which is not installed: pip install 'abeja-datasets[check]'"
    raise ModuleNotFoundError(message, name=error.name) from error

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
