"""Values come back as they went in, the strange ones too, and lists come newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskcore.ports import Add, Find, Get, Operation, Remove, Replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore import Task, TaskRepository

    Ask = Callable[[Operation[Any]], Any]
    MakeTask = Callable[..., Task]

MOMENT = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
STRANGE_TEXTS = {
    "quotes": "it's \"quoted\" `and` ''doubled''",
    "percent signs": "100 % %s %(title)s %%",
    "colons": ":title :b_title ::text",
    "backslashes": "\\ \\n \\u0041 \\x41 \\\\",
    "braces": "{} {title} {{0}} ${title} $1 $$",
    "an injection": "'); DROP TABLE tasks; --",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈❤️",
    "right to left": "\u202e\u0634\u0631\u0627\u0621\u202c \u05d7\u05dc\u05d1",
    "combining marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚",
    "JSON": '{"title": null, "a": [1, "\\u0000"]}',
    "an array": '{1,2,NULL,"x"}',
    "NULL": "NULL",
    "wildcards": "_%*?[a-z]",
    "a lone dot above": "İıſß",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "a byte order mark": "\ufeffmilk",
    "spaces": "  two  spaces\u3000",
}


def kept(task: Task, ask: Ask) -> bool:
    """Whether the task comes back from Add, Get, Find and Replace just as it is."""
    return [
        repr(ask(Add(task))),
        repr(ask(Get(task.user_id, task.id))),
        repr(ask(Find(task.user_id))),
        repr(ask(Replace(task, expected=task.version))),
        repr(ask(Get(task.user_id, task.id))),
        repr(ask(Remove(task.user_id, task.id, expected=task.version))),
    ] == [repr(task), repr(task), repr([task]), repr(task), repr(task), repr(None)]


@pytest.mark.parametrize("text", STRANGE_TEXTS.values(), ids=STRANGE_TEXTS)
def test_a_strange_text_is_kept_in_every_field(text: str, ask: Ask, make_task: MakeTask) -> None:
    assert kept(make_task(user_id=text, title=text, description=text), ask)


def test_the_longest_texts_are_kept(ask: Ask, make_task: MakeTask) -> None:
    task = make_task(user_id="𝄞" * 255, title="𝄞" * 200, description="𝄞\n" * 500)

    assert kept(task, ask)


def test_the_shortest_texts_are_kept(ask: Ask, make_task: MakeTask) -> None:
    assert kept(make_task(user_id="a", title="b", description="c"), ask)


@pytest.mark.parametrize("description", [None, "", " ", "\n", "a\r\n\tb\rc\u2028"])
def test_a_description_is_kept_to_the_letter(
    description: str | None, ask: Ask, make_task: MakeTask
) -> None:
    assert kept(make_task(description=description), ask)


@pytest.mark.parametrize("version", [1, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1])
def test_a_version_may_grow_for_centuries(version: int, ask: Ask, make_task: MakeTask) -> None:
    assert kept(make_task(version=version), ask)


@pytest.mark.parametrize("id", [UUID(int=0), UUID(int=1), UUID(int=2**128 - 1)])
def test_any_uuid_is_an_id(id: UUID, ask: Ask, make_task: MakeTask) -> None:
    assert kept(make_task(id=id), ask)


@pytest.mark.parametrize(
    "moment",
    [
        MOMENT,
        MOMENT.replace(microsecond=0),
        MOMENT.replace(microsecond=1),
        MOMENT.replace(microsecond=999_999),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
        datetime(2025, 3, 30, 1, 30, tzinfo=UTC),
        datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
    ids=str,
)
def test_a_time_is_kept_to_the_microsecond_and_in_utc(
    moment: datetime, ask: Ask, make_task: MakeTask
) -> None:
    task = make_task(created_at=moment, updated_at=moment)

    assert kept(task, ask)
    ask(Add(task))
    stored = ask(Get("alice", task.id))
    assert stored.created_at.utcoffset() == stored.updated_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["memory", "sqlite", "postgres", "postgres_protected"])
def test_the_first_and_the_last_moment_are_kept(
    moment: datetime, name: str, request: pytest.FixtureRequest, make_task: MakeTask
) -> None:
    # Not in a host's transaction: psycopg cannot tell these times in most of the world's zones.
    repository: TaskRepository = request.getfixturevalue(name)
    tasks = [make_task(created_at=moment, updated_at=moment) for _ in range(2)]

    repository.execute([Add(task) for task in tasks])

    assert repr(repository.execute([Get("alice", task.id) for task in tasks])) == repr(tasks)


printable = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffd")


@settings(
    max_examples=25,
    # Each example has a key of its own, so that nothing of one is left for the next.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(user_id=st.text(printable, min_size=1, max_size=50), title=st.text(printable, min_size=1))
def test_any_text_that_the_rules_allow_is_kept(
    user_id: str, title: str, ask: Ask, make_task: MakeTask
) -> None:
    assert kept(make_task(user_id=user_id, title=title[:200], description=title[:200]), ask)


def test_a_list_comes_newest_first(repository: TaskRepository, make_task: MakeTask) -> None:
    tasks = [make_task(created_at=MOMENT - timedelta(microseconds=age)) for age in range(20)]
    Random(7).shuffle(shuffled := list(tasks))  # noqa: S311  # no secret, and the same each time
    repository.execute([Add(task) for task in shuffled])

    assert repository.execute([Find("alice")]) == [tasks]


def test_tasks_of_the_same_moment_come_by_id_the_greatest_first(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    numbers = [2**128 - 1, 2**127, 2**127 - 1, 2**64, 256, 255, 10, 9, 1, 0]
    tasks = [make_task(id=UUID(int=number)) for number in numbers]
    repository.execute([Add(task) for task in sorted(tasks, key=lambda task: task.id.bytes[::-1])])

    assert repository.execute([Find("alice")]) == [tasks]


def test_the_moment_counts_before_the_id_and_a_change_does_not_move_a_task(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    old = make_task(id=UUID(int=9), created_at=MOMENT)
    later = MOMENT + timedelta(microseconds=1)
    new = make_task(id=UUID(int=1), created_at=later, updated_at=later)
    repository.execute([Add(new), Add(old)])
    changed = old.edited({"title": "changed last"}, MOMENT + timedelta(days=1))

    repository.execute([Replace(changed, expected=1)])

    assert repository.execute([Find("alice")]) == [[new, changed]]


def test_times_before_the_year_1000_sort_before_those_after(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    years = [9998, 2025, 1000, 999, 99, 2]
    tasks = []
    for year in years:
        moment = datetime(year, 1, 1, tzinfo=UTC)
        tasks.append(make_task(created_at=moment, updated_at=moment))
    repository.execute([Add(task) for task in reversed(tasks)])

    assert repository.execute([Find("alice")]) == [tasks]


def test_a_list_of_a_thousand_is_whole(repository: TaskRepository, make_task: MakeTask) -> None:
    tasks = [make_task(id=UUID(int=number)) for number in reversed(range(1000))]
    repository.execute([Add(task) for task in tasks])

    assert repository.execute([Find("alice")]) == [tasks]
