"""The options of `abeja-datasets check` that the check itself declares, for click."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from abeja_datasets_contract.check_options import Option


class Declaring(click.Command):
    """A command that has the declared options behind its own. They are loaded when the command is."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options in the order of the help."""
        from abeja_datasets_contract.check_options import OPTIONS, SHARED

        own = super().get_params(ctx)
        return [*own[:-1], *map(_parameter, (*SHARED, *OPTIONS)), *own[-1:]]  # `--help` comes last


class _Number(click.ParamType[Any]):
    """A number within the bounds that are declared."""

    name = "number"

    def __init__(self, option: "Option") -> None:
        self._option = option

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            number: Any = self._option.kind(value)
        except ValueError:
            number = math.nan
        if math.isnan(number) or not self._option.allows(number):
            self.fail(f"{value!r} is not {self._option.wanted}.", param, ctx)
        return number


def _parameter(option: "Option") -> click.Option:
    names = [f"--{option.name}", option.field]
    if option.kind is bool:
        return click.Option(names, is_flag=True, default=False, help=option.spec.help)
    return click.Option(
        names,
        type=_type(option),
        default=option.default,
        multiple=option.repeatable,
        metavar=option.metavar,
        show_default=option.kind in (int, float) and option.default is not None,
        help=option.spec.help,
    )


def _type(option: "Option") -> click.ParamType[Any]:
    if option.kind is Path:
        return click.Path(
            exists=option.spec.exists, dir_okay=option.spec.folder, file_okay=not option.spec.folder, path_type=Path
        )
    return click.STRING if option.kind is str else _Number(option)
