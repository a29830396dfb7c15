"""``taskcore list``."""

from __future__ import annotations

import sys

from typer import echo

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.options import Database, Json, User
from taskcore_cli.render import json_of, print_json, print_lines, print_table
from taskcore_cli.session import opened

app = new_app()


@app.command("list", cls=PlainCommand)
def list_tasks(*, user: User = None, database: Database = None, as_json: Json = False) -> None:
    """List all tasks, newest first.

    A table at a terminal. In a pipe, a line for each task, with tabs between its number in the
    list, its id, "open" or "done", and its title. The other commands take the number as an ID.
    """
    with opened(user, database) as session:
        tasks = session.tasks.find()
        if as_json:
            print_json([json_of(task) for task in tasks])
            return
        session.last_list.write(task.id for task in tasks)
        if not sys.stdout.isatty():
            print_lines(tasks)
        elif tasks:
            print_table(tasks)
        else:
            echo("No tasks.", err=True)
