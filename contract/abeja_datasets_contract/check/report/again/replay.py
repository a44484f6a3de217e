r"""A failure as lines for the shell that show it again after the run, when what the run made is gone.

The lines make what the requests need with the bodies that the run sent, under a name of their own. They send the
requests, and remove what they made:

    made=$(curl -s -X POST … --data-raw '{"name": …}' 'https://…/datasets/')
    dataset=$(printf '%s\n' "$made" | field dataset_id)
    curl -i -H "Authorization: $AUTHORIZATION" 'https://…/datasets/'"${dataset:?}"
    made=$(curl -s -X DELETE … 'https://…/datasets/'"${dataset:?}")

They need POSIX tools and curl.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from abeja_datasets_contract.check.results import Exchange, Failure

from .curl import curl, variable
from .traffic import Traffic, in_header, token_of

MOST = 12
"""As many requests as are made again one by one; of more, the first item stands for all."""
CONTEXT = 6
"""As many requests that led up to a failure as are sent again: the last ones."""
_LISTED = 3
"""As many datasets as are made for a list of datasets."""

_FIELD = """field() { tr -d '\\n' | LC_ALL=C sed -n 's/.*"'"$1"'" *: *"\\{0,1\\}\\([^",} ]*\\).*/\\1/p'; }"""
_HEADER = """header() { tr -d '\\r' | LC_ALL=C sed -n 's/^[Xx]-[Nn]ext-[Tt]oken: *//p'; }"""
_QUERY = """query() { sed 's/%/%25/g; s/+/%2B/g; s/&/%26/g; s/#/%23/g; s/ /%20/g'; }"""
_RUN = "run=contract-check-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')"


@dataclass
class _Plan:
    """What has to be sent, and under which variables the ids stand."""

    targets: list[Exchange]
    steps: dict[int, Exchange] = field(default_factory=dict)
    repeated: dict[int, int] = field(default_factory=dict)
    """By the number of an exchange, how often it is sent."""
    datasets: dict[str, str] = field(default_factory=dict)
    """Variables by the ids of datasets."""
    items: dict[tuple[str, str], str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    captured: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """By the number of an exchange, the variables that its response fills, each with the filter for it."""

    def capture(self, exchange: Exchange, kind: str, taken: int, words: str) -> str:
        name = kind if not taken else f"{kind}_{taken + 1}"
        self.captured.setdefault(exchange.number, []).append((name, words))
        self.steps[exchange.number] = exchange
        return name


def again(failure: Failure, traffic: Traffic) -> str:
    """Return the lines that show a failure again; empty where no request shows it."""
    targets = [*failure.context[-CONTEXT:], *([failure.exchange] if failure.exchange else [])]
    plan = _Plan(sorted({each.number: each for each in targets}.values(), key=lambda each: each.number))
    if not targets:
        return ""
    for target in plan.targets:
        plan.steps[target.number] = target
    for target in plan.targets:
        _require(target, plan, traffic)
    if not plan.captured and failure.exchange is not None:
        plan.steps = {failure.exchange.number: failure.exchange}
    return "\n".join(_lines(plan, traffic))


def _require(target: Exchange, plan: _Plan, traffic: Traffic) -> None:
    """Plan what a request needs: its dataset, its items, its page token, or the datasets that it lists."""
    at = traffic.place(target)
    if at.dataset:
        _require_dataset(at.dataset, target, plan, traffic)
    elif target.operation == "list_datasets":
        for identifier in _listed(target, traffic):
            _require_dataset(identifier, target, plan, traffic)
    token = token_of(target)
    if token is not None and token[1] in traffic.tokens and token[1] not in plan.tokens:
        giver = traffic.tokens[token[1]]
        if giver.number < target.number and len(plan.tokens) < MOST:
            words = "header" if in_header(giver) == token[1] else "field next_page_token"
            plan.tokens[token[1]] = plan.capture(giver, "token", len(plan.tokens), f"{words} | query")
            _require(giver, plan, traffic)


def _require_dataset(identifier: str, target: Exchange, plan: _Plan, traffic: Traffic) -> None:
    create = traffic.creates.get(identifier)
    if create is None or create.number >= target.number:
        return
    if identifier not in plan.datasets:
        words = "field dataset_id"
        plan.datasets[identifier] = plan.capture(create, "dataset", len(plan.datasets), words)
    before = [each for each in traffic.writes.get(identifier, ()) if each.number < target.number]
    items = traffic.named_items(target)
    whole = target.operation in ("get_dataset", "list_dataset_items") or (traffic.place(target).items and not items)
    needed = [each for each in before if whole or _touches(each, identifier, items, traffic)]
    _plan_items(target, plan, traffic)
    _plan_writes(needed, plan, traffic)


def _touches(write: Exchange, dataset: str, items: set[str], traffic: Traffic) -> bool:
    """Return whether a write creates or changes one of these items, or removes the dataset."""
    if not traffic.place(write).items:
        return True
    creates = [(item, traffic.item_creates.get((dataset, item))) for item in items]
    named = traffic.named_items(write)
    return any(made is write or (made and made.number < write.number and item in named) for item, made in creates)


def _plan_items(step: Exchange, plan: _Plan, traffic: Traffic) -> None:
    """Plan the creates of the items that a request names."""
    dataset = traffic.place(step).dataset or ""
    for item in sorted(traffic.named_items(step), key=lambda each: (len(each), each)):
        create = traffic.item_creates.get((dataset, item))
        if create is not None and create.number < step.number and (dataset, item) not in plan.items:
            plan.items[dataset, item] = plan.capture(create, "item", len(plan.items), "field dataset_item_id")


def _plan_writes(writes: list[Exchange], plan: _Plan, traffic: Traffic) -> None:
    """Plan writes one by one; of too many, the first create stands for all, and the last others follow it."""
    new = [each for each in writes if each.number not in plan.steps]
    if len(new) > MOST:
        creates = [each for each in new if each.operation == "create_dataset_item"]
        others = [each for each in new if each.operation != "create_dataset_item"][-MOST:]
        plan.repeated.update({each.number: len(creates) for each in creates[:1]})
        new = [*creates[:1], *others]
    for write in new:
        plan.steps[write.number] = write
        _plan_items(write, plan, traffic)


def _listed(target: Exchange, traffic: Traffic) -> list[str]:
    """Return datasets of the run, the last few, that were there when a list of datasets was asked for."""
    alive = [
        identifier
        for identifier, create in traffic.creates.items()
        if create.number < target.number
        and not any(
            write.operation == "delete_dataset" and write.number < target.number
            for write in traffic.writes.get(identifier, ())
        )
    ]
    return alive[-_LISTED:]


def _lines(plan: _Plan, traffic: Traffic) -> Iterator[str]:
    if plan.captured:
        yield "# makes what the requests need, and removes it at the end"
    used = " ".join(words for captured in plan.captured.values() for _, words in captured)
    for name, function in (("field", _FIELD), ("header", _HEADER), ("query", _QUERY)):
        if name in used:
            yield function
    steps = [plan.steps[number] for number in sorted(plan.steps)]
    lines = [line for step in steps for line in _step(step, plan, traffic)]
    if any('"${run:?}"' in line for line in lines):
        yield _RUN
    yield from lines
    yield from _removal(plan, traffic)


def _step(step: Exchange, plan: _Plan, traffic: Traffic) -> Iterator[str]:
    named = replace(step, sent=replace(step.sent, url=_url(step, plan, traffic), body=_body(step, plan, traffic)))
    captured, count = plan.captured.get(step.number, []), plan.repeated.get(step.number, 1)
    if count > 1:
        yield f"# needs a dataset of this kind: with {count} items, of which this is the first"
        line = curl(named, quiet=True)
        yield f"n=0; while [ $n -lt {count - bool(captured)} ]; do n=$((n + 1)); made=$({line}); done"
        if not captured:
            return
    target = any(step is each for each in plan.targets)
    if target and not captured:
        yield curl(named)
        return
    with_head = target or any(words.startswith("header") for _, words in captured)
    comment, _, line = curl(named, quiet=not with_head).rpartition("\n")
    yield from [comment] if comment else []
    yield f"made=$({line})"
    if target:
        yield "printf '%s\\n' \"$made\""
    for name, words in captured:
        yield f"{name}=$(printf '%s\\n' \"$made\" | {words})"


def _url(step: Exchange, plan: _Plan, traffic: Traffic) -> str:
    head, mark, query = step.sent.url.partition("?")
    at = traffic.place(step)
    if at.dataset and at.dataset in plan.datasets:
        head = _segment(head, "datasets", at.dataset, plan.datasets[at.dataset])
    for item, name in _items(step, plan, traffic):
        head = _segment(head, "items", item, name)
    token = token_of(step)
    if token is not None and token[1] in plan.tokens:
        query = re.sub(rf"(^|&){token[0]}=[^&]*", rf"\g<1>{token[0]}={variable(plan.tokens[token[1]])}", query)
    return (head + mark + query).replace(traffic.run, variable("run"))


def _items(step: Exchange, plan: _Plan, traffic: Traffic) -> Iterator[tuple[str, str]]:
    """Yield the items that there are when a request is sent, those of its dataset first, with their variables."""
    dataset = traffic.place(step).dataset
    made = {key: name for key, name in plan.items.items() if traffic.item_creates[key].number < step.number}
    for (_, item), name in sorted(made.items(), key=lambda each: each[0][0] != dataset):
        yield item, name


def _segment(path: str, parent: str, identifier: str, name: str) -> str:
    spelled = "|".join({re.escape(identifier), re.escape(quote(identifier, safe=""))})
    return re.sub(rf"(/{parent}/+)(?:{spelled})(?=/|$)", lambda match: match[1] + variable(name), path)


def _body(step: Exchange, plan: _Plan, traffic: Traffic) -> bytes | None:
    body = step.sent.body
    if body is None:
        return None
    for item, name in _items(step, plan, traffic):
        pattern = rb'("dataset_item_id"\s*:\s*)' + re.escape(item.encode()) + rb"(?![\w.])"
        body = re.sub(pattern, rb"\1" + variable(name).encode(), body)
    return body.replace(traffic.run.encode(), variable("run").encode())


def _removal(plan: _Plan, traffic: Traffic) -> Iterator[str]:
    for identifier, name in plan.datasets.items():
        create = traffic.creates[identifier]
        gone = any(
            step.operation == "delete_dataset" and traffic.place(step).dataset == identifier
            for step in plan.steps.values()
        )
        if not gone:
            head, _, _ = create.sent.url.partition("?")
            kept = tuple(header for header in create.sent.headers if header[0].lower() == "authorization")
            sent = replace(
                create.sent, method="DELETE", url=f"{head.rstrip('/')}/{variable(name)}", headers=kept, body=None
            )
            yield f"made=$({curl(replace(create, sent=sent), quiet=True)})"
