"""What the calls are served with while the application runs."""

from __future__ import annotations

from attrs import frozen

from taskcore import Batcher
from taskcore_http.auth.authorizing import Authorize
from taskcore_http.edge.rate_limit import RateLimit
from taskcore_http.health import Readiness


@frozen
class Service:
    """The way to the storage, and who may go it: looked up once a request, in one place."""

    batcher: Batcher
    readiness: Readiness
    authorize: Authorize
    rate_limit: RateLimit | None
