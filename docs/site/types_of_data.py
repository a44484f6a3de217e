"""The tables of the TypedDicts and of the models, which are generated from openapi.yaml."""

from docs.site import http_api
from docs.site.making import table

from abeja_datasets import models, typed_dicts


def typed() -> str:
    """Return the table of the TypedDicts, in Markdown."""
    return _table(typed_dicts)


def modelled() -> str:
    """Return the table of the models, in Markdown."""
    return _table(models)


def _table(module: object) -> str:
    described = http_api.descriptions()
    names: list[str] = getattr(module, "__all__")  # noqa: B009 - mypy knows no attribute of an object
    return table(
        ("name", "schema", "meaning"),
        [(f"`{name}`", _schema(name, described), described.get(name, "")) for name in names],
    )


def _schema(name: str, described: dict[str, str]) -> str:
    return f"[{name}](http-api.md#{name.lower()})" if name in described else ""
