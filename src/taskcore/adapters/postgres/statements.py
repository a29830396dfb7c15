"""The statements: for each operation one for a single task, and one for a set of them.

A set travels as one JSON parameter, which costs less than an array a column on both sides of the
wire. The owner stands in the predicate, or in the key, of every statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from taskcore.adapters.postgres.tables import tasks
from taskcore.entities import Task

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, Subquery
    from sqlalchemy.types import TypeEngine

FIELDS: Final = tuple(field.name for field in attrs.fields(Task))
"""A task's fields, in their order, which are its columns."""

_KEY: Final = ("user_id", "id")


def _type_of(name: str) -> TypeEngine[Any]:
    return BigInteger() if name == "expected" else tasks.c[name].type


def _parameter(name: str) -> BindParameter[Any]:
    """Return the parameter ``b_<name>``: in a write it must not be called as its column is."""
    return bindparam(f"b_{name}", type_=_type_of(name))


def _set(*names: str) -> Subquery:
    """Return the set of ``b_count`` rows in the parameter ``b_rows``, a JSON array of objects.

    The limit tells the planner how few rows there are. It would guess a hundred, and rather read a
    whole table of some thousands than look so many up.
    """
    rows = func.jsonb_to_recordset(cast(bindparam("b_rows", type_=Text), JSONB))
    columns = [column(name, _type_of(name)) for name in names]
    table = rows.table_valued(*columns).render_derived(name="r", with_types=True)
    return select(table).limit(bindparam("b_count", type_=BigInteger)).subquery("b")


def _same_key(rows: Subquery) -> ColumnElement[bool]:
    return and_(tasks.c.user_id == rows.c.user_id, tasks.c.id == rows.c.id)


_OWNED: Final = tasks.c.user_id == _parameter("user_id")
_ONE: Final = and_(_OWNED, tasks.c.id == _parameter("id"))

_SELECT: Final = select(*(tasks.c[name] for name in FIELDS))
_NEWEST_FIRST: Final = (tasks.c.created_at.desc(), tasks.c.id.desc())
# An array of keys as short as this costs less than a set of rows, and half of it in Postgres.
_OWNED_BY_ANY: Final = tasks.c.user_id == any_(bindparam("b_user_ids", type_=ARRAY(Text)))
FIND: Final = _SELECT.where(_OWNED).order_by(*_NEWEST_FIRST)
FIND_SET: Final = _SELECT.where(_OWNED_BY_ANY).order_by(*_NEWEST_FIRST)

_KEYS: Final = _set(*_KEY)
GET: Final = _SELECT.where(_ONE)
GET_SET: Final = _SELECT.join(_KEYS, _same_key(_KEYS))

_NEW: Final = _set(*FIELDS)
_DONE: Final = (tasks.c.user_id, tasks.c.id)
ADD: Final = (
    insert(tasks)
    .values({name: _parameter(name) for name in FIELDS})
    .on_conflict_do_nothing(index_elements=_KEY)
    .returning(*_DONE)
)
ADD_SET: Final = (
    insert(tasks)
    .from_select(FIELDS, select(*(_NEW.c[name] for name in FIELDS)))
    .on_conflict_do_nothing(index_elements=_KEY)
    .returning(*_DONE)
)

_CHANGED: Final = _set(*FIELDS, "expected")
REPLACE: Final = (
    update(tasks)
    .where(_ONE, tasks.c.version == _parameter("expected"))
    .values({name: _parameter(name) for name in FIELDS if name not in _KEY})
    .returning(*_DONE)
)
REPLACE_SET: Final = (
    update(tasks)
    .where(_same_key(_CHANGED), tasks.c.version == _CHANGED.c.expected)
    .values({name: _CHANGED.c[name] for name in FIELDS if name not in _KEY})
    .returning(*_DONE)
)

_GOING: Final = _set(*_KEY, "expected")
REMOVE: Final = (
    delete(tasks)
    .where(_ONE, or_(_parameter("expected").is_(None), tasks.c.version == _parameter("expected")))
    .returning(*_DONE)
)
REMOVE_SET: Final = (
    delete(tasks)
    .where(
        _same_key(_GOING),
        or_(_GOING.c.expected.is_(None), tasks.c.version == _GOING.c.expected),
    )
    .returning(*_DONE)
)
