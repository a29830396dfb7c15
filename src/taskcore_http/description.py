"""What the OpenAPI document says of the calls beyond what their signatures do."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Example,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)

from taskcore.entities.rules import USER_ID_LENGTH
from taskcore_http.answers import Amount, Explanation, Health, Message, Outcome, Tally, TaskBody
from taskcore_http.bodies import MERGE_PATCH
from taskcore_http.headers import headers_of
from taskcore_http.parameters import (
    CONDITIONS,
    COUNTING,
    FINDING,
    IDEMPOTENCY,
    REMOVING,
    REQUEST_ID,
)
from taskcore_http.problems import MEDIA_TYPE, Problem
from taskcore_http.responses import JSON
from taskcore_http.schemas import (
    CONTROLS,
    EXAMPLE,
    NEW_TASK,
    NEW_TASKS,
    TASK_CHANGES,
    TASK_COMPLETION,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.openapi.spec import OpenAPIHeader

# A path cannot say a slash, and says with one dot or two where it goes on.
USER_ID: Final = {
    "minLength": 1,
    "maxLength": USER_ID_LENGTH,
    "pattern": rf"^(?!\.{{1,2}}$)[^/{CONTROLS}]+$",
}
TASK_ID: Final = {"format": "uuid"}

_MEANINGS: Final = {
    400: "The request breaks a rule; `errors` names the place and the rule",
    404: "The user has no such task",
    406: "The answer would be application/json, which Accept excludes",
    408: "The request did not come in time",
    409: "What is there is in the way: subtasks that were not to go, another task with this id",
    412: "The task is not what If-Match, or If-None-Match, wants it to be",
    413: "The body is larger than 64 KiB; an array of new tasks, than 2 MiB",
    414: "The path and the query are longer than 8 KiB together",
    415: "The body is not sent as application/json; for a patch, nor as its own type",
    422: "The Idempotency-Key was used for a task with other content",
    429: "The user sent too many requests; Retry-After says when to go on",
    431: "The header has more than 16 KiB or 100 fields",
    500: "Something went wrong on the server's side",
    503: "The storage is unavailable; Retry-After says when to try again",
}
# Before anybody knows what is asked for.
_ANY: Final = (408, 431)
_READING: Final = (400, 406, 412, 414, 429, 500, 503)
_ONE: Final = (400, 404, 406, 412, 414, 429, 500, 503)
_CHANGING: Final = (400, 404, 406, 412, 413, 414, 415, 429, 500, 503)
_TASK_READ: Final = ("TaskETag", "Cache-Control")
_READ: Final = ("WeakETag", "Cache-Control", "Vary")
_UNCHANGED: Final = ResponseSpec(
    None, description="It is still what If-None-Match names", generate_examples=False
)


@dataclass
class _Body:
    """A request's body: its schema, its media types, and examples by their names."""

    schema: Schema | Reference
    examples: Mapping[str, Any]
    media_types: tuple[str, ...] = (JSON,)
    required: bool = True

    def in_document(self) -> RequestBody:
        examples = {name: _example(value) for name, value in self.examples.items()}
        content = OpenAPIMediaType(schema=self.schema, examples=dict(examples))
        return RequestBody(dict.fromkeys(self.media_types, content), required=self.required)


def _call(
    operation_id: str,
    summary: str,
    answers: Mapping[int, ResponseSpec],
    *,
    fails: tuple[int, ...],
    parameters: tuple[Parameter, ...] = (),
    body: _Body | None = None,
    headers: Mapping[int, tuple[str, ...]] | None = None,
    tag: str = "tasks",
) -> dict[str, Any]:
    """Return the options of a route handler that describe it; the first answer is the usual one.

    ``headers`` are, by status, those that are its own.
    """
    problems = {
        status: ResponseSpec(
            Problem,
            media_type=MEDIA_TYPE,
            description=_MEANINGS[status],
            generate_examples=False,
        )
        for status in (*fails, *_ANY)
    }
    responses = {**answers, **problems}
    counted = HTTPStatus.TOO_MANY_REQUESTS in fails
    said = {
        status: headers_of(status, *(headers or {}).get(status, ()), counted=counted)
        for status in responses
    }
    return {
        "operation_id": operation_id,
        "summary": summary,
        "tags": [tag],
        "status_code": next(iter(answers)),
        "responses": responses,
        "operation_class": _operation((*parameters, *REQUEST_ID), body, said),
        "opt": {"media_types": body.media_types if body else ()},
    }


def _operation(
    parameters: tuple[Parameter, ...],
    body: _Body | None,
    headers: Mapping[int, dict[str, OpenAPIHeader | Reference]],
) -> type[Operation]:
    """Return the kind of operation that has these too; handlers read them on their own."""

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.parameters = [*(self.parameters or ()), *parameters]
            if body:
                self.request_body = body.in_document()
            for status, named in headers.items():
                response = (self.responses or {})[str(status)]
                assert isinstance(response, OpenAPIResponse)  # noqa: S101  # for the type checker
                response.headers = named

    return Described


def _answer(kind: Any, description: str, *examples: Any) -> ResponseSpec:
    return ResponseSpec(
        kind,
        description=description,
        generate_examples=False,
        examples=[_example(value) for value in examples],
    )


def _example(value: Any) -> Example:
    # Encoded already, because Litestar would leave out what is null.
    return Example(value=msgspec.Raw(msgspec.json.encode(value)))


_TASK_NOW: Final = _answer(TaskBody, "The task as it is now", EXAMPLE)
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

CREATE_TASK: Final = _call(
    "createTask",
    "Add a task, or many",
    {
        201: _answer(TaskBody, "The new task; Location is its address", EXAMPLE),
        207: _answer(
            list[Outcome],
            "What became of each entry of the array, in its place",
            [{"status": 201, "task": EXAMPLE}, {"status": 400, "problem": _REFUSED}],
        ),
    },
    fails=(400, 406, 409, 413, 414, 415, 422, 429, 500, 503),
    parameters=IDEMPOTENCY,
    body=_Body(
        Schema(any_of=[NEW_TASK, NEW_TASKS]),
        {"one": _DRAFT, "many": [{"title": "Buy milk"}, {"title": "Buy bread"}]},
    ),
    headers={
        201: ("Location", "TaskETag", "Idempotency-Replayed"),
        207: ("Idempotency-Replayed",),
    },
)
LIST_TASKS: Final = _call(
    "listTasks",
    "Find tasks",
    {
        200: _answer(
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
COUNT_TASKS: Final = _call(
    "countTasks",
    "Count tasks",
    {200: _answer(Amount, "How many there are", {"count": 3}), 304: _UNCHANGED},
    fails=_READING,
    parameters=(*COUNTING, *CONDITIONS),
    headers={200: _READ, 304: _READ},
)
LIST_PROJECTS: Final = _call(
    "listProjects",
    "List projects",
    {
        200: _answer(list[Tally], "The projects, by name", [{"name": "home.calls", "open": 1}]),
        304: _UNCHANGED,
    },
    fails=_READING,
    parameters=CONDITIONS,
    headers={200: _READ, 304: _READ},
)
LIST_TAGS: Final = _call(
    "listTags",
    "List tags",
    {
        200: _answer(list[Tally], "The tags, by name without case", [{"name": "money", "open": 1}]),
        304: _UNCHANGED,
    },
    fails=_READING,
    parameters=CONDITIONS,
    headers={200: _READ, 304: _READ},
)
GET_TASK: Final = _call(
    "getTask",
    "Read a task",
    {200: _answer(TaskBody, "The task", EXAMPLE), 304: _UNCHANGED},
    fails=_ONE,
    parameters=CONDITIONS,
    headers={200: _TASK_READ, 304: _TASK_READ},
)
UPDATE_TASK: Final = _call(
    "updateTask",
    "Change a task",
    {200: _TASK_NOW},
    fails=_CHANGING,
    parameters=CONDITIONS,
    body=_Body(TASK_CHANGES, {"changes": {"title": "Buy bread", "completed": True}}),
    headers={200: ("TaskETag",)},
)
PATCH_TASK: Final = _call(
    "patchTask",
    "Patch a task",
    {200: _TASK_NOW},
    fails=_CHANGING,
    parameters=CONDITIONS,
    body=_Body(TASK_CHANGES, {"patch": _PATCH}, (MERGE_PATCH, JSON)),
    headers={200: ("TaskETag",), 415: ("Accept-Patch",)},
)
DELETE_TASK: Final = _call(
    "deleteTask",
    "Remove a task",
    {200: _answer(Message, "The task is gone", {"message": "Task deleted successfully"})},
    fails=(400, 404, 406, 409, 412, 414, 429, 500, 503),
    parameters=(*REMOVING, *CONDITIONS),
)
TOGGLE_TASK: Final = _call(
    "toggleTaskCompletion",
    "Complete or reopen a task",
    {200: _TASK_NOW},
    fails=_CHANGING,
    parameters=CONDITIONS,
    body=_Body(TASK_COMPLETION, {"complete": {"completed": True}}, required=False),
    headers={200: ("TaskETag",)},
)
GET_LIVENESS: Final = _call(
    "getLiveness",
    "Whether the server runs",
    {200: _answer(Health, "It runs", {"status": "live"})},
    fails=(406, 414),
    headers={200: ("Cache-Control",)},
    tag="health",
)
GET_READINESS: Final = _call(
    "getReadiness",
    "Whether the server can serve",
    {200: _answer(Health, "It can: the storage answers", {"status": "ready"})},
    fails=(406, 414, 500, 503),
    headers={200: ("Cache-Control",)},
    tag="health",
)
