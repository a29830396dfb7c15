"""How a call is described in the OpenAPI document: what handlers' signatures do not say."""

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

from taskcore_http.headers import headers_of
from taskcore_http.parameters import REQUEST_ID
from taskcore_http.problems import MEDIA_TYPE, Problem
from taskcore_http.responses import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.openapi.spec import OpenAPIHeader

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


@dataclass
class Body:
    """A request's body: its schema, its media types, and examples by their names."""

    schema: Schema | Reference
    examples: Mapping[str, Any]
    media_types: tuple[str, ...] = (JSON,)
    required: bool = True

    def in_document(self) -> RequestBody:
        """Return what the document says of it."""
        examples = {name: _example(value) for name, value in self.examples.items()}
        content = OpenAPIMediaType(schema=self.schema, examples=dict(examples))
        return RequestBody(dict.fromkeys(self.media_types, content), required=self.required)


def call(
    operation_id: str,
    summary: str,
    answers: Mapping[int, ResponseSpec],
    *,
    fails: tuple[int, ...],
    parameters: tuple[Parameter, ...] = (),
    body: Body | None = None,
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
    body: Body | None,
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


def answer(kind: Any, description: str, *examples: Any) -> ResponseSpec:
    """Return what the document says of an answer: its type, and examples of it."""
    return ResponseSpec(
        kind,
        description=description,
        generate_examples=False,
        examples=[_example(value) for value in examples],
    )


def _example(value: Any) -> Example:
    # Encoded already, because Litestar would leave out what is null.
    return Example(value=msgspec.Raw(msgspec.json.encode(value)))
