"""Importing this makes `abeja.datasets` and `abeja.exceptions` ours beside abeja-sdk, for programs that need both.

::

    import abeja_datasets.takeover  # the first line of the program

    from abeja.datasets import APIClient    # ours
    from abeja.datalake import Client       # abeja-sdk's

It holds in this process and in its multiprocessing children. For a program that can't be changed, there is
`python -m abeja_datasets PROGRAM`; for launchers that start interpreters of their own,
`PYTHONPATH="$(python -m abeja_datasets --path)"`.

Without it, where abeja-sdk is installed, `abeja.exceptions` is abeja-sdk's, and an `except` of one of its classes does
not catch our error of the same name: catch those of `abeja_datasets.exceptions`.

Raises:
    ImportError: abeja-sdk's own modules of those names are loaded already.
"""

from abeja_datasets.documented_names import take_over

take_over()
