"""The pages about the API: its OpenAPI document, and Swagger UI with nothing from the internet."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.params import FromPath
from litestar.response import Redirect

from taskcore_http.routes import HANDLERS as CALLS
from taskcore_http.schemas import complete

# The files of Swagger UI that the page needs; the package that carries them has more.
_ASSETS: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
# They change with a release of Swagger UI; the document, with one of ours.
_FOR_A_DAY: Final = {"Cache-Control": "public, max-age=86400"}
_FOR_ALL: Final = {"Cache-Control": "public, no-cache"}
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
  <script>
    SwaggerUIBundle({{
      url: "{base}/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null
    }});
  </script>
</body>
</html>
"""


@get("/", include_in_schema=False)
async def root() -> Redirect:
    """Lead people who type in the bare address to the docs."""
    return Redirect("/docs")


@get("/docs", include_in_schema=False, media_type=MediaType.HTML)
async def docs(request: Request[Any, Any, Any]) -> str:
    """Show Swagger UI, also where the application is mounted below another."""
    return _PAGE.format(base=request.scope.get("root_path", "").rstrip("/"))


@get("/docs/{name:str}", include_in_schema=False)
async def docs_asset(name: FromPath[str]) -> Response[bytes]:
    """Answer a file of Swagger UI."""
    if name not in _ASSETS:
        raise NotFoundException
    return Response(_asset(name), media_type=_ASSETS[name], headers=_FOR_A_DAY)


@get("/openapi.json", include_in_schema=False, media_type=MediaType.JSON)
async def openapi() -> Response[bytes]:
    """Answer the OpenAPI document."""
    return Response(openapi_document(), headers=_FOR_ALL)


HANDLERS: Final = (root, docs, docs_asset, openapi)


@cache
def openapi_document() -> bytes:
    """Return the OpenAPI 3.1 document of the API, as JSON."""
    config = OpenAPIConfig(
        title="taskcore",
        version=version("taskcore"),
        description="Tasks of users. Every error is an RFC 9457 problem document.",
    )
    # The serving application leaves this out: Litestar's own pages would take paths from the API.
    described = Litestar(CALLS, openapi_config=config, logging_config=None)
    document = described.openapi_schema
    complete(document)
    return msgspec.json.encode(document.to_schema())


@cache
def _asset(name: str) -> bytes:
    return files("swagger_ui").joinpath("static", name).read_bytes()
