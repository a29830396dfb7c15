"""The same commands on Postgres."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

NOBODY_LISTENS = "127.0.0.1:1"


def test_tasks_live_in_postgres_as_they_do_in_a_file(cli: Cli, postgres_url: str) -> None:
    env = {"TASKCORE_DATABASE_URL": postgres_url}
    milk, bread = (
        cli.said("add", title, **env).partition("\t")[0] for title in ("Buy milk", "Buy bread")
    )
    assert cli.said("list", **env) == f"1\t{bread}\topen\tBuy bread\n2\t{milk}\topen\tBuy milk\n"
    assert cli.said("done", "1", milk[-8:], **env).count("\tdone\t") == 2
    assert cli.said("edit", "2", "-t", "Milk", "--open", **env) == f"{milk}\topen\tMilk\n"
    assert cli.said("rm", "1", "2", **env).count("\n") == 2
    assert cli.said("list", "--json", **env) == "[]\n"
    assert not cli.file.exists()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_subtrees_that_overlap_go_once_in_postgres_too(
    cli: Cli, postgres_url: str, order: tuple[int, ...]
) -> None:
    env = {"TASKCORE_DATABASE_URL": postgres_url}
    ids: list[str] = []
    for title in ("Parent", "Child", "Grandchild"):
        below = ["--parent", ids[-1]] if ids else []
        ids.append(cli.said("add", title, *below, **env).partition("\t")[0])
    said = cli.said("rm", "--subtree", *(ids[place] for place in order), **env)
    assert sorted(line.split("\t")[0] for line in said.splitlines()) == sorted(ids)
    assert cli.said("list", "--all", **env) == ""


@pytest.mark.parametrize("command", ["status", "upgrade"])
def test_a_migrated_database_is_up_to_date(cli: Cli, postgres_url: str, command: str) -> None:
    secret = f"{'&' if '?' in postgres_url else '?'}application_name=s3cret"
    said = cli.said("db", command, "--database", postgres_url + secret)
    assert re.fullmatch(r"database: postgres\S+\nstatus: schema 2 is up to date\n", said)
    assert "s3cret" not in said


def test_an_empty_database_has_no_schema_until_it_is_upgraded(
    cli: Cli, empty_postgres_url: str
) -> None:
    env = {"TASKCORE_DATABASE_URL": empty_postgres_url}
    for _ in range(2):
        done = cli.run("db", "status", **env)
        assert (done.returncode, done.stderr) == (6, "")
        assert done.stdout.endswith("\nstatus: no schema yet; run 'taskcore db upgrade'\n")
    assert cli.said("db", "upgrade", **env) == cli.said("db", "status", **env)


def test_a_database_is_protected_for_a_role_that_the_application_connects_as(
    cli: Cli, postgres_url: str, protected_postgres_url: str
) -> None:
    env = {"TASKCORE_DATABASE_URL": postgres_url}
    as_role = {"TASKCORE_DATABASE_URL": protected_postgres_url}
    mine = cli.said("add", "Buy milk", **as_role)
    role = f"taskcore_test_{uuid4().hex}"
    try:
        said = cli.said("db", "protect", "--role", role, **env)
        assert said == cli.said("db", "protect", "--role", role, **env)
        assert said.endswith(
            f"\nprotection: on; let the application connect as a member of {role}\n"
        )
        assert cli.said("list", **as_role) == cli.said("list", **env) == f"1\t{mine}"
        assert cli.said("list", "--user", "bob", **as_role) == ""
        for command in ("upgrade", "status"):
            said = cli.said("db", command, **as_role)
            assert said.endswith("is up to date; row-level security is on\n")
        assert json.loads(cli.said("db", "status", "--json", **env))["protected"] is True
        refused = cli.run("db", "protect", "--undo", **as_role)
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (6, "", 1)
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {role}")  # type: ignore[call-overload]  # any text
            connection.execute(f"DROP ROLE {role}")  # type: ignore[call-overload]  # likewise
    said = cli.said("db", "protect", "--undo", **env)
    assert said.endswith("\nprotection: off; its role stays, and its members see all tasks now\n")
    assert json.loads(cli.said("db", "protect", "--undo", "--json", **env))["role"] is None
    assert json.loads(cli.said("db", "status", "--json", **env))["protected"] is False
    assert cli.said("list", **as_role) == f"1\t{mine}"


@pytest.mark.parametrize(
    ("words", "clue"),
    [
        (["--role", "a-b"], "name of a to z"),
        (["--role", ""], "name of a to z"),
        (["--role", "public"], "keeps the name public for itself"),
        (["--role", "", "--undo"], "give --role or --undo, not both"),
        (["--role", "mine", "--undo"], "give --role or --undo, not both"),
        (["--database", "memory:"], "only a Postgres"),
        (["--database", "sqlite:///tasks.db"], "only a Postgres"),
        (["--database", "mysql://u:s3cret@h/d"], "'mysql'"),
    ],
)
def test_what_cannot_be_protected_exits_2_with_one_line(
    cli: Cli, postgres_url: str, words: list[str], clue: str
) -> None:
    done = cli.run("db", "protect", *words, TASKCORE_DATABASE_URL=postgres_url)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert clue in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("words", [["list"], ["db", "status"], ["db", "upgrade"]])
def test_a_postgres_that_is_not_there_exits_6_with_one_line(cli: Cli, words: list[str]) -> None:
    done = cli.run(*words, "--database", f"postgresql://ann:s3cret@{NOBODY_LISTENS}/tasks")
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith("taskcore: Postgres")
    assert done.stderr.count("\n") == 1
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("command", [["list"], ["db", "status"]])
@pytest.mark.parametrize(
    "place", ["h:s3cret", "h:0", "h:70000", "h1:5432,h2:s3cret", "h:5432x", "h?port=s3cret"]
)
def test_a_port_that_is_none_exits_2(cli: Cli, command: list[str], place: str) -> None:
    done = cli.run(*command, "--database", f"postgresql://ann:s3cret@{place}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "taskcore: the Postgres URL is not valid: a port is a number from 1 to 65535\n"
    )


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:s3cret@{NOBODY_LISTENS}/tasks?no_such=option",
        "postgresql://ann:s3cret@127.0.0.1:port/tasks",
        "postgresql://ann:s3cret/x@127.0.0.1/tasks",
        "postgresql://ann:x@s3cret@127.0.0.1:1/tasks",
        "postgresql://ann:s3cret%zz@127.0.0.1/tasks",
        "postgresql://ann:[s3cret@127.0.0.1/tasks",
    ],
)
def test_no_message_shows_a_password(cli: Cli, url: str) -> None:
    done = cli.run("list", "--database", url)
    assert done.returncode in {2, 6}
    assert done.stderr.startswith("taskcore: ")
    assert done.stderr.count("\n") == 1
    assert "s3cret" not in done.stderr
