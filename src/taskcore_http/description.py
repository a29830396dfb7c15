"""What the OpenAPI document says of the calls beyond what their signatures do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from taskcore.entities.rules import DESCRIPTION_LENGTH, TITLE_LENGTH, USER_ID_LENGTH
from taskcore_http.problems import MEDIA_TYPE, Problem

USER_ID: Final = {"minLength": 1, "maxLength": USER_ID_LENGTH}
TASK_ID: Final = {"format": "uuid"}

_TITLE = Schema(
    type=OpenAPIType.STRING,
    min_length=1,
    max_length=TITLE_LENGTH,
    description="One line, the white space around it trimmed.",
)
_DESCRIPTION = Schema(
    type=[OpenAPIType.STRING, OpenAPIType.NULL],
    max_length=DESCRIPTION_LENGTH,
    description="Line breaks and tabs are the only control characters allowed.",
)
_COMPLETED = Schema(type=OpenAPIType.BOOLEAN)


def _body(properties: dict[str, Schema], *, required: tuple[str, ...] = ()) -> Schema:
    return Schema(
        type=OpenAPIType.OBJECT,
        properties=dict(properties),
        required=list(required) or None,
        additional_properties=False,
    )


def _call(
    operation_id: str,
    summary: str,
    outcome: str,
    *,
    fails: tuple[int, ...],
    body: Schema | None = None,
    body_required: bool = True,
    **options: Any,
) -> dict[str, Any]:
    """Return the options of a route handler that describe it."""
    if body is not None:
        options["operation_class"] = _taking(body, required=body_required)
    return {
        "operation_id": operation_id,
        "summary": summary,
        "response_description": outcome,
        "responses": {
            status: ResponseSpec(
                Problem,
                media_type=MEDIA_TYPE,
                description=_MEANINGS[status],
                generate_examples=False,
            )
            for status in fails
        },
        **options,
    }


def _taking(body: Schema, *, required: bool) -> type[Operation]:
    """Return the kind of operation whose JSON body has this schema."""

    @dataclass
    class WithBody(Operation):
        def __post_init__(self) -> None:
            content = {"application/json": OpenAPIMediaType(schema=body)}
            self.request_body = RequestBody(content, required=required)

    return WithBody


_MEANINGS: Final = {
    400: "The request breaks a rule; `errors` names the place and the rule",
    404: "The user has no such task",
    413: "The body is larger than 64 KiB",
    415: "The body is not sent as application/json",
    500: "Something went wrong on the server's side",
    503: "The storage is unavailable; Retry-After says when to try again",
}

CREATE_TASK: Final = _call(
    "createTask",
    "Add a task",
    "The new task; Location is its address",
    fails=(400, 413, 415, 500, 503),
    body=_body({"title": _TITLE, "description": _DESCRIPTION}, required=("title",)),
)
LIST_TASKS: Final = _call(
    "listTasks", "List tasks", "The tasks, newest first", fails=(400, 500, 503)
)
GET_TASK: Final = _call("getTask", "Read a task", "The task", fails=(400, 404, 500, 503))
UPDATE_TASK: Final = _call(
    "updateTask",
    "Change a task",
    "The task as it is now",
    fails=(400, 404, 413, 415, 500, 503),
    body=_body({"title": _TITLE, "description": _DESCRIPTION, "completed": _COMPLETED}),
)
DELETE_TASK: Final = _call(
    "deleteTask", "Remove a task", "The task is gone", fails=(400, 404, 500, 503), status_code=200
)
TOGGLE_TASK: Final = _call(
    "toggleTaskCompletion",
    "Complete or reopen a task",
    "The task as it is now",
    fails=(400, 404, 413, 415, 500, 503),
    body=_body({"completed": _COMPLETED}),
    body_required=False,
)
