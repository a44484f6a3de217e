"""Places: the integer keys of items, and of their blocks in the index.

A place is the number of the dataset, followed by 32 bits for the item. As the key of a table it is SQLite's own row
number. So SQLite finds a row without reading others, which may have megabytes each.
"""

FIRST_DATASET_ID = 1_400_000_000_000
"""Below the id of each dataset, so that ids have the platform's 13 digits."""

_ITEM_BITS = 32
_BUCKET_BITS = 8

MAX_ITEM_ID = 2**_ITEM_BITS - 1
LAST_DATASET_ID = FIRST_DATASET_ID + 2**31 - 2

ITEM_ID = f"items.place & {MAX_ITEM_ID}"
"""SQL for the id of an item."""

DISTANCE = f"(layers.layer - layers.dataset_id << {_ITEM_BITS})"
"""SQL for the difference between the places of one item in a layer and in its dataset."""

Range = tuple[int, int]
"""The first place of a range, and the one after its last."""


def place(dataset: int, item: int) -> int:
    """Return the place of an item, or of a block: the id of an item is also a number in its dataset."""
    return (dataset - FIRST_DATASET_ID << _ITEM_BITS) + item


def places(dataset: int, first: int = 0, end: int = MAX_ITEM_ID + 1) -> Range:
    """Return the places of the items from `first` to before `end`."""
    return place(dataset, first), place(dataset, end)


def text_place(dataset: int, block: int, bucket: int = 0) -> int:
    """Return the place of one of the texts of a block."""
    return place(dataset, (block << _BUCKET_BITS) + bucket)


def text_places(dataset: int, block: int) -> Range:
    """Return the places of the texts of a block."""
    return text_place(dataset, block), text_place(dataset, block + 1)
