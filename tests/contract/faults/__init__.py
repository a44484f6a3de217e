"""Faults, each with the clauses of which one must be the first to fail."""

from tests.contract.faults import (
    access,
    bulk,
    caches,
    concurrency,
    corners,
    fidelity,
    habits,
    paging,
    responses,
    search,
    state,
    validation,
)
from tests.contract.faults.kit import FAULTS, Fault

__all__ = [
    "FAULTS",
    "Fault",
    "access",
    "bulk",
    "caches",
    "concurrency",
    "corners",
    "fidelity",
    "habits",
    "paging",
    "responses",
    "search",
    "state",
    "validation",
]
