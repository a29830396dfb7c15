"""An application that wants tokens, in this process."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from litestar.testing import TestClient
from tests.http.auth.issuing import AUDIENCE, ISSUER, SECRET

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar.types import ASGIApp


class Serve(Protocol):
    """Starts an application that wants tokens, checked with that key, by those settings."""

    def __call__(
        self, key: str = SECRET, *, root_path: str = "", **settings: Any
    ) -> TestClient[ASGIApp]: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as running:

        def serve(
            key: str = SECRET, *, root_path: str = "", **settings: Any
        ) -> TestClient[ASGIApp]:
            said = {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, **settings}
            app = create_app(MemoryRepository(), Settings(auth="jwt", jwt_key=key, **said))
            return running.enter_context(TestClient(app, root_path=root_path))

        yield serve


@pytest.fixture
def client(serve: Serve) -> TestClient[ASGIApp]:
    """One with a secret, an issuer and an audience."""
    return serve()
