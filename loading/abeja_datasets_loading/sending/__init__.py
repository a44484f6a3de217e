"""Requests, as many at once as the server can take."""
