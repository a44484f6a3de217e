"""`abeja-datasets doctor`: what would not work here, and what to do about it.

Each module collects findings of one kind, from what it is given. `command.py` puts them together, `text.py` shows them.
"""
