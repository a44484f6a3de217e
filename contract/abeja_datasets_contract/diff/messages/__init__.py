"""Whole requests and responses: made, and judged by a document."""
