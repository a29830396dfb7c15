"""Looking tasks up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskcore.entities.filters.predicates import EVERY_TASK, Is
from taskcore.entities.ordering import parse_order, position_of
from taskcore.entities.page import Page, valid_page_size
from taskcore.entities.query import TaskQuery
from taskcore.entities.rules import valid_id
from taskcore.ports import Count, Find, Get, Tally
from taskcore.ports.system import in_utc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo
    from uuid import UUID

    from taskcore.entities import Task
    from taskcore.entities.filters import Filter
    from taskcore.entities.filters.predicates import Predicate


async def get(user_id: str, id: UUID) -> Task:
    """Return the user's task with this id. Raises ``TaskNotFound``."""
    return await Get(user_id, valid_id(id))


async def find(
    user_id: str,
    filter: str | Filter = "",
    *,
    order_by: str = "",
    page_size: int | None = None,
    page_token: str | None = None,
    now: datetime,
    zone: tzinfo,
) -> Page:
    """Return the tasks that the filter is true of, in order; a page of them, or all.

    What may be asked is in ``entities.filters``, ``entities.ordering`` and ``entities.page_token``;
    the filter is its text, or what ``parse_filter`` made of it.
    ``now`` and ``zone`` say what ``today`` is. Raises ``InvalidTask`` for text that cannot be
    understood, with the column, and for a page size or token that cannot be.
    """
    order = parse_order(order_by)
    size = valid_page_size(page_size)
    # In another zone, the same text may ask for other days.
    asked = f"{getattr(filter, 'text', filter)} in {zone}"
    after = None
    if page_token is not None:
        from taskcore.entities.page_token import position_after

        after = position_after(page_token, user_id, asked, order)
    predicate = _predicate(filter, now, zone)
    # One more than asked for tells whether there is another page.
    query = TaskQuery(predicate, order, None if size is None else size + 1, after)
    found = await Find(user_id, query)
    if size is None or len(found) <= size:
        return Page(found)
    from taskcore.entities.page_token import token_after

    last = position_of(found[size - 1], order)
    return Page(found[:size], token_after(user_id, asked, order, last))


async def count(user_id: str, filter: str | Filter = "", *, now: datetime, zone: tzinfo) -> int:
    """Return how many tasks the filter is true of. Raises as ``find`` does."""
    return await Count(user_id, _predicate(filter, now, zone))


def explain(filter: str | Filter, *, now: datetime, zone: tzinfo) -> str:
    """Return in words how a filter is understood. Raises ``InvalidTask`` as ``find`` does."""
    from taskcore.entities.filters import explain

    return explain(_parsed(filter), in_utc(now), zone)


async def projects(user_id: str) -> Mapping[str, int]:
    """Return every project of the user's tasks, and how many open tasks are in it."""
    return await Tally(user_id, "project")


async def tags(user_id: str) -> Mapping[str, int]:
    """Return every tag of the user's tasks, and how many open tasks have it."""
    return await Tally(user_id, "tags")


def _predicate(filter: str | Filter, now: datetime, zone: tzinfo) -> Predicate:
    if isinstance(filter, str) and (common := _COMMON.get(filter)) is not None:
        return common
    # A command line has no time to import what it does not need.
    from taskcore.entities.filters import resolve

    return resolve(_parsed(filter), in_utc(now), zone)


def _parsed(filter: str | Filter) -> Filter:
    from taskcore.entities.filters import Filter, parse_filter

    return filter if isinstance(filter, Filter) else parse_filter(filter)


# What is asked most is understood without a parser.
_COMMON: Final[Mapping[str, Predicate]] = {
    "": EVERY_TASK,
    "completed = false": Is("completed", "=", value=False),
}
