"""Changing the new fields, and many tasks by a filter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


def edited(cli: Cli, *words: str) -> dict[str, Any]:
    """Edit, and return the task as JSON."""
    done = cli.run("edit", *words, "--json")
    assert done.returncode == 0, done.stderr
    task: dict[str, Any] = json.loads(done.stdout)
    return task


def test_every_field_is_set_and_taken_away(cli: Cli) -> None:
    parent, id = cli.added("Parent"), cli.added("x")
    words = ["--due", "2026-11-30", "--start", "2026-11-29", "--priority", "low"]
    words += ["--project", "home", "--parent", parent, "--extra", '{"a":{"b":1,"c":2}}']
    task = edited(cli, id, *words)
    fields = ("due", "start", "priority", "project", "parent_id")
    assert [task[field] for field in fields] == [
        "2026-11-30",
        "2026-11-29",
        "low",
        "home",
        parent,
    ]
    assert edited(cli, id, "--extra", '{"a":{"b":null}}')["extra"] == {"a": {"c": 2}}
    options = ("due", "start", "priority", "project", "parent", "extra")
    cleared = edited(cli, id, *(word for name in options for word in (f"--{name}", "none")))
    assert [cleared[field] for field in fields] == [None] * 5
    assert cleared["extra"] == {}


def test_tags_are_added_removed_and_replaced(cli: Cli) -> None:
    id = cli.added("x", tags=["y", "Keep"])
    assert edited(cli, id, "--tag", "+x", "--tag", "-Y", "--tag", "z")["tags"] == ["Keep", "x", "z"]
    assert edited(cli, id, "--tag", "none", "--tag", "new")["tags"] == ["new"]
    assert edited(cli, id, "--tag", "+none")["tags"] == ["new", "none"]
    assert edited(cli, id, "--tag", "none")["tags"] == []
    assert cli.run("edit", id, "--tag", "+a", "--tag", "-A").returncode == 2


def test_edit_tells_how_a_date_was_understood(cli: Cli) -> None:
    done = cli.run("edit", cli.added("x"), "--due", "30.11.2026 at 9", "--zone", "Europe/Paris")
    assert done.stderr == "due Mon 2026-11-30 09:00 Europe/Paris\n"


def test_show_tells_the_fields_that_have_a_value(cli: Cli) -> None:
    parent = cli.added("Parent")
    id = cli.added("x", due="2026-11-30", tags=["a", "b"], parent_id=parent, extra={"k": "ü"})
    shown = cli.said("show", id)
    fields = f'due: 2026-11-30\ntags: a, b\nparent: {parent}\nextra: {{"k":"ü"}}\n'
    assert f"state: open\n{fields}created: " in shown


def test_a_task_with_subtasks_goes_only_with_them(cli: Cli) -> None:
    parent = cli.added("Parent")
    cli.added("Child", parent_id=parent)
    done = cli.run("rm", parent)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr == (
        f"taskcore: task {parent} has subtasks; 'taskcore rm --subtree' removes them as well\n"
    )
    assert cli.said("rm", parent, "--subtree") == f"{parent}\tremoved\tParent\n"
    assert cli.stored() == []


@pytest.mark.parametrize("subtree", [[], ["--subtree"]])
def test_rm_by_filter_takes_subtasks_before_their_parents(cli: Cli, subtree: list[str]) -> None:
    parent = cli.added("Parent", tags=["x"])
    cli.added("Child", parent_id=cli.added("Middle", parent_id=parent, tags=["x"]), tags=["x"])
    said = cli.said("rm", "--where", "tags:x", "--yes", *subtree)
    assert [line.split("\t")[2] for line in said.splitlines()] == ["Child", "Middle", "Parent"]
    assert cli.stored() == []


def test_a_filter_changes_what_list_would_show(cli: Cli) -> None:
    one, two = cli.added("a one"), cli.added("a two")
    cli.added("b")
    assert len(cli.said("done", "--where", "title:a", "--yes").splitlines()) == 2
    assert cli.run("rm", "--where", "title:a", "--yes").stderr == "No tasks.\n"
    assert edited(cli, "--where", "title:b", "--priority", "high")["priority"] == "high"
    reopened = cli.said("reopen", "--where", "title:a", "--yes")
    assert {line.split("\t")[0] for line in reopened.splitlines()} == {one, two}


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (["done"], "Complete 2 tasks?"),
        (["rm"], "Remove 2 tasks for good?"),
        (["rm", "--subtree"], "Remove 2 tasks and all below them for good?"),
        (["edit", "--priority", "low"], "Change 2 tasks?"),
    ],
)
def test_several_are_not_touched_where_nobody_can_be_asked(
    cli: Cli, words: list[str], question: str
) -> None:
    cli.added("One")
    cli.added("Two")
    before = cli.stored()
    done = cli.run(*words, "--where", "created_at:*")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"taskcore: {question} Nobody can be asked here; say so with --yes\n"
    assert cli.stored() == before


def test_a_terminal_is_asked_and_may_refuse(cli: Cli) -> None:
    cli.added("One")
    cli.added("Two")
    refused = cli.at_terminal("done", "--where", "created_at:*", typed="n\n", code=1)
    assert "  Two\r\n  One\r\nComplete 2 tasks? [y/N]: " in refused
    assert not any(task.completed for task in cli.stored())
    cli.at_terminal("done", "--where", "created_at:*", typed="y\n")
    assert all(task.completed for task in cli.stored())


def test_a_single_task_is_changed_without_asking(cli: Cli) -> None:
    id = cli.added("One")
    assert cli.said("done", "--where", "title:one") == f"{id}\tdone\tOne\n"


@pytest.mark.parametrize("where", ["", "  "])
def test_an_empty_filter_is_refused(cli: Cli, where: str) -> None:
    cli.added("One")
    done = cli.run("rm", "--yes", "--where", where)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(cli.stored()) == 1


@pytest.mark.parametrize("words", [["done"], ["done", "1", "--where", "x"]])
def test_tasks_are_named_or_found_by_a_filter_and_not_both(cli: Cli, words: list[str]) -> None:
    done = cli.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "name the tasks, or say which with --where" in done.stderr


def test_a_mistake_in_a_filter_changes_nothing(cli: Cli) -> None:
    cli.added("One")
    done = cli.run("rm", "--yes", "--where", "tgas:x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("\n  tgas:x\n  ^\n")
