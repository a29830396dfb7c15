"""The pages about the API: its OpenAPI document, and Swagger UI with nothing from the internet."""

from __future__ import annotations

from functools import cache, lru_cache
from http import HTTPStatus
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, get
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Server
from litestar.params import FromPath

from taskcore_http import health, routes
from taskcore_http.auth.described import secure
from taskcore_http.edge import mount_of
from taskcore_http.responses import JSON, STANDARD, Response
from taskcore_http.schemas import complete
from taskcore_http.settings import Settings

# The files of Swagger UI that the page needs; the package that carries them has more.
_STARTER: Final = "start.js"
_ASSETS: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    _STARTER: "text/javascript",
}
# They change with a release of Swagger UI; the document, with one of ours.
_FOR_A_DAY: Final = (b"cache-control", b"public, max-age=86400")
_FOR_ALL: Final = (b"cache-control", b"public, no-cache")
_START: Final = b"""\
SwaggerUIBundle({
  url: document.currentScript.dataset.document,
  dom_id: "#ui",
  deepLinking: true,
  validatorUrl: null,
});
"""
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>taskcore API</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="{base}/docs/swagger-ui.css">
</head>
<body>
  <div id="ui"></div>
  <script src="{base}/docs/swagger-ui-bundle.js"></script>
  <script src="{base}/docs/start.js" data-document="{base}/openapi.json"></script>
</body>
</html>
"""
# Nothing but this server's own, and the pictures that Swagger UI has inside its style sheet.
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOR_NOBODY_ELSE, _AS_IT_SAYS, _NO_PAGE = STANDARD
_HTML: Final = "text/html"


@get("/", include_in_schema=False)
async def root(request: Request[Any, Any, Any]) -> Response:
    """Lead people who type in the bare address to the docs."""
    location = f"{mount_of(request.scope)}/docs".encode()
    return Response(status=HTTPStatus.FOUND, headers=((b"location", location),))


@get("/docs", include_in_schema=False, media_type=_HTML)
async def docs(request: Request[Any, Any, Any]) -> Response:
    """Show Swagger UI, also where the application is mounted below another."""
    page = _PAGE.format(base=mount_of(request.scope)).encode()
    policy = (b"content-security-policy", _POLICY)
    return Response(
        page, f"{_HTML}; charset=utf-8", standard=(_FOR_NOBODY_ELSE, _AS_IT_SAYS, policy)
    )


@get("/docs/{name:str}", include_in_schema=False)
async def docs_asset(name: FromPath[str]) -> Response:
    """Answer a file of Swagger UI, or the script that starts it."""
    if name not in _ASSETS:
        raise NotFoundException
    kind = f"{_ASSETS[name]}; charset=utf-8"
    return Response(_asset(name), kind, standard=(_FOR_A_DAY, _AS_IT_SAYS, _NO_PAGE))


@get("/openapi.json", include_in_schema=False, media_type=JSON)
async def openapi(request: Request[Any, Any, Any]) -> Response:
    """Answer the OpenAPI document."""
    document = openapi_document(request.app.state.settings, mount_of(request.scope))
    return Response(document, JSON, standard=(_FOR_ALL, _AS_IT_SAYS, _NO_PAGE))


HANDLERS: Final = (root, docs, docs_asset, openapi)


def openapi_document(settings: Settings | None = None, base: str = "") -> bytes:
    """Return the OpenAPI 3.1 document of the API, as JSON.

    It is that of a server with the settings, by default with those of one that was told nothing,
    whose calls are below the path ``base``.
    """
    return _document((settings or Settings()).auth != "off", base)


@lru_cache(maxsize=16)
def _document(secured: bool, base: str) -> bytes:  # noqa: FBT001  # what differs is the key
    config = OpenAPIConfig(
        title="taskcore",
        version=version("taskcore"),
        description="Tasks of users. Every error is an RFC 9457 problem document.",
        servers=[Server(base or "/")],
        use_handler_docstrings=True,
    )
    # The serving application leaves this out: Litestar's own pages would take paths from the API.
    described = Litestar(
        [*routes.HANDLERS, *health.HANDLERS], openapi_config=config, logging_config=None
    )
    document = described.openapi_schema
    complete(document)
    if secured:
        secure(document)
    return msgspec.json.encode(document.to_schema())


@cache
def _asset(name: str) -> bytes:
    if name == _STARTER:
        return _START
    return files("swagger_ui").joinpath("static", name).read_bytes()
