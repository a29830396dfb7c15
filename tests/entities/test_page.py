"""Pages: how large they may be, and the tokens that ask for the next one."""

from __future__ import annotations

import copy
import json
import pickle
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskcore import InvalidTask, Task
from taskcore.entities import Page, Priority
from taskcore.entities.ordering import ORDER_FIELDS, parse_order, position_of
from taskcore.entities.page import valid_page_size
from taskcore.entities.page_token import position_after, token_after

if TYPE_CHECKING:
    from collections.abc import Callable

DUE = parse_order("due, title desc")
AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
POSITION = (AT, "Buy milk", UUID(int=7))
TOKEN = token_after("alice", "milk", DUE, POSITION)


def refusal_of(token: Any, user_id: str = "alice", filter: str = "milk", order: Any = DUE) -> str:
    with pytest.raises(InvalidTask) as caught:
        position_after(token, user_id, filter, order)
    assert (caught.value.field, caught.value.kind) == ("page_token", "value")
    return str(caught.value)


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def decoded(token: str) -> Any:
    return json.loads(urlsafe_b64decode(token + "=="))


def forged(*values: object, order: Any = DUE) -> str:
    """Return a token of Alice's that says another position: how they are made is no secret."""
    fingerprint = decoded(token_after("alice", "milk", order, []))[0]
    return encoded([fingerprint, *values])


def test_a_page_is_the_list_of_its_tasks(make_task: Callable[..., Task]) -> None:
    tasks = [make_task(), make_task()]
    page, last = Page(tasks, "token"), Page(tasks)

    assert page == last == tasks
    assert (page.next_page_token, last.next_page_token) == ("token", None)
    for again in (copy.copy(page), pickle.loads(pickle.dumps(page))):  # noqa: S301  # our own
        assert (again, again.next_page_token) == (page, "token")


@pytest.mark.parametrize("size", [None, 1, 50, 1000])
def test_a_page_has_1_to_1000_tasks_or_all(size: int | None) -> None:
    assert valid_page_size(size) == size


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        (0, "range"),
        (-1, "range"),
        (1001, "range"),
        pytest.param(10**5000, "range", id="larger than Python prints"),
        (True, "type"),
        (False, "type"),
        ("50", "type"),
        (50.0, "type"),
        ([], "type"),
    ],
)
def test_another_size_is_refused(size: object, kind: str) -> None:
    with pytest.raises(InvalidTask, match="page_size must be") as caught:
        valid_page_size(size)

    assert (caught.value.field, caught.value.kind) == ("page_size", kind)


def test_a_token_gives_the_position_back_to_who_asks_the_same() -> None:
    assert position_after(TOKEN, "alice", "milk", DUE) == POSITION
    assert position_after(TOKEN, "alice", "milk", parse_order("due asc,title   desc,id desc"))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"due": date(2026, 1, 2), "start": AT, "completed_at": AT, "priority": Priority.HIGH},
        {"description": "", "project": "home.garden", "parent_id": UUID(int=2**128 - 1)},
        {"title": '"[,\\🏠', "description": "one\n\ttwo", "version": 2**63 - 1},
        {"created_at": datetime.min.replace(tzinfo=UTC), "due": date(9999, 12, 31)},
    ],
)
def test_a_token_keeps_the_value_of_every_field(
    fields: dict[str, Any], make_task: Callable[..., Task]
) -> None:
    order = parse_order(", ".join((*ORDER_FIELDS[1:], "id")))
    position = position_of(make_task(**fields), order)

    token = token_after("alice", "milk", order, position)

    assert repr(position_after(token, "alice", "milk", order)) == repr(position)


def test_a_token_is_safe_in_an_address() -> None:
    assert TOKEN.replace("-", "a").replace("_", "a").isalnum()
    assert TOKEN.isascii()


def test_the_times_of_a_clock_of_its_own_type_are_kept_as_well() -> None:
    class FakeDatetime(datetime):
        def __str__(self) -> str:
            return "fake"

    at = FakeDatetime.fromisoformat(AT.isoformat())
    token = token_after("alice", "milk", DUE, (at, *POSITION[1:]))

    assert position_after(token, "alice", "milk", DUE) == POSITION


@pytest.mark.parametrize(
    ("user_id", "filter", "order_by"),
    [
        ("bob", "milk", "due, title desc"),
        ("Alice", "milk", "due, title desc"),
        ("alice", "bread", "due, title desc"),
        ("alice", "", "due, title desc"),
        ("alice", "milk ", "due, title desc"),
        ("alice", "milk", ""),
        ("alice", "milk", "due, title"),
        ("alice", "milk", "due desc, title desc"),
        ("alice", "milk", "start, title desc"),
        ("alice", "milk", "due, title desc, id"),
        ("alice", "milk", "due"),
    ],
)
def test_a_token_of_another_user_or_question_is_refused(
    user_id: str, filter: str, order_by: str
) -> None:
    assert "none that this user was given" in refusal_of(
        TOKEN, user_id, filter, parse_order(order_by)
    )


def test_two_questions_that_read_alike_when_put_together_have_different_tokens() -> None:
    one, other = (token_after(*question, DUE, POSITION) for question in (("a", "bc"), ("ab", "c")))

    assert one != other


@pytest.mark.parametrize("length", range(len(TOKEN)))
def test_a_token_that_was_cut_is_refused(length: int) -> None:
    refusal_of(TOKEN[:length])
    refusal_of(TOKEN[-length:] if length else "")


@pytest.mark.parametrize(
    "token",
    [
        f"{TOKEN}=",
        f"{TOKEN}==",
        f"{TOKEN}\n",
        f" {TOKEN}",
        f"{TOKEN}!",
        f"{TOKEN[:9]}.{TOKEN[9:]}",
        f"{TOKEN}\u20ac",
        f"{TOKEN}\ud800",
        TOKEN.swapcase(),
        TOKEN * 2,
        TOKEN.encode(),
        [TOKEN],
        0,
        7,
        True,
        "null",
        "a" * 1_000_000,
        "[" * 1_000_000,
        encoded(None),
        encoded(7),
        encoded("text"),
        encoded({}),
        encoded([]),
        encoded([[], *POSITION[1:2]]),
        urlsafe_b64encode(b"[" * 500_000).decode(),
        urlsafe_b64encode(b"9" * 10_000).decode(),
        urlsafe_b64encode(b"\xff\xfe").decode(),
        urlsafe_b64encode(b"[1e999]").decode(),
    ],
    ids=lambda token: repr(token)[:20],
)
def test_what_is_no_token_is_refused(token: Any) -> None:
    refusal_of(token)


FIRST = AT.isoformat()
LAST = str(UUID(int=7))


def test_a_token_that_says_another_position_is_as_good_as_one_that_was_given() -> None:
    # It opens nothing that its user could not ask for anyway.
    position = position_after(forged(FIRST, "Buy bread", LAST), "alice", "milk", DUE)

    assert position == (AT, "Buy bread", UUID(int=7))


@pytest.mark.parametrize(
    "values",
    [
        [],
        [FIRST],
        [FIRST, "a", LAST, "more"],
        [FIRST, 7, LAST],
        [FIRST, None, LAST],
        [FIRST, "", LAST],
        [FIRST, " a", LAST],
        [FIRST, "a" * 201, LAST],
        [FIRST, "a\0", LAST],
        [FIRST, "\ud800", LAST],
        [FIRST, ["a"], LAST],
        ["2026-01-02", "a", LAST],
        ["2026-01-02T03:04:05", "a", LAST],  # of no zone; the machine's must not be asked
        ["2026-01-02T03:04:05Z", "a", LAST],  # the right time, in other words
        ["2026-01-02T05:04:05+02:00", "a", LAST],
        ["0001-01-01T00:00:00+14:00", "a", LAST],
        ["9999-12-31T23:59:59-14:00", "a", LAST],
        [7, "a", LAST],
        ["", "a", LAST],
        [{}, "a", LAST],
        [FIRST, "a", None],
        [FIRST, "a", 7],
        [FIRST, "a", "7"],
        [FIRST, "a", LAST.replace("-", "")],
        [FIRST, "a", f"{{{LAST}}}"],
    ],
)
def test_a_forged_token_that_says_no_position_is_refused(values: list[object]) -> None:
    refusal_of(forged(*values))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("priority", 0),
        ("priority", 4),
        ("priority", "high"),
        ("priority", True),
        ("priority", 1.0),
        ("priority", float("nan")),
        ("version", 0),
        ("version", 2**63),
        ("version", None),
        ("version", True),
        ("version", 1.5),
        ("completed", None),
        ("completed", 1),
        ("completed", "true"),
        ("project", "."),
        ("project", 7),
        ("description", "\0"),
        ("created_at", None),
        ("updated_at", None),
        ("completed_at", 0),
        ("parent_id", ""),
    ],
)
def test_a_forged_token_with_a_value_that_its_field_cannot_have_is_refused(
    field: str, value: object
) -> None:
    order = parse_order(field)

    refusal_of(forged(value, LAST, order=order), order=order)


@given(st.text() | st.binary().map(lambda data: urlsafe_b64encode(data).decode()))
def test_any_other_text_is_refused(text: str) -> None:
    refusal_of(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(json_values, max_size=4))
@example([None, "a", LAST])
def test_any_forged_position_is_one_or_is_refused(values: list[Any]) -> None:
    token = forged(*values)
    try:
        position = position_after(token, "alice", "milk", DUE)
    except InvalidTask:
        return
    assert token_after("alice", "milk", DUE, position) == token


@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_a_token_with_another_character_says_another_position_or_is_refused(
    place: int, character: str
) -> None:
    token = f"{TOKEN[:place]}{character}{TOKEN[place + 1 :]}"
    try:
        position = position_after(token, "alice", "milk", DUE)
    except InvalidTask:
        assert token != TOKEN
    else:
        assert (position == POSITION) == (token == TOKEN)
        assert isinstance(position[0], datetime)
        assert position[0].utcoffset() == timedelta(0)
