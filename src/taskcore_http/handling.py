"""How Litestar calls our handlers: as it calls any, less what it would find out for each request.

That is a twentieth of what a short call takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar.handlers import HTTPRouteHandler

if TYPE_CHECKING:
    from litestar import Litestar, Request
    from litestar.types import ASGIApp, ExceptionHandlersMap

    from taskcore_http.responses import Response


class Handler(HTTPRouteHandler):
    """A decorator of a function that answers with a ``Response`` of ours."""

    _exception_handlers: ExceptionHandlersMap | None = None

    def resolve_exception_handlers(self) -> ExceptionHandlersMap:
        """Return what to do about exceptions, which does not change once there are requests."""
        if self._exception_handlers is None:
            self._exception_handlers = super().resolve_exception_handlers()
        return self._exception_handlers

    async def to_response(
        self,
        app: Litestar,  # noqa: ARG002  # as Litestar calls it
        data: Response,
        request: Request[Any, Any, Any],  # noqa: ARG002  # likewise
    ) -> ASGIApp:
        """Return what the function answered: there is nothing to make of it."""
        return data
