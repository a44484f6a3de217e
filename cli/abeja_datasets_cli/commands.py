"""The subcommands of `abeja-datasets`. Each is registered here alone. This module needs no extra."""

from typing import Final, NamedTuple


class Registered(NamedTuple):
    """A subcommand.

    Attributes:
        place: the module and the command in it.
        extras: all extras that it needs, so that one install is enough.
        summary: what `abeja-datasets --help` says of it, on a line of 80 columns.
    """

    place: str
    extras: str
    summary: str


COMMANDS: Final = {
    "cache": Registered(
        "abeja_datasets_cli.cache:cache", "cli", "Show or clear the cache of content that clients keep."
    ),
    "check": Registered(
        "abeja_datasets_cli.checking.command:check", "check,cli", "Check whether a server keeps the contract."
    ),
    "completion": Registered(
        "abeja_datasets_cli.data.completion:completion", "cli", "Print the script that completes commands in a shell."
    ),
    "convert": Registered(
        "abeja_datasets_cli.data.converting:convert", "loading,cli", "Convert an annotation file or folder."
    ),
    "datasets": Registered(
        "abeja_datasets_cli.data.datasets:datasets", "loading,cli", "List, get, create and delete datasets."
    ),
    "diff": Registered("abeja_datasets_cli.diff:diff", "check,cli", "Compare two OpenAPI documents."),
    "doctor": Registered(
        "abeja_datasets_cli.doctor.command:doctor", "cli", "Check this environment: names, credential, network."
    ),
    "export": Registered("abeja_datasets_cli.data.exporting:export", "loading,cli", "Export the items of a dataset."),
    "fault-proxy": Registered(
        "abeja_datasets_cli.faults.proxy:fault_proxy",
        "mock,cli",
        "Forward requests to a server, and break some of them.",
    ),
    "import": Registered(
        "abeja_datasets_cli.data.importing.command:import_", "loading,cli", "Load annotation files into a dataset."
    ),
    "items": Registered(
        "abeja_datasets_cli.data.items:items", "loading,cli", "List, get, update, delete and count items."
    ),
    "mock": Registered("abeja_datasets_cli.mock:mock", "mock,cli", "Run a reference server of the ABEJA Dataset API."),
    "plan": Registered(
        "abeja_datasets_cli.data.plan:plan", "loading,cli", "Load files from many machines, each row exactly once."
    ),
    "verify": Registered(
        "abeja_datasets_cli.data.verifying:verify", "loading,cli", "Compare annotation files with a dataset."
    ),
}
