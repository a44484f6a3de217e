"""HTTP: from bytes to a checked request, and from a response to bytes."""
