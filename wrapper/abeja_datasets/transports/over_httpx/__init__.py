"""Sending over httpx: its transport layer, or a client that the caller gave."""
