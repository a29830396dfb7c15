"""What the line of a new task says besides its title."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from taskcore_cli.dates import Dates
from taskcore_cli.failures import UnusableOption
from taskcore_cli.quick_add import read_line

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)


def read(text: str) -> tuple[str, dict[str, Any]]:
    line = read_line(text, lambda: Dates(TUESDAY, UTC))
    return line.title, line.fields


def test_words_may_stand_anywhere() -> None:
    assert read("+money Call #home.calls the !high bank due:friday now +Soon") == (
        "Call the bank now",
        {
            "tags": ["money", "Soon"],
            "project": "home.calls",
            "priority": "high",
            "due": date(2026, 11, 27),
        },
    )


def test_a_date_goes_as_far_as_it_is_understood_or_to_the_next_word() -> None:
    title, fields = read("start:tomorrow +x due:in 3 days call 9am")
    assert title == "call 9am"
    assert (fields["start"], fields["due"]) == (date(2026, 11, 25), date(2026, 11, 27))


@pytest.mark.parametrize("text", ["due: friday Pay", "Due:FRIDAY Pay", "Pay due:friday"])
def test_a_date_may_stand_apart_and_in_capitals(text: str) -> None:
    assert read(text) == ("Pay", {"due": date(2026, 11, 27)})


@pytest.mark.parametrize(
    "text",
    [
        "C# and C++",
        "+1",
        "+33 1 23",
        "#1",
        "!important",
        "!highest",
        "a + b",
        "# a",
        "!",
        "a+b x#y now!high",
        "Rent is due: pay it",
        "overdue:tomorrow",
        "https://x.org/#top",
        r"C:\temp \n",
        "two  spaces",
    ],
)
def test_what_only_looks_like_a_word_of_these_is_text(text: str) -> None:
    assert read(text) == (text, {})


@pytest.mark.parametrize("word", ["+tag", "#project", "!high", "due:friday", "START:x", "+1"])
def test_a_backslash_makes_it_text(word: str) -> None:
    assert read(f"a \\{word} b") == (f"a {word} b", {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x due:blah", r"due:blah names no date .*write \\due:blah, or give --plain"),
        ("x start:2026-02-30", "start:2026-02-30 day is out of range"),
        ("x due:31 apr", "no day that there is: 31 apr"),
        ("#a #b x", "project is given twice"),
        ("!high !low x", "priority is given twice"),
        ("due:today due:friday", "due is given twice"),
    ],
)
def test_a_date_that_is_none_and_a_second_value_are_refused(text: str, reason: str) -> None:
    with pytest.raises(UnusableOption, match=reason):
        read(text)


def test_add_tells_what_it_understood(cli: Cli) -> None:
    line = "Call the bank +money #home.calls !high due:2026-11-30 9am start:2026-11-29"
    done = cli.run("add", line, "--zone", "Europe/Paris")
    assert done.stdout.endswith("\topen\tCall the bank\n")
    assert done.stderr == (
        "due Mon 2026-11-30 09:00 Europe/Paris, start Sun 2026-11-29, tagged money, "
        "project home.calls, high priority\n"
    )
    assert done.returncode == 0


def test_plain_takes_the_title_as_it_is(cli: Cli) -> None:
    cli.said("add", "--plain", r"a +tag \+b due:blah #p !high")
    [task] = cli.stored()
    assert (task.title, task.tags, task.project) == (r"a +tag \+b due:blah #p !high", (), None)


def test_every_word_is_an_option_too(cli: Cli) -> None:
    parent = cli.added("Parent")
    words = ["--due", "2026-11-30 9:00", "--start", "2026-11-29", "--priority", "High"]
    words += ["--tag", "a", "--tag", "b", "--project", "home", "--parent", parent[-8:]]
    words += ["--extra", '{"a": [1]}', "--zone", "Europe/Paris"]
    task = json.loads(cli.run("add", "Call +c", *words, "--json").stdout)
    assert task["due"] == "2026-11-30T09:00:00+01:00[Europe/Paris]"
    assert task["start"] == "2026-11-29"
    assert (task["priority"], task["tags"], task["project"]) == ("high", ["a", "b", "c"], "home")
    assert (task["parent_id"], task["extra"]) == (parent, {"a": [1]})


def test_none_is_no_value_of_any_option(cli: Cli) -> None:
    options = ("due", "start", "priority", "project", "parent", "extra", "tag")
    cli.said("add", "x", *(word for name in options for word in (f"--{name}", "None")))
    [task] = cli.stored()
    assert (task.due, task.start, task.priority, task.project, task.parent_id) == (None,) * 5
    assert (task.extra, task.tags) == ({}, ())


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["x !high", "--priority", "low"], "priority is given both in the title and as an option"),
        (["x", "--due", "tomorrow call"], "due 'tomorrow call' names no date"),
        (["x", "--start", "2026-02-30"], "start day is out of range"),
        (["x", "--priority", "urgent"], "priority must be high, medium or low"),
        (["x", "--extra", "{"], "extra is no JSON: "),
        (["x", "--extra", "[1]"], "extra must be a JSON object"),
        (["x", "--extra", "[" * 100_000], "extra is nested too deep"),
        (["x +a,b"], "tags must not contain a comma"),
        (["x #a..b"], "project must have names"),
        (["x", "--project", ""], "project must not be empty"),
        (["x", "--due", "2027-03-28 2:30", "--zone", "Europe/Paris"], "due does not exist: clocks"),
        (["x", "--due", "2026-01-01", "--start", "2026-01-02"], "start must not be after due"),
        (["due:friday"], "title must not be empty"),
    ],
)
def test_a_mistake_adds_nothing_and_exits_2(cli: Cli, words: list[str], reason: str) -> None:
    done = cli.run("add", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"taskcore: {reason}")
    assert done.stderr.count("\n") == 1
    assert cli.stored() == []


def test_a_parent_that_is_not_there_exits_4(cli: Cli) -> None:
    assert cli.run("add", "x", "--parent", "12").returncode == 4


def test_help_of_add_tells_of_quick_words(cli: Cli) -> None:
    help = " ".join(cli.said("add", "-h").split())
    assert all(word in help for word in ("+tag", "#project", "!high", "due:WHEN", "\\+tag", "C#"))
