"""The statements: for each operation one for a single task, and one for a set of them.

A set travels as one JSON parameter, which costs less than an array a column on both sides of the
wire. The owner stands in the predicate, or in the key, of every statement. Those that are made from
a query are in ``finding``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from taskcore.adapters.postgres.rows import PLAIN, REST, RICH
from taskcore.adapters.postgres.tables import tasks

if TYPE_CHECKING:
    from sqlalchemy import BindParameter, Subquery
    from sqlalchemy.types import TypeEngine

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

_SELECT: Final = select(*(tasks.c[name] for name in PLAIN), literal_column(REST))
_NEWEST_FIRST: Final = (tasks.c.created_at.desc(), tasks.c.id.desc())
# An array of keys as short as this costs less than a set of rows, and half of it in Postgres.
_OWNED_BY_ANY: Final = tasks.c.user_id == any_(bindparam("b_user_ids", type_=ARRAY(Text)))
FIND: Final = _SELECT.where(_OWNED).order_by(*_NEWEST_FIRST)
FIND_SET: Final = _SELECT.where(_OWNED_BY_ANY).order_by(*_NEWEST_FIRST)

_DONE: Final = (tasks.c.user_id, tasks.c.id)


@frozen
class Statements:
    """A statement for one row of these columns, and the one for a set of them."""

    columns: Sequence[str]
    one: Executable
    many: Executable


def _get() -> Statements:
    keys = _set(*_KEY)
    return Statements(_KEY, _SELECT.where(_ONE), _SELECT.join(keys, _same_key(keys)))


def _expect() -> Statements:
    versions = select(*_DONE, tasks.c.version, tasks.c.created_at)
    keys = _set(*_KEY)
    # In the order in which sets are written, so that two that meet seldom wait for each other.
    in_order = versions.join(keys, _same_key(keys)).order_by(*_DONE)
    return Statements(
        _KEY,
        versions.where(_ONE).with_for_update(read=True),
        in_order.with_for_update(read=True, of=tasks),
    )


def _add(*names: str) -> Statements:
    rows = _set(*names)
    many = insert(tasks).from_select(names, select(*(rows.c[name] for name in names)))
    one = insert(tasks).values({name: _parameter(name) for name in names})
    return Statements(
        names,
        *(
            statement.on_conflict_do_nothing(index_elements=_KEY).returning(*_DONE)
            for statement in (one, many)
        ),
    )


def _replace(*names: str) -> Statements:
    """Return the statements that replace a task by one of these columns, and empty the others."""
    changed = [name for name in names if name not in (*_KEY, "created_at")]
    empty = {name: null() for name in RICH if name not in names}
    rows = _set(*names, "expected")
    one = (
        update(tasks)
        .where(
            _ONE,
            tasks.c.version == _parameter("expected"),
            tasks.c.created_at == _parameter("created_at"),
        )
        .values({name: _parameter(name) for name in changed} | empty)
    )
    many = (
        update(tasks)
        .where(
            _same_key(rows),
            tasks.c.version == rows.c.expected,
            tasks.c.created_at == rows.c.created_at,
        )
        .values({name: rows.c[name] for name in changed} | empty)
    )
    return Statements((*names, "expected"), one.returning(*_DONE), many.returning(*_DONE))


def _remove() -> Statements:
    names = (*_KEY, "expected", "created_at")
    rows = _set(*names)
    expected, created_at = _parameter("expected"), _parameter("created_at")
    one = delete(tasks).where(_ONE, _is_at(expected, created_at))
    many = delete(tasks).where(_same_key(rows), _is_at(rows.c.expected, rows.c.created_at))
    return Statements(names, one.returning(*_DONE), many.returning(*_DONE))


def _is_at(expected: ColumnElement[Any], created_at: ColumnElement[Any]) -> ColumnElement[bool]:
    is_the_one = or_(created_at.is_(None), tasks.c.created_at == created_at)
    return or_(expected.is_(None), and_(tasks.c.version == expected, is_the_one))


GET: Final = _get()
EXPECT: Final = _expect()
REMOVE: Final = _remove()
# Most tasks are plain, and the columns that those leave empty would double the cost of a write.
ADD_PLAIN: Final = _add(*PLAIN)
ADD: Final = _add(*PLAIN, *RICH)
REPLACE_PLAIN: Final = _replace(*PLAIN)
REPLACE: Final = _replace(*PLAIN, *RICH)

# What is committed may be seen before a synchronous standby has it, if whoever waited for that was
# ended. A commit of anything waits for all before it, and a mark in the log needs no table for it.
MARK: Final = text("SELECT pg_logical_emit_message(true, 'taskcore', '')")
