"""The stages, in the order in which they run and are reported."""

from abeja_datasets_contract.check.probes.access import authentication, identifiers, isolation, paths
from abeja_datasets_contract.check.probes.bodies import requests, validation
from abeja_datasets_contract.check.probes.lists import paging_datasets, paging_items, search

from . import preflight
from .document import Contract
from .probes import (
    bulk,
    concurrency,
    current,
    datasets,
    fidelity,
    fuzzing,
    items,
    labels,
    model,
    names,
    operations,
    responses,
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
