"""The ways to name a task, and the memory of the last list."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.conftest import COMMAND

from taskcore import Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore_cli.failures import AmbiguousId, UnknownId, UnusableOption
from taskcore_cli.task_ids import TaskIds, short_endings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tests.cli.conftest import Cli

    from taskcore_cli.last_list import LastList

ONE = UUID("01a1fc67-423d-751b-8e9d-20f075b9dabc")
SAME_TAIL = UUID("01a1fc67-423d-751b-8e9d-20f075b8dabc")
DIGITS = UUID("01a1fc67-423d-751b-8e9d-20f075b91000")


def task_ids(stored: Iterable[UUID], listed: Sequence[UUID] = ()) -> TaskIds:
    class Listed:
        def read(self) -> Sequence[UUID]:
            return listed

    ids = list(stored)
    tasks = Tasks(MemoryRepository(), "ann", new_id=iter(ids).__next__)
    tasks.add_all(["x"] * len(ids))
    last_list: LastList = Listed()  # type: ignore[assignment]
    return TaskIds(tasks, last_list)


@pytest.mark.parametrize("typed", [str(ONE), str(ONE).upper(), "9dabc", "9DABC", "-20f075b9dabc"])
def test_a_task_is_named_by_its_id_or_an_ending_of_it(typed: str) -> None:
    assert task_ids([ONE, SAME_TAIL]).find(typed) == ONE


def test_an_ending_of_several_ids_is_ambiguous() -> None:
    with pytest.raises(AmbiguousId, match="2 tasks have an id that ends in dabc"):
        task_ids([ONE, SAME_TAIL]).find("dabc")


@pytest.mark.parametrize("typed", ["", "a", "abc", "-", "½", "٣"])
def test_what_is_too_short_for_an_ending_and_no_number_is_refused(typed: str) -> None:
    with pytest.raises(UnusableOption, match="too short"):
        task_ids([ONE]).find(typed)


@pytest.mark.parametrize("typed", ["ffff", "zzzz", "9" * 36, "9" * 5000, f"0{ONE}", "٣٣٣٣"])
def test_an_ending_that_no_task_has_is_unknown(typed: str) -> None:
    with pytest.raises(UnknownId, match="ends in"):
        task_ids([ONE], listed=[ONE]).find(typed)


def test_up_to_three_digits_are_a_number_from_the_list() -> None:
    ids = task_ids([ONE, SAME_TAIL], listed=[SAME_TAIL, ONE])
    assert [ids.find(number) for number in ("1", "2", "002")] == [SAME_TAIL, ONE, ONE]


@pytest.mark.parametrize("number", ["0", "000", "3", "999"])
def test_a_number_that_the_list_does_not_reach_is_unknown(number: str) -> None:
    with pytest.raises(UnknownId, match=f"no task {int(number)} in the last list"):
        task_ids([ONE, SAME_TAIL], listed=[SAME_TAIL, ONE]).find(number)


def test_four_digits_are_a_number_only_if_the_list_is_so_long() -> None:
    assert task_ids([DIGITS], listed=[ONE] * 1000).find("1000") == ONE
    assert task_ids([DIGITS], listed=[ONE] * 999).find("1000") == DIGITS


def test_digits_that_begin_with_zero_are_an_ending() -> None:
    zeros = UUID("01a1fc67-423d-751b-8e9d-20f075b90001")
    assert task_ids([zeros], listed=[ONE] * 1000).find("0001") == zeros


@given(st.lists(st.uuids() | st.integers(0, 30_000).map(lambda n: UUID(int=n)), unique=True))
def test_a_short_ending_names_its_own_task_however_long_the_list(ids: list[UUID]) -> None:
    endings = short_endings(ids)
    found = task_ids(ids, listed=[ONE] * 100_000).find_all(endings)
    assert found == ids
    assert all(len(ending) >= 4 and not ending.startswith("-") for ending in endings)


def test_short_endings_are_as_short_as_they_can_be() -> None:
    assert short_endings([ONE]) == ["dabc"]
    assert short_endings([ONE, SAME_TAIL]) == ["9dabc", "8dabc"]


def test_numbers_are_those_of_the_last_list_even_after_an_addition(cli: Cli) -> None:
    first = cli.added("First")
    cli.said("list")
    second = cli.added("Second")
    assert cli.said("show", "1").startswith(f"id: {first}\n")
    cli.said("list")
    assert cli.said("show", "1").startswith(f"id: {second}\n")


def test_a_number_whose_task_has_gone_is_not_found(cli: Cli) -> None:
    id = cli.added("First")
    cli.said("list")
    cli.said("rm", "1")
    done = cli.run("show", "1")
    assert (done.returncode, done.stdout, done.stderr) == (4, "", f"taskcore: no task {id}\n")


def test_a_number_is_unknown_before_the_first_list(cli: Cli) -> None:
    cli.added("First")
    done = cli.run("show", "1")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "taskcore: no task 1 in the last list; see 'taskcore list'\n"


def test_each_user_and_database_has_a_list_of_its_own(cli: Cli) -> None:
    ann, bob = cli.added("Ann's"), cli.added("Bob's", user="bob")
    other = cli.said("add", "Elsewhere", "--database", "sqlite:///other.db").partition("\t")[0]
    cli.said("list")
    cli.said("list", "-u", "bob")
    cli.said("list", "--database", "sqlite:///other.db")
    assert cli.said("show", "1").startswith(f"id: {ann}\n")
    assert cli.said("show", "1", "-u", "bob").startswith(f"id: {bob}\n")
    absolute = f"sqlite:///{cli.home}/other.db"
    assert cli.said("show", "1", "--database", absolute).startswith(f"id: {other}\n")


def test_json_shows_no_numbers_and_so_leaves_them_as_they_were(cli: Cli) -> None:
    first = cli.added("First")
    cli.said("list")
    cli.added("Second")
    cli.said("list", "--json")
    assert cli.said("show", "1").startswith(f"id: {first}\n")


def test_a_list_without_a_terminal_leaves_the_numbers_at_one_as_they_were(cli: Cli) -> None:
    first = cli.added("First")
    cli.at_terminal("list")
    second = cli.added("Second")
    cli.said("list")
    assert f"id: {first}\r\n" in cli.at_terminal("show", "1")
    assert cli.said("show", "1").startswith(f"id: {second}\n")


@pytest.mark.parametrize(
    "line", ["taskcore list | cat", "taskcore list > file", "taskcore list < /dev/null"]
)
def test_a_list_that_somebody_at_a_terminal_asked_for_counts_there(cli: Cli, line: str) -> None:
    cli.added("First")
    cli.at_terminal("list")
    second = cli.added("Second")
    cli.typed_at_terminal("sh", "-c", line.replace("taskcore", shlex.join(COMMAND)))
    assert f"id: {second}\r\n" in cli.at_terminal("show", "1")


def test_an_ambiguous_ending_changes_nothing_and_exits_2(cli: Cli) -> None:
    for id in (ONE, SAME_TAIL):
        cli.added("One of two", new_id=lambda given=id: given)
    done = cli.run("rm", "dabc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "taskcore: 2 tasks have an id that ends in dabc; give more of it\n"
    assert len(cli.stored()) == 2


@pytest.mark.parametrize("state", ["nothing/can/be/made/below/a/file", "garbage"])
def test_a_list_that_cannot_be_remembered_is_still_shown(cli: Cli, state: str) -> None:
    id = cli.added("First")
    path: Path = cli.home / "file"
    path.write_text(state)
    done = cli.run("list", XDG_STATE_HOME=str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"1\t{id}\topen\tFirst\n", "")
    assert cli.run("show", "1", XDG_STATE_HOME=str(path)).returncode == 4


def test_a_spoiled_memory_is_an_empty_one(cli: Cli) -> None:
    cli.added("First")
    cli.said("list")
    [remembered] = (cli.home / "state" / "taskcore" / "last-list").iterdir()
    remembered.write_bytes(b"\xff not an id\n")
    assert cli.run("show", "1").returncode == 4


def test_the_memory_keeps_no_url(cli: Cli) -> None:
    cli.said("list")
    [remembered] = (cli.home / "state" / "taskcore" / "last-list").iterdir()
    assert "sqlite" not in remembered.name + remembered.read_text()
