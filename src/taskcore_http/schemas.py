"""What the OpenAPI document says of a task's fields, as they are answered and as they are taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from litestar.openapi.spec import Link, OpenAPIFormat, OpenAPIType, Reference, Schema

from taskcore.entities import Priority
from taskcore.entities.rules import (
    DESCRIPTION_LENGTH,
    EXTRA_DEPTH,
    EXTRA_KEY_LENGTH,
    EXTRA_SIZE,
    PROJECT_LENGTH,
    TAG_LENGTH,
    TAGS,
    TITLE_LENGTH,
    USER_ID_LENGTH,
)
from taskcore_http.bodies import CHANGES, COMPLETION, ENTRIES, NEW
from taskcore_http.headers import add_headers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from litestar.openapi.spec import OpenAPI

_NULL: Final = OpenAPIType.NULL
_TEXT: Final = OpenAPIType.STRING
_UTC: Final = "RFC 3339, in UTC."
_RFC_9557: Final = r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)(\[[^\[\]]+\])+$"

# The rules of characters, as ECMA 262 writes expressions and Python reads them too.
CONTROLS: Final = r"\u0000-\u001f\u007f-\u009f\ufffd"
"""The characters that text may not have, within the brackets of an expression."""
_LINE_ENDS: Final = r"\u2028\u2029"
_SPACES: Final = r" \t\r\n\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_IN_LINE: Final = f"[^{CONTROLS}{_LINE_ENDS}]"
_VISIBLE: Final = f"[^{CONTROLS}{_LINE_ENDS}{_SPACES}]"
_IN_NAME: Final = f"[^.{CONTROLS}{_LINE_ENDS}]"
_AT_ITS_ENDS: Final = f"[^.{CONTROLS}{_LINE_ENDS}{_SPACES}]"
_NAME: Final = f"{_AT_ITS_ENDS}({_IN_NAME}*{_AT_ITS_ENDS})?"
_IN_TAG: Final = f"[^,{CONTROLS}{_LINE_ENDS}{_SPACES}]"


def _component(name: str) -> Reference:
    return Reference(f"#/components/schemas/{name}")


def _when(description: str) -> Schema:
    """Return the schema of a day or a moment."""
    return Schema(
        any_of=[
            Schema(type=_TEXT, format=OpenAPIFormat.DATE),
            Schema(type=_TEXT, format=OpenAPIFormat.DATE_TIME),
            Schema(type=_TEXT, pattern=_RFC_9557),
            Schema(type=_NULL),
        ],
        description=f"{description} A whole day, a moment at an offset (RFC 3339), or a moment in "
        "a time zone (RFC 9557).",
        examples=["2026-11-30", "2026-11-30T09:00:00+01:00[Europe/Paris]"],
    )


def _id(description: str, *types: OpenAPIType) -> Schema:
    return Schema(
        type=[_TEXT, *types] if types else _TEXT,
        format=OpenAPIFormat.UUID,
        description=description,
    )


def _time(description: str, *types: OpenAPIType) -> Schema:
    return Schema(
        type=[_TEXT, *types] if types else _TEXT,
        format=OpenAPIFormat.DATE_TIME,
        description=f"{description} {_UTC}",
        examples=["2026-11-21T04:42:58.809663Z"],
    )


_ANSWERED: Final[Mapping[str, Schema]] = {
    "id": _id("A UUIDv7, unless it was said, or made from a key, when the task was added."),
    "user_id": Schema(
        type=_TEXT,
        min_length=1,
        max_length=USER_ID_LENGTH,
        pattern=f"^[^{CONTROLS}]+$",
        description="Whose task it is.",
    ),
    "title": Schema(
        type=_TEXT,
        min_length=1,
        max_length=TITLE_LENGTH,
        pattern=f"^[{_SPACES}]*{_VISIBLE}({_IN_LINE}*{_VISIBLE})?[{_SPACES}]*$",
        description="One line, the white space around it trimmed.",
        examples=["Buy milk"],
    ),
    "description": Schema(
        type=[_TEXT, _NULL],
        max_length=DESCRIPTION_LENGTH,
        pattern=r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]*$",
        description="Line breaks and tabs are the only control characters allowed.",
    ),
    "completed": Schema(type=OpenAPIType.BOOLEAN, description="Whether it is done, and not open."),
    "completed_at": _time("When it was completed; null while it is open.", _NULL),
    "due": _when("When it must be done."),
    "start": _when("When it can be started; not after `due`."),
    "priority": Schema(any_of=[_component("Priority"), Schema(type=_NULL)]),
    "tags": Schema(
        type=OpenAPIType.ARRAY,
        items=Schema(type=_TEXT, min_length=1, max_length=TAG_LENGTH, pattern=f"^{_IN_TAG}+$"),
        max_items=TAGS,
        description="A set: no two are the same but for case. Sorted without case.",
        examples=[["home", "urgent"]],
    ),
    "project": Schema(
        type=[_TEXT, _NULL],
        min_length=1,
        max_length=PROJECT_LENGTH,
        pattern=rf"^{_NAME}(\.{_NAME})*$",
        description="A path of names with dots between them.",
        examples=["home.garden"],
    ),
    "parent_id": _id("The task of this user that it is a subtask of.", _NULL),
    "extra": Schema(
        type=OpenAPIType.OBJECT,
        additional_properties=True,
        property_names=Schema(min_length=1, max_length=EXTRA_KEY_LENGTH, pattern=r"^[^\u0000]*$"),
        description=f"The caller's own, of at most {EXTRA_SIZE} bytes as JSON, {EXTRA_DEPTH} "
        "levels deep. It is I-JSON (RFC 7493): integers below 2^53, no NUL in text.",
        examples=[{"color": "red"}],
    ),
    "created_at": _time("When it was added."),
    "updated_at": _time("When it was last changed."),
    "version": Schema(
        type=OpenAPIType.INTEGER, minimum=1, description="It grows by one with each change."
    ),
}
_TRIMMED_TAG: Final = Schema(
    type=_TEXT,
    pattern=f"^[{_SPACES}]*{_IN_TAG}{{1,{TAG_LENGTH}}}[{_SPACES}]*$",
    description=f"1 to {TAG_LENGTH} characters, no white space inside, no comma.",
)
# Where what is taken is more than what is answered.
_TAKEN: Final[Mapping[str, Schema]] = {
    "id": _id("An id of your own for the task, so that it is safe to send again.", _NULL),
    "tags": replace(
        _ANSWERED["tags"],
        type=[OpenAPIType.ARRAY, _NULL],
        items=_TRIMMED_TAG,
        max_items=None,
        description=f"{TAGS} at most. Of those that differ only in case, the first counts.",
    ),
    "extra": replace(
        _ANSWERED["extra"],
        type=[OpenAPIType.OBJECT, _NULL],
        description=f"{_ANSWERED['extra'].description} It is merged into what is there (RFC 7396): "
        "inner objects too, and a null inside removes its key.",
    ),
}


def _object(fields: AbstractSet[str], *, required: tuple[str, ...] = ()) -> Schema:
    """Return the schema of a body with these fields, in the order of a task's."""
    taken = {name: _TAKEN.get(name, schema) for name, schema in _ANSWERED.items()}
    return Schema(
        type=OpenAPIType.OBJECT,
        properties={name: schema for name, schema in taken.items() if name in fields},
        required=list(required) or None,
        additional_properties=False,
    )


NEW_TASK: Final = _component("NewTask")
NEW_TASKS: Final = Schema(
    type=OpenAPIType.ARRAY,
    items=NEW_TASK,
    min_items=1,
    max_items=ENTRIES,
    description="Each is stored or refused on its own.",
)
TASK_CHANGES: Final = _component("TaskChanges")
TASK_COMPLETION: Final = _object(COMPLETION)


# What can be done with a task once it is made.
_FOLLOWING: Final = ("getTask", "updateTask", "patchTask", "toggleTaskCompletion", "deleteTask")


def complete(document: OpenAPI) -> None:
    """Add to the document what the classes of bodies and answers cannot say, and what follows."""
    add_headers(document)
    schemas = document.components.schemas
    schemas["TaskBody"].properties = dict(_ANSWERED)
    schemas["NewTask"] = _object(NEW, required=("title",))
    schemas["TaskChanges"] = _object(CHANGES)
    schemas["Priority"] = Schema(type=_TEXT, enum=list(map(str, Priority)))
    paths: Any = document.paths
    paths["/api/{user_id}/tasks"].post.responses["201"].links = {
        operation: Link(
            operation_id=operation,
            parameters={
                "path.user_id": "$request.path.user_id",
                "path.task_id": "$response.body#/id",
            },
        )
        for operation in _FOLLOWING
    }


EXAMPLE: Final = {
    "id": "01a1fc6a-2b79-77ea-a7f6-48ea0804c6eb",
    "user_id": "alice",
    "title": "Call the bank",
    "description": None,
    "completed": False,
    "completed_at": None,
    "due": "2026-11-30T09:00:00+01:00[Europe/Paris]",
    "start": "2026-11-28",
    "priority": "high",
    "tags": ["money"],
    "project": "home.calls",
    "parent_id": None,
    "extra": {"phone": "+33 1 23 45 67 89"},
    "created_at": "2026-11-21T04:42:58.809663Z",
    "updated_at": "2026-11-21T04:42:58.809663Z",
    "version": 1,
}
"""A task, as it is answered."""
