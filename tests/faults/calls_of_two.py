"""What two users may ask of a server, most of it about tasks that either of them may have."""

from __future__ import annotations

from collections.abc import Mapping  # attrs reads it
from typing import Any
from urllib.parse import quote
from uuid import UUID

from attrs import frozen
from hypothesis import strategies as st

USERS = ("alice", "bob")
IDS = [str(UUID(int=number << 64 | 7 << 76 | 2 << 62)) for number in (1, 2, 3)]
TOKEN = "TOKEN"  # noqa: S105  # stands for one that a page had


@frozen
class Call:
    """A request of a user; where it says ``TOKEN``, the last one that was seen by anybody."""

    user_id: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = {}


ids = st.sampled_from(IDS)
tags = st.lists(st.sampled_from(["home", "shop"]), max_size=2, unique=True)
fields = {
    "title": st.sampled_from(["Buy milk", "Call"]),
    "parent_id": ids | st.none(),
    "tags": tags,
    "project": st.sampled_from(["p", "p.q", None]),
    "due": st.sampled_from(["2026-11-30", None]),
}
drafts = st.fixed_dictionaries(
    {"title": fields["title"]},
    optional={name: values for name, values in fields.items() if name != "title"} | {"id": ids},
)
changes = st.fixed_dictionaries({}, optional=fields)
filters = st.one_of(
    st.sampled_from(["", "tags:home", "milk", "project:p", "completed = false", "due:*"]),
    st.builds("{} = {}".format, st.sampled_from(["id", "parent_id"]), ids),
    st.builds("NOT id = {}".format, ids),
)
versions = st.sampled_from(['"1"', '"2"', '"3"', "*"])
conditions = st.one_of(
    st.just({}),
    st.builds(lambda tag: {"If-Match": tag}, versions),
    st.builds(lambda tag: {"If-None-Match": tag}, versions),
)
keys = st.just({}) | st.builds(lambda key: {"Idempotency-Key": key}, st.sampled_from(["a", "b"]))
orders = st.sampled_from(["", "&order_by=due", "&order_by=title%20desc", "&order_by=parent_id"])
pages = st.sampled_from(["", "&page_size=1", "&page_size=2", f"&page_size=1&page_token={TOKEN}"])


def call(method: str, path: st.SearchStrategy[str], *more: Any) -> st.SearchStrategy[Call]:
    body, headers = (*more, st.none(), st.just({}))[:2] if more else (st.none(), st.just({}))
    if len(more) == 1:
        headers = conditions
    return st.builds(
        Call, st.sampled_from(USERS), st.just(method), path, body=body, headers=headers
    )


one = st.builds("/tasks/{}".format, ids)
listed = st.builds(
    lambda what, *parts: f"/{what}?filter={quote(parts[0])}{''.join(parts[1:])}",
    st.just("tasks"),
    filters,
    orders,
    pages,
)
counted = st.builds(lambda text: f"/tasks/count?filter={quote(text)}", filters)
calls = st.one_of(
    call("POST", st.just("/tasks"), drafts, keys),
    call("POST", st.just("/tasks"), drafts, keys),
    call("POST", st.just("/tasks"), st.lists(drafts, max_size=3), keys),
    call("GET", one, st.none(), conditions),
    call("GET", listed, st.none(), conditions),
    call("GET", counted | st.sampled_from(["/projects", "/tags"]), st.none(), conditions),
    call("PUT", one, changes, conditions),
    call("PATCH", one, changes, conditions),
    call("DELETE", one, st.none(), conditions),
    call("DELETE", st.builds("{}?subtree=true".format, one), st.none(), conditions),
    call("PATCH", st.builds("{}/complete".format, one), st.none(), conditions),
    call(
        "PATCH",
        st.builds("{}/complete".format, one),
        st.builds(lambda completed: {"completed": completed}, st.booleans()),
        conditions,
    ),
)
# Steps of a story: what is sent at the same moment, at most one call of each user.
steps = st.lists(calls, min_size=1, max_size=2, unique_by=lambda call: call.user_id)
stories = st.lists(steps, min_size=8, max_size=16)

_FIRST: dict[str, Any] = {
    "title": "Buy milk",
    "tags": ["home"],
    "project": "p",
    "due": "2026-11-30",
}
BEFORE = [
    [Call("alice", "POST", "/tasks", _FIRST | {"id": IDS[0]})],
    [
        Call("alice", "POST", "/tasks", _FIRST | {"id": IDS[1], "parent_id": IDS[0]}),
        Call("bob", "POST", "/tasks", _FIRST | {"id": IDS[2]}),
    ],
]
"""How stories begin: with what one has and the other has not."""
AFTER = [
    [Call(user_id, "GET", path) for user_id in USERS]
    for path in ("/tasks", "/tasks?filter=tags:home", "/tasks/count", "/projects", "/tags")
]
"""How stories end: with a look at all there is."""
