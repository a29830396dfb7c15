"""Adding: what the use case asks for, and what it makes of the answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any

import pytest

from taskcore import DuplicateTask, InvalidTask, Task, TaskDraft
from taskcore.entities import Priority
from taskcore.ports import Add
from taskcore.usecases import add

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

NOW = datetime(2025, 1, 2, tzinfo=UTC)


class Nowhere(tzinfo):
    """A zone that does not know how far it is from UTC."""

    def utcoffset(self, _: datetime | None) -> None: ...

    def dst(self, _: datetime | None) -> None: ...

    def tzname(self, _: datetime | None) -> None: ...


@pytest.mark.parametrize("draft", [TaskDraft(" Buy milk "), " Buy milk "])
def test_it_asks_to_store_the_task_that_the_draft_or_the_title_describes(
    draft: TaskDraft | str,
    begin: Callable[..., Any],
    make_task: Callable[..., Task],
    some_id: UUID,
) -> None:
    conversation = begin(add("alice", draft, id=some_id, now=NOW))

    task = make_task(id=some_id, title="Buy milk", created_at=NOW, updated_at=NOW)
    assert conversation.asks == Add(task)


def test_it_asks_to_store_every_field_that_the_draft_has(
    begin: Callable[..., Any], make_task: Callable[..., Task], some_id: UUID
) -> None:
    fields: dict[str, Any] = {
        "description": "two liters",
        "due": date(2026, 11, 30),
        "start": NOW,
        "priority": Priority.HIGH,
        "tags": ("bank", "Home"),
        "project": "home.calls",
        "extra": {"a": 1},
    }

    conversation = begin(add("alice", TaskDraft("Buy milk", **fields), id=some_id, now=NOW))

    assert conversation.asks == Add(
        make_task(id=some_id, title="Buy milk", created_at=NOW, updated_at=NOW, **fields)
    )


def test_it_returns_the_task_that_was_stored(
    begin: Callable[..., Any], make_task: Callable[..., Task], some_id: UUID
) -> None:
    stored = make_task(title="what the storage answers")
    conversation = begin(add("alice", "Buy milk", id=some_id, now=NOW))

    conversation.answer(stored)

    assert conversation.result is stored


@pytest.mark.parametrize("title", ["", None, "a\0b", "a" * 201])
def test_a_title_that_breaks_a_rule_is_refused_before_anything_is_asked(
    title: Any, begin: Callable[..., Any], some_id: UUID
) -> None:
    with pytest.raises(InvalidTask, match="title"):
        begin(add("alice", title, id=some_id, now=NOW))


def test_an_id_that_is_taken_is_an_error_that_passes(
    begin: Callable[..., Any], some_id: UUID
) -> None:
    conversation = begin(add("alice", "Buy milk", id=some_id, now=NOW))

    with pytest.raises(DuplicateTask):
        conversation.answer(DuplicateTask(some_id))


@pytest.mark.parametrize("user_id", ["", "a\0b", "a" * 256, None])
def test_a_user_id_that_breaks_a_rule_is_refused_before_anything_is_asked(
    user_id: Any, begin: Callable[..., Any], some_id: UUID
) -> None:
    with pytest.raises(InvalidTask, match="user_id"):
        begin(add(user_id, "Buy milk", id=some_id, now=NOW))


@pytest.mark.parametrize("id", ["01890a5d-ac96-774b-bcce-b302099a8057", 7, None])
def test_an_id_that_is_no_uuid_is_refused_before_anything_is_asked(
    id: Any, begin: Callable[..., Any]
) -> None:
    with pytest.raises(InvalidTask, match=r"id must be a uuid\.UUID"):
        begin(add("alice", "Buy milk", id=id, now=NOW))


@pytest.mark.parametrize("now", [NOW.replace(tzinfo=None), NOW.replace(tzinfo=Nowhere())])
def test_a_time_without_a_zone_is_refused_before_anything_is_asked(
    now: datetime, begin: Callable[..., Any], some_id: UUID
) -> None:
    with pytest.raises(ValueError, match="zone"):
        begin(add("alice", "Buy milk", id=some_id, now=now))


def test_a_time_in_any_zone_is_kept_in_utc(begin: Callable[..., Any], some_id: UUID) -> None:
    in_india = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))

    conversation = begin(add("alice", "Buy milk", id=some_id, now=in_india))

    assert repr(conversation.asks.task.created_at) == repr(NOW)
