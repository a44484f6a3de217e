# Generated from openapi.yaml by scripts/generate; do not edit.
"""The mark of an argument that is not given."""

from typing import Literal


class Unset:
    def __bool__(self) -> Literal[False]:
        return False


UNSET: Unset = Unset()
