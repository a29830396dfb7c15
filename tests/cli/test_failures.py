"""What a command says, and how it ends, when it cannot do what was asked."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from taskcore.errors import TaskcoreError
from taskcore_cli.failures import EXIT_CODES

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

MAIN = "from taskcore_cli.__main__ import main; main()"


def refused(cli: Cli, *words: str | bytes, **env: str) -> tuple[int, str]:
    """Return the exit code and the one line of a command that fails and prints no data."""
    done = cli.run(*words, **env)
    assert done.stdout == ""
    assert done.stderr.startswith("taskcore: ")
    assert done.stderr.count("\n") == 1
    return done.returncode, done.stderr.removeprefix("taskcore: ").rstrip("\n")


def test_every_error_of_the_library_has_an_exit_code() -> None:
    assert set(TaskcoreError.__subclasses__()) <= set(EXIT_CODES)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", ""], "title must not be empty"),
        (["add", " \t "], "title must not be empty"),
        (["add", "x" * 201], "title must have at most 200 characters, not 201"),
        (["add", "a\nb"], "title must not contain the character U+000A at position 2"),
        (["add", "a\x1b[31m"], "title must not contain the character U+001B at position 2"),
        (["add", b"a\xff"], "title must not contain the character U+DCFF at position 2"),
        (
            ["add", "x", "-d", "y" * 1001],
            "description must have at most 1000 characters, not 1001",
        ),
        (["add", "x", "-u", ""], "user_id must not be empty"),
        (["list", "-u", "a\x07"], "user_id must not contain the character U+0007 at position 2"),
    ],
    ids=lambda value: None if isinstance(value, list) else value[:40],
)
def test_a_broken_rule_is_named_with_its_field(
    cli: Cli, words: list[str | bytes], line: str
) -> None:
    assert refused(cli, *words) == (2, line)
    assert cli.stored() == []


def test_an_edit_keeps_the_rules_too(cli: Cli) -> None:
    id = cli.added("x")
    assert refused(cli, "edit", id, "--title", "") == (2, "title must not be empty")


def test_an_id_with_invalid_utf_8_prints(cli: Cli) -> None:
    assert refused(cli, "show", b"abc\xff\x1b[2J") == (
        4,
        "no task with an id that ends in abc\\udcff\\x1b[2j",
    )


def test_a_command_with_invalid_utf_8_is_a_usage_error(cli: Cli) -> None:
    done = cli.run(b"li\xffst")
    assert done.returncode == 2
    assert "No such command" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["lst"], ["list", "--what"], ["show"], ["db", "x"]])
def test_a_usage_error_exits_2_and_says_where_help_is(cli: Cli, words: list[str]) -> None:
    done = cli.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "-h' for help" in done.stderr


@pytest.mark.parametrize(
    ("command", "advice"),
    [("add", "; text with spaces goes in quotes"), ("list", "; text with"), ("show", ".\n")],
)
def test_text_without_quotes_is_told_to_have_them(cli: Cli, command: str, advice: str) -> None:
    done = cli.run(command, "Buy", "fresh milk", "today")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Unexpected 'fresh milk' today{advice}" in done.stderr


@pytest.mark.parametrize("url", ["", "tasks.db", "mysql://u:s3cret@h/d", "sqlite:tasks.db"])
def test_a_url_of_no_database_exits_2(cli: Cli, url: str) -> None:
    code, line = refused(cli, "list", "--database", url)
    assert code == 2
    assert "sqlite:///" in line
    assert "s3cret" not in line


@pytest.mark.parametrize("words", [["add", "x"], ["db", "upgrade"]])
def test_a_sqlite_file_that_cannot_be_opened_exits_6(cli: Cli, words: list[str]) -> None:
    code, line = refused(cli, *words, "--database", "sqlite:///no/such/directory/tasks.db")
    assert code == 6
    assert "no/such/directory/tasks.db" in line


def test_a_file_that_is_no_database_exits_6(cli: Cli) -> None:
    (cli.home / "notes.txt").write_text("These are notes and no database at all. " * 20)
    code, line = refused(cli, "list", "--database", "sqlite:///notes.txt")
    assert (code, "notes.txt" in line) == (6, True)


@pytest.mark.parametrize("words", [["list"], ["db", "upgrade"]])
def test_a_file_of_a_newer_taskcore_exits_6_and_is_left_alone(cli: Cli, words: list[str]) -> None:
    cli.said("list", "--database", "sqlite:///new.db")
    with closing(sqlite3.connect(cli.home / "new.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = (cli.home / "new.db").read_bytes()
    code, line = refused(cli, *words, "--database", "sqlite:///new.db")
    assert code == 6
    assert "newer" in line
    assert (cli.home / "new.db").read_bytes() == before


@pytest.mark.parametrize("words", [["list"], ["db", "upgrade"], ["db", "status"]])
def test_a_file_of_another_program_exits_6_and_is_left_alone(cli: Cli, words: list[str]) -> None:
    with closing(sqlite3.connect(cli.home / "theirs.db")) as connection:
        connection.execute("CREATE TABLE tasks (name)")
    before = (cli.home / "theirs.db").read_bytes()
    code, line = refused(cli, *words, "--database", "sqlite:///theirs.db")
    assert code == 6
    assert "another program" in line
    assert (cli.home / "theirs.db").read_bytes() == before


def test_a_data_directory_that_cannot_be_made_exits_6(cli: Cli) -> None:
    (cli.home / "file").touch()
    code, line = refused(cli, "list", XDG_DATA_HOME=str(cli.home / "file" / "below"))
    assert code == 6
    assert "cannot make the directory" in line


@pytest.mark.parametrize("words", ["list", "db status"])
def test_a_missing_extra_is_named(cli: Cli, words: str) -> None:
    without = "import sys; sys.modules['sqlalchemy'] = sys.modules['psycopg'] = None; " + MAIN
    url = "postgresql://ann:s3cret@localhost/tasks"
    done = cli.python(without, *words.split(), "--database", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("taskcore: ")
    assert done.stderr.count("\n") == 1
    assert "taskcore[postgres]" in done.stderr
    assert "s3cret" not in done.stderr


def test_a_login_without_a_name_is_told_what_to_give(cli: Cli) -> None:
    nameless = (
        "import getpass\n"
        "def getuser(): raise KeyError('getpwuid(): uid not found: 12345')\n"
        "getpass.getuser = getuser\n"
    )
    done = cli.python(nameless + MAIN, "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "taskcore: this login has no name; say whose tasks with --user or TASKCORE_USER\n"
    )


@pytest.mark.parametrize("place", ["taskcore_cli.commands.list.print_lines", "taskcore_cli.app"])
def test_ctrl_c_is_quiet_wherever_it_arrives(cli: Cli, place: str) -> None:
    module, _, name = place.rpartition(".")
    interrupted = (
        f"import signal, sys\n"
        # What a shell starts in the background, perhaps these tests, ignores it.
        f"signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"def interrupt(*_): signal.raise_signal(signal.SIGINT)\n"
        f"if {name!r} == 'app':\n"
        f"    sys.meta_path.insert(0, type('Finder', (), {{'find_spec': interrupt}}))\n"
        f"else:\n"
        f"    import {module} as module\n"
        f"    module.{name} = interrupt\n"
    )
    done = cli.python(f"from taskcore_cli.__main__ import main\n{interrupted}main()", "list")
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr


def test_a_bug_exits_1_with_its_traceback(cli: Cli) -> None:
    broken = "import taskcore_cli.commands.list as m; m.opened = None; " + MAIN
    done = cli.python(broken, "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert "TypeError" in done.stderr
