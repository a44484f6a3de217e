"""What a server sends by itself, webhooks and callbacks: a new one breaks nothing, and others are not compared."""

from abeja_datasets_contract.diff.rules.sides import Sides
from abeja_datasets_contract.openapi.operations import Operation
from abeja_datasets_contract.openapi.pointers import child


def compare_webhooks(sides: Sides) -> None:
    """Report the webhooks that were added, and whether others changed."""
    _added(sides, "webhook-added", "the webhook {}", "#/webhooks", "#/webhooks")
    if _changed(sides, "#/webhooks", "#/webhooks"):
        words = "the webhooks changed, which are not compared"
        where = ("#/webhooks", "#/webhooks")
        sides.add("webhooks-changed", "undecided", ("callers reading",), words, old=where[0], new=where[1])


def compare_callbacks(sides: Sides, old: Operation, new: Operation) -> None:
    """Report the callbacks that were added to an operation, and whether others changed."""
    places = child(old.pointer, "callbacks"), child(new.pointer, "callbacks")
    _added(sides, "operation-callback-added", f"the callback {{}} of {new.name}", *places, new.name)
    if _changed(sides, *places):
        words = f"the callbacks of {new.name} changed, which are not compared"
        where = [place if side.mapping(place) else one.pointer
                 for side, place, one in zip((sides.old, sides.new), places, (old, new), strict=True)]  # fmt: skip
        sides.add(
            "operation-callbacks-changed", "undecided", ("callers reading",), words, new.name, old=where[0],
            new=where[1],
        )  # fmt: skip


def _added(sides: Sides, rule: str, what: str, old: str, new: str, *operations: str) -> None:
    for name in sides.new.mapping(new):
        if name not in sides.old.mapping(old):
            words = f"{what.format(name)} was added"
            sides.add(rule, "compatible", ("callers reading",), words, *operations, new=child(new, name))


def _changed(sides: Sides, old: str, new: str) -> bool:
    after = sides.new.mapping(new)
    return any(
        name not in after or not sides.written_alike(child(old, name), child(new, name))
        for name in sides.old.mapping(old)
    )
