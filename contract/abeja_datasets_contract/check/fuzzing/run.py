"""Fuzzing a server with schemathesis, all phases, set up so that what it reports is worth reading."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from abeja_datasets_contract.check.document import contract_of, document_path

_HERE = Path(__file__).parent
_REFUSALS = """
# Rules that no schema can express (a name in use, a token of another list, an unknown label, an organization of others)
# refuse what the schema allows.
[checks.positive_data_acceptance]
expected-statuses = {every}

[checks.negative_data_rejection]
expected-statuses = {refusals}
"""
PHASES = ("examples", "coverage", "fuzzing", "stateful")


class Counts(NamedTuple):
    """How many requests an operation accepted (2xx) and refused."""

    accepted: int
    refused: int


class Report(NamedTuple):
    """The result of fuzzing."""

    passed: bool
    """Whether no check of schemathesis failed; says nothing of an operation that accepted no request."""
    counts: dict[str, Counts]
    """By operationId; an operation that never got a request is missing."""
    output: str
    """What schemathesis printed: each failure, with the request that shows it."""

    @property
    def never_accepted(self) -> list[str]:
        """Operations of which nothing is known, since they accepted no request."""
        return sorted(name for name, counts in self.counts.items() if not counts.accepted)


def _config(document: Path | None) -> str:
    """Return the configuration, with the statuses that a document has."""
    operations = contract_of(document).operations.values()
    every = {str(status) for operation in operations for status in operation.allowed((200, 201, 400, 401, 404))}
    statuses = sorted(
        every | {key.lower() for operation in operations for key in operation.responses if key[0] in "24"}
    )
    refusals = [status for status in (*statuses, "405") if status[0] == "4"]
    more = _REFUSALS.format(every=json.dumps(statuses), refusals=json.dumps(refusals))
    return (_HERE / "schemathesis.toml").read_text(encoding="utf-8") + more


@contextlib.contextmanager
def _lifeline() -> Iterator[int]:
    """Open a pipe whose reading end comes to its end with this process, however it dies."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


@contextlib.contextmanager
def _in_time(seconds: float | None) -> Iterator[None]:
    try:
        yield
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"schemathesis was not done in {seconds:.0f} seconds") from None


def fuzz(
    url: str,
    organization_id: str,
    authorization: str,
    *,
    document: Path | None = None,
    seed: int,
    max_examples: int = 20,
    phases: tuple[str, ...] = PHASES,
    name_prefix: str | None = None,
    ledger: Path | None = None,
    rate: float | None = None,
    ca_bundle: Path | None = None,
    seconds: float | None = None,
) -> Report:
    """Fuzz a server. It creates, changes and deletes whatever it comes upon: only for servers whose data may be lost.

    Args:
        url: where the API is, without a slash at its end.
        organization_id: an organization that the credential is valid for.
        authorization: the value of the `Authorization` header.
        document: the OpenAPI document; None is the one that is installed with the client.
        seed: the same seed gives the same cases, as far as the server gives the same responses.
        max_examples: how many cases an operation gets at most in the fuzzing phase.
        phases: which of `PHASES` to run.
        name_prefix: what the names of datasets begin with, wherever a name is not what a case is about.
        ledger: a ledger of the check, to which each dataset that is created is added.
        rate: requests a second at most.
        ca_bundle: certificates to trust, in place of the usual ones.
        seconds: after which to stop; what was found until then is lost.

    Raises:
        RuntimeError: schemathesis could not run; the message is what it says.
    """
    with tempfile.TemporaryDirectory(prefix="contract-") as folder, _in_time(seconds), _lifeline() as alive:
        counts, config = Path(folder) / "counts.json", Path(folder) / "schemathesis.toml"
        config.write_text(_config(document), encoding="utf-8")
        path = (document or document_path()).absolute()
        run = subprocess.run(  # noqa: S603 - the command is ours
            [
                sys.executable, "-m", "schemathesis.cli", "--no-color",
                "--config-file", str(config),
                "run", str(path), "--url", url,
                "--seed", str(seed), "--phases", ",".join(phases), "--max-examples", str(max_examples),
                *(("--rate-limit", f"{max(1, int(rate * 60))}/m") if rate else ()),
                *(("--tls-verify", str(ca_bundle)) if ca_bundle else ()),
            ],
            # By the environment: a command line is for everybody on the machine to read.
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": f"{__package__}.hooks",
                "CONTRACT_URL": url,
                "CONTRACT_DOCUMENT": str(path),
                "CONTRACT_ORGANIZATION_ID": organization_id,
                "CONTRACT_AUTHORIZATION": authorization,
                "CONTRACT_NAME_PREFIX": name_prefix or f"contract-check-{secrets.token_hex(4)}-",
                "CONTRACT_LEDGER": "" if ledger is None else str(ledger.absolute()),
                "CONTRACT_CA_BUNDLE": "" if ca_bundle is None else str(ca_bundle.absolute()),
                "CONTRACT_COUNTS": str(counts),
            },
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            stdin=alive,
            timeout=seconds,
        )  # fmt: skip
        output = (run.stdout + run.stderr).replace(authorization, "[secret]")
        if run.returncode not in (0, 1) or not counts.exists():
            raise RuntimeError(f"schemathesis could not run:\n{output}")
        if run.returncode and "= ERRORS =" in output and "= FAILURES =" not in output:
            # Such as a link in the document to an operation that it does not have.
            raise RuntimeError(f"schemathesis could not run:\n{output[output.index('= ERRORS =') :]}")
        seen = json.loads(counts.read_text(encoding="utf-8"))
    tallies = {name: Counts(tally.get("accepted", 0), tally.get("refused", 0)) for name, tally in seen.items()}
    return Report(run.returncode == 0, tallies, output)
