"""What a list finds, in which order, and how a terminal shows it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from taskcore import Tasks, open_repository

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

TODAY = datetime.now(UTC).date()
ENV = {"NO_COLOR": "1", "TASKCORE_ZONE": "UTC"}


def titles(said: str) -> list[str]:
    return [line.split("\t")[3] for line in said.splitlines()]


def many(cli: Cli, count: int) -> None:
    cli.added("First")
    with open_repository(f"sqlite:///{cli.file}") as repository:
        Tasks(repository, "ann").add_all(f"Task {number}" for number in range(1, count))


def test_open_tasks_come_by_due_then_priority_then_newest(cli: Cli) -> None:
    cli.added("old")
    cli.added("new")
    cli.added("low", priority="low")
    cli.added("high", priority="high")
    cli.added("later", due="2026-12-02")
    cli.added("sooner", due="2026-12-01")
    cli.said("done", cli.added("done"))
    in_order = ["sooner", "later", "high", "low", "new", "old"]
    assert titles(cli.said("list")) == in_order
    assert titles(cli.said("list", "--all")) == [*in_order[:4], "done", *in_order[4:]]
    assert titles(cli.said("list", "--order-by", "title desc", "--limit", "2")) == ["sooner", "old"]


def test_a_filter_finds_open_tasks_unless_it_speaks_of_completion(cli: Cli) -> None:
    cli.added("a open", tags=["x"])
    cli.said("done", cli.added("a done", tags=["x"]))
    cli.added("b")
    assert titles(cli.said("list", "tags:x")) == ["a open"]
    assert titles(cli.said("list", "b OR tags:x")) == ["b", "a open"]
    assert titles(cli.said("list", "tags:x", "--all")) == ["a done", "a open"]
    assert titles(cli.said("list", "tags:x AND completed = true")) == ["a done"]
    assert titles(cli.said("list", "NOT completed_at:*")) == ["b", "a open"]
    assert titles(cli.said("list", "title:completed")) == []
    assert titles(cli.said("list", "--", "-tags:x")) == ["b"]


def test_a_day_in_a_filter_is_the_users(cli: Cli) -> None:
    there = datetime.now(UTC).astimezone().astimezone(_zone("Pacific/Kiritimati")).date()
    cli.added("x", due=there.isoformat())
    assert titles(cli.said("list", "due = today", "--zone", "Pacific/Kiritimati")) == ["x"]
    assert cli.said("list", "due = today", TASKCORE_ZONE="Pacific/Pago_Pago") == ""


def _zone(name: str) -> object:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def test_count_and_explain_say_only_that(cli: Cli) -> None:
    cli.added("a", tags=["x"])
    cli.added("b")
    assert cli.said("list", "--count") == "2\n"
    assert cli.said("list", "tags:x", "--count", "--json") == '{"count":1}\n'
    assert cli.said("list", "--explain", "tags:x") == 'tagged "x", and open\n'
    assert json.loads(cli.said("list", "--explain", "--json")) == {"explanation": "open"}
    assert cli.said("list", "--explain", "--all") == "every task\n"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--count", "--explain"], "--count or --explain"),
        (["--count", "--limit", "5"], "--count or --limit"),
        (["--explain", "-n", "5"], "--explain or --limit"),
        (["--count", "--order-by", "due"], "--count or --order-by"),
        (["--explain", "--order-by", "due"], "--explain or --order-by"),
    ],
)
def test_options_that_contradict_are_refused(cli: Cli, options: list[str], names: str) -> None:
    done = cli.run("list", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"taskcore: give {names}, not both\n"


def test_a_filter_may_be_as_long_as_anywhere(cli: Cli) -> None:
    cli.added("x")
    for most in ("x".rjust(2000), "x" + " x" * 99):
        for option in (["--limit", "1"], ["--count"], ["--explain"]):
            assert cli.said("list", most, *option)


@pytest.mark.parametrize(
    ("filter", "column", "expected"),
    [
        ("x".rjust(2001), 2001, "at most 2000 characters, not 2001"),
        ("x" + " x" * 100, 201, "at most 100 terms"),
    ],
)
def test_a_filter_that_is_too_long_is_told_its_own_length(
    cli: Cli, filter: str, column: int, expected: str
) -> None:
    done = cli.run("list", filter)
    assert done.returncode == 2
    assert done.stderr.startswith(f"taskcore: filter, column {column}: ")
    assert expected in done.stderr


def test_pages_of_a_filter_that_was_narrowed_go_on(cli: Cli) -> None:
    many(cli, 1203)
    assert len(cli.said("list", "title:task", "--limit", "1150").splitlines()) == 1150


def test_explain_tells_a_word_from_the_field_of_its_name(cli: Cli) -> None:
    assert cli.said("list", "--explain", "completed") == (
        'title or description contains "completed" '
        "(a word: to test the field, write completed = true), and open\n"
    )


def test_projects_and_tags_are_listed_with_their_open_tasks(cli: Cli) -> None:
    assert cli.said("tags") == ""
    cli.added("a", tags=["b", "A"], project="home.calls")
    cli.said("done", cli.added("b", tags=["b"], project="work"))
    assert cli.said("tags") == "A\t1\nb\t1\n"
    assert cli.said("projects") == "home.calls\t1\nwork\t0\n"
    assert cli.said("projects", "--json") == (
        '[{"name":"home.calls","open":1},{"name":"work","open":0}]\n'
    )
    shown = cli.at_terminal("projects", NO_COLOR="1").split("\r\n")
    assert [line.split() for line in shown[:2]] == [["Project", "Open"], ["home.calls", "1"]]


@pytest.mark.parametrize(
    ("words", "reason", "shown", "column"),
    [
        (["tags:a AND tgas:x"], "filter, column 12: unknown field", "tags:a AND tgas:x", 12),
        (["due >"], "filter, column ", "due >", None),
        (["日本 AND tgas:x"], "filter, column 8: unknown field", "日本 AND tgas:x", 10),
        (["due < today+9999y"], "filter, column 7: ", "due < today+9999y", 7),
        (["--order-by", "due, prio"], "order_by, column 6: cannot", "due, prio", 6),
    ],
)
def test_a_mistake_in_a_filter_or_order_is_pointed_at(
    cli: Cli, words: list[str], reason: str, shown: str, column: int | None
) -> None:
    done = cli.run("list", *words)
    assert (done.returncode, done.stdout) == (2, "")
    first, text, caret = done.stderr.splitlines()
    assert first.startswith(f"taskcore: {reason}")
    assert text == f"  {shown}"
    assert caret.strip() == "^"
    assert column is None or len(caret) == column + 2


def test_a_mistake_in_a_long_filter_is_one_line(cli: Cli) -> None:
    done = cli.run("list", f"{'a AND ' * 20} tgas:x")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "²"])
def test_a_limit_that_is_none_is_refused(cli: Cli, limit: str) -> None:
    done = cli.run("list", "--limit", limit)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("taskcore: limit must be a whole number from 1, not")


@pytest.mark.parametrize("name", ["", "Mars/X", "Europe/Paris ", "localtime", "../etc/passwd"])
def test_a_zone_that_is_none_is_refused(cli: Cli, name: str) -> None:
    done = cli.run("list", "--zone", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"taskcore: zone {name!r} is unknown; give one such as Europe/Paris\n"
    if name:
        assert cli.run("show", "1", TASKCORE_ZONE=name).returncode == 2


def test_without_a_zone_the_machines_counts(cli: Cli) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        done = cli.run("add", "x", "--due", "tomorrow 9am", TZ=zone)
        assert f" 09:00 {zone}\n" in done.stderr
    assert cli.run("add", "x", "--due", "today 9am", TZ="No/Such").returncode == 0


def test_a_pipe_and_json_get_all_unless_limited(cli: Cli) -> None:
    many(cli, 1203)
    assert len(cli.said("list").splitlines()) == 1203
    assert len(json.loads(cli.said("list", "--json"))) == 1203
    assert len(json.loads(cli.said("list", "--json", "--limit", "1101"))) == 1101
    assert cli.said("show", "1203").split("\n")[1] == "title: First"


def test_a_terminal_gets_what_fits_it_and_is_told_of_the_rest(cli: Cli) -> None:
    many(cli, 1203)
    *lines, last, end = cli.at_terminal("list", LINES="10", COLUMNS="80", **ENV).split("\r\n")
    assert (len(lines), end) == (8, "")
    assert last == "1,196 more; --limit N shows N of them, a filter finds some"
    assert lines[7].split()[0] == "7"
    cli.at_terminal("show", "8", code=4)
    limited = cli.at_terminal("list", "--limit", "1100", LINES="10", **ENV)
    assert limited.count("\r\n") == 1102


def test_a_terminal_marks_what_is_late_or_due_today_without_color(cli: Cli) -> None:
    late, soon = TODAY - timedelta(days=1), TODAY + timedelta(days=3)
    cli.added("Late", due=late.isoformat())
    cli.added("Passed", due=(datetime.now(UTC) - timedelta(minutes=5)).isoformat())
    cli.added("Today", due=TODAY.isoformat())
    cli.added("Soon", due=soon.isoformat(), priority="high", tags=["a"], project="p")
    shown = cli.at_terminal("list", COLUMNS="100", **ENV).split("\r\n")
    assert shown[0].split() == ["#", "ID", "State", "Due", "Title"]
    states = {line.split()[-1]: line.split()[2] for line in shown[1:4]}
    assert states == {"Late": "overdue", "Passed": "overdue", "Today": "today"}
    assert shown[4].split()[2] == "open"
    assert shown[4].split()[4:] == [soon.isoformat(), "Soon", "!high", "#p", "+a"]


def test_subtasks_are_indented_below_a_parent_that_is_shown(cli: Cli) -> None:
    parent = cli.added("Parent")
    child = cli.added("Child", parent_id=parent, tags=["x"])
    cli.added("Grandchild", parent_id=child)
    cli.added("Other", priority="low")
    shown = cli.at_terminal("list", **ENV).split("\r\n")[1:5]
    assert [line.split()[3] for line in shown] == ["Other", "Parent", "Child", "Grandchild"]
    starts = [line.index(line.split()[3]) for line in shown]
    assert [start - starts[0] for start in starts] == [0, 0, 2, 4]
    assert "title: Child\r\n" in cli.at_terminal("show", "3")
    alone = cli.at_terminal("list", "tags:x", **ENV).split("\r\n")
    assert alone[1].index("Child") == alone[0].index("Title")


@pytest.mark.parametrize("columns", ["20", "24", "36", "40", "50"])
def test_on_a_narrow_terminal_the_title_and_the_number_stay(cli: Cli, columns: str) -> None:
    parent = cli.added("Call the bank", due="2026-11-30")
    cli.added("Ask for Jo", parent_id=parent)

    table = cli.at_terminal("list", COLUMNS=columns, LINES="20")

    for row in ("1 ", "2 ", "Call the bank", "Ask for Jo"):
        assert row in table
