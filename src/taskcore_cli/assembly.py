"""How the parts of the command line are put together with Typer, so that they start quickly.

Typer checks every parameter with a Pydantic validator, and importing Pydantic takes longer than
listing the tasks. Our parameters are text and flags, which arrive as they should be, and the rules
of the task are checked by the library. So they are taken as they come.
"""

from __future__ import annotations

import shlex
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Final

from typer import Typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer._click import Command, Context, HelpFormatter
    from typer._click.core import Parameter


def new_app(cls: type[TyperGroup] | None = None) -> Typer:
    """Return an empty part of the command line: plain help, plain errors, no completion."""
    return Typer(
        cls=cls,
        no_args_is_help=cls is not None,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


class PlainCommand(TyperCommand):
    """A command whose parameters are text and flags, and whose help names no types."""

    allow_extra_args = True

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Take the parameters from the words; say what to do where there are more words."""
        more = super().parse_args(ctx, args)
        if more:
            takes_text = any(parameter.metavar in _TEXTS for parameter in self.params)
            advice = "; text with spaces goes in quotes" if takes_text else ""
            ctx.fail(f"Unexpected {shlex.join(more)}{advice}.")
        return more

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return the parameters, the one for help included."""
        return _as_they_come(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """Return the words of the usage line, where what stands bare must be given."""
        return [piece.translate(_NO_BRACES) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write what each argument means, and then each option."""
        parameters = self.get_params(ctx)
        arguments = [
            (parameter.metavar or "", parameter.help or "")
            for parameter in parameters
            if isinstance(parameter, TyperArgument)
        ]
        options = [
            parameter.get_help_record(ctx)
            for parameter in parameters
            if isinstance(parameter, TyperOption)
        ]
        for title, rows in (("Arguments", arguments), ("Options", options)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl([row for row in rows if row])


class LazyGroup(TyperGroup):
    """Commands by name, each imported and assembled only when it is asked for."""

    modules: ClassVar[Mapping[str, str]]
    """The module of each command; its ``app`` is the command."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return the parameters, the one for help included."""
        return _as_they_come(super().get_params(ctx))

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002  # Typer calls it so
        """Return the names, in the order of the table."""
        return list(self.modules)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002  # likewise
        """Return the command with this name, if there is one."""
        if cmd_name not in self.modules:
            return None
        command = get_command(import_module(self.modules[cmd_name]).app)
        command.name = cmd_name
        return command


_TEXTS: Final = {"TITLE", "FILTER"}
_NO_BRACES: Final = str.maketrans("", "", "{}")


class _AsItComes:
    """Stands in for a validator."""

    def coerce(self, value: object, **_: object) -> object:
        return value


def _as_they_come(parameters: list[Parameter]) -> list[Parameter]:
    # Should a later Typer ask in another way, it validates again: slower, and no less right.
    for parameter in parameters:
        vars(parameter)["get_runtime_param"] = _AsItComes
    return parameters
