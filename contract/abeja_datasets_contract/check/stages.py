"""The stages, in the order in which they run and are reported."""

from . import oracle, preflight
from .probes import (
    authentication,
    bulk,
    concurrency,
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
    search,
    validation,
)

# The first that fails is to name the fault: what much else rests on comes early, what takes many requests late.
STAGES = (
    preflight.STAGE,
    oracle.STAGE,
    operations.STAGE,
    datasets.STAGE,
    names.STAGE,
    items.STAGE,
    bulk.STAGE,
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
