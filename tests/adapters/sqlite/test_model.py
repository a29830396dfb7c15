"""Any tasks, any question: SQLite answers what the model, the repository in memory, answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from taskcore import Task, TaskDraft
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.sqlite import SqliteRepository
from taskcore.entities import Priority, TaskQuery
from taskcore.entities.filters.predicates import (
    All,
    And,
    Contains,
    Day,
    ExtraHas,
    ExtraIs,
    Is,
    Like,
    Moment,
    Not,
    Or,
    Predicate,
    Present,
    Tagged,
    Within,
)
from taskcore.entities.folding import fold
from taskcore.entities.ordering import ORDER_FIELDS, OrderKey, position_of
from taskcore.ports import (
    Add,
    Count,
    Expect,
    Find,
    Get,
    Operation,
    Remove,
    Replace,
    Subtree,
    Tally,
    Together,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskcore.entities.ordering import Order

# Few values of each, so that tasks stand level, and questions meet them.
OPS = st.sampled_from(["=", "<", "<=", ">", ">="])
TEXTS = st.sampled_from(
    [
        "Buy milk",
        "buy MILK",
        "a*b",
        "a?b",
        "a[b]c",
        "100 %_",
        "Straße",
        "STRASSE",
        "\uffff",
        "𝄞",
        "É",
    ]
)
ZONES = [UTC, timezone(timedelta(hours=-5)), ZoneInfo("Europe/Paris"), ZoneInfo("UTC")]
DAYS = st.sampled_from([date(2026, 10, day) for day in (24, 25, 26)] + [date(1, 1, 2)])
MOMENTS = st.builds(
    lambda day, hour, microsecond, zone: datetime(
        2026, 10, day, hour, 30, 0, microsecond, tzinfo=UTC
    ).astimezone(zone),
    st.sampled_from([24, 25]),
    st.sampled_from([0, 1, 23]),
    st.sampled_from([0, 1]),
    st.sampled_from(ZONES),
)
INSTANTS = MOMENTS.map(lambda moment: moment.astimezone(UTC)) | st.just(
    datetime(2026, 10, 24, 23, 59, 59, 999_999, UTC)
)
PROJECTS = st.sampled_from(
    ["home", "home.garden", "homework", "home-made", "Home", "home.garden.x"]
)
TAGS = ["home", 'q"uo\\te', "Ärger", "stra\u00dfe", "STRASSE2", "a'b", "{}", "$.x"]
KEYS = st.sampled_from(["a", "b.c", 'd"e', "f\\", "", "é"])
SCALARS = st.sampled_from(
    ["", "a", "B", "1", "𝄞", True, False, None, 0, 1, -2, 1.0, 1.5, 2**53 - 1]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)
PATHS = st.lists(KEYS, min_size=1, max_size=2).map(tuple)
IDS = [UUID(int=number) for number in (1, 2, 2**64, 2**127, 2**128 - 1)]
ids = st.sampled_from(IDS)
versions = st.integers(1, 3)


@st.composite
def tasks(draw: st.DrawFn, user_id: str = "alice") -> Task:
    created_at = draw(INSTANTS)
    id = draw(ids)
    return Task(
        id=id,
        user_id=user_id,
        title=draw(TEXTS),
        description=draw(st.none() | st.just("") | TEXTS),
        completed_at=draw(st.none() | INSTANTS),
        due=draw(st.none() | DAYS | MOMENTS),
        start=draw(st.none() | DAYS | MOMENTS),
        priority=draw(st.none() | st.sampled_from(Priority)),
        tags=TaskDraft("x", tags=draw(st.lists(st.sampled_from([*TAGS, "HOME"]), max_size=3))).tags,
        project=draw(st.none() | PROJECTS),
        # Below those with a smaller id only, so that there are no cycles.
        parent_id=draw(st.none() | st.sampled_from([*IDS[: IDS.index(id)], None])),
        extra=draw(st.just({}) | st.dictionaries(KEYS, JSON, max_size=3)),
        created_at=created_at,
        updated_at=created_at + timedelta(seconds=draw(st.integers(0, 1))),
        version=draw(versions),
    )


FIELD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": ids,
    "title": TEXTS,
    "description": TEXTS | st.just(""),
    "completed_at": INSTANTS,
    "created_at": INSTANTS,
    "updated_at": INSTANTS,
    "priority": st.sampled_from(Priority),
    "project": PROJECTS,
    "parent_id": ids,
    "version": versions,
}
comparisons = st.sampled_from(sorted(FIELD_VALUES)).flatmap(
    lambda field: st.builds(Is, st.just(field), OPS, FIELD_VALUES[field])
)
pieces = st.sampled_from(["", "B", "b", "uy", "a", "*", "?", "[b]", "%", "ß", "milk"])
edges = st.sampled_from(["due", "start"])
texts = st.sampled_from(["title", "description"])
leaves: st.SearchStrategy[Predicate] = st.one_of(
    st.just(All()),
    comparisons,
    st.builds(Is, st.just("completed"), st.just("="), st.booleans()),
    st.builds(
        Like,
        st.sampled_from(["title", "description", "project"]),
        st.lists(pieces, min_size=2, max_size=4).map(tuple),
    ),
    st.builds(
        Contains,
        st.sampled_from([("title",), ("description",), ("title", "description")]),
        (TEXTS | pieces).map(fold),
    ),
    st.builds(Day, edges, OPS, DAYS),
    st.builds(Moment, edges, OPS, INSTANTS),
    st.builds(Present, st.sampled_from([*ORDER_FIELDS, "tags", "extra"])),
    st.builds(Tagged, st.sampled_from(TAGS).map(fold)),
    st.builds(Within, PROJECTS),
    st.builds(ExtraIs, PATHS, st.just("="), SCALARS),
    st.builds(ExtraIs, PATHS, OPS, st.sampled_from(["", "a", "B", 0, 1, 1.5, -2])),
    st.builds(ExtraHas, PATHS),
)
predicates: st.SearchStrategy[Predicate] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


# Of these, the adapter works out between which times a task has to be due.
whens: st.SearchStrategy[Predicate] = st.recursive(
    st.builds(Day, edges, OPS, DAYS) | st.builds(Moment, edges, OPS, INSTANTS),
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, min_size=2, max_size=2).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    others = [field for field in ORDER_FIELDS if field != "id"]
    fields = draw(st.lists(st.sampled_from(others), max_size=4, unique=True))
    return tuple(OrderKey(field, draw(st.booleans())) for field in (*fields, "id"))


@st.composite
def queries(draw: st.DrawFn) -> TaskQuery:
    order = draw(orders())
    # Of a task that may be stored, or not: positions outlive the tasks that stood there.
    after = draw(st.none() | tasks().map(lambda task: position_of(task, order)))
    return TaskQuery(draw(predicates), order, draw(st.none() | st.integers(0, 3)), after)


parts: st.SearchStrategy[Operation[Any]] = st.one_of(
    st.builds(Add, tasks()),
    st.builds(Replace, tasks(), versions),
    st.builds(Remove, st.just("alice"), ids, st.none() | versions),
    st.builds(Expect, st.just("alice"), ids, versions),
    st.builds(Get, st.just("alice"), ids),
)
operations: st.SearchStrategy[Operation[Any]] = st.one_of(
    parts,
    st.builds(Add, tasks("bob")),
    st.builds(Together, st.lists(parts, max_size=4).map(tuple)),
    st.builds(Find, st.just("alice"), queries()),
    st.builds(Count, st.just("alice"), predicates),
    st.builds(Tally, st.just("alice"), st.sampled_from(["project", "tags"])),
)


def stored_in(*batch: Operation[Any]) -> tuple[SqliteRepository, MemoryRepository]:
    repositories = SqliteRepository(":memory:"), MemoryRepository()
    for repository in repositories:
        repository.execute(batch)
    return repositories


@settings(max_examples=300)
@given(stored=st.lists(tasks(), max_size=8), asked=st.lists(queries(), min_size=1, max_size=5))
def test_every_query_is_answered_as_by_the_model(
    stored: Sequence[Task], asked: Sequence[TaskQuery]
) -> None:
    sqlite, model = stored_in(*map(Add, stored))

    with sqlite:
        for query in asked:
            batch = [Find("alice", query), Count("alice", query.filter)]
            assert repr(sqlite.execute(batch)) == repr(model.execute(batch))


@settings(max_examples=200)
@given(
    stored=st.lists(tasks(), min_size=3, max_size=8),
    asked=st.lists(leaves, min_size=10, max_size=20),
    when=st.lists(whens, min_size=5, max_size=10),
)
def test_every_kind_is_true_of_as_many_tasks_as_in_the_model(
    stored: Sequence[Task], asked: Sequence[Predicate], when: Sequence[Predicate]
) -> None:
    sqlite, model = stored_in(*map(Add, stored))
    batch = [Count("alice", predicate) for one in [*asked, *when] for predicate in (one, Not(one))]

    with sqlite:
        assert sqlite.execute(batch) == model.execute(batch)


@settings(max_examples=100)
@given(stored=st.lists(tasks(), max_size=8), query=queries(), size=st.integers(1, 3))
def test_pages_are_the_whole_list_cut_up(
    stored: Sequence[Task], query: TaskQuery, size: int
) -> None:
    sqlite, model = stored_in(*map(Add, stored))
    [whole] = model.execute([Find("alice", TaskQuery(query.filter, query.order))])

    found: list[Task] = []
    with sqlite:
        while len(found) < len(whole):
            after = position_of(found[-1], query.order) if found else None
            page = TaskQuery(query.filter, query.order, size, after)
            [tasks] = sqlite.execute([Find("alice", page)])
            assert 0 < len(tasks) <= size
            found += tasks

    assert repr(found) == repr(whole)


@settings(max_examples=200)
@given(batches=st.lists(st.lists(operations, max_size=8), max_size=4))
def test_every_story_is_told_as_by_the_model(batches: Sequence[Sequence[Operation[Any]]]) -> None:
    sqlite, model = stored_in()

    with sqlite:
        for batch in batches:
            assert repr(sqlite.execute(batch)) == repr(model.execute(batch))
        everything = [Find("alice"), Find("bob"), Tally("alice", "tags"), Tally("bob", "tags")]
        assert repr(sqlite.execute(everything)) == repr(model.execute(everything))


@settings(max_examples=100)
@given(stored=st.lists(tasks(), max_size=8), id=ids)
def test_a_subtree_is_that_of_the_model_and_parents_come_first(
    stored: Sequence[Task], id: UUID
) -> None:
    sqlite, model = stored_in(*map(Add, stored))

    with sqlite:
        [found], [expected] = (one.execute([Subtree("alice", id)]) for one in (sqlite, model))

    if isinstance(expected, Exception):
        assert repr(found) == repr(expected)
        return
    assert found[0].id == id
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
    places = [task.id for task in found]
    assert all(task.parent_id in places[:place] for place, task in enumerate(found) if place)
