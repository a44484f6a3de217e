"""The places of an operation at which values are sent: parameters, bodies and headers with their schemas."""

from typing import NamedTuple

from abeja_datasets_contract.diff.schemas.converting import Direction


class Slot(NamedTuple):
    """Two schemas, of the old and the new document, for the same value of the same operation.

    Attributes:
        direction: `request` for what callers send, `response` for what they read.
        operation: what the operation is called.
        part: what the value is of it, such as `query parameter limit`.
        old: the pointer of the schema in the old document.
        new: the same in the new one.
        text: whether the value travels as text.
    """

    direction: Direction
    operation: str
    part: str
    old: str
    new: str
    text: bool = False
