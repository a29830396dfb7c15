"""What the OpenAPI document says of the parameters of query strings, and of headers.

``queries``, ``conditions`` and ``idempotency`` read them.
"""

from __future__ import annotations

from typing import Any, Final

from litestar.openapi.spec import Example, OpenAPIType, Parameter, Schema

from taskcore.entities.filters.syntax import TEXT_LENGTH
from taskcore.entities.ordering import ORDER_FIELDS
from taskcore.entities.page import PAGE_SIZE
from taskcore_http.idempotency import KEY_LENGTH


def _query(name: str, description: str, schema: Schema, *examples: Any) -> Parameter:
    return _parameter("query", name, description, schema, *examples)


def _header(name: str, description: str, schema: Schema, *examples: Any) -> Parameter:
    return _parameter("header", name, description, schema, *examples)


def _parameter(
    where: str, name: str, description: str, schema: Schema, *examples: Any
) -> Parameter:
    return Parameter(
        name,
        where,
        schema=schema,
        description=description,
        examples={str(number): Example(value=value) for number, value in enumerate(examples, 1)}
        or None,
    )


def _text(**rules: Any) -> Schema:
    return Schema(type=OpenAPIType.STRING, **rules)


def _switch() -> Schema:
    return Schema(type=OpenAPIType.BOOLEAN, default=False)


# As much of the grammars as every implementation of regular expressions reads alike.
_TAG: Final = r'(W/)?"[!#-~\u0080-\u00ff]*"'
_TAGS: Final = rf"^(\*|[ \t,]*({_TAG}([ \t]*,[ \t,]*{_TAG})*[ \t,]*)?)$"
_KEY: Final = (
    rf'^("([ !#-\[\]-~]|\\["\\]){{1,{KEY_LENGTH}}}"|[!#-+\--:<-\[\]-~]{{1,{KEY_LENGTH}}})$'
)
_FILTER: Final = _query(
    "filter",
    "Which tasks: an AIP-160 filter (google.aip.dev/160), in which OR binds tighter than AND. "
    "Without one, all.",
    _text(max_length=TEXT_LENGTH, format="aip-160"),
    "completed = false AND (tags:home OR priority = high) AND due <= today+7d",
    'project:home AND "milk"',
)
_ZONE: Final = _query(
    "zone",
    "The IANA time zone of the user, which says what `today` is in the filter.",
    _text(default="UTC", format="time-zone"),
    "Europe/Paris",
)
COUNTING: Final = (_FILTER, _ZONE)
FINDING: Final = (
    _FILTER,
    _query(
        "order_by",
        "In which order: fields with commas between them, each perhaps with `desc`; of "
        f"{', '.join(ORDER_FIELDS)}. None comes last, and the id decides at the end.",
        _text(default="created_at desc", format="order-by"),
        "due, priority desc, created_at",
    ),
    _query(
        "page_size",
        "How many tasks at the most. Without it all come.",
        Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=PAGE_SIZE),
        50,
    ),
    _query(
        "page_token",
        "Where to go on: from the `Link` of the page before, with its filter and order.",
        _text(min_length=1, format="page-token"),
    ),
    _ZONE,
    _query("explain", "Answer how the filter is understood, and no tasks.", _switch()),
)
REMOVING: Final = (_query("subtree", "Remove all tasks below it as well.", _switch()),)
CONDITIONS: Final = (
    _header(
        "If-Match",
        "Only if the tag of what is there is one of these: entity tags with commas between them, "
        "or `*` for any (RFC 9110). Else 412.",
        _text(pattern=_TAGS),
        '"7"',
    ),
    _header(
        "If-None-Match",
        "Only if the tag of what is there is none of these. Else 304 where something is read, and "
        "412 where it is changed.",
        _text(pattern=_TAGS),
        '"7"',
    ),
)
REQUEST_ID: Final = (
    _header(
        "X-Request-ID",
        "An id of your own for the request, of 1 to 128 visible ASCII characters, to find it by in "
        "the server's log; anything else is replaced by a new one.",
        _text(),
        "from-the-proxy-7",
    ),
)
IDEMPOTENCY: Final = (
    _header(
        "Idempotency-Key",
        "Text of your own in double quotes, new for each task, or array, that is to be added: what "
        "is sent again with its key is not added again.",
        _text(pattern=_KEY),
        '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
    ),
)
