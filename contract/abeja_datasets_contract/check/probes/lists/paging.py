"""What both kinds of paging have in common: walks of a list, and what must hold of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from abeja_datasets_contract.check.document import Bounds
from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.judging.compare import difference
from abeja_datasets_contract.check.judging.reading import Part, Record, Response
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import walk_datasets

_REFUSED, _NOT_FOUND = (400,), (404,)
TRIES = 5
"""How often two responses are compared that others may have come between."""
_MOST, _IDLE = 2000, 3
"""Pages after which a walk is given up, and pages in a row that bring nothing new."""


@dataclass(frozen=True)
class Listing:
    """One of the two lists."""

    name: str
    operation: str
    size: str
    """The parameter that bounds a page."""
    token: str
    """The parameter that goes on."""
    id: str
    records: Callable[[Response], list[Part]]
    next: Callable[[Response], Any]
    may_end_empty: bool
    """Whether the document allows an empty last page behind others."""

    def bounds(self, p: Probe) -> Bounds:
        """Return what the parameter that bounds a page may be."""
        return p.contract.bounds(self.operation, self.size)

    def within(self, p: Probe, size: int) -> int:
        """Return a size of a page that the document allows."""
        return p.contract.size(self.operation, size)

    def page(self, p: Probe, scope: Any = "", token: Any = None, **query: Any) -> Response:
        """Request a page.

        Raises:
            Skip: the document has no parameter to ask for its size, or for the next one.
        """
        if self.size in query:
            self.bounds(p)
        if token is not None:
            query[self.token] = token
        return p.call(self.operation, scope, query=query)

    def ids(self, response: Response) -> list[Any]:
        """List the ids on a page."""
        return [record.id(self.id) for record in self.records(response)]


DATASETS = Listing(
    "datasets",
    "list_datasets",
    "max_results",
    "next_token",
    "dataset_id",
    lambda response: response.parts(),
    lambda response: response.header("x-next-token"),
    may_end_empty=False,
)
ITEMS = Listing(
    "items",
    "list_dataset_items",
    "limit",
    "next_page_token",
    "dataset_item_id",
    lambda response: response.parts("items"),
    lambda response: response.get("next_page_token"),
    may_end_empty=True,
)


def alike(
    p: Probe,
    plain: Callable[[], Response],
    other: Callable[[], Response],
    part: Callable[[Response], Any],
    promised: str,
) -> None:
    """Expect that a list asked for in another way is the same, while others may be writing to it.

    A difference counts only if it shows in every try, each time with the list as before behind it: now and then,
    others have made something and deleted it in between.

    Args:
        p: sends.
        plain: asks for the list.
        other: asks for it in the other way.
        part: what is to be the same of a response.
        promised: what is promised, in words.
    """
    different = []
    before = plain()
    for _ in range(TRIES):
        response, after = other(), plain()
        if part(before) == part(after):
            different.append((before, response))
            if difference(part(before), part(response)) is None:
                break
        before = after
    else:
        p.skip_unless(len(different) == TRIES, "others are writing to the list")
    before, response = different[-1]
    p.equal(part(before), part(response), promised, before, response)


def token_where_more_follow(p: Probe, listing: Listing, wanted: Sequence[Any], ids: Sequence[Any], size: int) -> None:
    """Expect that a list did not end with the last response, a full page, while more of what is wanted should follow.

    Args:
        p: sends.
        listing: which list.
        wanted: the ids that exist, in order.
        ids: those that came.
        size: the largest number of a page.
    """
    came = [number for number in wanted if number in ids]
    full = listing.within(p, size) == len(listing.records(p.last))
    cut = full and len(came) < len(wanted) and came == list(wanted[: len(came)])
    p.require(not cut, "a token, since more follow", "none", p.last, clause=f"paging.{listing.name}.token-given")


@dataclass
class Walk:
    """All pages of a list, in order."""

    size: int
    pages: list[Response] = field(default_factory=list)
    tokens: list[Any] = field(default_factory=list)
    """What each page was asked for with."""
    ids: list[Any] = field(default_factory=list)
    expected: list[Any] = field(default_factory=list)
    """The ids that exist, in the order of creation."""
    records: dict[Any, Record] = field(default_factory=dict)
    """Of them those that are known, as they should be."""
    whole: bool = True
    """Whether it came to an end."""
    others: frozenset[Any] = frozenset()
    """Ids that others have there, for some of the time."""
    to_nothing: bool = False
    """Whether a token led to an empty page, where others may write: each time it was tried."""


def walk(p: Probe, listing: Listing, size: int, scope: Any = "", **query: Any) -> Walk:
    """Walk a list to its end, or until that can't be expected any more."""
    listing.bounds(p)
    done, token, idle = Walk(size), None, 0
    for _ in range(_MOST):
        page = {listing.size: size, **query, **({} if token is None else {listing.token: token})}
        clause = "" if token is None else f"paging.{listing.name}.end"
        response = p.call(listing.operation, scope, query=page, clause=clause)
        idle = 0 if set(listing.ids(response)) - set(done.ids) else idle + 1
        done.pages.append(response)
        done.tokens.append(token)
        done.ids.extend(listing.ids(response))
        token = listing.next(response)
        if not token:
            done.to_nothing = not listing.may_end_empty and len(done.pages) > 1 and not listing.records(response)
            return done
        if idle > _IDLE:
            break
    done.whole = False
    return done


def _size(p: Probe, listing: Listing, done: Walk) -> None:
    for page in done.pages:
        count = len(listing.records(page))
        p.require(count <= done.size, f"at most {done.size} on a page", f"{count}", page)


def _none_missing(p: Probe, listing: Listing, done: Walk) -> None:
    if done.whole:
        p.last = done.pages[-1]
        token_where_more_follow(p, listing, done.expected, done.ids, done.size)
    missing = [number for number in done.expected if number not in done.ids]
    p.require(not missing, f"all {len(done.expected)}", f"{missing[:3]} did not come", *done.pages)


def _no_duplicates(p: Probe, _listing: Listing, done: Walk) -> None:
    twice = [number for number in done.ids if done.ids.count(number) > 1]
    p.require(not twice, "each once", f"{twice[:1]} came more than once", *done.pages)


def _order(p: Probe, _listing: Listing, done: Walk) -> None:
    first = list(dict.fromkeys(number for number in done.ids if number in done.expected))
    wanted = [number for number in done.expected if number in first]
    p.require(first == wanted, f"in the order of creation, {wanted[:9]}", f"{first[:9]}", *done.pages)


def _no_strangers(p: Probe, listing: Listing, done: Walk) -> None:
    strange = [number for number in done.ids if number not in done.expected and number not in done.others]
    if strange and listing is DATASETS:
        # Others may create some, and delete some: those are there when asked for, or are listed no more.
        strange = [n for n in strange if p.is_one_of(p.send(p.request("get_dataset", n)), _NOT_FOUND)]
        listed = [record.id(listing.id) for record in walk_datasets(p)] if strange else []
        strange = [number for number in strange if number in listed]
    p.require(not strange, "nothing but what exists", f"{strange[:3]}", *done.pages)


def _entries(p: Probe, listing: Listing, done: Walk) -> None:
    for page in done.pages:
        for record in listing.records(page):
            if record.id(listing.id) in done.records:
                p.same(done.records[record.id(listing.id)], record, "each as it is")


def _end(p: Probe, _listing: Listing, done: Walk) -> None:
    p.require(done.whole, "an end of the walk", f"{len(done.pages)} pages, and a token for more", done.pages[-1])
    p.require(not done.to_nothing, "no token on the last page", "a token that leads to nothing", *done.pages)


_WalkCheck = Callable[[Probe, Listing, Walk], None]
_OF_WALKS: dict[str, tuple[str, _WalkCheck]] = {
    "size": ("No page is larger than was asked for.", _size),
    "none-missing": ("A walk misses nothing.", _none_missing),
    "no-duplicates": ("A walk returns nothing twice.", _no_duplicates),
    "order": ("A list comes in the order of creation.", _order),
    "no-strangers": ("A walk returns nothing that does not belong there.", _no_strangers),
    "entries": ("Each page has each entry as it is.", _entries),
    "end": ("Only the last page has no token.", _end),
}


def register_walks(stage: Stage, listing: Listing, source: Source, walks: Callable[[Probe], list[Walk]]) -> None:
    """Register the clauses that hold of each walk; `walks` makes them, once for all."""
    for kind, (promise, check) in _OF_WALKS.items():

        def run(p: Probe, check: _WalkCheck = check) -> None:
            for done in walks(p):
                check(p, listing, done)

        stage.add(f"paging.{listing.name}.{kind}", promise, source, run)


def _bounds(p: Probe, listing: Listing, scope: Any) -> None:
    bounds = listing.bounds(p)
    least, most = bounds.least, bounds.largest
    for size in sorted({least, min(least + 1, most), max(most - 1, least), most}):
        with p.case():
            response = listing.page(p, scope, **{listing.size: size})
            count = len(listing.records(response))
            p.require(count <= size, f"at most {size}", f"{count}", response)


def _beyond(p: Probe, listing: Listing, scope: Any) -> None:
    bounds = listing.bounds(p)
    too_large = () if bounds.most is None else (str(bounds.most + 1), "99999999999999999999")
    wrong = (
        str(bounds.least - 1),
        "-1",
        *too_large,
        "abc",
        "",
        "1.5",
        "1e2",
        "null",
        "0x10",
        "1_0",
        "\u0663",
        "1,000",
        "2;x",
        "true",
    )
    for size in wrong:
        with p.case():
            p.call(listing.operation, scope, query={listing.size: size}, expect=_REFUSED)


def _garbage(p: Probe, listing: Listing, scope: Any) -> None:
    for token in ("", "garbage", "0", "1", "-1", "null", "🐈", "x" * 500, "../..", "eyJsYXN0X2lkIjogMX0="):
        with p.case():
            p.call(listing.operation, scope, query={listing.token: token}, expect=_REFUSED)


def _unknown(p: Probe, listing: Listing, scope: Any) -> None:
    made_up = p.contract.undocumented("contract_check")
    pairs = [(made_up, "x"), (made_up, "y"), ("offset", "1"), ("page", "2")]
    like = [(listing.size.upper(), 1), (listing.token.upper(), "x"), ("Q", "*"), (f"{listing.size}[]", 1)]
    size = (listing.size, 2)
    has = p.contract.operation(listing.operation).has
    unknown = [pair for pair in (*pairs, ("sort", "desc"), ("", "")) if not has(pair[0])]
    query = [size, *unknown, *like]
    alike(
        p,
        lambda: listing.page(p, scope, **{listing.size: 2}),
        lambda: p.call(listing.operation, scope, query=query),
        listing.ids,
        "the same page as without",
    )


def _repeated(p: Probe, listing: Listing, scope: Any) -> None:
    listing.bounds(p)
    for pair in ((1, 1), (1, 2), (2, 1)):
        with p.case():
            p.call(
                listing.operation,
                scope,
                query=[(listing.size, pair[0]), (listing.size, pair[1])],
                expect=_REFUSED,
            )


def register_parameters(
    stage: Stage, listing: Listing, sources: dict[str, Source], scope: Callable[[Probe], Any]
) -> None:
    """Register the clauses about what parameters may be; `scope` returns what to list."""
    for kind, promise, parameter, check in (
        ("bounds", f"{listing.size} may be what the document says.", listing.size, _bounds),
        (
            "beyond-bounds",
            f"{listing.size} outside the documented bounds is 400.",
            listing.size,
            _beyond,
        ),
        ("token-garbage", "A token that no list has returned is 400.", listing.token, _garbage),
        ("unknown-parameter", "A parameter that no one documented is ignored.", "", _unknown),
        ("repeated-parameter", f"{listing.size} given twice is 400.", "", _repeated),
    ):

        def run(p: Probe, check: Callable[[Probe, Listing, Any], None] = check) -> None:
            check(p, listing, scope(p))

        stage.add(f"paging.{listing.name}.{kind}", promise, sources[parameter], run, reads=True)
