"""What each command does, and what it prints."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

COMMANDS = ("add", "list", "show", "edit", "done", "reopen", "rm", "projects", "tags", "db")
NESTED = ("db upgrade", "db status", "db protect")


def test_add_prints_the_task_that_it_stored(cli: Cli) -> None:
    line = cli.said("add", "  Buy milk ")
    id = line.partition("\t")[0]
    assert line == f"{id}\topen\tBuy milk\n"
    assert cli.said("list") == f"1\t{line}"


def test_add_takes_a_description(cli: Cli) -> None:
    cli.said("add", "Buy milk", "--description", "Two bottles")
    assert cli.stored()[0].description == "Two bottles"


def test_list_shows_the_newest_first(cli: Cli) -> None:
    first, second = cli.added("One"), cli.added("Two")
    assert cli.said("list") == f"1\t{second}\topen\tTwo\n2\t{first}\topen\tOne\n"


def test_show_tells_all_fields_and_the_description_below(cli: Cli) -> None:
    id = cli.added("Buy milk", "Two bottles\nof the fresh one")
    shown = cli.said("show", id)
    created = json.loads(cli.said("show", id, "--json"))["created_at"]
    assert shown == (
        f"id: {id}\ntitle: Buy milk\nstate: open\ncreated: {created}\nupdated: {created}\n"
        "version: 1\n\nTwo bottles\nof the fresh one\n"
    )


def test_edit_changes_what_is_named_and_nothing_else(cli: Cli) -> None:
    id = cli.added("Buy milk", "Two bottles")
    assert cli.said("edit", id, "--title", "Buy bread") == f"{id}\topen\tBuy bread\n"
    task = json.loads(cli.said("show", id, "--json"))
    assert (task["description"], task["completed"], task["version"]) == ("Two bottles", False, 2)


def test_edit_sets_several_fields_at_once(cli: Cli) -> None:
    id = cli.added("Buy milk")
    task = json.loads(cli.said("edit", id, "-t", "Buy bread", "-d", "Rye", "--completed", "--json"))
    assert (task["title"], task["description"], task["completed"]) == ("Buy bread", "Rye", True)
    assert task["version"] == 2


def test_edit_takes_a_description_away(cli: Cli) -> None:
    id = cli.added("Buy milk", "Two bottles")
    assert json.loads(cli.said("edit", id, "--no-description", "--json"))["description"] is None


def test_edit_reopens(cli: Cli) -> None:
    id = cli.added("Buy milk")
    cli.said("done", id)
    assert cli.said("edit", id, "--open") == f"{id}\topen\tBuy milk\n"


def test_edit_without_a_change_is_refused(cli: Cli) -> None:
    done = cli.run("edit", cli.added("Buy milk"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "taskcore: nothing to change; see 'taskcore edit --help'\n"


def test_done_reopen_and_rm_take_many_tasks(cli: Cli) -> None:
    one, two = cli.added("One"), cli.added("Two")
    assert cli.said("done", one, two) == f"{one}\tdone\tOne\n{two}\tdone\tTwo\n"
    assert cli.said("reopen", two, one) == f"{two}\topen\tTwo\n{one}\topen\tOne\n"
    assert cli.said("rm", one, two) == f"{one}\tremoved\tOne\n{two}\tremoved\tTwo\n"
    assert cli.said("list") == ""


def test_a_task_that_is_named_twice_is_changed_once(cli: Cli) -> None:
    id = cli.added("One")
    cli.said("list")
    assert cli.said("rm", "1", id, id[-8:]) == f"{id}\tremoved\tOne\n"


def test_the_good_ones_are_done_when_others_fail(cli: Cli) -> None:
    one, two = cli.added("One"), cli.added("Two")
    gone = "00000000-0000-7000-8000-000000000000"
    done = cli.run("done", one, gone, "12", "ab", two)
    assert done.stdout == f"{one}\tdone\tOne\n{two}\tdone\tTwo\n"
    unknown, number, short = done.stderr.splitlines()
    assert unknown == f"taskcore: no task {gone}"
    assert number == "taskcore: no task 12 in the last list; see 'taskcore list'"
    assert "too short" in short
    assert done.returncode == 4


def test_the_exit_code_is_that_of_the_first_failure(cli: Cli) -> None:
    assert cli.run("rm", "ab", "12").returncode == 2
    assert cli.run("rm", "12", "ab").returncode == 4


def test_users_do_not_see_each_other(cli: Cli) -> None:
    id = cli.added("Ann's")
    assert cli.said("list", "-u", "bob") == ""
    assert cli.run("show", id, "--user", "bob").returncode == 4


def test_the_user_is_the_option_or_the_environment_or_the_login_name(cli: Cli) -> None:
    def whose(*words: str, **env: str) -> str:
        return str(json.loads(cli.said("add", "x", "--json", *words, **env))["user_id"])

    assert whose() == "ann"
    assert whose(TASKCORE_USER="") == "ann"
    assert whose(TASKCORE_USER="bob") == "bob"
    assert whose("--user", "cleo", TASKCORE_USER="bob") == "cleo"


def test_the_database_is_the_option_or_the_environment_or_a_file_of_the_users_own(cli: Cli) -> None:
    environment = {"TASKCORE_DATABASE_URL": "sqlite:///a.db"}
    cli.said("add", "Own")
    cli.said("add", "Environment", **environment)
    cli.said(
        "add", "Option", "--database", "sqlite:///b.db", TASKCORE_DATABASE_URL="sqlite:///a.db"
    )
    titles = [
        cli.said("list", "--database", f"sqlite:///{file}").split("\t")[-1].strip()
        for file in (cli.file, "a.db", cli.home / "b.db")
    ]
    assert titles == ["Own", "Environment", "Option"]


def test_the_directory_of_the_default_file_is_private(cli: Cli) -> None:
    cli.said("list")
    assert stat.S_IMODE(cli.file.parent.stat().st_mode) == 0o700


def test_options_may_stand_before_the_command(cli: Cli) -> None:
    cli.added("Bob's", user="bob")
    before = cli.said("--user", "bob", "--json", "list", TASKCORE_USER="cleo")
    assert json.loads(before)[0]["title"] == "Bob's"
    assert cli.said("--user", "bob", "list", "--user", "cleo") == ""
    assert cli.said("--database", "memory:", "db", "status").startswith("database: memory:\n")


def test_memory_is_a_database_too(cli: Cli) -> None:
    assert cli.said("add", "Gone at once", "--database", "memory:").endswith("\tGone at once\n")
    assert cli.said("list", "--database", "memory:") == ""


def test_the_status_of_a_file_that_is_not_there_says_so_and_makes_nothing(cli: Cli) -> None:
    done = cli.run("db", "status")
    assert (done.returncode, done.stderr) == (6, "")
    assert done.stdout == (
        f"database: sqlite:///{cli.file}\nstatus: no schema yet; run 'taskcore db upgrade'\n"
    )
    assert list(cli.home.iterdir()) == []


def test_an_upgrade_makes_the_file_and_its_status_names_it(cli: Cli) -> None:
    said = f"database: sqlite:///{cli.file}\nstatus: schema 3 is up to date\n"
    assert cli.said("db", "upgrade") == said
    assert cli.said("db", "status") == said
    assert cli.said("db", "status", "--user", "bob") == said


def test_the_status_of_a_file_of_a_newer_taskcore_is_data_and_exits_6(cli: Cli) -> None:
    cli.said("db", "upgrade")
    with closing(sqlite3.connect(cli.file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    done = cli.run("db", "status")
    assert (done.returncode, done.stderr) == (6, "")
    assert "\nstatus: schema 99 is of a newer taskcore" in done.stdout


def test_json_of_a_status_names_the_database_its_versions_and_whether_it_is_rea(
    cli: Cli,
) -> None:
    before, after = (
        json.loads(cli.run("db", command, "--json").stdout) for command in ("status", "upgrade")
    )
    database = f"sqlite:///{cli.file}"
    no = {"read_only": False, "protected": False}
    assert before == {"database": database, "found": None, "expected": 3, **no}
    assert after == {"database": database, "found": 3, "expected": 3, **no}


@pytest.mark.parametrize("command", ["upgrade", "status"])
def test_what_is_kept_in_memory_needs_no_schema(cli: Cli, command: str) -> None:
    said = cli.said("db", command, "--database", "memory:")
    assert said == "database: memory:\nstatus: no schema needed\n"


def test_help_lists_every_command_with_what_it_does(cli: Cli) -> None:
    help = cli.said("--help")
    listed = help.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert all(len(line.split()) > 2 for line in listed)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "db"] + list(NESTED))
def test_every_command_has_help_and_takes_the_common_options(cli: Cli, command: str) -> None:
    help = cli.said(*command.split(), "-h")
    assert help.startswith(f"Usage: taskcore {command} [OPTIONS]")
    assert all(option in help for option in ("--database", "--json"))
    assert ("--user" in help) == (command not in NESTED)


@pytest.mark.parametrize("command", ["", *COMMANDS, *NESTED])
def test_help_fits_a_terminal_and_speaks_no_python(cli: Cli, command: str) -> None:
    help = cli.said(*command.split(), "--help", COLUMNS="80")
    assert max(len(line) for line in help.splitlines()) <= 80
    assert [word for word in ("<", "{", "[required") if word in help] == []
    assert not any(line.endswith("...") for line in help.partition("Commands:")[2].splitlines())


def test_help_tells_what_must_be_given(cli: Cli) -> None:
    assert cli.said("add", "-h").startswith("Usage: taskcore add [OPTIONS] TITLE\n")
    assert cli.said("rm", "-h").startswith("Usage: taskcore rm [OPTIONS] [ID]...\n")
    assert "\nArguments:\n  ID  A number from the last list" in cli.said("edit", "-h")


def test_help_says_where_tasks_are_kept_and_the_exit_code_of_a_status(cli: Cli) -> None:
    assert "taskcore/tasks.db in your data directory" in " ".join(cli.said("-h").split())
    assert "and 6 if its schema is missing" in " ".join(cli.said("db", "status", "-h").split())


@pytest.mark.parametrize("words", [(), ("db",)])
def test_a_group_alone_shows_its_help(cli: Cli, words: tuple[str, ...]) -> None:
    done = cli.run(*words)
    assert done.returncode == 2
    assert "Commands:" in done.stderr


def test_version_is_that_of_the_distribution(cli: Cli) -> None:
    assert cli.said("--version") == f"taskcore {version('taskcore')}\n"
