"""What is read once is shown again, after it has changed, and what lets a reader in that should not."""

from tests.contract.faults.access import signed
from tests.contract.faults.kit import fault
from tests.contract.faulty import Ask, Asked, Told

_items: dict[str, Told] = {}
_pages: dict[str, Told] = {}
_lists: dict[str, Told] = {}


@fault("state", "current.items")
async def cached_items_miss_bulk_updates(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "get_dataset_item" and told.status == 200:
        return _items.setdefault(asked.path, told)
    if asked.operation in ("update_dataset_item", "delete_dataset_item"):
        _items.pop(asked.path, None)
    return told


@fault("state", "current.items")
async def a_cached_first_page_misses_deletions(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_dataset_items" and "?" not in asked.target and told.status == 200:
        return _pages.setdefault(asked.path.rstrip("/"), told)
    if asked.method in ("POST", "PUT"):
        _pages.clear()
    return told


@fault("state", "current.datasets")
async def a_cached_list_of_datasets_misses_creations(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    if asked.operation == "list_datasets" and "?" not in asked.target and told.status == 200:
        return _lists.setdefault(asked.headers.get("authorization", ""), told)
    if asked.operation == "delete_dataset":
        _lists.clear()
    return told


@fault("authentication", "auth.parameters")
async def a_page_token_lets_in(asked: Asked, ask: Ask) -> Told:
    return await ask(signed(asked) if "next_page_token=" in asked.target else asked)


@fault("status", "preflight.credential", "responses.list_datasets.status")
async def the_documented_spelling_redirects(asked: Asked, ask: Ask) -> Told:
    path, mark, query = asked.target.partition("?")
    if asked.method == "GET" and path.endswith("/"):
        return Told(307, [("location", f"{path.rstrip('/')}{mark}{query}")])
    return await ask(asked)
