"""The contract diff: what changed between two OpenAPI documents, and whom it breaks.

::

    from abeja_datasets_contract.diff import compare, load

    report = compare(load("HEAD:openapi.yaml"), load("openapi.yaml"))
    report.verdict, report.version_step, report.findings

The question is whether every request that was valid still is, and whether every response that may now come was allowed
before; `oracle` asks it of each pair of schemas. `python_side` and `report.text` need griffe and rich, and so are
imported by themselves.
"""

try:
    from abeja_datasets_contract.diff.compare import compare
    from abeja_datasets_contract.diff.report.findings import Counterexample, Finding, Place, Report
    from abeja_datasets_contract.openapi.document import Document
    from abeja_datasets_contract.openapi.errors import DocumentError
    from abeja_datasets_contract.openapi.reading import load, parse
except ModuleNotFoundError as error:
    error.add_note("What the diff needs is in an extra: pip install 'abeja-datasets[check]'")
    raise

__all__ = ["Counterexample", "Document", "DocumentError", "Finding", "Place", "Report", "compare", "load", "parse"]
