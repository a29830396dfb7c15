"""Adding once: a key stands for one task of a user, however often it is asked to be added."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import RFC_4122, UUID
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from taskcore import DuplicateTask, InvalidTask, KeyReused, Task, TaskDraft, TaskNotFound
from taskcore.entities.once import AddedTask, id_from_key
from taskcore.ports import Add, Get, Together
from taskcore.usecases import add_once

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 2, tzinfo=UTC)
EARLIER = NOW - timedelta(days=400)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
KEYS: list[UUID | str] = [ID, "order 17"]
each_key = pytest.mark.parametrize("key", KEYS, ids=["an id", "a text"])
users = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5)
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)


def stored(draft: TaskDraft, key: UUID | str, **fields: Any) -> Task:
    """Return the task that a draft became some time ago."""
    task = Task.from_draft(draft, id=id_from_key("alice", key), user_id="alice", now=EARLIER)
    return evolve(task, **fields)


def test_a_text_makes_always_the_same_uuid_of_version_8() -> None:
    id = id_from_key("alice", "8e03978e-40d5-43e8-bc93-6894a57f9324")

    # Of another release, too: a client may send again what an older one stored.
    assert id == UUID("bf616cd1-7424-8d8c-a342-4568fd772c85")
    assert (id.version, id.variant) == (8, RFC_4122)


@given(st.lists(st.tuples(users, keys), unique=True, max_size=20))
def test_no_two_users_or_texts_share_an_id(pairs: list[tuple[str, str]]) -> None:
    ids = {id_from_key(user_id, key) for user_id, key in pairs}

    assert len(ids) == len(pairs)
    assert all((id.version, id.variant) == (8, RFC_4122) for id in ids)


@each_key
def test_it_asks_to_store_the_task_under_the_id_of_its_key(
    key: UUID | str, begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    conversation = begin(add_once("alice", "Buy milk", key=key, now=NOW))

    id = ID if key is ID else id_from_key("alice", key)
    task = make_task(id=id, title="Buy milk", created_at=NOW, updated_at=NOW)
    assert conversation.asks == Add(task)
    conversation.answer(task)
    assert conversation.result == AddedTask(task, replayed=False)


DRAFTS = [
    TaskDraft("Buy milk"),
    TaskDraft("Buy milk", ""),
    TaskDraft(
        "Buy milk",
        "two liters",
        due=NOON.astimezone(ZoneInfo("Asia/Kolkata")),
        start=date(2026, 11, 29),
        priority="high",
        tags=["Home", "bank"],
        project="home.calls",
        extra={"a": {"b": 1.0, "c": True}},
    ),
]


@each_key
@pytest.mark.parametrize("draft", DRAFTS, ids=len(DRAFTS) * [""])
def test_what_was_stored_before_is_the_answer(
    draft: TaskDraft, key: UUID | str, begin: Callable[..., Any]
) -> None:
    task = stored(draft, key)
    conversation = begin(add_once("alice", draft, key=key, now=NOW))
    conversation.answer(DuplicateTask(task.id))
    assert conversation.asks == Get("alice", task.id)

    conversation.answer(task)

    assert conversation.result == AddedTask(task, replayed=True)


def test_the_order_of_keys_in_extra_makes_no_other_content(begin: Callable[..., Any]) -> None:
    task = stored(TaskDraft("Buy milk", extra={"a": 1, "b": {"c": 1, "d": 2}}), "key")
    draft = TaskDraft("Buy milk", extra={"b": {"d": 2, "c": 1}, "a": 1})
    conversation = begin(add_once("alice", draft, key="key", now=NOW))
    conversation.answer(DuplicateTask(task.id))

    conversation.answer(task)

    assert conversation.result.replayed


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Buy bread"},
        {"description": None},
        {"due": NOON},
        {"due": NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))},
        {"start": None},
        {"priority": "low"},
        {"tags": ["Home"]},
        {"tags": ["home", "bank"]},
        {"project": "home"},
        {"parent_id": ID},
        {"extra": {}},
        {"extra": {"a": {"b": 1.0, "c": 1}}},
        {"extra": {"a": {"b": 1, "c": True}}},
        {"extra": {"a": {"b": 1.0, "c": True}, "d": 1}},
    ],
    ids=repr,
)
@each_key
def test_other_content_is_refused(
    key: UUID | str, other: dict[str, Any], begin: Callable[..., Any]
) -> None:
    task = stored(evolve(DRAFTS[2], **other), key)
    conversation = begin(add_once("alice", DRAFTS[2], key=key, now=NOW))
    conversation.answer(DuplicateTask(task.id))

    with pytest.raises(DuplicateTask if key is ID else KeyReused) as caught:
        conversation.answer(task)

    assert getattr(caught.value, "id", None) == task.id


def test_of_a_task_that_was_changed_since_a_text_gets_it_as_it_is(
    begin: Callable[..., Any],
) -> None:
    task = stored(TaskDraft("Buy bread"), "key", version=2)
    conversation = begin(add_once("alice", "Buy milk", key="key", now=NOW))
    conversation.answer(DuplicateTask(task.id))

    conversation.answer(task)

    assert conversation.result == AddedTask(task, replayed=True)


@pytest.mark.parametrize("title", ["Buy milk", "Buy bread"])
def test_the_id_of_a_task_that_was_changed_since_is_taken(
    title: str, begin: Callable[..., Any]
) -> None:
    task = stored(TaskDraft(title), ID, version=2)
    conversation = begin(add_once("alice", "Buy milk", key=ID, now=NOW))
    conversation.answer(DuplicateTask(task.id))

    with pytest.raises(DuplicateTask):
        conversation.answer(task)


@each_key
def test_a_task_that_was_removed_meanwhile_is_added_again(
    key: UUID | str, begin: Callable[..., Any]
) -> None:
    conversation = begin(add_once("alice", "Buy milk", key=key, now=NOW))
    first = conversation.asks
    conversation.answer(DuplicateTask(first.task.id))

    conversation.answer(TaskNotFound(first.task.id))

    assert conversation.asks == first
    conversation.answer(first.task)
    assert conversation.result == AddedTask(first.task, replayed=False)


@each_key
def test_a_subtask_is_found_again_though_its_parent_is_gone(
    key: UUID | str, begin: Callable[..., Any], some_id: UUID
) -> None:
    draft = TaskDraft("Buy milk", parent_id=some_id)
    task = stored(draft, key)
    conversation = begin(add_once("alice", draft, key=key, now=NOW))
    assert conversation.asks == Get("alice", some_id)
    conversation.answer(TaskNotFound(some_id))
    assert conversation.asks == Get("alice", task.id)

    conversation.answer(task)

    assert conversation.result == AddedTask(task, replayed=True)


@each_key
def test_a_new_subtask_of_a_parent_that_is_not_there_is_refused(
    key: UUID | str, begin: Callable[..., Any], some_id: UUID
) -> None:
    draft = TaskDraft("Buy milk", parent_id=some_id)
    conversation = begin(add_once("alice", draft, key=key, now=NOW))
    conversation.answer(TaskNotFound(some_id))

    with pytest.raises(InvalidTask, match="parent_id must be the id of a task of this user"):
        conversation.answer(TaskNotFound(id_from_key("alice", key)))


@each_key
def test_a_subtask_is_added_below_its_parent(
    key: UUID | str, begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    parent = make_task()
    draft = TaskDraft("Buy milk", parent_id=parent.id)
    conversation = begin(add_once("alice", draft, key=key, now=NOW))

    conversation.answer(parent)

    assert isinstance(conversation.asks, Together)
    task = conversation.asks.operations[-1].task
    conversation.answer((None, task))
    assert conversation.result == AddedTask(task, replayed=False)


@pytest.mark.parametrize(
    ("key", "kind"), [("", "empty"), ("\ud800", "character"), (7, "type"), (None, "type")]
)
def test_what_is_no_key_is_refused_before_anything_is_asked(
    key: Any, kind: str, begin: Callable[..., Any]
) -> None:
    with pytest.raises(InvalidTask) as caught:
        begin(add_once("alice", "Buy milk", key=key, now=NOW))

    assert caught.value.kind == kind


@each_key
@pytest.mark.parametrize(("user_id", "title"), [("", "x"), ("a\0b", "x"), ("alice", "")])
def test_what_add_refuses_is_refused_before_anything_is_asked(
    key: UUID | str, user_id: str, title: str, begin: Callable[..., Any]
) -> None:
    with pytest.raises(InvalidTask):
        begin(add_once(user_id, title, key=key, now=NOW))
