"""The pieces of the site that are made of the code, by their names in the pages."""

from collections.abc import Callable
from typing import Final

from docs.site import command_line, environment, failures, http_api, listing, types_of_data

PIECES: Final[dict[str, Callable[[], str]]] = {
    "command-line": command_line.commands,
    "environment": environment.variables,
    "errors": failures.errors,
    "retries": failures.retries,
    "http-api": http_api.operations,
    "http-schemas": http_api.schemas,
    "unlisted-guides": listing.unlisted,
    "typed-dicts": types_of_data.typed,
    "models": types_of_data.modelled,
}
