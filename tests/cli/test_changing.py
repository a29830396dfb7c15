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
    assert len(cli.stored()) == 2


def test_of_a_subtree_every_task_that_goes_is_told(cli: Cli) -> None:
    parent = cli.added("Parent")
    child = cli.added("Child", parent_id=parent)
    said = cli.said("rm", parent, "--subtree")
    assert said == f"{parent}\tremoved\tParent\n{child}\tremoved\tChild\n"
    assert cli.stored() == []


@pytest.mark.parametrize(
    ("subtree", "titles"),
    [
        ([], ["Child", "Middle", "Parent"]),
        (["--subtree"], ["Parent", "Middle", "Other", "Child"]),
    ],
)
def test_rm_by_filter_takes_every_task_once(
    cli: Cli, subtree: list[str], titles: list[str]
) -> None:
    parent = cli.added("Parent", tags=["x"])
    middle = cli.added("Middle", parent_id=parent, tags=["x"])
    if subtree:
        cli.added("Other", parent_id=middle)
    cli.added("Child", parent_id=middle, tags=["x"])
    said = cli.said("rm", "--where", "tags:x", "--yes", *subtree)
    shown = [line.split("\t")[2] for line in said.splitlines()]
    assert (shown[:2], sorted(shown)) == (titles[:2], sorted(titles))
    assert cli.stored() == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_task_that_goes_with_another_is_no_failure(cli: Cli, order: tuple[int, ...]) -> None:
    parent = cli.added("Parent")
    child = cli.added("Child", parent_id=parent)
    ids = [parent, child, cli.added("Grandchild", parent_id=child)]
    said = cli.said("rm", "--subtree", *(ids[place] for place in order))
    assert sorted(line.split("\t")[0] for line in said.splitlines()) == sorted(ids)


def test_a_task_that_was_not_there_is_a_failure_with_subtree_too(cli: Cli) -> None:
    parent = cli.added("Parent")
    gone = "00000000-0000-7000-8000-000000000000"
    done = cli.run("rm", "--subtree", gone, parent)
    assert (done.returncode, done.stderr) == (4, f"taskcore: no task {gone}\n")
    assert done.stdout == f"{parent}\tremoved\tParent\n"


def test_json_of_a_subtree_is_the_answer_of_the_api_for_each_that_was_named(cli: Cli) -> None:
    parent = cli.added("Parent")
    child = cli.added("Child", parent_id=parent)
    cli.added("Grandchild", parent_id=child)
    message = '{"message":"Task deleted successfully"}\n'
    assert cli.said("rm", "--subtree", parent, child, "--json") == message * 2


def test_a_filter_changes_what_list_would_show(cli: Cli) -> None:
    one, two = cli.added("a one"), cli.added("a two")
    cli.added("b")
    assert len(cli.said("done", "--where", "title:a", "--yes").splitlines()) == 2
    assert cli.run("rm", "--where", "title:a", "--yes").stderr == (
        'No tasks: title contains "a", and open.\n'
    )
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
    for typed in ("n\n", "\n", "what?\n", "\x04"):
        refused = cli.at_terminal("done", "--where", "created_at:*", typed=typed, code=1)
        assert "  Two\r\n  One\r\nComplete 2 tasks? [y/N]: " in refused
        assert "Nothing was changed.\r\n" in refused
        assert not any(task.completed for task in cli.stored())
    cli.at_terminal("done", "--where", "created_at:*", typed="y\n")
    assert all(task.completed for task in cli.stored())


def test_ctrl_c_at_a_question_changes_nothing_and_exits_130(cli: Cli) -> None:
    cli.added("One")
    cli.added("Two")
    interrupted = (
        "import sys\n"
        "from unittest.mock import Mock\n"
        "from taskcore_cli.__main__ import main\n"
        "sys.stdin = Mock(**{'buffer.readline.side_effect': KeyboardInterrupt})\n"
        "sys.stderr.isatty = lambda: True\n"
        "main()\n"
    )
    done = cli.python(interrupted, "done", "--where", "created_at:*")
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "  Two\n  One\nComplete 2 tasks? [y/N]: \n"
    assert not any(task.completed for task in cli.stored())


def test_a_single_task_is_changed_without_asking(cli: Cli) -> None:
    id = cli.added("One")
    assert cli.said("done", "--where", "title:one") == f"{id}\tdone\tOne\n"


@pytest.mark.parametrize("where", ["", "  "])
def test_an_empty_filter_is_refused(cli: Cli, where: str) -> None:
    cli.added("One")
    done = cli.run("rm", "--yes", "--where", where)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("needs a filter; for all of them, give 'completed = false'\n")
    assert len(cli.stored()) == 1
    assert "give 'completed = true'" in cli.run("reopen", "--where", where).stderr


@pytest.mark.parametrize("command", ["done", "reopen", "rm", "edit"])
def test_tasks_are_named_or_found_by_a_filter_and_not_both(cli: Cli, command: str) -> None:
    neither, both = cli.run(command), cli.run(command, "1", "--where", "x")
    assert [one.returncode for one in (neither, both)] == [2, 2]
    assert neither.stderr == ("taskcore: which tasks? Give their IDs, or a filter with --where\n")
    assert both.stderr == "taskcore: give IDs or --where, not both\n"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["-d", "x", "--no-description"], "--description or --no-description"),
        (["--completed", "--open"], "--completed or --open"),
    ],
)
def test_edit_refuses_options_that_contradict(cli: Cli, options: list[str], names: str) -> None:
    done = cli.run("edit", cli.added("x"), *options)
    assert (done.returncode, done.stderr) == (2, f"taskcore: give {names}, not both\n")
    assert cli.stored()[0].version == 1


def test_of_an_option_that_is_given_twice_the_last_one_counts(cli: Cli) -> None:
    words = ["--due", "none", "--due", "2026-11-30", "-p", "low", "--priority", "high"]
    task = edited(cli, cli.added("x"), *words)
    assert (task["due"], task["priority"]) == ("2026-11-30", "high")
    assert "given twice, the last one counts" in " ".join(cli.said("--help").split())


def test_a_filter_may_be_as_long_as_anywhere(cli: Cli) -> None:
    cli.added("x" * 200)
    longest = f"title:x{' AND x' * 99}".ljust(2000)
    assert len(cli.said("done", "--where", longest).splitlines()) == 1


def test_a_time_beyond_the_calendar_is_pointed_at_in_a_selection(cli: Cli) -> None:
    done = cli.run("done", "--where", "x AND due < today+9999y")
    assert done.returncode == 2
    assert done.stderr.startswith("taskcore: filter, column 13: expected a time between")


def test_a_mistake_in_a_filter_changes_nothing(cli: Cli) -> None:
    cli.added("One")
    done = cli.run("rm", "--yes", "--where", "tgas:x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("\n  tgas:x\n  ^\n")
