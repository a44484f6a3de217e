"""The documented name of `abeja_datasets.exceptions`."""


def __getattr__(name: str) -> object:
    """Forward other threads, which may hold this module from while it was loading, to the one in its place."""
    import importlib

    module = importlib.import_module(__name__)
    if vars(module) is globals():
        raise AttributeError(f"{__name__} is still being imported: it has no {name!r} yet")
    return getattr(module, name)


from abeja_datasets.documented_names import stand_in  # noqa: E402 - takes long, so the above must be there by then

stand_in(__name__)
