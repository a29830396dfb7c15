"""The ASGI application: the calls, the docs, uniform errors, and a batcher while it runs."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from litestar import Litestar
from litestar.exceptions import MethodNotAllowedException

from taskcore import open_repository
from taskcore.adapters.location import default_database_url
from taskcore_http import docs, health, routes
from taskcore_http.auth import authentication, authorization
from taskcore_http.edge import Edge, exchange_of, leave_mount
from taskcore_http.edge.accept import Accept
from taskcore_http.edge.addresses import refuse_ambiguous_addresses, refuse_long_addresses
from taskcore_http.edge.cors import Cors
from taskcore_http.edge.methods import Methods
from taskcore_http.edge.places import Places
from taskcore_http.edge.rate_limit import RateLimit
from taskcore_http.limits import refused
from taskcore_http.problems import BODY_LIMIT, problem_response
from taskcore_http.service import Service
from taskcore_http.settings import Settings
from taskcore_http.telemetry.assembly import Telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from litestar import Request
    from litestar.types import ASGIApp

    from taskcore import TaskRepository
    from taskcore_http.edge import Guard


def create_app(
    repository: TaskRepository | None = None,
    settings: Settings | None = None,
    *,
    guards: Sequence[Guard] = (),
) -> ASGIApp:
    """Return the ASGI application.

    ``repository`` is where the tasks are, and stays the caller's to close; without one, that of the
    settings is opened at start-up and closed at shutdown. Without ``settings``, the environment
    says. ``guards`` are met by each request before the calls. Raises ``ValueError`` for settings
    that cannot be.

    The log goes where the process has set it up before: to structlog if that is configured, else to
    the standard library's logger ``taskcore_http``. A tracer provider of OpenTelemetry's is used if
    there is one.
    """
    settings = settings or Settings.from_environment()
    telemetry = Telemetry(settings)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        opened = nullcontext(repository) if repository is not None else open_from(settings)
        with opened as tasks:
            async with telemetry.batcher(tasks) as batcher:
                app.state.service = Service(
                    batcher,
                    health.Readiness(batcher),
                    authorization(settings),
                    RateLimit(settings.rate_limit) if settings.rate_limit else None,
                )
                yield

    def wrong_method(request: Request[Any, Any, Any], _: Exception) -> Any:
        # What the framework says would leave out HEAD.
        exchange = exchange_of(request.scope)
        return problem_response(exchange, methods.refusal(exchange))

    app = Litestar(
        [*routes.HANDLERS, *health.HANDLERS, *docs.HANDLERS, *telemetry.handlers],
        lifespan=[lifespan],
        exception_handlers={Exception: _problem, MethodNotAllowedException: wrong_method},
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
    )
    app.state.settings = settings
    places = Places(app.routes)
    methods = Methods(places)
    return Edge(
        app,
        guards=[
            leave_mount,
            *telemetry.guards,
            *([Cors(settings.cors_origins)] if settings.cors_origins else ()),
            refused,
            *guards,
            refuse_long_addresses,
            methods,
            *authentication(settings),
            refuse_ambiguous_addresses,
            Accept(places),
        ],
        stamps=telemetry.stamps,
        observers=telemetry.observers,
    )


def open_from(settings: Settings) -> TaskRepository:
    """Open the repository that the settings name, with its schema upgraded unless they say no."""
    url = settings.database_url or default_database_url()
    return open_repository(url, upgrade=settings.upgrade)


def _problem(request: Request[Any, Any, Any], error: Exception) -> Any:
    # Litestar asks for one of its own responses, and takes any that can be sent.
    return problem_response(exchange_of(request.scope), error)
