"""What the OpenAPI document says where tokens are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from litestar.openapi.spec import OpenAPIResponse, Operation, SecurityScheme

from taskcore_http.auth.authorizing import PUBLIC
from taskcore_http.headers import header, headers_of

if TYPE_CHECKING:
    from litestar.openapi.spec import OpenAPI

_SCHEME: Final = "bearerAuth"
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_MEANINGS: Final = {
    401: "There is no token, or none that is good now",
    403: "The token is another user's",
}
_CHALLENGES: Final = {
    400: header("`Bearer`, and what is wrong, if there is more than one Authorization header."),
    401: header("`Bearer`, and what was wrong with the token that came (RFC 6750).", always=True),
}


def secure(document: OpenAPI) -> None:
    """Add the bearer tokens to the document, and to each call how it refuses without a good one."""
    document.components.security_schemes = {
        _SCHEME: SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="JWT",
            description="A JSON Web Token whose `sub` is the user in the path.",
        )
    }
    document.security = [{_SCHEME: []}]
    for path, item in (document.paths or {}).items():
        for operation in filter(None, (getattr(item, method) for method in _METHODS)):
            if PUBLIC.fullmatch(path):
                operation.security = []
            else:
                _refuse(operation)


def _refuse(operation: Operation) -> None:
    responses = operation.responses or {}
    problem = responses["500"]
    assert isinstance(problem, OpenAPIResponse)  # noqa: S101  # for the type checker
    for status, meaning in _MEANINGS.items():
        headers = headers_of(status)
        responses[str(status)] = OpenAPIResponse(meaning, headers=headers, content=problem.content)
    for status, challenge in _CHALLENGES.items():
        response = responses[str(status)]
        assert isinstance(response, OpenAPIResponse)  # noqa: S101  # likewise
        response.headers = {**(response.headers or {}), "WWW-Authenticate": challenge}
