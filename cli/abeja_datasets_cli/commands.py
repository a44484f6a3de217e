"""The subcommands of `abeja-datasets`. Each is registered here alone. This module needs no extra."""

from typing import Final, NamedTuple


class Registered(NamedTuple):
    """A subcommand.

    Attributes:
        place: the module and the command in it.
        extras: all extras that it needs, so that one install is enough.
    """

    place: str
    extras: str


COMMANDS: Final = {
    "cache": Registered("abeja_datasets_cli.cache:cache", "cli"),
    "check": Registered("abeja_datasets_cli.checking.command:check", "check,cli"),
    "completion": Registered("abeja_datasets_cli.data.completion:completion", "cli"),
    "convert": Registered("abeja_datasets_cli.data.converting:convert", "loading,cli"),
    "datasets": Registered("abeja_datasets_cli.data.datasets:datasets", "loading,cli"),
    "diff": Registered("abeja_datasets_cli.diff:diff", "check,cli"),
    "doctor": Registered("abeja_datasets_cli.doctor.command:doctor", "cli"),
    "export": Registered("abeja_datasets_cli.data.exporting:export", "loading,cli"),
    "fault-proxy": Registered("abeja_datasets_cli.faults.proxy:fault_proxy", "mock,cli"),
    "import": Registered("abeja_datasets_cli.data.importing:import_", "loading,cli"),
    "items": Registered("abeja_datasets_cli.data.items:items", "loading,cli"),
    "mock": Registered("abeja_datasets_cli.mock:mock", "mock,cli"),
    "plan": Registered("abeja_datasets_cli.data.plan:plan", "loading,cli"),
    "verify": Registered("abeja_datasets_cli.data.verifying:verify", "loading,cli"),
}
