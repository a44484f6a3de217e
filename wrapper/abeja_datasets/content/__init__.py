"""Reading the content that the source data of items refers to, and keeping it on this machine."""

from abeja_datasets.content.reader import ContentReader

__all__ = ["ContentReader"]
