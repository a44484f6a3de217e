"""The input: read ahead, checked, and as JSON."""
