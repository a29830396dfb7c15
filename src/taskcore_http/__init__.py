"""The HTTP door: an ASGI application over taskcore; needs the extra ``taskcore[http]``."""

from taskcore_http.app import create_app

__all__ = ["create_app"]
