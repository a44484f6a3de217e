"""Sentences of the diff that say nothing."""

import re

EMPTY = re.compile(r"enum: *$|changed from (.+) to \1$|\bNone\b|: *$|  ")
"""A sentence with an empty list, a change from something to itself, or a word of Python."""
