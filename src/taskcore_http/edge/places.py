"""The addresses that there are, for what is said of one without calling it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from attrs import Factory, define, frozen
from litestar.routes import HTTPRoute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar.routes import BaseRoute
    from litestar.types import HTTPScope

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""The methods that some address takes, in the order in which ``Allow`` names them."""


@frozen
class Place:
    """An address: what it takes, and what it answers."""

    allow: str
    """The methods that it takes, as ``Allow`` has them."""

    accept_patch: str
    """The media types that a PATCH of it may have, as ``Accept-Patch`` has them, or nothing."""

    answers: Mapping[str, str]
    """By method the media type of a success, or nothing where it is not always the same."""


@define
class _Node:
    """Where paths meet; below it are their next components, None for a parameter."""

    place: Place | None = None
    below: dict[str | None, _Node] = Factory(dict)


class Places:
    """The addresses of an application, found by path as its own routing does."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._root = _Node()
        for route in routes:
            if isinstance(route, HTTPRoute):
                node = self._root
                for component in route.path_components:
                    name = component if isinstance(component, str) else None
                    node = node.below.setdefault(name, _Node())
                node.place = _place(route)

    def find(self, scope: HTTPScope) -> Place | None:
        """Return the address that a request is for, or None where there is nothing."""
        node = self._root
        for component in filter(None, scope["path"].split("/")):
            below = node.below.get(component) or node.below.get(None)
            if below is None:
                return None
            node = below
        return node.place


def _place(route: HTTPRoute) -> Place:
    handlers = {
        method: handler for handler in route.route_handlers for method in handler.http_methods
    }
    methods = {*handlers, "OPTIONS", *({"HEAD"} if "GET" in handlers else ())}
    patch = handlers["PATCH"].opt.get("media_types", ()) if "PATCH" in handlers else ()
    return Place(
        ", ".join(method for method in METHODS if method in methods),
        ", ".join(patch),
        {method: handler.media_type.lower() for method, handler in handlers.items()},
    )
