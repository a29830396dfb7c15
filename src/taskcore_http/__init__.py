"""The HTTP door: an ASGI application over taskcore; needs the extra ``taskcore[http]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskcore_http.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    # On demand, so that the server's entry point can say what is missing.
    if name == "create_app":
        from taskcore_http.app import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
