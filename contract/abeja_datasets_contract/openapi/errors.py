"""What a reader of documents raises."""


class DocumentError(Exception):
    """A document can't be read or compared; the message is one line that names the place."""
