"""Traces, by OpenTelemetry, where its API is installed and something takes the spans."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from taskcore_http.telemetry.names import NO_ROUTE, OTHER, method_of, route_of
from taskcore_http.telemetry.storage import storage_waits

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from taskcore_http.edge.exchange import Exchange

_STATE: Final = "taskcore_http.span"
_SERVER_ERROR: Final = 500


def find_tracer() -> Tracer | None:
    """Return the tracer that the process has set up; none where spans would go nowhere."""
    try:
        from opentelemetry import trace
    except ModuleNotFoundError:
        return None
    tracer = trace.get_tracer("taskcore_http", version("taskcore"))
    nothing = trace.NoOpTracer, trace.ProxyTracer
    return None if isinstance(tracer, nothing) else tracer


class Tracing:
    """A span a request, below that of the caller's ``traceparent``; and one a wait for storage."""

    def __init__(self, tracer: Tracer) -> None:
        from opentelemetry import context, propagate, trace

        self._tracer = tracer
        self._context, self._trace = context, trace
        self._carried = {
            name: name.lower().encode() for name in propagate.get_global_textmap().fields
        }
        self._extract = propagate.extract

    def begin(self, exchange: Exchange) -> None:
        """Start the span of a request; a guard."""
        headers = exchange.headers
        carrier = {
            name: headers[sent].decode("latin-1")
            for name, sent in self._carried.items()
            if sent in headers
        }
        span = self._tracer.start_span(
            method_of(exchange),
            self._extract(carrier),
            self._trace.SpanKind.SERVER,
            _asked(exchange),
        )
        exchange.trace_id = self._trace.format_trace_id(span.get_span_context().trace_id)
        token = self._context.attach(self._trace.set_span_in_context(span))
        exchange.scope["state"][_STATE] = span, token

    def end(self, exchange: Exchange) -> None:
        """End the span of a request; an observer."""
        span, token = exchange.scope["state"].pop(_STATE)
        for began, ended in storage_waits():
            self._tracer.start_span("storage", start_time=began).end(ended)
        self._context.detach(token)
        method, route = method_of(exchange), route_of(exchange)
        name = "HTTP" if method == OTHER else method
        if route != NO_ROUTE:
            span.set_attribute("http.route", route)
            name = f"{name} {route}"
        span.update_name(name)
        span.set_attribute("http.response.status_code", exchange.status)
        if exchange.status >= _SERVER_ERROR:
            span.set_attribute("error.type", exchange.code or str(exchange.status))
            span.set_status(self._trace.StatusCode.ERROR)
        span.end()


def _asked(exchange: Exchange) -> dict[str, Any]:
    """Return what a span says of the request, by the names of the semantic conventions."""
    scope = exchange.scope
    attributes: dict[str, Any] = {
        "http.request.method": method_of(exchange),
        "url.scheme": scope["scheme"],
        "network.protocol.version": scope["http_version"],
    }
    if server := scope.get("server"):
        attributes["server.address"], attributes["server.port"] = server
    return attributes
