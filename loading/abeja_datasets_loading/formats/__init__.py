"""Annotation files, read and written as items of the API, one module a format.

docs/formats.md says what a file of each format means.
"""
