"""Sending one request and reading its response, over one HTTP library or another.

`wire.py` has what the rest of the package knows of it. Each transport turns a `Request` into a `Response` or raises a
`Failure`, and keeps its connections open.
"""
