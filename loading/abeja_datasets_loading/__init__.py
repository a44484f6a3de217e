"""Loading many items into a dataset of the ABEJA Dataset API, each exactly once, and resumable.

::

    from abeja_datasets import APIClient
    from abeja_datasets_loading import create_items

    with APIClient() as api_client:
        report = create_items(api_client, "1102940376065", "1410805969256", items, journal="items.journal")
    report.raise_for_errors()

Importing this stays light: what a function needs loads when it is first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abeja_datasets_loading.actions.creating import create_items_async
    from abeja_datasets_loading.actions.deleting import delete_items_async
    from abeja_datasets_loading.actions.exporting import export_items_async
    from abeja_datasets_loading.actions.unmarking import remove_marker_async
    from abeja_datasets_loading.actions.updating import update_items_async
    from abeja_datasets_loading.errors import (
        InputChanged,
        InvalidItem,
        JournalError,
        LoadingError,
        LoadingStopped,
        NotAllLoaded,
        PlanError,
        SourceChanged,
    )
    from abeja_datasets_loading.plans.creating_plans import create_plan
    from abeja_datasets_loading.plans.plan import Plan, open_plan
    from abeja_datasets_loading.plans.running_plans import run_plan
    from abeja_datasets_loading.plans.running_units import UnitResult, run_unit
    from abeja_datasets_loading.plans.status import PlanStatus, plan_status
    from abeja_datasets_loading.plans.verifying_plans import PlanReport, verify_plan
    from abeja_datasets_loading.progress.progress import Progress
    from abeja_datasets_loading.report import Report
    from abeja_datasets_loading.sync_functions import (
        create_items,
        delete_items,
        export_items,
        remove_marker,
        update_items,
        verify,
    )
    from abeja_datasets_loading.verifying.verification import Verification
    from abeja_datasets_loading.verifying.verifying import verify_async

__all__ = [
    "InputChanged",
    "InvalidItem",
    "JournalError",
    "LoadingError",
    "LoadingStopped",
    "NotAllLoaded",
    "Plan",
    "PlanError",
    "PlanReport",
    "PlanStatus",
    "Progress",
    "Report",
    "SourceChanged",
    "UnitResult",
    "Verification",
    "create_items",
    "create_items_async",
    "create_plan",
    "delete_items",
    "delete_items_async",
    "export_items",
    "export_items_async",
    "open_plan",
    "plan_status",
    "remove_marker",
    "remove_marker_async",
    "run_plan",
    "run_unit",
    "update_items",
    "update_items_async",
    "verify",
    "verify_async",
    "verify_plan",
]

_MODULES = {
    "create_items": "sync_functions",
    "create_items_async": "actions.creating",
    "delete_items": "sync_functions",
    "delete_items_async": "actions.deleting",
    "export_items": "sync_functions",
    "export_items_async": "actions.exporting",
    "update_items": "sync_functions",
    "update_items_async": "actions.updating",
    "create_plan": "plans.creating_plans",
    "Plan": "plans.plan",
    "open_plan": "plans.plan",
    "run_plan": "plans.running_plans",
    "run_unit": "plans.running_units",
    "UnitResult": "plans.running_units",
    "plan_status": "plans.status",
    "PlanStatus": "plans.status",
    "verify_plan": "plans.verifying_plans",
    "PlanReport": "plans.verifying_plans",
    "Progress": "progress.progress",
    "Report": "report",
    "Verification": "verifying.verification",
    "remove_marker": "sync_functions",
    "remove_marker_async": "actions.unmarking",
    "verify": "sync_functions",
    "verify_async": "verifying.verifying",
}
"""Where each name is that is not in `errors`."""


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for; where a library is missing, a note on the error names the extra."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_MODULES.get(name, 'errors')}")
    except ModuleNotFoundError as error:
        error.add_note(f"What {name} needs is in an extra: pip install 'abeja-datasets[loading]'")
        raise
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
