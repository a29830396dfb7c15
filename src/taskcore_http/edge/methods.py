"""What may be done with an address, asked by OPTIONS or found out by doing something else."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from attrs import frozen

from taskcore_http.edge.places import METHODS, Place, Places
from taskcore_http.problems import Refusal
from taskcore_http.responses import Response, encoded_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskcore_http.edge.exchange import Exchange

_CALLS: Final = frozenset(METHODS) - {"OPTIONS"}


@frozen
class Methods:
    """The guard that answers OPTIONS, and refuses the methods that no address takes."""

    places: Places

    def __call__(self, exchange: Exchange) -> Response | None:
        """Let calls through.

        Raises ``Refusal`` for a method that no address takes: 405, or 404 where there is none.
        """
        method = exchange.scope["method"]
        if method in _CALLS:
            return None
        if method == "OPTIONS":
            return self._options(exchange)
        raise self.refusal(exchange)

    def refusal(self, exchange: Exchange) -> Refusal:
        """Return what refuses a method that the address does not take, or that there is none."""
        place = self.places.find(exchange.scope)
        if place is None:
            return Refusal(HTTPStatus.NOT_FOUND)
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, headers=_allowing(place))

    def _options(self, exchange: Exchange) -> Response:
        if exchange.scope["path"] == "*":
            return _nothing({"Allow": ", ".join(METHODS)})
        place = self.places.find(exchange.scope)
        if place is None:
            raise Refusal(HTTPStatus.NOT_FOUND)
        return _nothing(_allowing(place))


def _nothing(headers: Mapping[str, str]) -> Response:
    return Response(status=204, headers=encoded_headers(headers))


def _allowing(place: Place) -> dict[str, str]:
    return {"Allow": place.allow} | (
        {"Accept-Patch": place.accept_patch} if place.accept_patch else {}
    )
