"""A model beside the server: random sequences of calls, each response compared with that of the model."""

from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from abeja_datasets_contract.check.document.sources import INFO
from abeja_datasets_contract.check.judging.reading import Part, Unreadable
from abeja_datasets_contract.check.options import Broken, Skip, Stopped
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.lists.paging import ITEMS, token_where_more_follow
from abeja_datasets_contract.check.probes.lists.queries import And, Not, Or, Query, Term, holds, text
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import Dataset, Item, drop, item_of, new_dataset, source

STAGE = Stage("model")
_EXAMPLES, _STEPS = 7, 18
_VALUES = st.sampled_from([0, 1, "A", "B", None, True])
_ATTRIBUTES = st.dictionaries(st.sampled_from(["tag", "n"]), _VALUES, max_size=2)
_TERMS = st.builds(Term, st.sampled_from(["tag", "n"]), st.sampled_from(["0", "1", "A", "B", "true", "null"]))
_QUERIES: st.SearchStrategy[Query] = st.recursive(
    _TERMS,
    lambda inner: st.builds(Not, inner) | st.builds(And, inner, inner) | st.builds(Or, inner, inner),
    max_leaves=3,
)
_PICK = st.integers(0, 99)
_FLAKY = "the server responded to the same requests in another way when they were sent again"
_OURS = (Broken, Skip, Stopped, Unreadable)


class _Server(RuleBasedStateMachine):
    """What one dataset should hold, and the rules by which that changes."""

    def __init__(self, p: Probe) -> None:
        super().__init__()
        self.p = p

    @initialize(count=st.integers(0, 4))
    def begin(self, count: int) -> None:
        self.dataset: Dataset = new_dataset(self.p)
        self.old: list[Item] = []
        for number in range(count):
            self.create({"n": number})

    def teardown(self) -> None:
        dataset = getattr(self, "dataset", None)
        if dataset is not None and dataset.id in self.p.passing:
            self.p.passing.remove(dataset.id)
            drop(self.p, dataset.id)

    @rule(attributes=_ATTRIBUTES)
    def create(self, attributes: Any) -> None:
        body = {"source_data": source(self.p), "attributes": attributes}
        response = self.p.call("create_dataset_item", self.dataset.id, json=body)
        item = item_of(self.p, self.dataset.id, body, response)
        self.p.same(item.record, response, "the item as given")
        ids = [other.id for other in self.dataset.items]
        self.p.require(item.id not in ids, "an id that no item has", str(item.id), response)
        self.dataset.items.append(item)

    @precondition(lambda self: self.dataset.items)
    @rule(pick=_PICK, attributes=_ATTRIBUTES)
    def update(self, pick: int, attributes: Any) -> None:
        item = self._item(pick)
        response = self.p.call("update_dataset_item", self.dataset.id, item.id, json={"attributes": attributes})
        self._changed(item, attributes, response)

    @precondition(lambda self: self.dataset.items)
    @rule(pick=_PICK, body=st.sampled_from([{}, {"attributes": None}, {"attributes": {"detection": [{}]}}]))
    def fail_to_update(self, pick: int, body: Any) -> None:
        self.p.call("update_dataset_item", self.dataset.id, self._item(pick).id, json=body, expect=(400,))

    @precondition(lambda self: self.dataset.items)
    @rule(pick=_PICK, attributes=_ATTRIBUTES)
    def bulk_update(self, pick: int, attributes: Any) -> None:
        items = self._some(pick)
        response = self.p.call("bulk_update_dataset_item", self.dataset.id, json=self._entries(items, attributes))
        records = response.parts()
        self.p.require(len(records) == len(items), f"{len(items)} items", f"{len(records)}", response)
        for item, record in zip(items, records, strict=True):
            self._changed(item, attributes, record)

    @precondition(lambda self: self.dataset.items)
    @rule(pick=_PICK, attributes=_ATTRIBUTES, last=st.booleans())
    def bulk_update_with_one_bad_entry(self, pick: int, attributes: Any, last: bool) -> None:
        entries = self._entries(self._some(pick), attributes)
        known = {item.id for item in self.dataset.items}
        unknown = (
            self.old[-1].id
            if self.old and self.old[-1].id not in known
            else max(item.number for item in self.dataset.items) + 10**6
        )
        bad: dict[str, Any] = {"dataset_item_id": unknown, "attributes": {}}
        body = [*entries, bad] if last else [bad, *entries]
        self.p.call("bulk_update_dataset_item", self.dataset.id, json=body, expect=(400,))

    @precondition(lambda self: self.dataset.items)
    @rule(pick=_PICK)
    def delete(self, pick: int) -> None:
        item = self._item(pick)
        self.p.same(item.record, self.p.call("delete_dataset_item", self.dataset.id, item.id), "the item as it was")
        self.dataset.items.remove(item)
        self.old.append(item)

    @precondition(lambda self: self.old)
    @rule(pick=_PICK, operation=st.sampled_from(["get_dataset_item", "delete_dataset_item", "update_dataset_item"]))
    def use_a_stale_id(self, pick: int, operation: str) -> None:
        item = self.old[pick % len(self.old)]
        if item.id in [other.id for other in self.dataset.items]:
            return  # the server has given the number again, which nobody forbids
        body: dict[str, Any] = {"json": {"attributes": {}}} if operation.startswith("update") else {}
        self.p.call(operation, self.dataset.id, item.id, expect=(404,), **body)

    @precondition(lambda self: self.dataset.items)
    @rule(pick=_PICK)
    def read(self, pick: int) -> None:
        item = self._item(pick)
        response = self.p.call("get_dataset_item", self.dataset.id, item.id)
        self.p.same(item.record, response, "the item as it should be")

    @rule()
    def count(self) -> None:
        response = self.p.call("get_dataset", self.dataset.id)
        wanted = len(self.dataset.items)
        self.p.equal(wanted, response.number("total_count"), f"total_count {wanted}", response)

    @rule(limit=st.sampled_from([1, 2, 3, 1000]))
    def walk(self, limit: int) -> None:
        self._walk(self.dataset.items, {"limit": ITEMS.within(self.p, limit)})

    @precondition(lambda self: self.p.contract.operation(ITEMS.operation).has("q"))
    @rule(query=_QUERIES, limit=st.sampled_from([1, 2, 1000]))
    def search(self, query: Query, limit: int) -> None:
        found = [item for item in self.dataset.items if holds(query, item.attributes)]
        self._walk(found, {"limit": ITEMS.within(self.p, limit), "q": text(query)})

    def _walk(self, wanted: list[Item], query: dict[str, Any]) -> None:
        records, token, response = [], None, None
        for _ in range(2 * len(wanted) + 2):
            page = {**query, ITEMS.token: token} if token else query
            clause = "paging.items.end" if token else ""
            response = self.p.call(ITEMS.operation, self.dataset.id, query=page, clause=clause)
            self.p.equal(len(wanted), response.number("total_count"), f"total_count {len(wanted)}", response)
            records.extend(ITEMS.records(response))
            token = ITEMS.next(response)
            if not token:
                break
        if response is not None:
            ids = [record.id("dataset_item_id") for record in records]
            if not token:
                token_where_more_follow(self.p, ITEMS, [item.id for item in wanted], ids, query["limit"])
            self.p.equal([item.id for item in wanted], ids, f"the items of {query}, in order", response)
            for item, record in zip(wanted, records, strict=True):
                self.p.same(item.record, record, "the item as it should be")

    def _changed(self, item: Item, attributes: Any, record: Part) -> None:
        item.update(attributes, record)
        self.p.same(item.record, record, "the item as it is now")

    def _item(self, pick: int) -> Item:
        return self.dataset.items[pick % len(self.dataset.items)]

    def _some(self, pick: int) -> list[Item]:
        items = self.dataset.items[:: 1 + pick % 2]
        return items[::-1] if pick % 3 else items

    def _entries(self, items: list[Item], attributes: Any) -> list[dict[str, Any]]:
        return [{"dataset_item_id": item.id, "attributes": attributes} for item in items]


@STAGE.clause(
    "model.sequences", "Whatever the sequence of calls, each response follows from the calls before it.", INFO
)
def sequences(p: Probe) -> None:
    """Run the model and the server side by side."""

    # Not a class of its own for each run: hypothesis keeps every class for good, and with it all that the probe holds.
    @hypothesis.seed(p.options.seed)
    def machine() -> _Server:
        return _Server(p)

    try:
        run_state_machine_as_test(
            machine,  # type: ignore[arg-type]  # documented as a factory, which a function is too
            settings=settings(
                max_examples=_EXAMPLES,
                stateful_step_count=_STEPS,
                database=None,
                deadline=None,
                derandomize=False,
                print_blob=False,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
                verbosity=hypothesis.Verbosity.quiet,
            ),
        )
    except hypothesis.errors.Flaky as error:
        # Hypothesis wraps what does not happen again when it tries: a failure that was seen once is noted already.
        seen = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
        raise next((inner for inner in seen if isinstance(inner, _OURS)), Skip(_FLAKY)) from None
