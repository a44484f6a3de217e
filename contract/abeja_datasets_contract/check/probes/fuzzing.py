"""Fuzzing: schemathesis, all phases, with live ids and unused names. Only for a server whose data may be lost."""

from collections.abc import Callable

from abeja_datasets_contract.check import fuzzing
from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Add, Stage
from abeja_datasets_contract.check.results import Mode

STAGE = Stage("fuzzing")
_LINES = 40


def _report(p: Probe) -> fuzzing.Report:
    """Fuzz, once for all clauses."""
    p.skip_unless(p.options.mode is Mode.DISPOSABLE, "it may change any data; --allow-writes --disposable checks it")
    p.skip_unless(p.options.transport is None, "fuzzing needs a server on the network")
    found = p.shared.get("fuzzing")
    if found is None:
        try:
            with p.wire.interrupts.waiting():
                found = fuzzing.fuzz(
                    p.url,
                    p.party.organization_id,
                    p.party.authorization,
                    document=p.contract.path,
                    seed=p.options.seed,
                    max_examples=p.options.fuzz_examples,
                    name_prefix=f"{p.run}-fuzz-",
                    ledger=p.ledger.path,
                    rate=p.options.rate,
                    ca_bundle=p.options.ca_bundle,
                    seconds=p.wire.time_left(),
                )
        except RuntimeError as error:
            found = p.wire.redaction.text(" ".join(str(error).split()))
        finally:
            p.ledger.reread()
        p.shared["fuzzing"] = found
    if isinstance(found, str):
        raise Skip(found)
    report: fuzzing.Report = found
    return report


@STAGE.clause("fuzzing.conforms", "No generated request gets a response that the document does not have.", INFO)
def conforms(p: Probe) -> None:
    """Fuzz, and look whether a check of schemathesis failed."""
    report = _report(p)
    lines = [line for line in p.wire.redaction.text(report.output).splitlines() if line.strip()]
    start = next((number for number, line in enumerate(lines) if "FAILURES" in line), 0)
    p.require(report.passed, "no failed check", "\n".join(lines[start : start + _LINES]))


def _accepted(name: str) -> Callable[[Probe], None]:
    def check(p: Probe) -> None:
        counts = _report(p).counts.get(name)
        if counts is not None:
            p.findings.remark(f"{counts.accepted} accepted, {counts.refused} refused")
        p.skip_unless(counts and counts.accepted, "it accepted none of the generated requests, so nothing is known")
        p.findings.count()

    return check


@STAGE.of_document
def _register(contract: Contract, add: Add) -> None:
    for name in contract.operations:
        add(
            f"fuzzing.accepted.{contract.operations[name].label}",
            f"{name} accepts generated requests that are in order.",
            Source.operation(name, "responses", "200"),
            _accepted(name),
        )
