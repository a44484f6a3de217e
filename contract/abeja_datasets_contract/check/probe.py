"""What a check works with: calls of operations, expectations, and names that are this run's own."""

import contextlib
import json as json_module
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from abeja_datasets_contract.check.document.ids import path_of
from abeja_datasets_contract.check.document.parameters import headers_of, query_of
from abeja_datasets_contract.check.judging.compare import difference, record_difference
from abeja_datasets_contract.check.judging.findings import Findings
from abeja_datasets_contract.check.judging.reading import Part, Response, Unreadable
from abeja_datasets_contract.check.safety.guard import Guard
from abeja_datasets_contract.check.safety.ledger import Ledger
from abeja_datasets_contract.check.safety.ownership import Ownership
from abeja_datasets_contract.check.sending.wire import Call, Wire

from .document import Contract
from .options import Broken, Lost, Options, Skip
from .results import Mode

_FEW = 20
_STEP, _NAMES = 60_013, 99_991
"""Both prime, so that no two names of as many are the same."""
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_JSON = (("Content-Type", "application/json"),)
UNSET: Any = object()
"""Stands for an argument that was not given, where None is a value."""


@dataclass(frozen=True)
class Party:
    """An organization and the credential that is valid for it."""

    organization_id: str
    authorization: str


@dataclass(frozen=True)
class Run:
    """A run's name, which all that it writes is named by, its options, and the document that it checks by."""

    name: str
    options: Options
    contract: Contract


class Probe:
    """Sends the requests of a check, and compares the responses.

    Args:
        wire: sends.
        findings: collects.
        ledger: knows what is ours.
        party: the organization that is checked.
        run: its name, its options and its document.
    """

    def __init__(self, wire: Wire, findings: Findings, ledger: Ledger, party: Party, run: Run) -> None:
        options = run.options
        self.contract = run.contract
        self.wire = wire
        self.url = wire.url
        self.findings = findings
        self.ledger = ledger
        self.party = party
        self.other = _other(options)
        self.options = options
        self.run = run.name
        self.random = random.Random(options.seed)  # noqa: S311 - test data
        self.may_write = options.mode is not Mode.READ_ONLY
        self.passing: list[str] = []
        """Ids of datasets that go when the clause ends."""
        self.shared: dict[str, Any] = {}
        """What clauses have in common, by name."""
        self.last: Response
        """The last response."""
        credentials = {one.organization_id: one.authorization for one in (party, self.other) if one is not None}
        ownership = Ownership(ledger, run.name, wire.send, credentials, run.contract)
        self.guard = Guard(ledger, run.name, options.mode, ownership)
        self._names = 0
        self._expired = False

    def begin(self, clause: str) -> None:
        """Begin a clause: what it does at random depends on the seed and its name alone."""
        self.findings.current = clause
        self.random.seed(f"{self.options.seed}:{clause}")

    def name(self, more: str = "") -> str:
        """Return a dataset's name that nobody has; later ones do not come later in the order of names."""
        self._names += 1
        return self.fitting(f"{self.run}-{self._names * _STEP % _NAMES:05}{more}")

    def fitting(self, name: str) -> str:
        """Return a dataset's name that the document allows.

        Raises:
            Skip: it is too long.
        """
        _, longest = self.contract.lengths("create_dataset", "name")
        self.skip_unless(longest is None or len(name) <= longest, f"the document allows no name of {len(name)}")
        return name

    def call(
        self,
        operation: str,
        dataset: Any = "",
        item: Any = "",
        *,
        expect: Sequence[int] = (),
        promised: str = "",
        clause: str = "",
        **more: Any,
    ) -> Response:
        """Send a request of an operation, and expect one of these statuses, or else a documented success.

        Args:
            operation: the operationId.
            dataset: id of the dataset.
            item: id of the item.
            expect: the statuses that keep the promise.
            promised: what should come, in words; by default the statuses.
            clause: whose failure another status is; by default that of the clause being checked.
            more: see `request`.

        Raises:
            Broken: another status came, or none; it is noted.
            Skip: a success is expected of a request that the document does not allow.
        """
        if not expect:
            self._require_allowed(operation, more.get("query", ()), more.get("json", UNSET))
        call = self.request(operation, dataset, item, **more)
        return self.expect(self.send(call), expect or self.contract.operation(operation).successes, promised, clause)

    def _require_allowed(self, operation: str, query: Any, json: Any) -> None:
        pairs = self.contract.within(operation, query.items() if isinstance(query, Mapping) else query)
        body = None if json is UNSET else self.contract.completed(operation, json)
        self.contract.require_allowed(operation, pairs, body)

    def expect(self, response: Response, statuses: Sequence[int], promised: str = "", clause: str = "") -> Response:
        """Expect one of these statuses.

        Raises:
            Broken: another one came; it is noted.
            Skip: the operation needs no credential, and it is a refusal of one that is expected.
        """
        statuses = self._allowed(response, statuses)
        if set(statuses) <= {_UNAUTHORIZED, _FORBIDDEN} and not self._secured(response):
            raise Skip(f"the document asks for no credential of {response.exchange.operation}")
        self.findings.count()
        if response.status not in statuses:
            self._look_for_expiry(response)
            wanted = f"status {_listed(statuses)}"
            promised = f"{promised} ({wanted})" if promised else wanted
            self.findings.unexpected(response, statuses, promised, clause)
        return response

    def is_one_of(self, response: Response, statuses: Sequence[int]) -> bool:
        """Return whether a response has one of these statuses, or what the document has in their place."""
        return response.status in self._allowed(response, statuses)

    def _secured(self, response: Response) -> bool:
        operation = response.exchange.operation
        return operation is None or self.contract.operation(operation).secured

    def _allowed(self, response: Response, statuses: Sequence[int]) -> Sequence[int]:
        operation = response.exchange.operation
        return statuses if operation is None else self.contract.operation(operation).allowed(statuses)

    def require(self, holds: object, promised: str, came: str, *responses: Part, clause: str = "") -> None:
        """Expect that something holds, as the last of these responses shows, with the others leading up to it.

        Raises:
            Broken: it does not; it is noted as a failure of `clause`, or of the clause being checked.
        """
        self.findings.count()
        if not holds:
            exchanges = [response.exchange for response in responses]
            raise self.findings.broken(promised, came, exchanges[-1] if exchanges else None, exchanges[:-1], clause)

    def same(self, expected: Mapping[str, Any], part: Part, promised: str) -> None:
        """Expect that a response, or a part of it, is a dataset or an item with these properties.

        Left out are the properties that are wrong by the schema, in this response or in earlier ones of the operation.

        Raises:
            Broken: it is not.
            Unreadable: all the properties are left out.
        """
        problem = self.change(expected, part)
        self.require(problem is None, promised, problem or "", part)

    def change(self, expected: Mapping[str, Any], part: Part) -> str | None:
        """Return the first difference of a dataset or an item in a response, as `same` compares it.

        Raises:
            Unreadable: all the properties are left out.
        """
        got, wrong = part.part().value, self.findings.wrong(part)
        left = {key: value for key, value in expected.items() if key not in wrong}
        if expected and not left:
            name = next(iter(expected))
            raise Unreadable(part.exchange, (*part.place, name), "not what the document has there", wrong[name])
        return record_difference(left, got, self.contract.may_lack)

    def equal(self, expected: Any, got: Any, promised: str, *responses: Part) -> None:
        """Expect that a JSON value is this one.

        Raises:
            Broken: it is not.
        """
        problem = difference(expected, got)
        self.require(problem is None, promised, problem or "", *responses)

    def send(self, call: Call, *, lenient: bool = False) -> Response:
        """Send a request, have the oracle judge the response, and note in the ledger what it gave.

        Where `lenient`, it is not a fault that no response comes.
        """
        self.guard.before(call)
        exchange = self.wire.send(call)
        self.guard.after(call, exchange)
        judged = not lenient or exchange.received is not None
        self.last = self.findings.judge(exchange) if judged else Response(exchange, {})
        return self.last

    def send_all(self, calls: Sequence[Call]) -> list[Response]:
        """Send requests at the same time."""
        for call in calls:
            self.guard.before(call)
        exchanges = self.wire.send_all(calls)
        for call, exchange in zip(calls, exchanges, strict=True):
            self.guard.after(call, exchange)
        responses = [self.findings.judge(exchange) for exchange in exchanges]
        self.last = responses[-1]
        return responses

    def request(
        self,
        operation: str,
        dataset: Any = "",
        item: Any = "",
        *,
        json: Any = UNSET,
        body: bytes | None = None,
        query: Sequence[tuple[str, Any]] | Mapping[str, Any] = (),
        headers: Sequence[tuple[str, str]] | None = None,
        authorization: str | None = UNSET,
        organization: str | None = None,
        method: str | None = None,
        path: str | None = None,
    ) -> Call:
        """Build a request of an operation.

        Args:
            operation: the operationId.
            dataset: id of the dataset.
            item: id of the item.
            json: the body, as a value.
            body: the body, as bytes.
            query: parameters, in order, as JSON values; each is sent as the document serializes it, and None is not.
            headers: beside Authorization; by default those of a JSON body, where there is one.
            authorization: in place of the credential; None sends no such header.
            organization: in place of the organization.
            method: in place of the documented one; the request is then none of the operation.
            path: template of the path, in place of the documented one.
        """
        known = self.contract.operation(operation)
        values = {
            "organization_id": self.party.organization_id if organization is None else organization,
            "dataset_id": dataset,
            "dataset_item_id": item,
        }
        target = path_of(path or known.path, values)
        pairs = self.contract.within(operation, query.items() if isinstance(query, Mapping) else query)
        if json is not UNSET:
            body = json_module.dumps(self.contract.completed(operation, json), ensure_ascii=False).encode()
        if headers is None:
            headers = () if body is None else _JSON
        required = self.contract.required(operation, "header", {name for name, _ in headers})
        headers = (*headers, *headers_of(known, required))
        credential = self.party.authorization if authorization is UNSET else authorization
        if credential is not None:
            headers = (("Authorization", credential), *headers)
        return Call(
            method=method or known.method,
            target=f"{target}{query_of(known, pairs)}",
            operation=None if method else operation,
            headers=tuple(headers),
            body=body,
        )

    @contextlib.contextmanager
    def case(self) -> Iterator[None]:
        """Continue after a broken promise, or a response that can't be read: the next row of a table may differ."""
        try:
            with contextlib.suppress(Broken):
                yield
        except Unreadable as error:
            self.findings.unreadable(error)

    def skip_unless(self, holds: object, reason: str) -> None:
        """Skip the clause unless something holds."""
        if not holds:
            raise Skip(reason)

    def require_understood(self, operation: str) -> None:
        """Skip the clause where nobody knows what an operation changes, unless any data may change.

        Raises:
            Skip: it is unknown.
        """
        understood = self.contract.understands(operation) or self.options.mode is Mode.DISPOSABLE
        self.skip_unless(
            understood, f"the check does not know what {operation} changes; --allow-writes --disposable checks it"
        )

    def _look_for_expiry(self, response: Response) -> None:
        """Check that the server still takes the credential, and does not refuse one request alone."""
        sent = response.exchange.sent.headers
        if response.status != _UNAUTHORIZED or self._expired or not any(value == "$AUTHORIZATION" for _, value in sent):
            return
        self._expired = True
        if self.send(self.request("list_datasets", query={"max_results": 1})).status == _UNAUTHORIZED:
            raise Lost("the server no longer accepts the credential; it may have expired")
        self._expired = False


def _listed(statuses: Sequence[int]) -> str:
    """Write statuses in a few words, though they may be a whole range."""
    few = sorted(statuses) if len(statuses) > _FEW else statuses
    return f"{few[0]} to {few[-1]}" if len(statuses) > _FEW else " or ".join(map(str, statuses))


def _other(options: Options) -> Party | None:
    if options.other_organization_id is None or options.other_authorization is None:
        return None
    return Party(options.other_organization_id, options.other_authorization)
