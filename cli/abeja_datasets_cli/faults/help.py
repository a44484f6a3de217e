"""The list of faults in the help of the commands that take a plan."""

from collections.abc import Sequence
from typing import Any

import click

from abeja_datasets_cli.extras import require

_TITLES = {"server": "Faults in the server", "wire": "Faults on the wire, by the fault proxy"}


class FaultsCommand(click.Command):
    """A command whose help ends with the kinds of faults that its plan may have.

    Args:
        levels: where the command does faults: "server", "wire" or both.
    """

    def __init__(self, *args: Any, levels: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._levels = levels

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the kinds, and the epilog below them."""
        # Here, since only help needs it.
        require(self.name or "", "abeja_datasets_mock.faults.kinds")
        from abeja_datasets_mock.faults.kinds import KINDS

        for level in self._levels:
            kinds = [kind for kind in KINDS.values() if kind.level == level]
            with formatter.section(_TITLES[level]):
                formatter.write_dl([(kind.name, f"{kind.does} ({kind.takes})") for kind in kinds])
        super().format_epilog(ctx, formatter)
