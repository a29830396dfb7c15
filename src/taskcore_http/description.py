"""What the OpenAPI document says of each call beyond what its signature does."""

from __future__ import annotations

from typing import Final

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Schema

from taskcore.entities.rules import USER_ID_LENGTH
from taskcore_http.answers import Amount, Explanation, Health, Message, Outcome, Tally, TaskBody
from taskcore_http.bodies import MERGE_PATCH
from taskcore_http.describing import Body, answer, call
from taskcore_http.parameters import CONDITIONS, COUNTING, FINDING, IDEMPOTENCY, REMOVING
from taskcore_http.responses import JSON
from taskcore_http.schemas import (
    CONTROLS,
    EXAMPLE,
    NEW_TASK,
    NEW_TASKS,
    TASK_CHANGES,
    TASK_COMPLETION,
)

# A path cannot say a slash, and says with one dot or two where it goes on.
USER_ID: Final = {
    "minLength": 1,
    "maxLength": USER_ID_LENGTH,
    "pattern": rf"^(?!\.{{1,2}}$)[^/{CONTROLS}]+$",
}
TASK_ID: Final = {"format": "uuid"}

_READING: Final = (400, 406, 412, 414, 429, 500, 503)
_ONE: Final = (400, 404, 406, 412, 414, 429, 500, 503)
_CHANGING: Final = (400, 404, 406, 412, 413, 414, 415, 429, 500, 503)
_TASK_READ: Final = ("TaskETag", "Cache-Control")
_READ: Final = ("WeakETag", "Cache-Control", "Vary")
_UNCHANGED: Final = ResponseSpec(
    None, description="It is still what If-None-Match names", generate_examples=False
)
_TASK_NOW: Final = answer(TaskBody, "The task as it is now", EXAMPLE)
_DRAFT: Final = {
    "title": "Call the bank",
    "due": "2026-11-30T09:00:00+01:00[Europe/Paris]",
    "priority": "high",
    "tags": ["money"],
    "project": "home.calls",
}
_PATCH: Final = {"due": None, "tags": ["money", "phone"], "extra": {"phone": None}}
_REFUSED: Final = {
    "type": "about:blank",
    "title": "Bad Request",
    "status": 400,
    "detail": "title must not be empty",
    "code": "invalid",
    "errors": [{"loc": ["body", 1, "title"], "msg": "must not be empty", "type": "empty"}],
}

CREATE_TASK: Final = call(
    "createTask",
    "Add a task, or many",
    {
        201: answer(TaskBody, "The new task; Location is its address", EXAMPLE),
        207: answer(
            list[Outcome],
            "What became of each entry of the array, in its place",
            [{"status": 201, "task": EXAMPLE}, {"status": 400, "problem": _REFUSED}],
        ),
    },
    fails=(400, 406, 409, 413, 414, 415, 422, 429, 500, 503),
    parameters=IDEMPOTENCY,
    body=Body(
        Schema(any_of=[NEW_TASK, NEW_TASKS]),
        {"one": _DRAFT, "many": [{"title": "Buy milk"}, {"title": "Buy bread"}]},
    ),
    headers={
        201: ("Location", "TaskETag", "Idempotency-Replayed"),
        207: ("Idempotency-Replayed",),
    },
)
LIST_TASKS: Final = call(
    "listTasks",
    "Find tasks",
    {
        200: answer(
            list[TaskBody] | Explanation,
            "The tasks, newest first unless order_by says otherwise; or, with explain, the filter "
            "in words",
            [EXAMPLE],
            {"explanation": 'open, and tagged "home"'},
        ),
        304: _UNCHANGED,
    },
    fails=_READING,
    parameters=(*FINDING, *CONDITIONS),
    headers={200: ("Link", *_READ), 304: _READ},
)
COUNT_TASKS: Final = call(
    "countTasks",
    "Count tasks",
    {200: answer(Amount, "How many there are", {"count": 3}), 304: _UNCHANGED},
    fails=_READING,
    parameters=(*COUNTING, *CONDITIONS),
    headers={200: _READ, 304: _READ},
)
LIST_PROJECTS: Final = call(
    "listProjects",
    "List projects",
    {
        200: answer(list[Tally], "The projects, by name", [{"name": "home.calls", "open": 1}]),
        304: _UNCHANGED,
    },
    fails=_READING,
    parameters=CONDITIONS,
    headers={200: _READ, 304: _READ},
)
LIST_TAGS: Final = call(
    "listTags",
    "List tags",
    {
        200: answer(list[Tally], "The tags, by name without case", [{"name": "money", "open": 1}]),
        304: _UNCHANGED,
    },
    fails=_READING,
    parameters=CONDITIONS,
    headers={200: _READ, 304: _READ},
)
GET_TASK: Final = call(
    "getTask",
    "Read a task",
    {200: answer(TaskBody, "The task", EXAMPLE), 304: _UNCHANGED},
    fails=_ONE,
    parameters=CONDITIONS,
    headers={200: _TASK_READ, 304: _TASK_READ},
)
UPDATE_TASK: Final = call(
    "updateTask",
    "Change a task",
    {200: _TASK_NOW},
    fails=_CHANGING,
    parameters=CONDITIONS,
    body=Body(TASK_CHANGES, {"changes": {"title": "Buy bread", "completed": True}}),
    headers={200: ("TaskETag",)},
)
PATCH_TASK: Final = call(
    "patchTask",
    "Patch a task",
    {200: _TASK_NOW},
    fails=_CHANGING,
    parameters=CONDITIONS,
    body=Body(TASK_CHANGES, {"patch": _PATCH}, (MERGE_PATCH, JSON)),
    headers={200: ("TaskETag",), 415: ("Accept-Patch",)},
)
DELETE_TASK: Final = call(
    "deleteTask",
    "Remove a task",
    {200: answer(Message, "The task is gone", {"message": "Task deleted successfully"})},
    fails=(400, 404, 406, 409, 412, 414, 429, 500, 503),
    parameters=(*REMOVING, *CONDITIONS),
)
TOGGLE_TASK: Final = call(
    "toggleTaskCompletion",
    "Complete or reopen a task",
    {200: _TASK_NOW},
    fails=_CHANGING,
    parameters=CONDITIONS,
    body=Body(TASK_COMPLETION, {"complete": {"completed": True}}, required=False),
    headers={200: ("TaskETag",), 415: ("Accept-Patch",)},
)
GET_LIVENESS: Final = call(
    "getLiveness",
    "Whether the server runs",
    {200: answer(Health, "It runs", {"status": "live"})},
    fails=(406, 414),
    headers={200: ("Cache-Control",)},
    tag="health",
)
GET_READINESS: Final = call(
    "getReadiness",
    "Whether the server can serve",
    {200: answer(Health, "It can: the storage answers", {"status": "ready"})},
    fails=(406, 414, 500, 503),
    headers={200: ("Cache-Control",)},
    tag="health",
)
