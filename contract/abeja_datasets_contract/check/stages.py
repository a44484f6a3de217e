"""The stages, in the order in which they run and are reported."""

from . import preflight
from .document import Contract
from .probes import (
    authentication,
    bulk,
    concurrency,
    current,
    datasets,
    fidelity,
    fuzzing,
    identifiers,
    isolation,
    items,
    labels,
    model,
    names,
    operations,
    paging_datasets,
    paging_items,
    paths,
    requests,
    responses,
    search,
    validation,
)
from .registry import Entry

# The first that fails is to name the fault: what much else rests on comes early, what takes many requests late.
STAGES = (
    preflight.STAGE,
    responses.STAGE,
    operations.STAGE,
    datasets.STAGE,
    names.STAGE,
    items.STAGE,
    bulk.STAGE,
    current.STAGE,
    identifiers.STAGE,
    authentication.STAGE,
    isolation.STAGE,
    search.STAGE,
    paging_items.STAGE,
    paging_datasets.STAGE,
    labels.STAGE,
    paths.STAGE,
    concurrency.STAGE,
    requests.STAGE,
    validation.STAGE,
    fidelity.STAGE,
    model.STAGE,
    fuzzing.STAGE,
)


def entries(contract: Contract) -> list[Entry]:
    """List the clauses of all stages, with their sources in a document."""
    return [entry for stage in STAGES for entry in stage.entries(contract)]
