"""What the OpenAPI document says of the headers of answers, each once, as a component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar.openapi.spec import OpenAPIHeader, OpenAPIType, Reference, Schema

from taskcore_http.responses import STANDARD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.openapi.spec import OpenAPI


def header(description: str, *, always: bool = False, **rules: Any) -> OpenAPIHeader:
    """Return a header that all such answers have, or some; ``rules`` are those of its schema."""
    schema = Schema(**{"type": OpenAPIType.STRING, **rules})
    return OpenAPIHeader(schema=schema, description=description, required=always)


_SECONDS: Final = {"type": OpenAPIType.INTEGER, "minimum": 0}
_HEADERS: Final[Mapping[str, OpenAPIHeader]] = {
    "X-Request-ID": header(
        "The id of the request: its own, or a new one. It is in the server's log.",
        always=True,
        pattern="^[!-~]{1,128}$",
    ),
    "Cache-Control": header(
        "Keep it for this user alone, and ask again, with If-None-Match, before it is used.",
        always=True,
        const=dict(STANDARD)[b"cache-control"].decode(),
    ),
    "Vary": header("Accept-Encoding, where that decided whether the answer is compressed."),
    "TaskETag": header(
        "The task's entity tag: its version in quotes.", always=True, pattern='^"[1-9][0-9]*"$'
    ),
    "WeakETag": header(
        "A weak entity tag of what is answered.", always=True, pattern='^W/"[0-9a-f]+"$'
    ),
    "Location": header("The address of the task.", always=True, format="uri-reference"),
    "Link": header('`<address>; rel="next"`: the next page (RFC 8288), where there is one.'),
    "Idempotency-Replayed": header("`true`, if all of it was done before.", const="true"),
    "Accept": header("The media types that the body may have.", always=True),
    "Accept-Encoding": header("`identity`, if the body was compressed.", const="identity"),
    "Accept-Patch": header("The media types that a patch may have (RFC 5789).", always=True),
    "Retry-After": header("After how many seconds to try again.", always=True, **_SECONDS),
    "RateLimit-Policy": header(
        "How many requests (q) a user may send in how many seconds (w), where there is a limit."
    ),
    "RateLimit": header("How many are left (r), and in how many seconds there is another (t)."),
}
# A header whose meaning depends on the call.
_NAMES: Final = {"TaskETag": "ETag", "WeakETag": "ETag"}
# What the server says on its own.
_OF_STATUSES: Final[Mapping[int, tuple[str, ...]]] = {
    415: ("Accept", "Accept-Encoding"),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
# What is refused before it is known whose requests to count.
_UNCOUNTED: Final = frozenset({401, 403, 406, 408, 414, 431})


def headers_of(
    status: int, *components: str, counted: bool = False
) -> dict[str, OpenAPIHeader | Reference]:
    """Return the headers of a call's answer: these components, and what every such answer has.

    ``counted`` says whether the call counts for a rate limit.
    """
    limit = ("RateLimit-Policy", "RateLimit") if counted and status not in _UNCOUNTED else ()
    all_ = (*components, *_OF_STATUSES.get(status, ()), *limit, "X-Request-ID")
    return {_NAMES.get(one, one): Reference(f"#/components/headers/{one}") for one in all_}


def add_headers(document: OpenAPI) -> None:
    """Add the components to the document."""
    document.components.headers = dict(_HEADERS)
