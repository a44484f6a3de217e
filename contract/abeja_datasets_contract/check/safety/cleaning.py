"""Clean-up: removing what a ledger knows and a read shows to be the run's, and nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

from abeja_datasets_contract.check.document import contract_of
from abeja_datasets_contract.check.document.ids import InvalidIdentifier
from abeja_datasets_contract.check.options import CheckFailed, Options, base_url, require_sendable
from abeja_datasets_contract.check.redaction import Redaction
from abeja_datasets_contract.check.results import Mode
from abeja_datasets_contract.check.sending.wire import Wire

from .guard import Guard, NotOurs
from .ledger import Ledger, read
from .ownership import Ownership

_MULTIPLE, _GONE = 300, (404, 410)
_SURE = (200, 204, *_GONE)
"""Statuses of a deletion that say that it is done; another success may be one that is only begun (202)."""
_LOOKS, _PAUSE = 5, 0.5
"""Reads of a dataset after such a deletion, and the seconds between them."""
_NO_RESPONSES = 3
"""As many requests without a response in a row end the clean-up."""


def clean_up(
    ledger: Path,
    authorization: str,
    url: str | None = None,
    options: Options = Options(),  # noqa: B008 - frozen
    *,
    organization_id: str | None = None,
    removed: Callable[[str], None] | None = None,
) -> tuple[str, ...]:
    """Remove what a run that ended early has left on a server.

    Args:
        ledger: the file of that run. What is removed is noted in it, so that this can be done again.
        authorization: the value of the `Authorization` header.
        url: where the API is; by default where the ledger says. Never take that from a ledger of somebody else.
        options: how to send (certificates, rate, timeout), and the credential of the second organization, whose
            datasets are otherwise left. What limits a check does not limit this.
        organization_id: the organization of the run; by default the one that the ledger names.
        removed: is called with each dataset that was removed, in words.

    Returns:
        What is left, each in words.

    Raises:
        OSError: the file can't be read.
        ValueError: it is not a ledger, or one of another server or organization, or the document can't be read;
            nothing was sent then.
        CheckFailed: the server can't be reached, or refuses the credential.
    """
    contract = contract_of(options.document)
    contract.require_writable()
    contract.require_authorization()
    require_sendable(authorization, options.other_authorization)
    known = read(ledger)
    _require_same("URL", base_url(url or known.url), base_url(known.url), ledger)
    _require_same("organization", organization_id or known.organization_id, known.organization_id, ledger)
    written = Ledger(ledger)
    written.known = known
    written.end_line()
    wire = Wire(base_url(known.url), options, Redaction(authorization, options.other_authorization), None)
    wire.lift()
    credentials = {known.organization_id: authorization}
    if options.other_organization_id is not None and options.other_authorization is not None:
        credentials[options.other_organization_id] = options.other_authorization
    try:
        ownership = Ownership(written, known.run, wire.send, credentials, contract)
        guard = Guard(written, known.run, Mode.WRITES, ownership)
        cleaner = Cleaner(wire, guard, removed)
        cleaner.greet(known.organization_id)
        return cleaner.clean(look=True)
    finally:
        wire.close()


def _require_same(what: str, given: str, noted: str, ledger: Path) -> None:
    if given != noted:
        raise ValueError(f"{ledger}: the ledger is of {what} {noted}, not of {given}; nothing was sent")


class Cleaner:
    """Removes the datasets of a ledger.

    Args:
        wire: sends.
        guard: looks at each request; its ledger knows the datasets.
        removed: is called with each dataset that was removed, in words.
    """

    def __init__(self, wire: Wire, guard: Guard, removed: Callable[[str], None] | None = None) -> None:
        self._wire, self._guard = wire, guard
        self._ledger, self._ownership = guard.ledger, guard.ownership
        self._credentials = guard.ownership.credentials
        self._removed = removed
        self._listed: dict[str, frozenset[str]] = {}

    def greet(self, organization: str) -> None:
        """Check that the server responds to this credential.

        Raises:
            CheckFailed: it can't.
        """
        exchange = self._ownership.ask(organization)
        if exchange.received is None:
            raise CheckFailed(f"{exchange.sent.url}: {exchange.error}")
        if exchange.received.status >= _MULTIPLE:
            raise CheckFailed(f"the server responds with status {exchange.received.status} to this credential")

    def clean(self, *, look: bool) -> tuple[str, ...]:
        """Remove what is known by its id and, where `look`, what can be found by its exact name."""
        pending = sorted({owner for owner, _ in self._pending()})
        unsure = [problem for organization in pending for problem in self._find(organization, look=look)]
        left = self._remove_all()
        if look and [*self._still_there()]:
            # An earlier list may have shown other ids for these names: by those that it shows now, nothing was deleted.
            self._listed.clear()
            left = self._remove_all()
        return (*unsure, *left, *(self._still_there() if look else ()))

    def _still_there(self) -> Iterator[str]:
        """List what a list has by a name of the run, though its deletion succeeded."""
        known = self._ledger.known
        for organization in sorted({owner for owner, _ in known.names} & set(self._credentials)):
            for dataset, name in self._ownership.listed(organization):
                is_left = (organization, dataset) in known.datasets
                if known.run in name and (organization, name) in known.names and not is_left:
                    self._ledger.note(dataset=dataset, organization_id=organization, name=name)
                    yield f"{self._where(organization, dataset, name)}: its deletion succeeded, but the list has it"

    def _where(self, organization: str, dataset: str, name: str) -> str:
        return f"dataset {dataset} ({name!r}) of organization {organization} at {self._wire.url}"

    def _pending(self) -> set[tuple[str, str]]:
        known = self._ledger.known
        return {(owner, name) for owner, name in known.pending if known.run in name}

    def _remove_all(self) -> list[str]:
        left = []
        for (organization, dataset), name in list(self._ledger.known.datasets.items()):
            where = self._where(organization, dataset, name)
            problem = self._remove(organization, dataset)
            if problem:
                left.append(f"{where}: {problem}")
            elif self._removed is not None:
                self._removed(where)
        return left

    def _remove(self, organization: str, dataset: str) -> str | None:
        if organization not in self._credentials:
            return f"no credential for organization {organization} was given"
        if self._wire.no_responses >= _NO_RESPONSES:
            return "the server no longer responds"
        problem = self._delete(organization, dataset)
        if problem is None:
            self._ledger.note(deleted=dataset, organization_id=organization)
        return problem

    def _delete(self, organization: str, dataset: str) -> str | None:
        """Delete a dataset that is there, if it is the run's; return why it may still be there."""
        try:
            read = self._wire.send(self._ownership.call("get_dataset", organization, dataset))
            if read.received is not None and read.received.status in _GONE:
                return self._why_listed(organization, dataset, read.received.status)
            call = self._ownership.call("delete_dataset", organization, dataset)
            self._guard.before(call)
        except (NotOurs, InvalidIdentifier) as error:
            return str(error)
        exchange = self._wire.send(call)
        if exchange.received is None:
            return exchange.error
        status = exchange.received.status
        done = status in _SURE or (status < _MULTIPLE and self._goes(organization, dataset))
        return None if done else f"the server responded to its deletion with status {status}, and still has it"

    def _goes(self, organization: str, dataset: str) -> bool:
        """Return whether a read no longer shows a dataset, now or a little later."""
        for _ in range(_LOOKS):
            read = self._wire.send(self._ownership.call("get_dataset", organization, dataset))
            if read.received is None or read.received.status in _GONE:
                return read.received is not None
            self._wire.interrupts.sleep(_PAUSE)
        return False

    def _why_listed(self, organization: str, dataset: str, status: int) -> str | None:
        listed = self._lists(organization, dataset)
        return f"a read of it has status {status}, but the list has it" if listed else None

    def _lists(self, organization: str, dataset: str) -> bool:
        if organization not in self._listed:
            self._listed[organization] = frozenset(one for one, _ in self._ownership.listed(organization))
        return dataset in self._listed[organization]

    def _find(self, organization: str, *, look: bool) -> list[str]:
        """Find datasets by the names of creates that no read has shown."""
        names = {name for owner, name in self._pending() if owner == organization}
        if not look:
            return [f"perhaps a dataset named {name!r}" for name in sorted(names)]
        if organization not in self._credentials:
            return [f"perhaps more: no credential for organization {organization} was given"]
        known = self._ledger.known.datasets
        left = []
        for dataset, name in self._ownership.listed(organization):
            if name not in names or (organization, dataset) in known:
                continue
            if dataset:
                self._ledger.note(dataset=dataset, organization_id=organization, name=name)
            else:
                left.append(f"dataset {name!r}: the list has no id for it that a path can hold")
        problem = self._ownership.list_problem
        left += [f"perhaps more in organization {organization}: {problem}"] if problem else []
        return left
