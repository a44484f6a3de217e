"""What the diff raises."""


class DocumentError(Exception):
    """A document can't be compared; the message is one line that names the place."""
