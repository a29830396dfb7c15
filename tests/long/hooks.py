"""What Schemathesis must be told, because no JSON Schema can say it.

A filter, an order and a page token are languages of their own: their formats get strategies here.
A parent must be there, a moment one that clocks of its zone show, a start not after the due, an id
not decided by a key as well, an object of the caller's own small and without huge integers, and a
condition one that can hold: of requests that are meant to be accepted, such values are put right.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any
from urllib.parse import unquote

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, HookContext

from taskcore.entities.extra import merged_extra, valid_extra
from taskcore.errors import InvalidTask

FILTERS = [
    "",
    "completed = false",
    'title:"milk" OR tags:home',
    "due <= today+7d AND -priority = low",
    "(project:home parent_id:*) extra.color = 'red'",
    "created_at >= 2026-01-01 NOT start < now",
]
ORDERS = ["due", "priority desc, created_at", "title,start desc", "completed_at desc", "version"]
ZONES = ["UTC", "Europe/Paris", "America/Sao_Paulo", "Asia/Kolkata"]
# Most conditions that can be made up fail, and what they are there for is not reached.
HOLDS = {
    "If-Match": lambda value: value in {"", "*"},
    "If-None-Match": lambda value: value != "*",
}
MOMENT = "2026-11-30T09:00:00+01:00[Europe/Paris]"

schemathesis.openapi.format("aip-160", st.sampled_from(FILTERS))
schemathesis.openapi.format("order-by", st.sampled_from(ORDERS))
schemathesis.openapi.format("time-zone", st.sampled_from(ZONES))


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    # Only an answer's Link says one, and only for the query that it answers.
    if case.query:
        case.query.pop("page_token", None)
    for name, holds in HOLDS.items():
        if not holds(case.headers.get(name, "")):
            del case.headers[name]
    keyed = "Idempotency-Key" in case.headers
    for fields in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(fields, dict):
            put_right(fields, keyed=keyed)


def put_right(fields: dict[str, Any], *, keyed: bool) -> None:
    fields.pop("parent_id", None)
    if keyed:
        fields.pop("id", None)
    try:
        merged_extra({}, valid_extra(fields.get("extra")))
    except InvalidTask:
        del fields["extra"]
    # What is there may have the other one.
    if fields.get("due"):
        fields["start"] = None
    elif fields.get("start"):
        fields["due"] = None
    for name in fields.keys() & {"start", "due"}:
        if len(fields[name] or "") > len("2026-11-30"):
            fields[name] = MOMENT


if "TASKCORE_JWT_KEY" in os.environ:

    @schemathesis.auth(refresh_interval=None)
    class TokenOfThePath:
        """The token of the user whose tasks a request is for."""

        def get(self, case: Case, context: Any) -> str:
            # A generated one is as it stands in the address.
            return token(unquote(str((case.path_parameters or {}).get("user_id", "nobody"))))

        def set(self, case: Case, data: str, context: Any) -> None:
            case.headers["Authorization"] = f"Bearer {data}"


@cache
def token(user_id: str) -> str:
    import time

    import jwt

    claims = {"sub": user_id, "exp": time.time() + 86400}
    return jwt.encode(claims, os.environ["TASKCORE_JWT_KEY"], "HS256")
