"""The ASGI application: the calls, the docs, uniform errors, and a batcher while it runs."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from litestar import Litestar
from litestar.config.cors import CORSConfig

from taskcore import Batcher, open_repository
from taskcore.adapters.location import default_database_url
from taskcore_http import docs, routes
from taskcore_http.edge import Edge, exchange_of
from taskcore_http.limits import refused
from taskcore_http.problems import BODY_LIMIT, problem_response
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar import Request
    from litestar.types import ASGIApp

    from taskcore import TaskRepository


def create_app(
    repository: TaskRepository | None = None, settings: Settings | None = None
) -> ASGIApp:
    """Return the ASGI application.

    ``repository`` is where the tasks are, and stays the caller's to close; without one, that of the
    settings is opened at start-up and closed at shutdown. Without ``settings``, the environment
    says. Raises ``ValueError`` for an environment that cannot be.
    """
    settings = settings or Settings.from_environment()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        opened = nullcontext(repository) if repository is not None else open_from(settings)
        with opened as tasks:
            async with Batcher(tasks) as batcher:
                app.state.batcher = batcher
                yield

    app = Litestar(
        [*routes.HANDLERS, *docs.HANDLERS],
        lifespan=[lifespan],
        exception_handlers={Exception: _problem},
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
        cors_config=CORSConfig(
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Content-Type"],
            expose_headers=["Link", "Location", "Retry-After"],
        )
        if settings.cors_origins
        else None,
    )
    return Edge(app, guards=[refused])


def open_from(settings: Settings) -> TaskRepository:
    """Open the repository that the settings name, with its schema upgraded unless they say no."""
    url = settings.database_url or default_database_url()
    return open_repository(url, upgrade=settings.upgrade)


def _problem(request: Request[Any, Any, Any], error: Exception) -> Any:
    # Litestar asks for one of its own responses, and takes any that can be sent.
    return problem_response(exchange_of(request.scope), error)
