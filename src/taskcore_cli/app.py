"""The command ``taskcore``: the table of its commands, and the options that may precede them."""

from __future__ import annotations

import sys
from typing import Annotated, ClassVar

from typer import Context, Exit, Option, echo
from typer.main import get_command

from taskcore_cli.assembly import LazyGroup, new_app
from taskcore_cli.failures import FORESEEN, exit_code, report
from taskcore_cli.options import Database, Json, User, Zone


class Commands(LazyGroup):
    """Everything that ``taskcore`` can be asked to do."""

    modules: ClassVar = {
        "add": "taskcore_cli.commands.add",
        "list": "taskcore_cli.commands.list",
        "show": "taskcore_cli.commands.show",
        "edit": "taskcore_cli.commands.edit",
        "done": "taskcore_cli.commands.done",
        "reopen": "taskcore_cli.commands.reopen",
        "rm": "taskcore_cli.commands.rm",
        "projects": "taskcore_cli.commands.projects",
        "tags": "taskcore_cli.commands.tags",
        "db": "taskcore_cli.commands.db",
    }


app = new_app(Commands)


def run() -> None:
    """Run the command that this process was started for, and exit with the code it earned."""
    try:
        get_command(app)(prog_name="taskcore")
    except FORESEEN as error:
        report(error)
        sys.exit(exit_code(error))


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # Typer calls it so
    if wanted:
        from importlib.metadata import version  # slow, and rarely asked for

        echo(f"taskcore {version('taskcore')}")
        raise Exit


@app.callback()
def taskcore(
    context: Context,
    *,
    user: User = None,
    database: Database = None,
    zone: Zone = None,
    as_json: Json = False,
    version: Annotated[  # noqa: ARG001  # its callback prints it
        bool,
        Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Keep tasks, on this machine or in a database.

    Unless you say otherwise, they are kept in the file taskcore/tasks.db in your data directory;
    'taskcore db status' shows where that is. The options below may also stand after the command.
    Where an option is given twice, the last one counts; only --tag may be given often.
    """
    given = {"user": user, "database": database, "zone": zone, "as_json": as_json}
    context.default_map = dict.fromkeys(Commands.modules, given)
