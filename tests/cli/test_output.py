"""What is printed: for a pipe, for a terminal, for a program."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest
from attrs import evolve
from contract.strategies import tasks
from hypothesis import given
from hypothesis import strategies as st

from taskcore import Task, Tasks, open_repository
from taskcore_cli.json_text import json_of, json_text
from taskcore_http.answers import TaskBody, task_response, tasks_response

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

ESCAPE = "\x1b"


def sent(tasks: Task | list[Task]) -> str:
    """Return what the HTTP API sends for these, and a line break."""
    body = [TaskBody.of(task) for task in tasks] if isinstance(tasks, list) else TaskBody.of(tasks)
    return msgspec.json.encode(body).decode() + "\n"


def test_json_is_byte_for_byte_what_the_http_api_sends(cli: Cli) -> None:
    id = cli.added('Grüße "an" <Ünal>/\\', "a\tb\r\nc \u2028 ✓ 𝄞")
    cli.added("Plain")
    assert cli.said("done", id, "--json") == sent(cli.stored()[1])
    assert cli.said("show", id, "--json") == sent(cli.stored()[1])
    assert cli.said("list", "--all", "--order-by", "created_at desc", "--json") == sent(
        cli.stored()
    )


def test_json_has_every_field_as_the_http_api_sends_it(cli: Cli) -> None:
    parent = cli.added("Parent")
    cli.added(
        "Call",
        due="2026-11-30T09:00:00+01:00[Europe/Paris]",
        start="2026-11-30",
        priority="high",
        tags=["b", "A"],
        project="home.calls",
        parent_id=parent,
        extra={"ü": [1, None, {"x": 0.5}]},
    )
    assert cli.said("list", "title:call", "--json") == sent(cli.stored()[:1])


floats = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
extras = st.dictionaries(
    texts,
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | floats
        | st.floats(1e-6, 1e-3)
        | st.sampled_from(["1e+16", '",1e+16', ":1e-05", '[1e+16,\\"', 1e16, -1e-05, 1.5e-7])
        | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)


@given(task=tasks(), extra=extras, title=texts, description=st.none() | texts)
def test_json_of_any_task_is_the_text_that_the_http_api_sends(
    task: Task, extra: dict[str, Any], title: str, description: str | None
) -> None:
    task = evolve(task, extra=extra, title=title, description=description)
    assert json_text(json_of(task)).encode() == task_response(task).body
    assert json_text([json_of(task)] * 2).encode() == tasks_response([task] * 2).body


@given(number=floats | st.floats(1e-6, 1e-3) | st.floats(1e14, 1e18))
def test_a_number_is_spelled_as_the_http_api_does(number: float) -> None:
    assert json_text([number, -number]).encode() == msgspec.json.encode([number, -number])


def test_json_leaves_out_microseconds_that_are_zero(cli: Cli) -> None:
    cli.added("Lunch", clock=lambda: datetime(2026, 1, 2, 12, tzinfo=UTC))
    said = cli.said("list", "--json")
    assert '"created_at":"2026-01-02T12:00:00Z"' in said
    assert said == sent(cli.stored())


def test_json_of_every_changing_command_is_the_task_it_stored(cli: Cli) -> None:
    assert cli.said("add", "x", "--json") == sent(cli.stored()[0])
    id = str(cli.stored()[0].id)
    for words in (["done", id], ["reopen", id], ["edit", id, "-t", "y"]):
        assert cli.said(*words, "--json") == sent(cli.stored()[0])


def test_json_of_rm_is_the_answer_of_the_api(cli: Cli) -> None:
    assert cli.said("rm", cli.added("x"), "--json") == '{"message":"Task deleted successfully"}\n'


def test_json_of_many_is_a_line_each(cli: Cli) -> None:
    ids = [cli.added("One"), cli.added("Two")]
    said = cli.said("done", *ids, "--json").splitlines()
    assert [msgspec.json.decode(line)["id"] for line in said] == ids


def test_an_empty_list_is_an_empty_array_or_nothing(cli: Cli) -> None:
    assert cli.said("list", "--json") == "[]\n"
    assert cli.said("list") == ""
    assert cli.at_terminal("list") == cli.at_terminal("list", "--all") == "No tasks.\r\n"
    assert cli.at_terminal("list", "tags:x") == 'No tasks: tagged "x", and open.\r\n'


def test_a_terminal_gets_a_table_whose_ids_work(cli: Cli) -> None:
    milk, bread = cli.added("Buy milk"), cli.added("Buy bread")
    cli.said("done", milk)
    header, first, second = cli.at_terminal("list", "--all", NO_COLOR="1").split("\r\n")[:3]
    assert header.split() == ["#", "ID", "State", "Title"]
    number, ending, *rest = first.split()
    assert (number, rest) == ("1", ["open", "Buy", "bread"])
    assert bread.endswith(ending)
    assert second.split()[2:] == ["done", "Buy", "milk"]
    assert cli.at_terminal("show", ending) == cli.at_terminal("show", "1")


def test_a_terminal_gets_color_unless_it_is_refused(cli: Cli) -> None:
    cli.added("Buy milk")
    assert ESCAPE in cli.at_terminal("list")
    assert ESCAPE not in cli.at_terminal("list", NO_COLOR="1")
    assert ESCAPE not in cli.at_terminal("list", TERM="dumb")


@pytest.mark.parametrize("title", ["[red]loud[/red] [x] [/]", ":smile: \\[a]", "{}%s"])
def test_a_title_is_text_and_no_markup(cli: Cli, title: str) -> None:
    cli.added(title)
    assert f"  {title}" in cli.at_terminal("list", NO_COLOR="1")
    assert cli.said("list").endswith(f"\t{title}\n")


def test_a_long_title_is_shown_whole_in_a_narrow_terminal(cli: Cli) -> None:
    words = [f"word{number}" for number in range(25)]
    cli.added(" ".join(words))
    shown = cli.at_terminal("list", COLUMNS="40", NO_COLOR="1")
    assert re.findall(r"word\d+", shown) == words
    assert max(map(len, shown.split("\r\n"))) <= 40


def test_a_pipe_gets_no_color_even_when_the_terminal_would(cli: Cli) -> None:
    cli.added("Buy milk")
    assert ESCAPE not in cli.said("list", FORCE_COLOR="1")


def test_a_reader_that_leaves_early_is_no_failure_to_tell(cli: Cli) -> None:
    cli.added("First")
    with open_repository(f"sqlite:///{cli.file}") as repository:
        Tasks(repository, "ann").add_all(["x" * 200] * 1000)
    process = cli.start("list")
    assert process.stdout
    assert process.stderr
    with process.stdout, process.stderr:
        UUID(process.stdout.readline().split("\t")[1])
        process.stdout.close()
        assert process.stderr.read() == ""
    process.wait(timeout=30)


def test_what_the_encoding_lacks_is_printed_as_an_escape(cli: Cli) -> None:
    cli.added("Grüße ✓")
    assert cli.said("list", PYTHONIOENCODING="ascii").endswith("\tGr\\xfc\\xdfe \\u2713\n")
    json = cli.said("list", "--json", PYTHONIOENCODING="ascii")
    assert '"title":"Grüße ✓"' in json


FULL = "/dev/full"
NO_SPACE = "taskcore: cannot write the output: No space left on device\n"


@pytest.mark.skipif(not Path(FULL).exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("words", ["list", "list --json", "show 1", "tags", "--help", "--version"])
def test_output_that_has_no_room_is_one_line(cli: Cli, words: str) -> None:
    cli.added("First", tags=["a"])
    cli.said("list")
    done = cli.shell(f"{{taskcore}} {words} > {FULL}")
    assert (done.returncode, done.stderr) == (1, NO_SPACE)


def test_output_that_is_cut_short_is_no_success(cli: Cli) -> None:
    cli.added("First")
    with open_repository(f"sqlite:///{cli.file}") as repository:
        Tasks(repository, "ann").add_all(["x" * 200] * 1000)
    # Unbuffered, as in many containers, Python does not look how much of a text was written.
    for buffering in ("", "PYTHONUNBUFFERED=1"):
        done = cli.shell(f"ulimit -f 100; {buffering} {{taskcore}} list > out")
        assert (done.returncode, done.stderr) == (
            1,
            "taskcore: cannot write the output: File too large\n",
        )


@pytest.mark.skipif(not Path(FULL).exists(), reason="there is no device that is always full")
def test_where_nothing_can_be_said_the_exit_code_still_is(cli: Cli) -> None:
    assert cli.shell(f"{{taskcore}} show 1 2> {FULL}").returncode == 1
    assert cli.shell(f"{{taskcore}} show 1 > {FULL} 2>&1").returncode == 1


def test_a_closed_output_is_one_line_and_nothing_is_done(cli: Cli) -> None:
    done = cli.shell("{taskcore} add x >&-")
    assert (done.returncode, done.stderr) == (
        1,
        "taskcore: cannot write the output: it is closed\n",
    )
    assert not cli.file.exists()


def test_closed_streams_that_are_not_needed_are_not_missed(cli: Cli) -> None:
    assert cli.shell("{taskcore} add x <&- 2>&-").returncode == 0
    cli.added("y")
    done = cli.shell("{taskcore} done --where created_at:* <&-")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.endswith("Nobody can be asked here; say so with --yes\n")


def test_messages_go_to_stderr_and_leave_stdout_to_data(cli: Cli) -> None:
    done = cli.run("show", "1", "--json")
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
